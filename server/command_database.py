"""The database of a command that works on it and ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.actors import act_as, command
from server.database import opened_engine
from server.migrating import migrate, require_head
from server.provisioning import provided_database
from server.settings import Settings

T = TypeVar("T")


def with_engine(
    settings: Settings, name: str | None, work: Callable[[AsyncEngine], Awaitable[T]], *, migrated: bool = False
) -> T:
    """What the work gives, done on the database; with `migrated`, only on an up-to-date one.

    The command of that name is on record for what it changes; one without a name changes nothing.
    """

    async def run(url: str) -> T:
        async with opened_engine(url, settings) as engine:
            if name is not None:
                act_as(engine, command(name))
            if migrated:
                await bring_up_to_date(engine, settings)
            return await work(engine)

    with provided_database(settings) as url:
        return asyncio.run(run(url))


def in_one_transaction(settings: Settings, name: str, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """What the work gives, done on an up-to-date database in a transaction that commits when it ends well.

    The command of that name is on record for what it changes.
    """

    async def run(engine: AsyncEngine) -> T:
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            return await work(session)

    return with_engine(settings, name, run, migrated=True)


async def bring_up_to_date(engine: AsyncEngine, settings: Settings) -> None:
    """The embedded database is ours to migrate; for that of DATABASE_URL somebody decides when."""
    if settings.database_url is None:
        await migrate(engine)
    else:
        await require_head(engine)
