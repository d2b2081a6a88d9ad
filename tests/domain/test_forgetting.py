"""Forgetting people: no letter to somebody who is gone is kept anywhere, whatever is being done with it just then."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.actors import Actor, introduce
from domain.forgetting import forget_buyer, forget_letters
from domain.mail_jobs import SEND_MAIL, MailTemplate, send_mail
from domain.order_cancelling import cancel, cancel_as_buyer
from domain.order_letters import tell_delivered
from domain.orders import lock_order
from models import ActorKind, Order, OrderEvent
from server.job_execution import Payload
from tests.factories import add_order, add_user, writing
from tests.forgotten import stored_texts
from tests.jobs import QUICK, add_jobs, fetch, worker_for, working
from tests.statements import count_rows, until_waiting

EMAIL = "selam@example.com"
REASON = "Selam is ill."
Cancelling = Callable[[AsyncSession, Order, str], Awaitable[None]]

FAILURES = "SELECT traceback->>'exception_message' FROM pgqueuer_log WHERE traceback IS NOT NULL"


async def cancelled(engine: AsyncEngine, order: Order, cancelling: Cancelling, actor: Actor) -> None:
    async with writing(engine) as session:
        await introduce(session, actor)
        await cancelling(session, await lock_order(session, order.id), REASON)


async def told_reasons(engine: AsyncEngine, *orders: Order) -> list[UUID]:
    """The orders whose history says that they were cancelled for that reason."""
    said = select(OrderEvent.order_id).where(OrderEvent.text == REASON, OrderEvent.to_state == "CANCELLED").distinct()
    async with writing(engine) as session:
        return list(await session.scalars(said.where(OrderEvent.order_id.in_([order.id for order in orders]))))


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


async def test_reasons_of_the_buyer_go_and_those_of_others_stay(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        user, other = await add_user(session), await add_user(session)
        own, earlier, by_staff = [await add_order(session, user) for _ in range(3)]
        of_another = await add_order(session, other)
    await cancelled(engine, own, cancel_as_buyer, Actor(ActorKind.USER, user.id))
    await cancelled(engine, earlier, cancel_as_buyer, Actor(ActorKind.VISITOR))
    await cancelled(engine, by_staff, cancel, Actor(ActorKind.USER, other.id))
    await cancelled(engine, of_another, cancel_as_buyer, Actor(ActorKind.USER, other.id))
    every = (own, earlier, by_staff, of_another)
    assert len(await told_reasons(engine, *every)) == 4
    entries = await count_rows(engine, OrderEvent)

    async with writing(engine) as session:
        await forget_buyer(session, user.id)

    assert set(await told_reasons(engine, *every)) == {by_staff.id, of_another.id}
    assert await count_rows(engine, OrderEvent) == entries
    jobs = "SELECT convert_from(payload, 'UTF8') FROM pgqueuer WHERE entrypoint = 'refund_order'"
    assert sorted(REASON in payload for (payload,) in await fetch(engine, jobs)) == [False, False, False, True]
