"""Forgetting people: no letter to somebody who is gone is kept anywhere, whatever is being done with it just then."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.forgetting import forget_buyer, forget_letters
from domain.mail_jobs import SEND_MAIL, MailTemplate, send_mail
from domain.order_letters import tell_delivered
from domain.orders import lock_order
from server.job_execution import Payload
from tests.factories import add_order, add_user, writing
from tests.forgotten import stored_texts
from tests.jobs import QUICK, add_jobs, fetch, worker_for, working
from tests.statements import until_waiting

EMAIL = "selam@example.com"
FAILURES = "SELECT traceback->>'exception_message' FROM pgqueuer_log WHERE traceback IS NOT NULL"


async def tables_that_tell_of(engine: AsyncEngine, email: str) -> list[str]:
    """The tables in which the address is."""
    return [name for name, stored in (await stored_texts(engine)).items() if email in stored]


@pytest.mark.parametrize("attempts", [2, 3], ids=["given up", "tried again"])
async def test_letter_that_is_being_sent_is_not_kept_when_that_fails(engine: AsyncEngine, attempts: int) -> None:
    tried, is_sent, is_forgotten = list[UUID](), asyncio.Event(), asyncio.Event()

    async def send(job_id: UUID, payload: Payload) -> None:
        tried.append(job_id)
        if len(tried) == 2:
            is_sent.set()
            await is_forgotten.wait()
        raise ConnectionError(f"<{payload['to']}> is greylisted")

    await add_jobs(engine, send_mail(MailTemplate.ALREADY_REGISTERED, EMAIL, {"name": "Selam"}))
    async with working(worker_for(engine, {SEND_MAIL: send}, patience=replace(QUICK, attempts=attempts))):
        await is_sent.wait()
        async with writing(engine) as session:
            await forget_letters(session, EMAIL)
        is_forgotten.set()

    assert len(tried) == 2
    assert await tables_that_tell_of(engine, EMAIL) == []
    assert set(await fetch(engine, FAILURES)) == {("ConnectionError",)}


async def test_letter_that_is_written_just_then_is_not_kept(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        user = await add_user(session, email="somebody@example.com")
        order = await add_order(session, user, email=EMAIL)

    async def forget() -> None:
        async with writing(engine) as session:
            await forget_buyer(session, user.id)

    async with writing(engine) as session:
        await tell_delivered(session, await lock_order(session, order.id))
        forgetting = asyncio.create_task(forget())
        await until_waiting(engine)
    await forgetting

    assert await tables_that_tell_of(engine, EMAIL) == []
