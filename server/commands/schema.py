"""`merkato schema`: the SDL."""

# The options of a command are its arguments, and its flags have defaults.
# ruff: noqa: FBT002

from typing import Annotated

import typer

from schema.root import schema as graphql_schema
from server.commands.generated_files import ROOT, Output, compare, give

SCHEMA_FILE = ROOT / "schema.graphql"


def schema(
    output: Output = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare with the file (schema.graphql); exit 1 if it differs.")
    ] = False,
) -> None:
    """Print the GraphQL schema (SDL)."""
    text = f"{graphql_schema.as_str().strip()}\n"
    if check:
        compare(text, output or SCHEMA_FILE, "schema")
    else:
        give(text, output)
