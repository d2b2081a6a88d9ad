"""`merkato migrate`: the database brought to a revision, or the migrations compared with the models."""

# The options of a command are its arguments, and its flags have defaults.
# ruff: noqa: FBT002

from typing import Annotated

import typer
from rich.console import Console

from server import migrating
from server.command_database import with_engine
from server.errors import ServerError
from server.scratch import check_migrations
from server.settings import Settings, load_settings
from server.terminal import print_migration


def migrate(
    to: Annotated[str, typer.Option(metavar="REVISION", help="Where to stop: a revision, or base.")] = migrating.HEAD,
    yes: Annotated[bool, typer.Option("--yes", help="Go back to an earlier revision, which deletes data.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Compare migrations and models on a scratch database instead.")
    ] = False,
) -> None:
    """Bring the database up to date."""
    settings = load_settings()
    if check:
        _check_migrations(settings)
        return
    migration = with_engine(settings, "migrate", lambda engine: migrating.migrate(engine, to, going_back=yes))
    print_migration(Console(), migration)


def _check_migrations(settings: Settings) -> None:
    differences = check_migrations(settings)
    if differences:
        listed = "\n".join(f"- {difference}" for difference in differences)
        raise ServerError(f"The migrations and the models differ:\n{listed}\nWrite a migration for it.")
    Console().print("The migrations make what the models say, and undo it.")
