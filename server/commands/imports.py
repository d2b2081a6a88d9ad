"""`merkato import`: data from elsewhere."""

# The options of a command are its arguments, and its flags have defaults.
# ruff: noqa: FBT002

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from server.command_database import with_engine
from server.importing import import_products
from server.settings import load_settings
from server.terminal import print_import, showing_bytes

EXIT_SOME_REFUSED = 3

imports = typer.Typer(help="Bring in data from elsewhere.", no_args_is_help=True)


@imports.command("shopify")
def import_shopify(
    file: Annotated[Path, typer.Argument(help="A product export (CSV) of Shopify.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")] = False,
) -> None:
    """Import products. The second import of a file changes nothing; a product lands whole or not at all."""
    console = Console()
    settings = load_settings()
    with showing_bytes(console, file.name) as report:
        summary = with_engine(
            settings,
            "import shopify",
            lambda engine: import_products(engine, file, dry_run=dry_run, report=report),
            migrated=True,
        )
    print_import(console, summary, dry_run=dry_run)
    if summary.refused:
        raise typer.Exit(EXIT_SOME_REFUSED)
