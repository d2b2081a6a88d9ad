"""The statements by themselves, as a table and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from statistics import median
from typing import Any

from benchmarks.outcome import describe_machine
from benchmarks.report import table
from benchmarks.statements import DATABASE_FACTOR, EXECUTIONS, TURNS, Compared


def statement_lines(found: Sequence[Compared]) -> list[str]:
    """The table."""
    rows = [
        [
            each.operation,
            each.against,
            f"{median(each.ours_ms):.3f}",
            f"{median(each.against_ms):.3f}",
            f"{each.ratio:.2f}",
            f"≤ {DATABASE_FACTOR:.2f}",
            "yes" if each.ratio <= DATABASE_FACTOR else "**no**",
        ]
        for each in found
    ]
    return table(["operation", "against", "ours, ms", "the other, ms", "ratio", "wanted", "met"], rows)


def statements_as_markdown(found: Sequence[Compared], scale: str, rounds: int) -> str:
    """The table, and how it came about."""
    machine = describe_machine()
    introduction = (
        f"# The statements by themselves, {scale} products\n\n"
        f"{machine['processor']}, {machine['cores']} cores; PostgreSQL's CPU time for one execution, medians of "
        f"{rounds * TURNS} turns of {EXECUTIONS} each, one connection at a time; the ratio is that of two turns side "
        "by side."
    )
    return "\n\n".join([introduction, "\n".join(statement_lines(found))]) + "\n"


def statements_as_json(found: Sequence[Compared], rounds: int) -> dict[str, Any]:
    """Everything, for statements.json."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "rounds": rounds,
        "turns": TURNS,
        "executions": EXECUTIONS,
        "operations": [{**asdict(each), "ratio": each.ratio} for each in found],
    }
