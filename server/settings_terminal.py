"""What `merkato check-env` prints."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from server.environment import SettingReport


def print_settings(console: Console, reports: Sequence[SettingReport]) -> None:
    """A table of every setting: what it is and where that came from, what it means, what is wrong with it."""
    table = Table(Column("Setting", overflow="fold"), Column("Meaning", overflow="fold"), show_lines=True)
    for report in reports:
        value = escape(report.value or "?")
        problem = f"[bold red]{report.name} {escape(report.problem)}[/]" if report.problem else ""
        meaning = "\n".join(part for part in (report.meaning, f"[dim]{report.kind}[/]", problem) if part)
        table.add_row(f"[bold]{report.name}[/]\n{value}\n[dim]from {report.source}[/]", meaning)
    console.print(table)
