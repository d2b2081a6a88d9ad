"""`merkato explain`: how a query is answered."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from auth.viewer import VISITOR, viewer_with_role
from models import Role
from server import explaining
from server.command_database import with_engine
from server.database_roles import DatabaseRole
from server.explained_terminal import print_report
from server.explaining import Question, parse_variables, read_text
from server.graphql_request import GraphQLRequest
from server.settings import load_settings

VISITOR_NAME = "visitor"
VIEWERS = {VISITOR_NAME: VISITOR} | {role.value.lower(): viewer_with_role(role) for role in Role}


def explain(
    file: Annotated[Path, typer.Argument(help="A GraphQL document.", show_default=False)],
    variables: Annotated[str | None, typer.Option(metavar="JSON", help="Its variables.", show_default=False)] = None,
    variables_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its variables in a file.", show_default=False)
    ] = None,
    operation: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which operation, if it has several.", show_default=False)
    ] = None,
    viewer: Annotated[str, typer.Option(metavar="ROLE", help=f"Who asks: {', '.join(VIEWERS)}.")] = VISITOR_NAME,
) -> None:
    """Show the SQL of a query, how PostgreSQL runs it, and its indexes. Nothing is changed."""
    if viewer.lower() not in VIEWERS:
        raise typer.BadParameter(f"{viewer!r} is no viewer. There are {', '.join(VIEWERS)}.", param_hint="--viewer")
    if variables is not None and variables_file is not None:
        raise typer.BadParameter("Give --variables or --variables-file, not both.")
    text = read_text(variables_file) if variables_file is not None else variables
    given = None if text is None else parse_variables(text)
    question = Question(file, GraphQLRequest(read_text(file), operation, given), VIEWERS[viewer.lower()])
    settings = load_settings()
    role = DatabaseRole.APP if settings.database_assume_roles else None
    report = with_engine(settings, None, lambda engine: explaining.explain(engine, question, role), migrated=True)
    print_report(Console(), report)
