"""The audit log: what triggers write, how the chain holds, and what retention leaves."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

import models
from domain.actors import command, introduce
from domain.audit_chain import BEGINNING
from domain.audit_log import Verification, keep, newest_link, seal_batch, verify
from models import AuditedTable, AuditEntry, Tag, User
from tests.factories import add_category, add_product, add_tag, add_user, tag_product, writing

SECRET = re.compile("hash|encrypted|secret|token_|password|nonce|salt|verifier|payload")
"""What the names of columns tell that nobody may read."""

SECRET_NAMES_OF_NO_SECRETS = {"api_tokens.prefix", "users.must_change_password"}


async def entries(engine: AsyncEngine, table: str) -> list[AuditEntry]:
    """What is on record of a table, in the order of writing."""
    async with writing(engine) as session:
        found = select(AuditEntry).where(AuditEntry.table_name == table).order_by(AuditEntry.recorded_at, AuditEntry.id)
        return list((await session.scalars(found)).all())


async def seal(engine: AsyncEngine) -> None:
    """Seal what is committed."""
    async with writing(engine) as session:
        await seal_batch(session)


@asynccontextmanager
async def undone(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A transaction of a superuser who does not want to be found out, rolled back in the end."""
    async with AsyncSession(engine) as session:
        yield session
        await session.rollback()


async def rename_often(engine: AsyncEngine, names: list[str]) -> None:
    """A tag with one name after the other, each in a transaction of its own."""
    async with writing(engine) as session:
        tag = await add_tag(session)
    for name in names:
        async with writing(engine) as session:
            (await session.get_one(Tag, tag.id)).name = name


# What is recorded


