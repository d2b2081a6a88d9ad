"""What the database itself keeps from each role, asked in SQL without any predicate of ours."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

import models
from auth.permissions import Permission
from auth.row_security import GUARDED_TABLES, IDENTIFY_SESSION, WITHHELD_COLUMNS, identity_of
from auth.viewer import VISITOR, Viewer, viewer_with_role
from auth.visibility import PREDICATES, PUBLIC_TABLES, visible
from models import Role
from server.database import open_connection
from server.database_roles import DatabaseRole
from tests.accounts_of_two import Two, add_two
from tests.databases import settings_for
from tests.factories import shared_engine, writing

ROLES = ("merkato_admin", "merkato_app", "merkato_reporting", "merkato_system")
HIDDEN_TABLES = {
    "external_sign_ins",
    "idempotency_keys",
    "one_time_tokens",
    "order_counters",
    "promo_code_uses",
    "refresh_tokens",
    "throttles",
}
QUEUE_TABLES = {"pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics"}
AUDIT_TABLES = {"audit_chain", "audit_config", "audit_log"}
NEVER_CHANGED = {*AUDIT_TABLES, "former_slugs", "order_events", "payment_transactions", "payments", "stock_movements"}
PROMOTION_TABLES = {"promo_code_categories", "promo_code_products", "promo_codes"}
CART_TABLES = {"cart_lines", "carts"}
ORDER_TABLES = {"fulfillment_lines", "fulfillments", "order_discounts", "order_events", "order_lines", "orders"}
PAYMENT_TABLES = {"payment_transactions", "payments"}
RELEASE_TABLES = {"release_events", "release_items", "releases"}
STAFF_TABLES = {
    *RELEASE_TABLES,
    *("audit_log", "dead_letters", "page_comments", "post_comments", "provider_events", "revisions"),
    *("content_analytics", "content_findings", "service_analytics", "stock_movements"),
}
OWNED_TABLES = sorted(GUARDED_TABLES - PROMOTION_TABLES - CART_TABLES - ORDER_TABLES - PAYMENT_TABLES - STAFF_TABLES)
MODELS = {mapper.local_table.name: mapper.class_ for mapper in models.Base.registry.mappers}  # type: ignore[attr-defined]

Acting: TypeAlias = Callable[[str], AbstractAsyncContextManager[asyncpg.Connection]]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for these tests."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def two(shop: AsyncEngine) -> Two:
    """Two people with everything that an account can have."""
    async with writing(shop) as session:
        return await add_two(session)


@pytest.fixture(scope="module")
def acting(shop: AsyncEngine) -> Acting:
    """Connections that act as a role, in a transaction that is undone."""
    url = str(shop.get_execution_options()["url"])

    @asynccontextmanager
    async def act(role: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await open_connection(url, settings_for(url))
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(f"SET LOCAL ROLE {role}")
        try:
            yield connection
        finally:
            await transaction.rollback()
            await connection.close()

    return act


async def identify(connection: asyncpg.Connection, viewer: Viewer) -> None:
    """Tell the database who reads."""
    identity = identity_of(viewer)
    await connection.fetchrow(IDENTIFY_SESSION, *identity.settings)


async def owners(connection: asyncpg.Connection) -> dict[str, set[UUID]]:
    """Whose rows are seen of each table."""
    return {
        table: {row["user_id"] for row in await connection.fetch(f"SELECT user_id FROM {table}")}
        for table in OWNED_TABLES
    }


async def refused(connection: asyncpg.Connection, statement: str) -> str:
    """What PostgreSQL says to a statement that it must not run."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError) as refusal:
        async with connection.transaction():
            await connection.execute(statement)
    return str(refusal.value)


