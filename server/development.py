"""The life of `merkato dev`: a database with data and a server, started together and stopped together."""

import asyncio
from dataclasses import dataclass
from functools import partial

from pydantic import SecretStr
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from domain.actors import act_as, command
from server.database import empty_database, opened_engine
from server.embedded import EmbeddedPostgres
from server.errors import ServerError
from server.executor import require_trusted_documents
from server.migrating import migrate
from server.postgres_programs import MAJOR_VERSION
from server.provisioning import owned_database
from server.seeding import load_demo
from server.serving import reserved_address, serve_while_developing
from server.settings import AppEnvironment, Settings

EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 these are compared with, not listened on


class NotDevelopmentError(ServerError):
    """`dev` opens what production keeps closed."""

    def __init__(self, environment: AppEnvironment) -> None:
        super().__init__(
            f"`merkato dev` is for development, and APP_ENV is {environment}. "
            "Use `merkato serve`, or set APP_ENV=development."
        )


@dataclass(frozen=True, slots=True)
class DevelopmentOptions:
    """What was asked for on the command line."""

    reset: bool
    demo: bool
    reload: bool


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everything is, in words."""

    base: str
    database: str
    graphiql: bool


def develop(settings: Settings, options: DevelopmentOptions) -> None:
    """Serve a database with data until asked to end. Raises a ServerError."""
    require_development(settings)
    require_trusted_documents(settings)
    with reserved_address(settings.host, settings.port) as listener:
        if options.reset:
            reset_database(settings)
        announce = partial(show_addresses, _addresses(settings))
        with owned_database(settings) as url:
            asyncio.run(_prepare(url, settings, demo=options.demo))
            running = settings.model_copy(update={"database_url": SecretStr(url)})
            serve_while_developing(running, listener, announce, reload=options.reload)


def require_development(settings: Settings) -> None:
    """Refuse any other environment."""
    if settings.app_env != AppEnvironment.DEVELOPMENT:
        raise NotDevelopmentError(settings.app_env)


def reset_database(settings: Settings) -> None:
    """Delete all data."""
    if settings.database_url is None:
        EmbeddedPostgres(settings.data_directory).reset()
    else:
        asyncio.run(_empty(settings.database_url.get_secret_value(), settings))


def show_addresses(addresses: Addresses) -> None:
    """Print where everything is."""
    lines = Table.grid(padding=(0, 2))
    if addresses.graphiql:
        lines.add_row("GraphiQL", f"{addresses.base}/graphql", "in a browser")
    lines.add_row("API", f"{addresses.base}/graphql", "POST")
    lines.add_row("Health", f"{addresses.base}/health")
    lines.add_row("Database", addresses.database)
    Console().print(Panel(lines, title="Merkato is running", subtitle="Ctrl-C stops it", expand=False, padding=(1, 2)))


async def _prepare(url: str, settings: Settings, *, demo: bool) -> None:
    with Console().status("Preparing the database…"):
        async with opened_engine(url, settings) as engine:
            act_as(engine, command("dev"))
            await migrate(engine)
            if demo:
                await load_demo(engine)


async def _empty(url: str, settings: Settings) -> None:
    async with opened_engine(url, settings) as engine:
        await empty_database(engine)


def _addresses(settings: Settings) -> Addresses:
    host = "127.0.0.1" if settings.host in EVERY_ADDRESS else settings.host
    shown = f"[{host}]" if ":" in host else host
    embedded = f"PostgreSQL {MAJOR_VERSION} in {settings.data_directory}"
    return Addresses(
        base=f"http://{shown}:{settings.port}",
        database=embedded if settings.database_url is None else "as DATABASE_URL says",
        graphiql=settings.shows_graphiql,
    )
