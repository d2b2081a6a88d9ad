"""What the commands print: tables, summaries and progress bars."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column, Table

from domain.dead_letters import without_secrets
from integrations.mailbox import ReceivedLetter
from integrations.shopify_import import MOST_REFUSALS, Summary
from models import DeadLetter
from server.migrating import Migration


def print_migration(console: Console, migration: Migration) -> None:
    """Between which revisions the database was moved."""
    if migration.before == migration.after:
        console.print(f"The database is at revision {migration.after or 'none'} already.")
    else:
        console.print(f"Migrated from revision {migration.before or 'none'} to {migration.after or 'none'}.")


def print_import(console: Console, summary: Summary, *, dry_run: bool) -> None:
    """How many products an import changed, and why it refused some."""
    table = Table("", "Products", title="A dry run: nothing was changed" if dry_run else None)
    for name in ("created", "updated", "unchanged", "refused"):
        table.add_row(name, str(getattr(summary, name)))
    console.print(table)
    for refusal in summary.refusals:
        console.print(f"Line {refusal.line}, {escape(refusal.handle)}: {escape(refusal.reason)}", highlight=False)
    if len(summary.refusals) == MOST_REFUSALS:
        console.print(f"Only the first {MOST_REFUSALS:,} reasons are listed.")


def print_dead_letters(console: Console, letters: Sequence[DeadLetter]) -> None:
    """What was given up, when and why, with what it was told but for the secrets."""
    if not letters:
        console.print("There are no dead letters.")
        return
    table = Table(Column("Job", overflow="fold"), Column("Why it was given up", overflow="fold"), show_lines=True)
    for letter in letters:
        payload = orjson.dumps(without_secrets(letter.payload)).decode()
        given_up = f"[dim]{letter.failed_at:%Y-%m-%d %H:%M:%S} UTC, after attempt {letter.attempts}[/]"
        table.add_row(
            f"[bold]{escape(letter.name)}[/]\n{letter.id}\n{given_up}",
            f"{escape(letter.error)}\n[dim]{escape(payload)}[/]",
        )
    console.print(table)


def print_letters(console: Console, folder: Path, letters: Sequence[ReceivedLetter]) -> None:
    """What lies in the mailbox, by the numbers that `show` takes."""
    if not letters:
        console.print(f"There are no letters in {folder}.", highlight=False)
        return
    table = Table("", "To", "Subject", "Date")
    for number, letter in enumerate(letters, 1):
        table.add_row(str(number), escape(letter.to), escape(letter.subject), letter.date)
    console.print(table)


def print_letter(console: Console, letter: ReceivedLetter) -> None:
    """A letter and where its file is. Long links stay in one line."""
    head = {"From": letter.sender, "To": letter.to, "Date": letter.date, "Subject": letter.subject, "File": letter.path}
    for name, value in head.items():
        console.print(f"[bold]{name}:[/] {escape(str(value))}", highlight=False, soft_wrap=True)
    console.print(f"\n{letter.text.strip()}", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def showing_tables(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Bars for work that goes table by table: a function that takes the table, its rows done and their total."""
    with _progress(console, MofNCompleteColumn()) as progress:
        tasks: dict[str, TaskID] = {}

        def report(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name)
            progress.update(tasks[name], completed=done, total=total)

        yield report


@contextmanager
def showing_bytes(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for a file that is read: a function that takes the bytes done and their total."""
    with _progress(console, DownloadColumn()) as progress:
        task = progress.add_task(escape(what))

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield report


def _progress(console: Console, amount: ProgressColumn) -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), amount, TimeElapsedColumn(), console=console)
