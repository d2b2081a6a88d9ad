"""Mutations of the jobs that were given up."""

from uuid import UUID

from domain import dead_letters
from domain.outbox import Job
from resolvers.context import Context


async def replay_dead_letter(context: Context, *, id: UUID) -> Job:  # noqa: A002 - the name of the input's field
    """Have a dead letter done again."""
    async with context.writing() as session:
        return await dead_letters.replay(session, id)


async def drop_dead_letter(context: Context, *, id: UUID) -> Job:  # noqa: A002 - the name of the input's field
    """Forget a dead letter."""
    async with context.writing() as session:
        return await dead_letters.drop(session, id)
