"""What `merkato audit` prints."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from domain.audit_log import Verification
from models import AuditedTable

MOST_FINDINGS = 50
"""Whoever rewrote the log has touched every entry; the first ones tell as much as all of them."""


def print_audited_tables(console: Console, tables: Sequence[AuditedTable]) -> None:
    """What is recorded of each table, and why."""
    shown = Table("Table", "Recorded", "Days kept", Column("Why", overflow="fold"), Column("Kept out", overflow="fold"))
    for table in tables:
        kept_out = ", ".join(table.excluded_columns)
        recorded = "yes" if table.is_on else "no"
        shown.add_row(table.table_name, recorded, str(table.retention_days), escape(table.reason), kept_out)
    console.print(shown)


def print_verification(console: Console, found: Verification) -> None:
    """What is wrong with the audit log, or how much of it is whole."""
    for line in _lines(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _lines(found: Verification) -> list[str]:
    lines = [f"{finding.tampering.upper()}: {finding.message}" for finding in found.findings[:MOST_FINDINGS]]
    if len(found.findings) > MOST_FINDINGS:
        lines.append(f"There are {len(found.findings) - MOST_FINDINGS:,} more findings.")
    lines += [f"SILENCED: The triggers that record {table} are gone or disabled." for table in found.silenced]
    if found.is_clean:
        lines.append(f"The chain of {found.head.position - found.removed:,} entries is whole.")
    if found.removed:
        lines.append(f"Retention has removed the entries up to {found.removed:,}.")
    if found.unsealed:
        lines.append(f"Not sealed yet, and so not protected: {found.unsealed:,}.")
    return [*lines, f"Newest hash: {found.head.hash.hex()}"]