async def test_no_role_owns_anything_or_bypasses_policies(acting: Acting) -> None:
    async with acting("merkato_app") as connection:
        roles = await connection.fetch(
            "SELECT * FROM pg_roles WHERE rolname LIKE 'merkato\\_%' ORDER BY rolname"  # the owner has no underscore
        )
        assert [role["rolname"] for role in roles] == list(ROLES)
        powers = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication")
        assert {role[power] for role in roles for power in powers} == {False}
        owned = "SELECT count(*) FROM pg_class WHERE relowner = ANY ($1::oid[])"
        assert await connection.fetchval(owned, [role["oid"] for role in roles]) == 0
        reached = "SELECT rolname FROM pg_roles WHERE pg_has_role('merkato_app', oid, 'MEMBER')"
        assert [row["rolname"] for row in await connection.fetch(reached)] == ["merkato_app"]


async def test_every_table_is_for_whom_it_is_meant(acting: Acting) -> None:
    async with acting("merkato_app") as connection:
        tables = await connection.fetch("""
            SELECT relname, relrowsecurity AS guarded, has_any_column_privilege('merkato_app', oid, 'SELECT') AS read,
                has_table_privilege('merkato_app', oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                    OR has_any_column_privilege('merkato_app', oid, 'INSERT, UPDATE') AS written,
                has_table_privilege('merkato_system', oid, 'SELECT')
                    AND has_table_privilege('merkato_system', oid, 'INSERT')
                    AND has_table_privilege('merkato_system', oid, 'UPDATE')
                    AND has_table_privilege('merkato_system', oid, 'DELETE') AS served,
                has_table_privilege('merkato_reporting', oid, 'INSERT, UPDATE, DELETE, TRUNCATE') AS falsified
            FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        """)
    names = {table["relname"] for table in tables}
    assert names == {*models.Base.metadata.tables, *QUEUE_TABLES, "alembic_version"}
    assert {table["relname"] for table in tables if table["guarded"]} == GUARDED_TABLES | HIDDEN_TABLES
    assert {table["relname"] for table in tables if table["read"]} == PUBLIC_TABLES | GUARDED_TABLES | {
        "alembic_version"
    }
    assert {table["relname"] for table in tables if table["written"] or table["falsified"]} == set()
    served = {table["relname"] for table in tables if table["served"]}
    assert served == names - {"alembic_version", *NEVER_CHANGED}


async def test_requests_read_every_column_but_secrets(acting: Acting) -> None:
    async with acting("merkato_app") as connection:
        withheld = await connection.fetch(
            """
            SELECT format('%s.%s', relname, attname) AS name FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relname = ANY ($1) AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
                AND NOT has_column_privilege(attrelid, attnum, 'SELECT')
            """,
            list(PUBLIC_TABLES | GUARDED_TABLES),
        )
    assert {row["name"] for row in withheld} == {
        "recovery_codes.code_hash",
        "totp_credentials.encrypted_secret",
        "totp_credentials.last_used_step",
        "users.password_hash",
    }
    names = {f"{model.__tablename__}.{name}" for model, columns in WITHHELD_COLUMNS.items() for name in columns}
    assert names == {"users.password_hash"}


async def test_rows_are_seen_by_whom_the_database_was_told_of(acting: Acting, two: Two) -> None:
    selam, hana = two.selam.account_id, two.hana.account_id
    async with acting("merkato_app") as connection:
        assert await owners(connection) == {table: set() for table in OWNED_TABLES}
        for viewer in (two.selam, two.hana):
            await identify(connection, viewer)
            assert await owners(connection) == {table: {viewer.account_id} for table in OWNED_TABLES}
            assert await connection.fetch("SELECT FROM dead_letters") == []
        await identify(connection, Viewer(grants=frozenset({Permission.ACCOUNTS_READ, Permission.JOBS_READ})))
        assert await owners(connection) == {table: {selam, hana} for table in OWNED_TABLES}
        assert len(await connection.fetch("SELECT FROM dead_letters")) == 1
        await identify(connection, VISITOR)
        assert await owners(connection) == {table: set() for table in OWNED_TABLES}


