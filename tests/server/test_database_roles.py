"""The roles on a PostgreSQL where nobody of ours is a superuser: who makes them, who acts as them, how they go."""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.keyed_columns import KEYED_COLUMNS
from domain.resealing import Fate, reseal_batch
from domain.vault import Vault, VaultKey, parse_keys
from server.database import open_connection, opened_engine, require_roles
from server.database_roles import DatabaseRole, RoleRefusedError, require_role
from server.embedded import EmbeddedPostgres
from server.migrating import BASE, MigrationFailedError, migrate, require_head
from server.scratch import FORGETFUL
from server.settings import DEVELOPMENT_ENCRYPTION_KEYS
from tests.databases import settings_for
from tests.factories import add_product, add_user, seal_phone, writing
from tests.signed_in import open_door

KNOWN = parse_keys(DEVELOPMENT_ENCRYPTION_KEYS)
SERVER_ROLES = ("merkato_admin", "merkato_app", "merkato_reporting", "merkato_system")
UPDATE = 'mutation { updateProfile(input: { firstName: "Hana" }) { __typename ... on Account { firstName } } }'


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for this file, on which no roles are."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("roles"), FORGETFUL) as postgres:
        yield postgres.url


@pytest.fixture
async def provider(url: str) -> AsyncIterator[AsyncEngine]:
    """Whoever runs the server for its customers, on a database of their own."""
    async with opened_engine(url, settings_for(url)) as engine:
        yield engine


def as_login(url: str, login: str) -> str:
    """The address of the shop's database for a login."""
    return url.replace("merkato@/merkato?", f"{login}@/shop?")


async def run(engine: AsyncEngine, *statements: str) -> None:
    """Execute statements, each by itself."""
    async with engine.connect() as connection:
        bare = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in statements:
            await bare.execute(text(statement))


async def roles(engine: AsyncEngine) -> list[str]:
    """Those of the roles that are there."""
    async with engine.connect() as connection:
        names = text("SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'merkato\\_%' ORDER BY 1")
        return list(await connection.scalars(names))


async def test_managed_database_needs_no_superuser(url: str, provider: AsyncEngine) -> None:
    await run(provider, "CREATE ROLE shop_owner LOGIN", "CREATE DATABASE shop OWNER shop_owner")
    owner, server = as_login(url, "shop_owner"), as_login(url, "shop_server")
    async with opened_engine(owner, settings_for(owner)) as engine:
        with pytest.raises(MigrationFailedError, match="Have an administrator run: CREATE ROLE merkato_admin;"):
            await migrate(engine)
        await run(provider, "ALTER ROLE shop_owner CREATEROLE")
        await migrate(engine)
        await require_roles(owner, settings_for(owner))

        await run(engine, "CREATE ROLE shop_server LOGIN")
        with pytest.raises(
            RoleRefusedError, match=r'cannot act as merkato_app: permission denied to set role "merkato'
        ):
            await require_roles(server, settings_for(server))
        await require_roles(server, settings_for(server).model_copy(update={"database_assume_roles": False}))
        await run(engine, "GRANT merkato_app, merkato_system TO shop_server")
        await require_roles(server, settings_for(server))
        async with opened_engine(server, settings_for(server)) as least:
            await require_head(least)
        async with writing(engine) as session:
            await add_product(session, name="Switch")
            user = await add_user(session)
            await seal_phone(session, user, "+251911000101")
        async with opened_engine(server, settings_for(server)) as least, writing(least) as session:
            resealed = await reseal_batch(session, Vault([VaultKey("new", bytes(32)), *KNOWN]), KEYED_COLUMNS[0], None)
        assert resealed.fates == {("encrypted_phone", Fate.RENEWED): 1, ("phone_index", Fate.RENEWED): 1}
        with open_door(server) as door:
            read = door.http.post("/graphql", json={"query": "{ products { nodes { name } } }"})
            written = door.http.post("/graphql", json={"query": UPDATE}, headers=door.headers(user.id))
        assert read.json() == {"data": {"products": {"nodes": [{"name": "Switch"}]}}}
        assert written.json() == {"data": {"updateProfile": {"__typename": "Account", "firstName": "Hana"}}}

        await migrate(provider)  # another shop on the same server
        await migrate(engine, BASE, going_back=True)
        assert await roles(provider) == list(SERVER_ROLES)
        await migrate(provider, BASE, going_back=True)
        assert await roles(provider) == []


async def test_roles_that_an_administrator_made_are_enough(url: str, provider: AsyncEngine) -> None:
    login = "shop_keeper"
    await run(
        provider,
        f"CREATE ROLE {login} LOGIN",
        "DROP DATABASE IF EXISTS shop",
        f"CREATE DATABASE shop OWNER {login}",
        *(f"CREATE ROLE {role}" for role in SERVER_ROLES),
    )
    address = as_login(url, login)
    async with opened_engine(address, settings_for(address)) as engine:
        with pytest.raises(MigrationFailedError, match=f"GRANT merkato_app, merkato_system TO {login}"):
            await migrate(engine)
        await run(provider, "GRANT merkato_system TO merkato_admin", f"GRANT merkato_app, merkato_system TO {login}")
        await run(provider, "ALTER ROLE merkato_app BYPASSRLS")
        with pytest.raises(MigrationFailedError, match="The role merkato_app bypasses row-level security"):
            await migrate(engine)
        await run(provider, "ALTER ROLE merkato_app NOBYPASSRLS")
        await migrate(engine)
        await require_roles(address, settings_for(address))
        await migrate(engine, BASE, going_back=True)
    assert await roles(provider) == list(SERVER_ROLES)


async def test_role_that_was_not_passed_on_is_noticed(url: str) -> None:
    connection = await open_connection(url, settings_for(url))
    with pytest.raises(RoleRefusedError, match="cannot act as merkato_app: it acts as merkato"):
        await require_role(connection, DatabaseRole.APP)
    await connection.close()
