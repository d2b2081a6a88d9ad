"""What is written of a small query beside sign-ins."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from benchmarks.outcome import describe_machine
from benchmarks.pacing import Latency
from benchmarks.report import table
from benchmarks.sign_ins import PEOPLE, QUERIES_PER_SECOND, Round, middle

MOST_P99_MS = 50


def sign_ins_as_markdown(rounds: Sequence[Round], seconds: int) -> str:
    """The tables, and how they came about."""
    machine = describe_machine()
    loads = [each.load_average for each in rounds]
    introduction = (
        f"# A small query beside {PEOPLE} parallel sign-ins\n\n"
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; one server process, with "
        f"PostgreSQL and the load generator on the same cores; medians of {len(rounds)} rounds, each {seconds} s alone "
        f"and {seconds} s beside the sign-ins; load average before a round {min(loads):.1f} to {max(loads):.1f}.\n\n"
        f"{PEOPLE} people sign in with a password (argon2id), and again as soon as they are in. Meanwhile a product's "
        f"id, name and price are asked for {QUERIES_PER_SECOND} times a second, by slug, from the database; each "
        "answer is timed from the moment that its request was due."
    )
    return "\n\n".join([introduction, "\n".join(sign_in_lines(rounds))]) + "\n"


def sign_in_lines(rounds: Sequence[Round]) -> list[str]:
    """The tables, for the terminal as well."""
    per_second = middle(rounds, lambda each: each.beside.per_second)
    rows = [
        _row("the query alone", rounds, lambda each: each.alone),
        _row("the query beside sign-ins", rounds, lambda each: each.beside.query),
        _row(f"a sign-in, of {per_second:.0f} a second", rounds, lambda each: each.beside.sign_in),
    ]
    p99 = middle(rounds, lambda each: each.beside.query.p99_ms)
    target = ["p99 of the query beside sign-ins", f"{p99:.1f} ms", f"≤ {MOST_P99_MS} ms", _met(p99)]
    return [
        *table(["", "p50 ms", "p99 ms", "longest ms"], rows),
        "",
        *table(["target", "measured", "wanted", "met"], [target]),
    ]


def sign_ins_as_json(rounds: Sequence[Round], seconds: int) -> dict[str, Any]:
    """Everything, for sign-ins.json."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "people": PEOPLE,
        "queries_per_second": QUERIES_PER_SECOND,
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


def _met(p99: float) -> str:
    return "yes" if p99 <= MOST_P99_MS else "**no**"
