"""Who acts is known to the database before anything is written, whatever a transaction sends first."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from sqlalchemy import Executable, bindparam, column, select, table, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.actors import command, introduce
from domain.connected_sessions import ConnectedSession
from domain.core_statements import begin, execute
from domain.introductions import TELL, actor_is_told
from models import AuditEntry, Shop
from models.shop import SHOP_ID
from resolvers.writing import transaction
from tests.factories import writing
from tests.patience import PATIENCE_SECONDS
from tests.statements import execute as execute_apart
from tests.statements import noted

Work = Callable[[AsyncSession], Awaitable[object]]

RENAME = update(Shop).where(Shop.id == SHOP_ID).values(name="Renamed").returning(Shop.id)
TELLING_RENAME = update(Shop).where(actor_is_told()).values(name="Renamed", version=Shop.version + 1).returning(Shop.id)
TELLING_RENAME_OF_NONE = TELLING_RENAME.where(Shop.name == "Nobody's")
TELLING_READ = select(Shop.id).where(actor_is_told()).with_for_update()


async def telling(session: AsyncSession) -> None:
    """Write by a statement that tells who acts."""
    assert await execute(session, TELLING_RENAME)


async def after_reading(session: AsyncSession) -> None:
    """Write once another statement has told who acts."""
    assert await execute(session, TELLING_READ)
    await execute(session, RENAME)


async def after_finding_nothing(session: AsyncSession) -> None:
    """Write once a statement that might have told who acts has written nothing."""
    assert not await execute(session, TELLING_RENAME_OF_NONE)
    await execute(session, RENAME)


async def plainly(session: AsyncSession) -> None:
    """Write past the session."""
    await execute(session, RENAME)


async def by_session(session: AsyncSession) -> None:
    """Write by the session."""
    await session.execute(RENAME)


async def by_object(session: AsyncSession) -> None:
    """Write by an object, which is flushed with the commit."""
    (await session.get_one(Shop, SHOP_ID)).name = "Renamed"


async def after_undone_savepoint(session: AsyncSession) -> None:
    """Write after what was told last is undone, if it was told within the savepoint."""
    async with session.begin_nested() as savepoint:
        await telling(session)
        await savepoint.rollback()
    await plainly(session)


async def after_savepoint_that_failed(session: AsyncSession) -> None:
    """The same, where PostgreSQL refuses."""
    with pytest.raises(DBAPIError):
        async with session.begin_nested():
            await execute(session, text("SELECT 1 / 0"))
    await telling(session)


async def after_rollback(session: AsyncSession) -> None:
    """Write in a transaction that follows another one."""
    await telling(session)
    await session.rollback()
    await plainly(session)


async def after_commit(session: AsyncSession) -> None:
    """The same after one that is committed."""
    await execute(session, TELLING_READ)
    await session.commit()
    await by_session(session)


WAYS: Sequence[Work] = [
    telling,
    after_reading,
    after_finding_nothing,
    plainly,
    by_session,
    by_object,
    after_undone_savepoint,
    after_savepoint_that_failed,
    after_rollback,
    after_commit,
]


async def actors(engine: AsyncEngine, table_name: str = "shops") -> list[str | None]:
    """Whom the audit log knows changes of a table by."""
    async with writing(engine) as session:
        found = select(AuditEntry.actor_name).where(AuditEntry.table_name == table_name)
        return list(await session.scalars(found.order_by(AuditEntry.recorded_at, AuditEntry.id)))


@pytest.fixture
async def marked(engine: AsyncEngine) -> None:
    """A table whose rows say who was known to act before they were written, and after."""
    acting = "current_setting('merkato.actor', true)::jsonb ->> 'name'"
    for statement in (
        "CREATE TABLE marks (id integer PRIMARY KEY, number integer DEFAULT 0, before text)",
        "CREATE TABLE marked (id integer, after text)",
        f"""CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            NEW.before := {acting}; RETURN NEW; END $$""",
        f"""CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO marked VALUES (NEW.id, {acting}); RETURN NULL; END $$""",
        "CREATE TRIGGER mark BEFORE INSERT OR UPDATE ON marks FOR EACH ROW EXECUTE FUNCTION mark()",
        "CREATE TRIGGER note AFTER INSERT OR UPDATE ON marks FOR EACH ROW EXECUTE FUNCTION note()",
        """CREATE CONSTRAINT TRIGGER note_late AFTER INSERT OR UPDATE ON marks DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION note()""",
        "INSERT INTO marks VALUES (1), (2)",
        "TRUNCATE marked",
    ):
        await execute_apart(engine, text(statement))


async def until_blocked_by(engine: AsyncEngine, pid: int) -> None:
    """Somebody waits for that backend."""
    waits = text("SELECT count(*) FROM pg_stat_activity WHERE :pid = ANY (pg_blocking_pids(pid))")
    async with asyncio.timeout(PATIENCE_SECONDS), engine.connect() as watching:
        while not (await watching.execute(waits, {"pid": pid})).scalar_one():
            pass


MARKS = table("marks", column("id"), column("number"), column("before"))
INSERTION = insert(MARKS).from_select(
    ["id", "number"],
    select(column("value"), bindparam("number", 7))
    .select_from(text("generate_series(1, 3) AS value"))
    .where(actor_is_told()),
)
PUT = INSERTION.on_conflict_do_update(index_elements=["id"], set_={"number": INSERTION.excluded.number})
SKIPPED = INSERTION.on_conflict_do_nothing()
CHANGE = update(MARKS).where(actor_is_told()).values(number=7)


@pytest.mark.parametrize(
    ("statement", "written"),
    [
        (PUT.returning(MARKS.c.id), {1, 2, 3}),
        (SKIPPED.returning(MARKS.c.id), {3}),
        (CHANGE.returning(MARKS.c.id), {1, 2}),
        (select(PUT.returning(MARKS.c.id).cte("put")), {1, 2, 3}),
        (CHANGE, {1, 2}),
    ],
    ids=["put", "skipped", "changed", "within", "without an answer"],
)
@pytest.mark.usefixtures("marked")
async def test_triggers_of_the_telling_statement_know_who_acts(
    engine: AsyncEngine, statement: Executable, written: set[int]
) -> None:
    async with transaction(engine, command("first")) as session:
        await execute(session, statement)
    async with engine.connect() as connection:
        marks = (await connection.execute(text("SELECT id, before FROM marks WHERE number = 7"))).all()
        noted_after = (await connection.execute(text("SELECT id, after FROM marked"))).all()
    assert {mark.id for mark in marks} == written
    assert {mark.before for mark in marks} == {"first"}
    assert len(noted_after) == 2 * len(written)
    assert {each.after for each in noted_after} == {"first"}


@pytest.mark.parametrize("work", WAYS)
async def test_changes_are_on_record_whatever_comes_first(engine: AsyncEngine, work: Work) -> None:
    async with transaction(engine, command("first")) as session:
        await work(session)
    async with transaction(engine, command("second")) as session:
        await execute(session, update(Shop).values(name="Renamed again"))
    assert await actors(engine) == ["first", "second"]


async def test_telling_statement_takes_no_message_besides(engine: AsyncEngine) -> None:
    async with noted(engine) as statements, transaction(engine, command("test")) as session:
        await telling(session)
        await plainly(session)
        await session.execute(RENAME)
    assert len(statements) == 3
    assert TELL not in statements


@pytest.mark.parametrize("work", [plainly, by_session, after_finding_nothing])
async def test_it_is_told_once_where_nothing_else_tells(engine: AsyncEngine, work: Work) -> None:
    async with noted(engine) as statements, transaction(engine, command("test")) as session:
        await work(session)
        await work(session)
        await telling(session)
    assert statements.count(TELL) == 1


async def test_whoever_is_introduced_later_stays(engine: AsyncEngine) -> None:
    async with transaction(engine, command("first")) as session:
        await introduce(session, command("second"))
        await telling(session)
    assert await actors(engine) == ["second"]


async def test_session_without_an_actor_keeps_who_was_introduced(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await telling(session)
        await introduce(session, command("test"))
        await telling(session)
    assert await actors(engine) == [None, "test"]


async def test_who_acts_ends_with_the_transaction(engine: AsyncEngine) -> None:
    known = text("SELECT pg_backend_pid() AS backend, current_setting('merkato.actor', true) AS actor")
    async with transaction(engine, command("test")) as session:
        await telling(session)
        (within,) = await execute(session, known)
    async with transaction(engine) as session:
        (after,) = await execute(session, known)
    assert (within.backend, within.actor) == (after.backend, command("test").setting)
    assert not after.actor


async def test_telling_statement_that_waited_tells_too(engine: AsyncEngine) -> None:
    async with engine.connect() as first, engine.connect() as connection:
        await first.execute(RENAME)
        second = ConnectedSession(connection, command("second"))
        await begin(second)
        (backend,) = await execute(first, text("SELECT pg_backend_pid() AS pid"))
        waiting = asyncio.create_task(execute(second, TELLING_RENAME))
        await until_blocked_by(engine, backend.pid)
        await first.commit()
        assert len(await waiting) == 1
        await second.commit()
    assert await actors(engine) == [None, "second"]