async def test_carts_are_seen_by_whoever_fills_them(acting: Acting, two: Two) -> None:
    carts = "SELECT carts.user_id, carts.guest_id, variant_id FROM carts JOIN cart_lines ON cart_id = carts.id"
    both = replace(two.selam, guest_id=two.guest.guest_id)
    async with acting("merkato_app") as connection:

        async def seen(viewer: Viewer) -> set[tuple[UUID | None, UUID | None]]:
            await identify(connection, viewer)
            return {(row["user_id"], row["guest_id"]) for row in await connection.fetch(carts)}

        assert await seen(two.selam) == {(two.selam.user_id, None)}
        assert await seen(two.guest) == {(None, two.guest.guest_id)}
        assert await seen(both) == {(two.selam.user_id, None), (None, two.guest.guest_id)}
        assert await seen(Viewer(guest_id=two.selam.user_id)) == set()
        assert await seen(VISITOR) == set()
        assert len(await seen(Viewer(grants=frozenset({Permission.CARTS_READ})))) == 3


async def test_orders_are_seen_by_whoever_bought_with_all_that_is_theirs(acting: Acting, two: Two) -> None:
    """Each has ordered once, with one of everything; of the three entries of the history the note is not for buyers."""
    both = replace(two.selam, guest_id=two.guest.guest_id)
    async with acting("merkato_app") as connection:

        async def seen(viewer: Viewer) -> dict[str, int]:
            await identify(connection, viewer)
            return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in ORDER_TABLES}

        own = {table: 2 if table == "order_events" else 1 for table in ORDER_TABLES}
        assert await seen(two.selam) == own
        assert await seen(two.guest) == own
        assert await seen(both) == {table: 2 * count for table, count in own.items()}
        assert await seen(VISITOR) == dict.fromkeys(ORDER_TABLES, 0)
        staff = Viewer(grants=frozenset({Permission.ORDERS_READ}))
        assert await seen(staff) == {table: 9 if table == "order_events" else 3 for table in ORDER_TABLES}
    async with acting(DatabaseRole.SYSTEM) as connection:
        for change in ("UPDATE order_events SET text = 'Nothing.'", "DELETE FROM order_events"):
            assert "permission denied" in await refused(connection, change)


async def test_payments_are_seen_by_whoever_pays_and_messages_by_the_staff(acting: Acting, two: Two) -> None:
    tables = (*sorted(PAYMENT_TABLES), "provider_events")
    async with acting("merkato_app") as connection:

        async def seen(viewer: Viewer) -> list[int]:
            await identify(connection, viewer)
            return [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables]

        assert await seen(two.selam) == [1, 1, 0]
        assert await seen(two.guest) == [1, 1, 0]
        assert await seen(VISITOR) == [0, 0, 0]
        assert await seen(Viewer(grants=frozenset({Permission.ORDERS_READ}))) == [0, 0, 0]
        assert await seen(Viewer(grants=frozenset({Permission.PAYMENTS_READ}))) == [3, 3, 1]
    async with acting(DatabaseRole.SYSTEM) as connection:
        for table in PAYMENT_TABLES:
            assert "permission denied" in await refused(connection, f"DELETE FROM {table}")


@pytest.mark.parametrize("kind", [*Role, "SELAM", "GUEST"])
async def test_policies_show_what_the_predicates_show(
    shop: AsyncEngine, acting: Acting, two: Two, kind: Role | str
) -> None:
    """A policy that hid what a predicate shows would make rows vanish; own rows are equal, row by row."""
    own = {"SELAM": two.selam, "GUEST": two.guest}
    viewer = own[kind] if kind in own else viewer_with_role(Role(kind))
    async with acting("merkato_app") as connection, shop.connect() as unrestricted:
        await identify(connection, viewer)
        for table in GUARDED_TABLES:
            model = MODELS.get(table)
            if model is None:
                continue  # what links rows has no id
            found = {row["id"] for row in await connection.fetch(f"SELECT id FROM {table}")}
            if model in PREDICATES:
                meant = await unrestricted.scalars(select(model.id).where(visible(model, model, viewer)))
                assert found == set(meant), table


