"""`merkato dev`: database, demo data and server in one."""

# The options of a command are its arguments, and its flags have defaults.
# ruff: noqa: FBT002, PLR0913, PLR0917

import sys
from typing import Annotated

import typer
from rich.console import Console

from server.commands.serving_options import Host, Port, settings_with
from server.database_url import show_database_url
from server.development import DevelopmentOptions, develop, require_development
from server.errors import ServerError
from server.settings import Settings
from server.stopping import StopRequestedError


class ConfirmationMissingError(ServerError):
    """Nobody is there to be asked."""

    def __init__(self, database: str) -> None:
        super().__init__(f"--reset deletes everything in the database {database}. Repeat the command with --yes.")


def dev(
    host: Host = None,
    port: Port = None,
    reset: Annotated[bool, typer.Option("--reset", help="Delete all data first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --reset empties DATABASE_URL.")] = False,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Leave an empty database empty.")] = False,
    reload: Annotated[bool, typer.Option("--reload", help="Start anew after each change of the code.")] = False,
) -> None:
    """Develop: database, demo data and server in one. Ctrl-C stops it all.

    Without DATABASE_URL a PostgreSQL of its own runs in DATA_DIRECTORY (.merkato). A second start keeps the data.
    """
    settings = settings_with(host=host, port=port)
    require_development(settings)
    if reset and not yes:
        _confirm_reset(settings)
    try:
        develop(settings, DevelopmentOptions(reset=reset, demo=not no_demo, reload=reload))
    except StopRequestedError:
        Console().print("Stopped.")


def _confirm_reset(settings: Settings) -> None:
    """The embedded database is ours to empty; that of DATABASE_URL is somebody's."""
    if settings.database_url is None:
        return
    shown = show_database_url(settings.database_url.get_secret_value())
    if not sys.stdin.isatty():
        raise ConfirmationMissingError(shown)
    typer.confirm(f"Delete everything in the database {shown}?", abort=True)
