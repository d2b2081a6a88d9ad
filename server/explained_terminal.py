"""What `merkato explain` prints."""

from rich.console import Console

from server.explaining import CompiledReport, ReferenceReport, Report, Statement

WHICH_PLAN = (
    "This is the plan for these very values (a custom plan). A server prepares the statement once for each connection: "
    "PostgreSQL plans its first five runs for their values as well, and then keeps a generic plan if that looks no "
    "dearer."
)


def print_report(console: Console, report: Report) -> None:
    """Everything about one operation, as text that can be piped."""
    if isinstance(report, CompiledReport):
        _print_compiled(console, report)
    else:
        _print_reference(console, report)


def formatted(sql: str) -> str:
    """The statement with a line for each of its parts; as it is, where it cannot be read."""
    import sqlglot  # noqa: PLC0415 - a third of a second, which every other command would pay
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - the same

    try:
        return sqlglot.transpile(sql, read="postgres", write="postgres", pretty=True)[0]
    except SqlglotError:
        return sql


def _print_compiled(console: Console, report: CompiledReport) -> None:
    _print(console, f"Compiled: one statement on {', '.join(report.tables) or 'no table'}.")
    _print_statement(console, "Statement", report.statement)
    _heading(console, "EXPLAIN (ANALYZE, BUFFERS)")
    _print(console, WHICH_PLAN, "", report.plan)
    _heading(console, "Indexes")
    for index in report.indexes:
        _print(console, f"{index.name}: {index.scans} {'scan' if index.scans == 1 else 'scans'}")
    if not report.indexes:
        _print(console, "None.")


def _print_reference(console: Console, report: ReferenceReport) -> None:
    detail = f" ({report.refusal.detail})" if report.refusal.detail else ""
    _print(console, f"Not compiled: {report.refusal.reason}{detail}. The reference executor answers.")
    for error in report.errors:
        _print(console, f"Error in its answer: {error}")
    for number, statement in enumerate(report.statements, 1):
        _print_statement(console, f"Statement {number} of {len(report.statements)}", statement)
    if not report.statements:
        _print(console, "It reads nothing.")


def _print_statement(console: Console, title: str, statement: Statement) -> None:
    _heading(console, title)
    _print(console, formatted(statement.sql))
    if statement.parameters:
        _print(console, "", *(f"${place} = {value!r}" for place, value in enumerate(statement.parameters, 1)))


def _heading(console: Console, title: str) -> None:
    console.print(f"\n[bold]{title}[/]", highlight=False)


def _print(console: Console, *lines: str) -> None:
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
