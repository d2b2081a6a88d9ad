"""`merkato permissions`: who may do what."""

# The options of a command are its arguments, and its flags have defaults.
# ruff: noqa: FBT002

from typing import Annotated

import typer

from schema.root import schema as graphql_schema
from server.commands.generated_files import ROOT, Output, compare, give
from server.permissions_page import permissions_page

PERMISSIONS_FILE = ROOT / "docs" / "permissions.md"


def permissions(
    output: Output = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare with the file (docs/permissions.md); exit 1 if it differs.")
    ] = False,
) -> None:
    """Print who may do what: roles, permissions, and what asks for them."""
    text = permissions_page(graphql_schema)
    if check:
        compare(text, output or PERMISSIONS_FILE, "permissions")
    else:
        give(text, output)
