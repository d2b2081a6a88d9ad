"""Mutations of posts, authors and sections of the blog, one at a time."""

from typing import Unpack
from uuid import UUID

from domain.content_kinds import AUTHOR, POST, POST_CATEGORY
from domain.editing import ItemChange, create_item, edit_item
from domain.post_fields import AuthorChanges, NewAuthor, NewPost, NewSection, PostChanges, SectionChanges
from models import Author, Post, PostCategory
from resolvers.context import Context


async def create_post(context: Context, **given: Unpack[NewPost]) -> Post:
    """Make a post."""
    async with context.writing() as session:
        return await create_item(session, POST, given, context.viewer.actor_id)


async def update_post(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[PostChanges],
) -> Post:
    """Change a post."""
    async with context.writing() as session:
        wanted = ItemChange(id, expected_version, changes)
        return await edit_item(session, POST, wanted, context.viewer.actor_id)


async def create_author(context: Context, **given: Unpack[NewAuthor]) -> Author:
    """Make an author."""
    async with context.writing() as session:
        return await create_item(session, AUTHOR, given, context.viewer.actor_id)


async def update_author(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[AuthorChanges],
) -> Author:
    """Change an author."""
    async with context.writing() as session:
        wanted = ItemChange(id, expected_version, changes)
        return await edit_item(session, AUTHOR, wanted, context.viewer.actor_id)


async def create_post_category(context: Context, **given: Unpack[NewSection]) -> PostCategory:
    """Make a section."""
    async with context.writing() as session:
        return await create_item(session, POST_CATEGORY, given, context.viewer.actor_id)


async def update_post_category(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[SectionChanges],
) -> PostCategory:
    """Change a section."""
    async with context.writing() as session:
        wanted = ItemChange(id, expected_version, changes)
        return await edit_item(session, POST_CATEGORY, wanted, context.viewer.actor_id)
