"""Mutations of what is said of posts and pages on their way to their readers."""

from uuid import UUID

from domain import comments
from domain.comments import PAGES, POSTS, Remark
from models import PageComment, PostComment
from resolvers.context import Context


async def comment_on_post(context: Context, *, post: UUID, body: str, field: str | None = None) -> PostComment:
    """Say something of the newest version."""
    async with context.writing() as session:
        return await comments.comment(session, POSTS, context.viewer.actor_id, Remark(post, body, field))


async def comment_on_page(context: Context, *, page: UUID, body: str, field: str | None = None) -> PageComment:
    """Say something of the newest version."""
    async with context.writing() as session:
        return await comments.comment(session, PAGES, context.viewer.actor_id, Remark(page, body, field))


async def resolve_post_comment(context: Context, *, id: UUID) -> PostComment:  # noqa: A002 - what clients call it
    """Say that a comment is seen to."""
    async with context.writing() as session:
        return await comments.resolve(session, POSTS, id)


async def resolve_page_comment(context: Context, *, id: UUID) -> PageComment:  # noqa: A002 - what clients call it
    """Say that a comment is seen to."""
    async with context.writing() as session:
        return await comments.resolve(session, PAGES, id)
