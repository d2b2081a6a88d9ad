"""How the database's time grows with the data: the same operations on ten thousand products and on a million."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.competition import Starter
from benchmarks.contestants import Contestant
from benchmarks.data import Database, Report, prepared_database
from benchmarks.errors import BenchmarkError
from benchmarks.load import Generator
from benchmarks.measuring import Plan, Track
from benchmarks.operations import Operation, list_operations
from benchmarks.outcome import describe_machine
from benchmarks.report import table
from benchmarks.samples import take_samples
from benchmarks.serving import Server
from benchmarks.statements import EXECUTIONS, TURNS, compare_scales

SCALES = ("10k", "1m")
MOST_GROWTH = 1.5

TEXTS = "texts"
"""Asks by the statement of `product`."""


@dataclass(frozen=True, slots=True)
class Growth:
    """PostgreSQL's CPU time for the statement of one operation by itself, in milliseconds."""

    operation: str
    title: str
    small_ms: float
    large_ms: float
    factor: float
    """By how much it grows: of turns that follow one another, the median."""
    under_load: float
    """By how much what a request takes grows under full load: of runs that follow one another, the median."""


@dataclass(frozen=True, slots=True)
class Side:
    """A server on the data of one scale."""

    url: str
    server: Server
    track: Track
    operations: Mapping[str, Operation]


def measure_growth(contestant: Contestant, plan: Plan, names: Sequence[str], report: Report) -> list[Growth]:
    """The growth of every operation. Raises BenchmarkError, or a ServerError when a database does not start."""
    with ExitStack() as stack:
        small, large = (_side(scale, contestant, stack, report) for scale in SCALES)
        wanted = [name for name in small.operations if name != TEXTS and (not names or name in names)]
        less, more = ((side.url, [side.operations[name] for name in wanted]) for side in (small, large))
        alone = compare_scales(less, more, plan.rounds, report)
        loaded = [_grown_under_load(name, small, large, plan) for name in wanted]
        return [
            Growth(
                each.operation,
                small.operations[each.operation].title,
                median(each.against_ms),
                median(each.ours_ms),
                each.ratio,
                factor,
            )
            for each, factor in zip(alone, loaded, strict=True)
        ]


def _side(scale: str, contestant: Contestant, stack: ExitStack, report: Report) -> Side:
    database: Database = stack.enter_context(prepared_database(scale, report))
    samples = take_samples(database.url)
    operations = list_operations(samples)
    starter = Starter(database, operations[0], stack, report)
    servers = starter.start([contestant])
    if not servers:
        raise BenchmarkError(f"{contestant.name} does not run: {starter.absent[contestant.name]}.")
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return Side(
        database.url,
        servers[0],
        Track(Generator(), database, samples.accounts, folder, report),
        {one.name: one for one in operations},
    )


def _grown_under_load(name: str, small: Side, large: Side, plan: Plan) -> float:
    """One round on one side, then one on the other, so that what else the machine does meets both."""
    once = Plan(plan.seconds, 1, plan.warm_up_seconds)
    figures: tuple[list[float], list[float]] = ([], [])
    for _ in range(plan.rounds):
        for side, found in zip((small, large), figures, strict=True):
            operation = side.operations[name]
            results = side.track.compete([operation], [side.server], side.server, once)
            result = results[name][side.server.contestant.name]
            if result.absent is not None:
                raise BenchmarkError(f"{name} failed: {result.absent}.")
            found.append(result.runs[0].database_cpu_ms)
    return median(more / less for less, more in zip(*figures, strict=True))


def growth_as_markdown(grown: Sequence[Growth], plan: Plan) -> str:
    """The table of PostgreSQL's CPU time."""
    machine = describe_machine()
    introduction = (
        f"# Growth from {SCALES[0]} to {SCALES[1]} products\n\n"
        f"{machine['processor']}, {machine['cores']} cores; PostgreSQL's CPU time for the statements by themselves, "
        f"medians of {plan.rounds * TURNS} turns of {EXECUTIONS} on either database in turn; and the growth of what a "
        f"request takes under full load, medians of {plan.rounds} pairs of runs of {plan.seconds} s each."
    )
    return "\n\n".join([introduction, "\n".join(growth_lines(grown))]) + "\n"


def growth_lines(grown: Sequence[Growth]) -> list[str]:
    """The table, for the terminal as well."""
    rows = [
        [
            one.operation,
            f"{one.small_ms:.3f}",
            f"{one.large_ms:.3f}",
            f"{one.factor:.2f}",
            f"{one.under_load:.2f}",
            f"≤ {MOST_GROWTH:.2f}",
            "yes" if max(one.factor, one.under_load) <= MOST_GROWTH else "**no**",
        ]
        for one in grown
    ]
    return table(["operation", f"{SCALES[0]}, ms", f"{SCALES[1]}, ms", "factor", "under load", "wanted", "met"], rows)


def growth_as_json(grown: Sequence[Growth], plan: Plan) -> dict[str, Any]:
    """Everything, for growth.json."""
    operations = {one.operation: asdict(one) for one in grown}
    return {"plan": asdict(plan), "machine": describe_machine(), "operations": operations}