async def test_changes_are_recorded_with_the_columns_that_changed(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await introduce(session, command("test"))
        category = await add_category(session, name="Lamps")
        category.name = "Lights"
        await session.flush()
        category.path = []
        await session.flush()
        await session.delete(category)

    made, renamed, gone = await entries(engine, "categories")

    assert {entry.row_key for entry in (made, renamed, gone)} == {str(category.id)}
    assert (made.action, made.old_values, made.new_values["name"]) == ("INSERT", {}, "Lamps")
    assert (renamed.action, renamed.old_values, renamed.new_values) == ("UPDATE", {"name": "Lamps"}, {"name": "Lights"})
    assert (gone.action, gone.old_values["name"], gone.new_values) == ("DELETE", "Lights", {})
    assert not {"path", "updated_at", "search"} & {*made.new_values, *gone.old_values}
    assert (made.actor_kind, made.actor_name, made.database_role) == ("COMMAND", "test", "merkato")


async def test_secret_and_personal_values_are_named_and_kept_out(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        user = await add_user(session, email="selam@example.com", password_hash="$argon2id$hush")
        user.email, user.password_hash, user.role = "other@example.com", "$argon2id$other", models.Role.STAFF
        await session.flush()
        user.last_login_at = user.created_at
        await session.flush()
        await session.execute(delete(User).where(User.id == user.id))

    made, changed, gone = await entries(engine, "users")

    assert made.withheld == gone.withheld == ["email", "password_hash", "first_name", "last_name"]
    assert (changed.old_values, changed.new_values) == ({"role": "CUSTOMER"}, {"role": "STAFF"})
    assert changed.withheld == ["email", "password_hash"]
    async with engine.connect() as connection:
        written = "".join(await connection.scalars(text("SELECT audit_log::text FROM audit_log")))
    assert not [word for word in ("example.com", "argon2id", "Tesfaye") if word in written]


async def test_links_are_known_by_both_keys_and_emptied_tables_are_told(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product, tag = await add_product(session), await add_tag(session)
        await tag_product(session, product, tag)
        await session.execute(text("TRUNCATE product_tags"))

    linked, emptied = await entries(engine, "product_tags")

    assert (linked.action, linked.row_key) == ("INSERT", f"{product.id},{tag.id}")
    assert (emptied.action, emptied.row_key, emptied.actor_kind) == ("TRUNCATE", "", "DATABASE")


async def test_every_table_says_whether_it_is_recorded_and_no_secret_is(engine: AsyncEngine) -> None:
    """A new table belongs into audit_config with its migration, and so do its secret columns."""
    async with writing(engine) as session:
        config = {row.table_name: row for row in await session.scalars(select(AuditedTable))}
        attached = await session.scalars(
            text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'record_change' AND tgenabled = 'A'")
        )
        assert {row.table_name for row in config.values() if row.is_on} == set(attached)
    tables = models.Base.metadata.tables
    assert set(config) == {*tables} - {"audit_chain", "audit_log"}
    for name, recorded in config.items():
        columns = tables[name].columns
        secret = {each.name for each in columns if each.type.python_type is bytes or SECRET.search(each.name)}
        secret -= {each for each in secret if f"{name}.{each}" in SECRET_NAMES_OF_NO_SECRETS}
        assert secret <= set(recorded.excluded_columns), name


async def test_what_is_rolled_back_leaves_nothing(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        await add_tag(session)
        await session.rollback()

    assert await entries(engine, "tags") == []


# The chain


def tampering(found: Verification) -> list[tuple[str, int]]:
    """What was found, each with the first number that its message names."""
    numbers = (re.search(r"(?:Entry|Entries|Entries after) (\d+)", each.message) for each in found.findings)
    pairs = zip(found.findings, numbers, strict=True)
    return [(each.tampering.name, int(number[1]) if number else 0) for each, number in pairs]


TAMPERED: list[tuple[list[str], list[tuple[str, int]]]] = [
    (["UPDATE audit_log SET new_values = '{}' WHERE position = 3"], [("ALTERED", 3)]),
    (["UPDATE audit_log SET address = '192.0.2.1' WHERE position = 6"], [("ALTERED", 6)]),
    (["UPDATE audit_log SET recorded_at = recorded_at - interval '1 hour' WHERE position = 2"], [("ALTERED", 2)]),
    (["DELETE FROM audit_log WHERE position = 3"], [("REMOVED", 3)]),
    (["DELETE FROM audit_log WHERE position < 3"], [("REMOVED", 1)]),
    (["DELETE FROM audit_log WHERE position > 4"], [("REMOVED", 5)]),
    (
        [
            "DELETE FROM audit_log WHERE position = 3",
            "UPDATE audit_log SET position = position - 1 WHERE position > 3",
            "UPDATE audit_chain SET sealed_position = 5",
        ],
        [("UNLINKED", 3), ("UNLINKED", 4), ("UNLINKED", 5)],
    ),
    (
        ["UPDATE audit_log SET position = 7 - position WHERE position IN (3, 4)"],
        [("UNLINKED", 3), ("UNLINKED", 4), ("UNLINKED", 5)],
    ),
    (
        [
            """
            INSERT INTO audit_log SELECT (jsonb_populate_record(audit_log, jsonb_build_object(
                'id', audit_entry_id(), 'actor_kind', 'USER'))).* FROM audit_log WHERE position = 4
            """
        ],
        [("INSERTED", 4)],
    ),
    (
        [
            "UPDATE audit_log SET new_values = '{}' WHERE position = 5",
            "UPDATE audit_log SET digest = sha256(convert_to(audit_content(audit_log), 'UTF8')) WHERE position = 5",
        ],
        [("UNLINKED", 5)],
    ),
    (["UPDATE audit_log SET forgotten_at = now(), new_values = '{}' WHERE position = 2"], [("EMPTIED", 2)]),
]
"""What somebody does who owns the database, and what is found."""


async def test_tampering_is_named(engine: AsyncEngine) -> None:
    await rename_often(engine, ["a", "b", "c", "d", "e"])
    await seal(engine)
    async with writing(engine) as session:
        clean = await verify(session)
        assert (clean.is_clean, clean.head.position, clean.unsealed) == (True, 6, 0)

    for statements, expected in TAMPERED:
        async with undone(engine) as session:
            for statement in statements:
                await session.execute(text(statement))
            found = await verify(session)
            assert (found.is_clean, tampering(found)) == (False, expected), statements
    async with undone(engine) as session:
        await session.execute(text("ALTER TABLE tags DISABLE TRIGGER record_change"))
        assert (await verify(session)).silenced == ["tags"]


async def test_log_that_is_written_anew_does_not_lead_to_the_head_that_was_kept(engine: AsyncEngine) -> None:
    await rename_often(engine, ["a", "b"])
    await seal(engine)
    async with writing(engine) as session:
        head = (await newest_link(session)).hash
    await rename_often(engine, ["c"])
    await seal(engine)

    async with undone(engine) as session:
        assert (await verify(session, head)).is_clean
        assert (await verify(session, BEGINNING)).is_clean
        await session.execute(text("UPDATE audit_log SET new_values = '{}' WHERE position = 2"))
        await session.execute(
            text("UPDATE audit_log SET sealed_at = 'infinity', position = NULL, digest = NULL, hash = NULL")
        )
        beginning = "sealed_position = 0, sealed_hash = removed_hash"
        await session.execute(text(f"UPDATE audit_chain SET {beginning}"))
        await seal_batch(session)
        assert (await verify(session)).is_clean
        assert tampering(await verify(session, head)) == [("UNKNOWN_HEAD", 0)]


async def test_chain_holds_whoever_writes_and_seals_at_once(engine: AsyncEngine) -> None:
    async def write(number: int) -> None:
        for turn in range(5):
            async with AsyncSession(engine) as session:
                await add_tag(session, name=f"{number}-{turn}")
                await (session.rollback() if turn == 3 else session.commit())

    async def seal_some() -> None:
        for _ in range(10):
            await seal(engine)

    await asyncio.gather(*(write(number) for number in range(4)), *(seal_some() for _ in range(3)))
    await seal(engine)

    async with writing(engine) as session:
        found = await verify(session)
    names = [entry.new_values["name"] for entry in await entries(engine, "tags")]
    assert sorted(names) == sorted(f"{number}-{turn}" for number in range(4) for turn in (0, 1, 2, 4))
    assert (found.findings, found.head.position, found.unsealed) == ([], 16, 0)


# Retention


async def partitions(session: AsyncSession) -> list[str]:
    """The months that there are."""
    found = await session.scalars(
        text("SELECT relname FROM pg_class WHERE relname LIKE 'sealed\\_%' AND relkind = 'r' ORDER BY 1")
    )
    return list(found.all())


async def test_months_are_made_ahead_and_dropped_when_nothing_is_kept_of_them(engine: AsyncEngine) -> None:
    await rename_often(engine, ["a", "b"])
    await seal(engine)
    async with writing(engine) as session:
        await keep(session)
        now = await partitions(session)
        head = (await newest_link(session)).hash
        assert len(now) == 4
        await session.execute(text("SELECT keep_audit_log_at(now() + interval '28 months')"))
        later = await partitions(session)
        assert len(set(later)) == 4 + len(set(later) & set(now))
        assert now[0] not in later
        found = await verify(session)
        assert (found.findings, found.removed, found.head.position) == ([], 3, 3)
        assert (await verify(session, head)).is_clean
    await rename_often(engine, ["c"])
    await seal(engine)
    async with writing(engine) as session:
        found = await verify(session, head)
    assert (found.is_clean, found.removed, found.head.position) == (True, 3, 5)


async def test_what_one_table_keeps_no_longer_is_emptied_and_the_chain_holds(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_product(session)
        await introduce(session, command("test"))
        await add_tag(session, name="Hush")
    await seal(engine)
    async with writing(engine) as session:
        await session.execute(text("UPDATE audit_config SET retention_days = 30 WHERE table_name = 'tags'"))
        await session.execute(text("SELECT keep_audit_log_at(now() + interval '31 days')"))
        found = await verify(session)

    [emptied] = await entries(engine, "tags")
    [kept] = await entries(engine, "products")
    assert found.findings == []
    assert (emptied.new_values, emptied.row_key, emptied.actor_name) == ({}, "", None)
    assert emptied.forgotten_at is not None
    assert (kept.forgotten_at, bool(kept.new_values)) == (None, True)


# What is recorded can be changed


async def test_config_decides_from_its_commit_on_and_is_on_record(engine: AsyncEngine) -> None:
    async def configure(assignment: str, table: str) -> None:
        async with writing(engine) as session:
            await session.execute(text(f"UPDATE audit_config SET {assignment} WHERE table_name = '{table}'"))

    await configure("is_on = false", "tags")
    await configure("excluded_columns = '{name}'", "products")
    async with writing(engine) as session:
        await add_tag(session)
        await add_product(session)

    [product] = await entries(engine, "products")
    assert ("name" in product.new_values, product.withheld) == (False, ["name"])
    assert await entries(engine, "tags") == []
    changes = [(each.old_values, each.new_values) for each in await entries(engine, "audit_config")]
    assert changes[-2:] == [
        ({"is_on": True}, {"is_on": False}),
        ({"excluded_columns": []}, {"excluded_columns": ["name"]}),
    ]


async def test_config_refuses_what_cannot_be(engine: AsyncEngine) -> None:
    for assignment, table, refusal in (
        ("is_on = false", "audit_config", "ck_audit_config_itself"),
        ("excluded_columns = '{colour}'", "tags", "has not all of these columns"),
        ("is_on = true", "dead_letters", "columns of the type json"),
        ("retention_days = 0", "tags", "ck_audit_config_retention_days"),
    ):
        statement = text(f"UPDATE audit_config SET {assignment} WHERE table_name = '{table}'")
        async with undone(engine) as session:
            with pytest.raises(DBAPIError, match=refusal):
                await session.execute(statement)
