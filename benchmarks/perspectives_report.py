"""What is written of readers and previews."""

from benchmarks.contestants import OURS, WITHOUT_PREVIEWS
from benchmarks.load import CONNECTIONS
from benchmarks.outcome import Outcome, describe_machine
from benchmarks.perspectives import OPERATIONS, PREVIEW, list_perspective_targets
from benchmarks.report import in_full, table, table_of_targets

FIGURES = {"requests/s": "per_second", "server CPU": "server_cpu_ms", "PostgreSQL CPU": "database_cpu_ms"}


def perspectives_as_markdown(outcome: Outcome) -> str:
    """The tables, and how they came about."""
    machine, (least, most) = describe_machine(), outcome.load_averages()
    introduction = (
        f"# Readers and previews, {outcome.scale} products\n\n"
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, PostgreSQL {outcome.postgres}; "
        f"one process for each server, with PostgreSQL and wrk ({CONNECTIONS} connections) on the same cores; medians "
        f"of {outcome.plan.rounds} rounds of {outcome.plan.seconds} s in turn, and of the ratios within each round; "
        f"load average {least:.1f} to {most:.1f}.\n\n"
        "Every tenth product and post has a draft beside what readers see. All sides read the same database and have "
        "to answer the same. The server without previews neither looks for drafts nor knows of them "
        "(`servers/without_previews.py`): its statements are the same, and so is what they take of PostgreSQL but for "
        "noise. The hand-written statements are those of the other benchmark. A preview has two connections to the "
        "database, readers have ten."
    )
    sections = [introduction, "\n".join(perspective_lines(outcome))]
    sections += [in_full(outcome, operation) for operation in outcome.operations]
    return "\n\n".join(section for section in sections if section) + "\n"


def perspective_lines(outcome: Outcome) -> list[str]:
    """What readers pay, and what previews do, for the terminal as well."""
    return [
        *table_of_targets(list_perspective_targets(outcome)),
        "",
        *_compared(outcome, "readers against no previews", OURS, WITHOUT_PREVIEWS),
        "",
        *_compared(outcome, "a preview against readers", PREVIEW, OURS),
    ]


def _compared(outcome: Outcome, title: str, one: str, other: str) -> list[str]:
    rows = []
    for name in OPERATIONS:
        ratios = [outcome.ratio((name, one), (name, other), figure) for figure in FIGURES.values()]
        rows.append([name, *("-" if ratio is None else f"{ratio:.2f}" for ratio in ratios)])
    return table([title, *FIGURES], rows)
