"""The command line: `merkato --help`."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_from_info, get_group
from typer.models import CommandInfo

from server.stopping import unwinding_on_signals


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is, a function or a Typer with commands of its own, and what it does in a sentence."""

    module: str
    name: str
    summary: str


COMMANDS = {
    "init": Place(
        "server.init_command",
        "init",
        "Set a shop up: the settings in .env with fresh keys, the tables, and an administrator.",
    ),
    "dev": Place("server.commands.dev", "dev", "Develop: database, demo data and server in one. Ctrl-C stops it all."),
    "serve": Place(
        "server.commands.serve",
        "serve",
        "Serve in production, on the migrated database of DATABASE_URL and with strong keys only.",
    ),
    "worker": Place(
        "server.commands.worker",
        "worker",
        "Do the jobs that requests leave behind, such as mail. Start as many as you need; `dev` has one inside.",
    ),
    "migrate": Place("server.commands.migrate", "migrate", "Bring the database up to date."),
    "seed": Place(
        "server.commands.seed",
        "seed",
        "Load the demo data into an empty database, or generate a large set of data.",
    ),
    "schema": Place("server.commands.schema", "schema", "Print the GraphQL schema (SDL)."),
    "permissions": Place(
        "server.commands.permissions",
        "permissions",
        "Print who may do what: roles, permissions, and what asks for them.",
    ),
    "explain": Place(
        "server.commands.explain",
        "explain",
        "Show the SQL of a query, how PostgreSQL runs it, and its indexes. Nothing is changed.",
    ),
    "documents": Place(
        "server.commands.documents",
        "documents",
        "Print the manifest of the trusted documents: the operations of queries/ by the ids that clients send.",
    ),
    "create-admin": Place(
        "server.commands.create_admin",
        "create_admin",
        "Make an administrator and show a password once, which has to be changed at the first sign-in.",
    ),
    "check-env": Place(
        "server.commands.check_env",
        "check_env",
        "Show every setting: its value, where it came from, its meaning and what is wrong with it.",
    ),
    "check-integrity": Place(
        "server.commands.check_integrity",
        "check_integrity_command",
        "Check what must always hold of prices, ratings, stock, orders and the database itself.",
    ),
    "reseal": Place(
        "server.commands.reseal",
        "reseal",
        "Encrypt anew what older keys of ENCRYPTION_KEYS have encrypted, so that they can be taken away.",
    ),
    "clear-cache": Place(
        "server.commands.clear_cache",
        "clear_cache",
        "Let every server forget the answers that it has kept, and ask the database anew.",
    ),
    "import": Place("server.commands.imports", "imports", "Bring in data from elsewhere."),
    "audit": Place("server.audit_commands", "audit", "Look after the record of who changed what."),
    "jobs": Place("server.jobs_commands", "jobs", "Look after the jobs that were given up."),
    "mailbox": Place(
        "server.mailbox_commands",
        "mailbox_commands",
        "Read the letters that were sent while developing. Without a command: list them.",
    ),
}
"""In the order of `merkato --help`, which imports none of them: together they take seconds."""


class Commands(TyperGroup):
    """Commands that are known by their summaries until they are asked for."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # what the command gives
        """Run the command that was asked for."""
        with import_module("server.commands.failures").failures_told():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # of the click within typer, whose types are private
        """The command itself, in place of its summary."""
        name, _summary, rest = super().resolve_command(ctx, args)
        return name, load(str(name)), rest


def load(name: str) -> TyperCommand | TyperGroup:
    """The command of that name, imported."""
    place = COMMANDS[name]
    with _uncollected():
        found = getattr(import_module(place.module), place.name)
    if isinstance(found, typer.Typer):
        return get_group(found)
    return get_command_from_info(  # type: ignore[return-value]  # a TyperCommand, as nothing else is asked for
        CommandInfo(name, callback=found), pretty_exceptions_short=False, rich_markup_mode="rich"
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Imports leave much and drop little: the collector, which looks again and again, would find next to nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


MERKATO = Commands(
    name="merkato",
    commands={name: TyperCommand(name, help=place.summary) for name, place in COMMANDS.items()},
    help="Content and commerce behind one typed GraphQL API. Start with [bold]merkato dev[/].",
    epilog="Exit codes: 0 done; 1 not done, the reason is on stderr; 2 wrong usage; 3 an import refused some products; "
    "4 the audit log was tampered with; 5 something does not hold that always must; 6 encrypted values cannot be read.",
    rich_markup_mode="rich",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run a command."""
    with unwinding_on_signals():
        MERKATO(prog_name="merkato")
