"""The Markdown of the results."""

from collections.abc import Iterator, Sequence

from benchmarks.contestants import Contestant
from benchmarks.load import CONNECTIONS
from benchmarks.operations import Operation
from benchmarks.outcome import Outcome, describe_machine
from benchmarks.targets import Target, list_targets

PRECISE_BELOW = 100
NOTHING = "-"


def as_markdown(outcome: Outcome) -> str:
    """Requests a second of all, then every operation in full, then the targets, then who could not take part."""
    sections = [_introduction(outcome), _summary(outcome)]
    sections += [in_full(outcome, operation) for operation in outcome.operations]
    sections += [_process(outcome), _targets(outcome), _absences(outcome), _versions(outcome)]
    return "\n\n".join(section for section in sections if section) + "\n"


def summary_lines(outcome: Outcome) -> list[str]:
    """The table of requests a second, for the terminal as well."""
    shown = [operation for operation in outcome.operations if outcome.results.get(operation.name)]
    rows = [
        [contestant.title, *(_count(outcome.figure(one.name, contestant.name, "per_second")) for one in shown)]
        for contestant in outcome.contestants
    ]
    return table(["requests/s", *(operation.name for operation in shown)], rows)


def target_lines(outcome: Outcome) -> list[str]:
    """The table of targets."""
    return table_of_targets(list_targets(outcome))


def table_of_targets(targets: Sequence[Target]) -> list[str]:
    """The same of any; empty where there are none."""
    rows = [
        [
            target.title,
            f"{target.ratio:.2f}",
            NOTHING if target.otherwise is None else f"{target.otherwise:.2f}",
            f"{'≤' if target.at_most else '≥'} {target.wanted:.2f}",
            "yes" if target.is_met else "**no**",
        ]
        for target in targets
    ]
    return table(["target", "measured", "otherwise", "wanted", "met"], rows) if rows else []


def _introduction(outcome: Outcome) -> str:
    machine = describe_machine()
    least, most = outcome.load_averages()
    return (
        f"# Benchmark, {outcome.scale} products\n\n"
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, PostgreSQL {outcome.postgres}; "
        f"wrk with {CONNECTIONS} connections, medians of {outcome.plan.rounds} runs of {outcome.plan.seconds} s each, "
        f"and of the ratios within each round; "
        f"load average {least:.1f} to {most:.1f}."
    )


def _summary(outcome: Outcome) -> str:
    return "\n".join(["## Requests a second", "", *summary_lines(outcome)])


def in_full(outcome: Outcome, operation: Operation) -> str:
    """Every figure of an operation; empty where nobody was measured."""
    measured = [one for one in outcome.contestants if one.name in outcome.results.get(operation.name, {})]
    if not measured:
        return ""
    rows = [_full_row(outcome, operation, contestant) for contestant in measured]
    header = ["", "requests/s", "p50 ms", "p99 ms", "server CPU ms", "PostgreSQL CPU ms"]
    return "\n".join([f"## {operation.name}: {operation.title}", "", *table(header, rows)])


def _full_row(outcome: Outcome, operation: Operation, contestant: Contestant) -> list[str]:
    reason = outcome.results[operation.name][contestant.name].absent
    if reason is not None:
        return [contestant.title, f"no result: {_cell(reason)}", *[NOTHING] * 4]

    def figure(name: str) -> float | None:
        return outcome.figure(operation.name, contestant.name, name)

    milliseconds = [_milliseconds(figure(name)) for name in ("p50_ms", "p99_ms")]
    cpu = [_cpu(figure(name)) for name in ("server_cpu_ms", "database_cpu_ms")]
    return [contestant.title, _count(figure("per_second")), *milliseconds, *cpu]


def _process(outcome: Outcome) -> str:
    cost = outcome.process
    if cost is None:
        return ""
    return (
        f"## New texts\n\n{cost.texts:,} texts of the list operation that were never seen before, one after the other: "
        f"median {cost.median_ms:.1f} ms, 95 % within {cost.p95_ms:.1f} ms, {cost.cpu_ms:.1f} ms of server CPU each. "
        f"With their plans the process takes {cost.resident_mb:.0f} MB."
    )


def _targets(outcome: Outcome) -> str:
    lines = target_lines(outcome)
    return "\n".join(["## Targets", "", *lines]) if lines else ""


def _absences(outcome: Outcome) -> str:
    titles = {contestant.name: contestant.title for contestant in outcome.contestants}
    lines = [f"* {titles[name]}: {reason}" for name, reason in outcome.absent.items()]
    return "\n".join(["## Could not take part", "", *lines]) if lines else ""


def _versions(outcome: Outcome) -> str:
    titles = {contestant.name: contestant.title for contestant in outcome.contestants}
    lines = [
        f"* {titles[name]}: {', '.join(f'{package} {version}' for package, version in versions.items())}"
        for name, versions in outcome.versions.items()
    ]
    return "\n".join(["## Versions", "", *lines])


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table in Markdown, line by line."""
    return list(_table_lines(header, rows))


def _table_lines(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"| --- |{' ---: |' * (len(header) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _count(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"


def _milliseconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.1f}" if value < PRECISE_BELOW else f"{value:,.0f}"


def _cpu(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
