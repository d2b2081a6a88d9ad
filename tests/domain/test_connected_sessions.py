"""Sessions that have a connection from the beginning: one transaction for objects and for what is sent past them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.connected_sessions import ConnectedSession
from domain.core_statements import execute
from models import Cart, Shop
from server.read_pool import state_of
from tests.factories import add_cart, add_user, new_id
from tests.statements import noted, scalar

RENAME = update(Shop).values(name="Renamed")
NAME = select(Shop.name)

Work = Callable[[ConnectedSession], Awaitable[object]]


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[ConnectedSession]:
    """A session that has done nothing yet."""
    session = ConnectedSession(await engine.connect())
    yield session
    await session.close()


async def past_it(session: ConnectedSession) -> None:
    """Write without the session."""
    await execute(session, RENAME)


async def by_it(session: ConnectedSession) -> None:
    """Write by the session."""
    await session.execute(RENAME)


async def by_both(session: ConnectedSession) -> None:
    """Write without it, and then by it."""
    await execute(session, RENAME)
    await add_user(session)


async def by_it_first(session: ConnectedSession) -> None:
    """Write by it, and then without."""
    await add_user(session)
    await execute(session, RENAME)


WAYS = [past_it, by_it, by_both, by_it_first]


@pytest.mark.parametrize("work", WAYS)
async def test_what_is_committed_stays(engine: AsyncEngine, session: ConnectedSession, work: Work) -> None:
    await work(session)
    assert await scalar(engine, NAME) != "Renamed"
    await session.commit()
    assert await scalar(engine, NAME) == "Renamed"


@pytest.mark.parametrize("work", WAYS)
async def test_what_is_closed_or_rolled_back_is_undone(
    engine: AsyncEngine, session: ConnectedSession, work: Work
) -> None:
    await work(session)
    await session.rollback()
    await session.commit()
    assert await scalar(engine, NAME) != "Renamed"

    await work(session)
    await session.close()
    assert await scalar(engine, NAME) != "Renamed"


@pytest.mark.parametrize("work", WAYS)
async def test_another_transaction_follows(engine: AsyncEngine, session: ConnectedSession, work: Work) -> None:
    await session.execute(text("SELECT 1"))
    await session.rollback()
    await work(session)
    await session.commit()
    assert await scalar(engine, NAME) == "Renamed"


async def test_savepoint_undoes_what_was_sent_past_it(engine: AsyncEngine, session: ConnectedSession) -> None:
    async with session.begin_nested() as savepoint:
        await execute(session, RENAME)
        await savepoint.rollback()
    await execute(session, update(Shop).values(order_number_prefix="KEPT"))
    await session.commit()
    assert await scalar(engine, NAME) != "Renamed"
    assert await scalar(engine, select(Shop.order_number_prefix)) == "KEPT"


async def test_after_a_failed_flush_nothing_is_sent(engine: AsyncEngine, session: ConnectedSession) -> None:
    await execute(session, RENAME)
    session.add(Cart(user_id=new_id(), guest_id=new_id()))
    with pytest.raises(IntegrityError):
        await session.flush()
    with pytest.raises(PendingRollbackError):
        await execute(session, RENAME)
    await session.rollback()
    await session.commit()
    assert await scalar(engine, NAME) != "Renamed"


async def test_objects_are_let_go_with_the_session(session: ConnectedSession) -> None:
    cart = await add_cart(session, new_id())
    await session.commit()
    await session.close()
    assert cart not in session
    assert cart.version == 1


async def test_session_goes_on_with_another_connection(engine: AsyncEngine, session: ConnectedSession) -> None:
    backend = text("SELECT pg_backend_pid()")
    (before,) = await execute(session, backend)
    await execute(session, RENAME)
    await session.reconnect()
    (after,) = await execute(session, backend)
    assert after != before
    await session.commit()
    assert await scalar(engine, NAME) != "Renamed"


async def test_lost_connection_does_not_stay_with_the_pool(engine: AsyncEngine, session: ConnectedSession) -> None:
    await session.begin_nested()
    await session.execute(RENAME)
    raw = await (await session.connection()).get_raw_connection()
    assert raw.driver_connection is not None
    raw.driver_connection.terminate()
    with suppress(DBAPIError):
        await session.close()
    assert state_of(engine).in_use == 0


async def test_session_that_is_not_asked_sends_nothing(engine: AsyncEngine) -> None:
    async with noted(engine) as statements:
        session = ConnectedSession(await engine.connect())
        await session.flush()
        await session.commit()
        await session.close()
    assert statements == []
