"""Migrating: there and back, two at once, and databases in a state that nobody wants to find."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import migrations
from server import migrating
from server.database import DatabaseUnreachableError, empty_database, opened_engine, require_database
from server.embedded import EmbeddedPostgres
from server.migrating import (
    DowngradeRefusedError,
    Migration,
    MigrationFailedError,
    MigrationLockedError,
    NoSuchRevisionError,
    NotMigratedError,
    SeveralHeadsError,
    TablesBusyError,
    UnknownRevisionError,
    UnrecordedTablesError,
    find_differences,
    migrate,
    require_head,
)
from server.scratch import FORGETFUL
from server.settings import Settings
from tests.factories import add_product, add_review, add_user, writing

SETTINGS = Settings(database_connect_timeout_seconds=2)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for this file."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("migrating"), FORGETFUL) as postgres:
        yield postgres.url


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty database."""
    async with opened_engine(url, SETTINGS) as engine:
        await empty_database(engine)
        yield engine


@pytest.fixture
def head() -> str:
    """The newest revision."""
    return str(ScriptDirectory(str(Path(migrations.__file__ or "").parent)).get_current_head())


async def run(engine: AsyncEngine, *statements: str) -> None:
    """Execute statements in a transaction."""
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def test_empty_database_is_brought_to_the_newest_revision(engine: AsyncEngine, head: str) -> None:
    assert await migrate(engine) == Migration(None, head)
    assert await migrate(engine) == Migration(head, head)
    await require_head(engine)


async def test_migrations_make_what_the_models_say_and_undo_it(engine: AsyncEngine) -> None:
    assert await find_differences(engine) == []


async def test_differences_and_what_a_downgrade_leaves_are_named(engine: AsyncEngine) -> None:
    await migrate(engine)
    await run(engine, "ALTER TABLE authors ADD COLUMN surplus text", "CREATE TYPE forgotten AS ENUM ('a')")

    differences = await find_differences(engine)

    assert len(differences) == 2
    assert differences[0].startswith("models have remove_column authors ")
    assert "surplus" in differences[0]
    assert differences[1] == "downgrade leaves type forgotten"


async def test_two_that_migrate_at_once_wait_for_one_another(url: str, engine: AsyncEngine, head: str) -> None:
    async with opened_engine(url, SETTINGS) as other:
        both = await asyncio.gather(migrate(engine), migrate(other))

    assert sorted(both, key=lambda one: one.before or "") == [Migration(None, head), Migration(head, head)]


async def test_endless_wait_for_another_migrator_ends(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "LOCK_PATIENCE_SECONDS", 0.4)
    async with engine.connect() as holder:
        await holder.execute(text(f"SELECT pg_advisory_lock({migrating.LOCK_KEY})"))

        with pytest.raises(MigrationLockedError):
            await migrate(engine)

        await holder.execute(text(f"SELECT pg_advisory_unlock({migrating.LOCK_KEY})"))


async def test_going_back_must_be_confirmed(engine: AsyncEngine, head: str) -> None:
    await migrate(engine)

    with pytest.raises(DowngradeRefusedError, match=f"at revision {head}, and going back to 0001 deletes"):
        await migrate(engine, "0001")

    await require_head(engine)
    assert await migrate(engine, "0001", going_back=True) == Migration(head, "0001")
    with pytest.raises(NotMigratedError, match=rf"at revision 0001 and .* needs {head}\. Run `merkato migrate` first"):
        await require_head(engine)


async def test_reviews_that_are_there_already_learn_how_their_authors_are_shown(engine: AsyncEngine) -> None:
    await migrate(engine)
    async with writing(engine) as session:
        product = await add_product(session)
        for name, picture in (("Hana", None), ("Selam", "https://pictures.example/selam.webp")):
            await add_review(session, product, await add_user(session, first_name=name, avatar_url=picture))
    await migrate(engine, "0061", going_back=True)

    await migrate(engine)

    async with engine.connect() as connection:
        shown = await connection.execute(text("SELECT author_name, author_avatar_url FROM reviews ORDER BY 1"))
    assert [tuple(row) for row in shown] == [
        ("Hana T.", None),
        ("Selam T.", "https://pictures.example/selam.webp"),
    ]


async def test_unknown_target_is_refused(engine: AsyncEngine) -> None:
    with pytest.raises(NoSuchRevisionError, match="There is no revision nine"):
        await migrate(engine, "nine")

    assert await migrate(engine, "base") == Migration(None, None)


async def test_database_of_a_newer_version_is_refused(engine: AsyncEngine) -> None:
    await migrate(engine)
    await run(engine, "UPDATE alembic_version SET version_num = 'future'")

    for refused in (migrate(engine), require_head(engine)):
        with pytest.raises(UnknownRevisionError, match="at revision future, which this version"):
            await refused


async def test_database_with_two_heads_is_refused(engine: AsyncEngine) -> None:
    await migrate(engine)
    await run(engine, "INSERT INTO alembic_version VALUES ('0001')")

    for refused in (migrate(engine), require_head(engine)):
        with pytest.raises(SeveralHeadsError, match="The database is at several heads: 0001, "):
            await refused


async def test_tables_without_a_record_of_migrations_are_refused(engine: AsyncEngine) -> None:
    await migrate(engine)
    await run(engine, "DELETE FROM alembic_version")

    with pytest.raises(UnrecordedTablesError, match="no record of its migrations"):
        await migrate(engine)


async def test_tables_of_others_are_no_obstacle(engine: AsyncEngine, head: str) -> None:
    await run(engine, "CREATE TABLE somebody_elses ()")

    assert (await migrate(engine)).after == head


async def test_failed_migration_is_undone_and_told(engine: AsyncEngine) -> None:
    await migrate(engine, "0001")
    await run(engine, "DROP TABLE products CASCADE")

    with pytest.raises(
        MigrationFailedError, match=r"The migration after revision .* failed and was undone: .*products"
    ):
        await migrate(engine)


async def test_migration_that_cannot_get_its_tables_gives_up(engine: AsyncEngine, head: str) -> None:
    await migrate(engine)
    async with engine.begin() as reader:
        await reader.execute(text("LOCK TABLE products IN ACCESS SHARE MODE"))

        with pytest.raises(TablesBusyError, match="found its tables in use and was undone"):
            await migrate(engine, "base", going_back=True)

    await migrate(engine)
    assert (await migrate(engine)).before == head


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("postgresql://u@127.0.0.1:1/db", "Connect call failed"),
        ("postgresql://u@/db?host=/nowhere", "No such file or directory"),
        ("postgresql://u@h/db?sslmode=bogus", "sslmode"),
    ],
)
async def test_unreachable_database_is_told(address: str, reason: str) -> None:
    with pytest.raises(DatabaseUnreachableError, match=f"cannot be reached: .*{reason}.* Check DATABASE_URL"):
        await require_database(address, SETTINGS)


async def test_missing_database_is_told(url: str) -> None:
    with pytest.raises(DatabaseUnreachableError, match='database "nowhere" does not exist'):
        await require_database(url.replace("/merkato?", "/nowhere?"), SETTINGS)
