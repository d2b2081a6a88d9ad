"""Mutations that lead posts and pages to their readers."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from domain import publishing
from domain.content_kinds import Kind, Outward
from domain.errors import invalid
from domain.publishing import Plan
from domain.publishing_moves import Move
from domain.trash import ReadItem
from models import Shop
from resolvers.context import Context


class Times(TypedDict, total=False):
    """When something is to come out, and when it is to go."""

    at: datetime
    until: datetime | None


def moving(kind: Kind[Outward], way: Move) -> Callable[..., Awaitable[Outward]]:
    """The mutation that moves the newest version of an item of the kind that way."""

    async def move(context: Context, *, id: UUID, expected_version: int) -> Outward:  # noqa: A002 - what clients call it
        async with context.writing() as session:
            read = ReadItem(id, expected_version)
            return await publishing.move_item(session, kind, read, way, context.viewer.actor_id)

    return move


def scheduling(kind: Kind[Outward]) -> Callable[..., Awaitable[Outward]]:
    """The mutation that has the newest version of an item of the kind come out later, or what is out go."""

    async def schedule(
        context: Context,
        *,
        id: UUID,  # noqa: A002 - what clients call it
        expected_version: int,
        time_zone: str = "UTC",
        **when: Unpack[Times],
    ) -> Outward:
        async with context.writing() as session:
            read = ReadItem(id, expected_version)
            if "at" in when:
                plan = Plan(when["at"], when.get("until"), time_zone)
                return await publishing.schedule_item(session, kind, read, plan)
            if "until" in when:
                return await publishing.plan_end(session, kind, read, when["until"], time_zone)
            raise invalid("at", "Say when it is to come out, or with `until` when what is out is to go.")

    return schedule


async def update_publishing_policy(context: Context, *, approves_own_posts: bool) -> Shop:
    """Say whether who wrote a post may approve it too."""
    async with context.writing() as session:
        return await publishing.set_policy(session, approves_own_posts=approves_own_posts)
