"""`merkato check-integrity`: whether everything that must always hold does."""

from typing import Annotated

import typer

from domain.integrity import check_integrity
from server.command_database import in_one_transaction
from server.integrity_reports import report, report_json
from server.settings import load_settings

EXIT_BROKEN = 5


def check_integrity_command(
    repair: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option(
            "--repair",
            help="Set right what follows from other rows: ratings and prices of products, counters of codes.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,  # noqa: FBT002
) -> None:
    """Check what must always hold of prices, ratings, stock, orders and the database itself.

    When something does not, it is named, and the exit code is 5.
    """
    found = in_one_transaction(
        load_settings(), "check-integrity", lambda session: check_integrity(session, repair=repair)
    )
    typer.echo(report_json(found) if as_json else "\n".join(report(found)))
    if found.findings:
        raise typer.Exit(EXIT_BROKEN)
