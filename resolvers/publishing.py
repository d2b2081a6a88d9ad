"""Mutations that lead posts to their readers, and what is said of them on the way."""

from datetime import datetime
from uuid import UUID

from domain import post_comments, publishing
from domain.publishing import Plan
from domain.publishing_moves import Move
from models import Post, PostComment, Shop
from resolvers.context import Context


async def submit_post(context: Context, *, id: UUID, expected_version: int) -> Post:  # noqa: A002 - what clients call it
    """Hand the newest version in for review."""
    return await _moved(context, id, expected_version, Move.SUBMIT)


async def request_post_changes(context: Context, *, id: UUID, expected_version: int) -> Post:  # noqa: A002 - what clients call it
    """Send the newest version back to its author."""
    return await _moved(context, id, expected_version, Move.REQUEST_CHANGES)


async def approve_post(context: Context, *, id: UUID, expected_version: int) -> Post:  # noqa: A002 - what clients call it
    """Let the newest version come out."""
    return await _moved(context, id, expected_version, Move.APPROVE)


async def unschedule_post(context: Context, *, id: UUID, expected_version: int) -> Post:  # noqa: A002 - what clients call it
    """Let the newest version wait."""
    return await _moved(context, id, expected_version, Move.UNSCHEDULE)


async def publish_post(context: Context, *, id: UUID, expected_version: int) -> Post:  # noqa: A002 - what clients call it
    """Let readers see the newest version."""
    return await _moved(context, id, expected_version, Move.PUBLISH)


async def archive_post(context: Context, *, id: UUID, expected_version: int) -> Post:  # noqa: A002 - what clients call it
    """Let readers see the post no more."""
    return await _moved(context, id, expected_version, Move.ARCHIVE)


async def reopen_post(context: Context, *, id: UUID, expected_version: int) -> Post:  # noqa: A002 - what clients call it
    """Write on at what was archived."""
    return await _moved(context, id, expected_version, Move.REOPEN)


async def schedule_post(  # noqa: PLR0913 - what a plan consists of
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    at: datetime,
    until: datetime | None = None,
    time_zone: str = "UTC",
) -> Post:
    """Have the newest version come out later."""
    async with context.writing() as session:
        return await publishing.schedule_post(session, id, expected_version, Plan(at, until, time_zone))


async def comment_on_post(context: Context, *, post: UUID, body: str, field: str | None = None) -> PostComment:
    """Say something of the newest version."""
    async with context.writing() as session:
        return await post_comments.comment(session, context.viewer.actor_id, post, body, field)


async def resolve_post_comment(context: Context, *, id: UUID) -> PostComment:  # noqa: A002 - what clients call it
    """Say that a comment is seen to."""
    async with context.writing() as session:
        return await post_comments.resolve(session, id)


async def update_publishing_policy(context: Context, *, approves_own_posts: bool) -> Shop:
    """Say whether who wrote a post may approve it too."""
    async with context.writing() as session:
        return await publishing.set_policy(session, approves_own_posts=approves_own_posts)


async def _moved(context: Context, post_id: UUID, expected_version: int, move: Move) -> Post:
    async with context.writing() as session:
        return await publishing.move_post(session, post_id, expected_version, move, context.viewer.actor_id)
