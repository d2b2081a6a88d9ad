"""What is written of reads beside views that are counted."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from benchmarks.outcome import describe_machine
from benchmarks.pacing import Latency
from benchmarks.report import table
from benchmarks.views import READS_PER_SECOND, VIEWS_PER_SECOND, Round, middle


def views_as_markdown(rounds: Sequence[Round], seconds: int) -> str:
    """The tables, and how they came about."""
    machine = describe_machine()
    loads = [each.load_average for each in rounds]
    introduction = (
        f"# Reads beside {VIEWS_PER_SECOND:,} views a second\n\n"
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; one server process, with "
        f"PostgreSQL and the load generator on the same cores; medians of {len(rounds)} rounds, each {seconds} s alone "
        f"and {seconds} s beside the views; load average before a round {min(loads):.1f} to {max(loads):.1f}.\n\n"
        f"A product's id, name and price are asked for {READS_PER_SECOND} times a second, by slug, from the database. "
        f"Meanwhile `recordView` is sent {VIEWS_PER_SECOND:,} times a second, for all posts of the demo shop in turn. "
        "Each answer is timed from the moment that its request was due. At the end the server is asked to stop, and "
        "the tables have each view once."
    )
    return "\n\n".join([introduction, "\n".join(view_lines(rounds))]) + "\n"


def view_lines(rounds: Sequence[Round]) -> list[str]:
    """The tables, for the terminal as well."""
    rows = [
        _row("the read alone", rounds, lambda each: each.alone),
        _row("the read beside views", rounds, lambda each: each.beside),
        _row("a view", rounds, lambda each: each.view),
    ]
    server = middle(rounds, lambda each: each.beside_use.server_ms - each.alone_use.server_ms) / VIEWS_PER_SECOND
    database = middle(rounds, lambda each: each.beside_use.database_ms - each.alone_use.database_ms) / VIEWS_PER_SECOND
    return [
        *table(["", "p50 ms", "p99 ms", "longest ms"], rows),
        "",
        *table(["CPU of a view", "ms"], [["the server", f"{server:.3f}"], ["PostgreSQL", f"{database:.4f}"]]),
    ]


def views_as_json(rounds: Sequence[Round], seconds: int) -> dict[str, Any]:
    """Everything, for views.json."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "reads_per_second": READS_PER_SECOND,
        "views_per_second": VIEWS_PER_SECOND,
        "seconds": seconds,
        "rounds": [asdict(each) for each in rounds],
    }


def _row(name: str, rounds: Sequence[Round], of: Callable[[Round], Latency]) -> list[str]:
    figures = (
        middle(rounds, lambda each: of(each).p50_ms),
        middle(rounds, lambda each: of(each).p99_ms),
        middle(rounds, lambda each: of(each).longest_ms),
    )
    return [name, *(f"{figure:,.1f}" for figure in figures)]
