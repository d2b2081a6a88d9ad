"""The outbox: jobs are written with their transaction, or not at all."""

import asyncio
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import orjson
import pytest
from asyncpg import Connection
from pgqueuer import Queries
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.mail_jobs import MailTemplate, WrongMailValuesError, send_mail
from domain.outbox import Job, Priority, enqueue
from server.database import open_connection
from tests.databases import settings_for
from tests.factories import add_user, writing


async def rows(engine: AsyncEngine, columns: str = "entrypoint") -> list[tuple[Any, ...]]:
    """What waits in the queue, in the order of its arrival."""
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(f"SELECT {columns} FROM pgqueuer ORDER BY id"))]


async def test_jobs_are_queued_when_the_transaction_commits(engine: AsyncEngine) -> None:
    first = Job("first", MappingProxyType({"text": "é\0", "nested": MappingProxyType({"numbers": (1, 2)})}))
    second = Job("second", {}, delay=timedelta(hours=1))

    async with writing(engine) as session:
        await enqueue(session, first, second)
        assert await rows(engine) == []

    waiting = await rows(engine, "entrypoint, payload, headers->>'job_id', status, execute_after - created")
    assert [(row[0], orjson.loads(row[1]), *row[2:]) for row in waiting] == [
        ("first", {"text": "é\0", "nested": {"numbers": [1, 2]}}, str(first.id), "queued", timedelta()),
        ("second", {}, str(second.id), "queued", timedelta(hours=1)),
    ]


async def test_rolled_back_transaction_and_savepoint_queue_nothing(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        await enqueue(session, Job("before its first statement", {}))
        await add_user(session)
        await enqueue(session, Job("after", {}))
        await session.rollback()
    async with writing(engine) as session:
        async with session.begin_nested() as savepoint:
            await enqueue(session, Job("in a savepoint", {}))
            await savepoint.rollback()
        await enqueue(session, Job("kept", {}))

    assert await rows(engine) == [("kept",)]
    assert await rows(engine, "(SELECT count(*) FROM users)") == [(0,)]


async def test_of_twenty_at_once_with_one_dedupe_key_one_is_queued(engine: AsyncEngine) -> None:
    async def sweep(number: int) -> None:
        async with writing(engine) as session:
            await enqueue(session, Job("sweep", {}, dedupe_key="sweep"), Job(f"other {number}", {}))

    await asyncio.gather(*(sweep(number) for number in range(20)))

    names = [name for (name,) in await rows(engine)]
    assert names.count("sweep") == 1
    assert len(set(names)) == 21


async def test_enqueueing_nothing_does_nothing(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await enqueue(session)

    assert await rows(engine) == []


async def test_tables_are_those_of_the_installed_version(database_url: str) -> None:
    connection: Connection = await open_connection(database_url, settings_for(database_url))
    try:
        plan = await Queries.from_asyncpg_connection(connection).plan_upgrade()
    finally:
        await connection.close()

    (always_written_anew,) = plan.statements
    assert always_written_anew.startswith("CREATE OR REPLACE FUNCTION fn_pgqueuer_changed()")
    assert list(plan.notes) == []


def test_job_needs_a_name_that_a_dead_letter_can_hold() -> None:
    for name in ("", "x" * 101):
        with pytest.raises(ValueError, match="has 1 to 100 characters"):
            Job(name, {})


def test_letter_is_told_exactly_what_it_needs() -> None:
    job = send_mail(MailTemplate.ALREADY_REGISTERED, "selam@example.com", {"name": "Selam"})
    with pytest.raises(WrongMailValuesError) as refused:
        send_mail(MailTemplate.ALREADY_REGISTERED, "selam@example.com", {"nmae": "Selam"})

    values = {"name": "Selam"}
    assert job == Job(
        "send_mail",
        {"template": "already_registered", "to": "selam@example.com", "values": values},
        priority=Priority.LAST,
    )
    assert str(refused.value) == "The letter already_registered needs name, and was given nmae."