async def test_application_changes_nothing(acting: Acting, two: Two) -> None:
    async with acting("merkato_app") as connection:
        await identify(connection, two.selam)
        for table in sorted(GUARDED_TABLES | HIDDEN_TABLES | PUBLIC_TABLES):
            for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}", f"INSERT INTO {table} DEFAULT VALUES"):
                assert await refused(connection, statement) == f"permission denied for table {table}"
        for table in sorted(GUARDED_TABLES):
            statement = f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
            assert await refused(connection, statement) == f"must be owner of table {table}"
        for table in sorted(HIDDEN_TABLES | QUEUE_TABLES):
            assert await refused(connection, f"SELECT FROM {table}") == f"permission denied for table {table}"
        assert "permission denied" in await refused(connection, "SELECT FROM pg_authid")
        assert "permission denied" in await refused(connection, "CREATE TABLE mine ()")


async def test_reports_read_all_but_secrets_and_change_nothing(acting: Acting, two: Two) -> None:
    both = {two.selam.account_id, two.hana.account_id}
    async with acting("merkato_reporting") as connection:
        for table in ("addresses", "api_tokens", "external_identities", "user_security_logs", "user_sessions"):
            assert {row["user_id"] for row in await connection.fetch(f"SELECT user_id FROM {table}")} == both
        assert {row["id"] for row in await connection.fetch("SELECT id, email FROM users")} == both
        for secret in (
            *("password_hash FROM users", "encrypted_phone FROM users", "encrypted_phone FROM addresses"),
            *("token_hash FROM api_tokens", "payload FROM dead_letters"),
            *("encrypted_details FROM payment_methods", "payload FROM provider_events"),
            *("id FROM refresh_tokens", "id FROM one_time_tokens", "id FROM recovery_codes", "id FROM pgqueuer"),
        ):
            assert "permission denied" in await refused(connection, f"SELECT {secret}")
        for change in ("UPDATE users SET role = 'ADMIN'", "DELETE FROM addresses", "INSERT INTO tags DEFAULT VALUES"):
            assert "permission denied" in await refused(connection, change)


async def test_server_and_administrators_see_and_change_every_row(acting: Acting, two: Two) -> None:
    for role in (DatabaseRole.SYSTEM, "merkato_admin"):
        async with acting(role) as connection:
            both = {two.selam.account_id, two.hana.account_id}
            assert await owners(connection) == dict.fromkeys(OWNED_TABLES, both)
            assert await connection.execute("UPDATE addresses SET city = 'Adama'") == "UPDATE 2"
            assert await connection.execute("DELETE FROM refresh_tokens") == "DELETE 2"
    async with acting(DatabaseRole.SYSTEM) as connection:
        assert "permission denied" in await refused(connection, "UPDATE alembic_version SET version_num = '1'")
        assert "must be owner" in await refused(connection, "ALTER TABLE addresses DISABLE ROW LEVEL SECURITY")


async def test_nobody_but_the_owner_writes_the_audit_log(acting: Acting) -> None:
    for role in (DatabaseRole.SYSTEM, "merkato_admin", "merkato_reporting"):
        async with acting(role) as connection:
            assert await connection.fetchval("SELECT count(*) > 0 FROM audit_log")
            for statement in (
                *("INSERT INTO {} DEFAULT VALUES", "UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"),
                "CREATE TRIGGER mine AFTER DELETE ON {} EXECUTE FUNCTION record_change()",
            ):
                for table in AUDIT_TABLES:
                    assert "permission denied" in await refused(connection, statement.format(table))
            for forbidden in (
                "SELECT FROM audit.unsealed",
                "SELECT keep_audit_log_at('2100-01-01')",
                "SELECT make_audit_partition('2100-01-01')",
            ):
                assert "permission denied" in await refused(connection, forbidden)
