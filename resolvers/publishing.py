"""Mutations that lead posts and pages to their readers."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from domain import publishing
from domain.content_kinds import Kind, Outward
from domain.publishing import Plan
from domain.publishing_moves import Move
from domain.trash import ReadItem
from models import Shop
from resolvers.context import Context


def moving(kind: Kind[Outward], way: Move) -> Callable[..., Awaitable[Outward]]:
    """The mutation that moves the newest version of an item of the kind that way."""

    async def move(context: Context, *, id: UUID, expected_version: int) -> Outward:  # noqa: A002 - what clients call it
        async with context.writing() as session:
            read = ReadItem(id, expected_version)
            return await publishing.move_item(session, kind, read, way, context.viewer.actor_id)

    return move


def scheduling(kind: Kind[Outward]) -> Callable[..., Awaitable[Outward]]:
    """The mutation that has the newest version of an item of the kind come out later."""

    async def schedule(  # noqa: PLR0913 - what a plan consists of
        context: Context,
        *,
        id: UUID,  # noqa: A002 - what clients call it
        expected_version: int,
        at: datetime,
        until: datetime | None = None,
        time_zone: str = "UTC",
    ) -> Outward:
        async with context.writing() as session:
            read = ReadItem(id, expected_version)
            return await publishing.schedule_item(session, kind, read, Plan(at, until, time_zone))

    return schedule


async def update_publishing_policy(context: Context, *, approves_own_posts: bool) -> Shop:
    """Say whether who wrote a post may approve it too."""
    async with context.writing() as session:
        return await publishing.set_policy(session, approves_own_posts=approves_own_posts)
