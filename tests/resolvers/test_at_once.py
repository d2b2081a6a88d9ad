"""Transactions that are one statement, which PostgreSQL commits as it ends: nothing less holds for them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import Executable, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.viewer import Viewer
from domain.core_statements import NotAtOnceError, execute
from domain.introductions import actor_is_told
from models import AuditEntry, Cart, Shop
from resolvers.carts import set_cart_details
from resolvers.context import Context
from resolvers.errors import Changes, CommitUnknownError, DatabaseSilentError
from resolvers.writing import made_sure, tried_again
from tests.factories import add_cart, add_tag, new_id, writing
from tests.statements import execute as execute_apart
from tests.statements import scalar

GUEST = Viewer(guest_id=new_id())
CHANGE = update(Shop).where(actor_is_told()).values(name="Changed", version=Shop.version + 1).returning(Shop.id)
CHANGE_OF_NONE = CHANGE.where(Shop.name == "Nobody's")
LOSS = CHANGE.returning(func.pg_terminate_backend(func.pg_backend_pid()))
"""Its connection is lost before it ends."""

AT_COMMIT = """
    CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} RETURN NULL; END $$;
"""
TRIGGER = """
    CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON {} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION at_commit()
"""


async def at_commit(engine: AsyncEngine, work: str, table: str = "shops") -> None:
    """Have PostgreSQL do something as changes of the table are committed."""
    await execute_apart(engine, text(AT_COMMIT.format(work)))
    await execute_apart(engine, text(TRIGGER.format(table)))


async def changed(context: Context, *statements: Executable) -> None:
    """Write the statements at once."""
    async with context.writing(at_once=True) as session:
        for statement in statements:
            await execute(session, statement)


async def versions(engine: AsyncEngine) -> int:
    """How often the shop was changed, and one."""
    found: int = await scalar(engine, select(Shop.version))
    return found


async def test_change_is_kept_and_on_record(engine: AsyncEngine) -> None:
    async with Context(engine, GUEST) as context:
        await changed(context, CHANGE)
        assert (context.commits, context.changes) == (1, Changes.KEPT)
    async with writing(engine) as session:
        (entry,) = await session.scalars(select(AuditEntry).where(AuditEntry.table_name == "shops"))
    assert (entry.actor_kind, entry.new_values["name"]) == ("VISITOR", "Changed")


async def test_what_finds_nothing_may_be_followed(engine: AsyncEngine) -> None:
    async with Context(engine, GUEST) as context:
        await changed(context, CHANGE_OF_NONE, CHANGE_OF_NONE, CHANGE)
    assert await versions(engine) == 2


async def plainly(session: AsyncSession) -> None:
    """A statement that tells nobody who acts."""
    await execute(session, update(Shop).values(name="Other"))


async def again(session: AsyncSession) -> None:
    """Another one."""
    await execute(session, CHANGE)
    await execute(session, CHANGE)


async def by_session(session: AsyncSession) -> None:
    """A statement of the session."""
    await session.execute(update(Shop).values(name="Other"))


async def by_object(session: AsyncSession) -> None:
    """An object."""
    await add_tag(session)


@pytest.mark.parametrize(("work", "kept"), [(plainly, 0), (again, 1), (by_session, 0), (by_object, 0)])
async def test_nothing_else_is_written(
    engine: AsyncEngine, work: Callable[[AsyncSession], Awaitable[None]], kept: int
) -> None:
    async with Context(engine, GUEST) as context:
        with pytest.raises(NotAtOnceError):
            async with context.writing(at_once=True) as session:
                await work(session)
    assert await versions(engine) == 1 + kept
    assert await scalar(engine, select(Shop.name)) != "Other"


async def test_what_is_refused_at_the_commit_is_refused(engine: AsyncEngine) -> None:
    await at_commit(engine, "RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation';")
    async with Context(engine, GUEST) as context:
        with pytest.raises(DBAPIError, match="no"):
            await changed(context, CHANGE)
        assert (context.commits, context.changes) == (0, Changes.NONE)
    assert await versions(engine) == 1


async def test_contention_is_tried_again(engine: AsyncEngine) -> None:
    await execute_apart(engine, text("CREATE SEQUENCE attempts"))
    await at_commit(engine, "IF nextval('attempts') < 3 THEN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF;")
    async with Context(engine, GUEST) as context:
        await tried_again(lambda: changed(context, CHANGE), lambda: context.commits > 0)
    assert await scalar(engine, text("SELECT last_value FROM attempts")) == 3
    assert await versions(engine) == 2


async def test_lost_connection_leaves_it_open(engine: AsyncEngine) -> None:
    async with Context(engine, GUEST) as context:
        with pytest.raises(CommitUnknownError):
            await changed(context, LOSS)
        assert context.changes is Changes.UNKNOWN


async def test_it_is_made_sure_by_another_connection(engine: AsyncEngine) -> None:
    statements = iter((LOSS, CHANGE))
    async with Context(engine, GUEST) as context:
        await made_sure(lambda: changed(context, next(statements)))
    assert await versions(engine) == 2


async def test_it_stays_open_if_both_are_lost(engine: AsyncEngine) -> None:
    statements = iter((LOSS, LOSS, CHANGE))
    async with Context(engine, GUEST) as context:
        with pytest.raises(CommitUnknownError):
            await made_sure(lambda: changed(context, next(statements)))
    assert await versions(engine) == 1


async def test_nobody_waits_twice_for_silence() -> None:
    attempts: list[int] = []

    async def attempt() -> None:
        attempts.append(1)
        raise CommitUnknownError from DatabaseSilentError("nothing")

    with pytest.raises(CommitUnknownError):
        await made_sure(attempt)
    assert len(attempts) == 1


async def test_details_of_a_cart_are_made_sure(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        cart = await add_cart(session, GUEST.guest_id)
    await execute_apart(engine, text("CREATE SEQUENCE attempts"))
    await at_commit(
        engine, "IF nextval('attempts') < 2 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;", "carts"
    )
    async with Context(engine, GUEST) as context:
        await set_cart_details(context, email="hana@shop.example")
    async with writing(engine) as session:
        kept = await session.get_one(Cart, cart.id)
    assert (kept.email, kept.version) == ("hana@shop.example", 2)
    assert await scalar(engine, text("SELECT last_value FROM attempts")) == 2


async def test_those_who_change_at_once_follow_one_another(engine: AsyncEngine) -> None:
    async def change() -> None:
        async with Context(engine, GUEST) as context:
            await changed(context, CHANGE)

    await asyncio.gather(*(change() for _ in range(20)))
    assert await versions(engine) == 21
