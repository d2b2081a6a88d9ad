"""`merkato check-integrity`: whether everything that must always hold does."""

from typing import Annotated

import typer
from rich.console import Console

from domain.integrity import Finding, Integrity, check_integrity
from server.command_database import in_one_transaction
from server.settings import load_settings

EXIT_BROKEN = 5


def check_integrity_command(
    repair: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--repair", help="Set right what follows from other rows: ratings and prices of products.")
    ] = False,
) -> None:
    """Check what must always hold: prices, ratings, stock, constraints, triggers. When it does not, exit code 5."""
    found = in_one_transaction(
        load_settings(), "check-integrity", lambda session: check_integrity(session, repair=repair)
    )
    console = Console()
    for line in report(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if found.findings:
        raise typer.Exit(EXIT_BROKEN)


def report(found: Integrity) -> list[str]:
    """What was found, line by line; the last one begins with PASS or FAIL."""
    lines = [_line(finding) for finding in found.findings]
    if found.repaired:
        lines.append(f"Repaired: {found.repaired:,}.")
    held = found.checked - len(found.findings)
    return [*lines, f"{found.status}: {held} of {found.checked} promises hold."]


def _line(finding: Finding) -> str:
    others = finding.count - len(finding.named)
    more = f" and {others:,} more" if others else ""
    return f"{finding.check.name}: {finding.check.promise} Not so: {', '.join(finding.named)}{more}."
