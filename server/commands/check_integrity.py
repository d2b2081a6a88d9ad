"""`merkato check-integrity`: whether everything that must always hold does."""

from functools import partial
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.integrity import Integrity, check_integrity, set_right
from domain.integrity_checks import CHECKS
from server.command_database import with_engine
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
    found = with_engine(load_settings(), "check-integrity", partial(_found, repair=repair), migrated=True)
    typer.echo(report_json(found) if as_json else "\n".join(report(found)))
    if found.findings:
        raise typer.Exit(EXIT_BROKEN)


async def _found(engine: AsyncEngine, *, repair: bool) -> Integrity:
    """What is found; with `repair`, after each promise that can be set right was, in a transaction of its own."""
    repaired = 0
    for check in CHECKS:
        if repair and check.repair is not None:
            async with AsyncSession(engine) as session, session.begin():
                repaired += await set_right(session, check.repair)
    async with AsyncSession(engine) as session, session.begin():
        return await check_integrity(session, CHECKS, repaired=repaired)
