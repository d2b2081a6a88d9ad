"""What is written of the audit's cost."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from benchmarks.audit_cost import Amounts, Cost, Round, Writes, middle
from benchmarks.outcome import describe_machine
from benchmarks.report import table


def audit_as_markdown(rounds: Sequence[Round], amounts: Amounts) -> str:
    """The table, and how it came about."""
    machine = describe_machine()
    loads = [each.load_average for each in rounds]
    introduction = (
        f"# What the audit log costs a write\n\n"
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; one server process, with "
        f"PostgreSQL and the client on the same cores; medians of {len(rounds)} rounds, with and without the "
        f"triggers in turn; load average before a round {min(loads):.1f} to {max(loads):.1f}.\n\n"
        f"The mutation is `updateProfile`, {amounts.mutations} times one after the other over one connection. The "
        f"import is of {amounts.products} new products, each with a variant and its stock, in this process."
    )
    return "\n\n".join([introduction, "\n".join(audit_lines(rounds))]) + "\n"


def audit_lines(rounds: Sequence[Round]) -> list[str]:
    """The table, for the terminal as well."""
    header = ["", "with, ms", "without, ms", "ratio", "with, CPU ms of PostgreSQL", "without", "ratio"]
    return table(
        header,
        [
            _row("a mutation", rounds, lambda writes: writes.mutation),
            _row("an imported product", rounds, lambda writes: writes.imported),
        ],
    )


def audit_as_json(rounds: Sequence[Round], amounts: Amounts) -> dict[str, Any]:
    """Everything, for audit.json."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "amounts": asdict(amounts),
        "rounds": [asdict(each) for each in rounds],
    }


def _row(name: str, rounds: Sequence[Round], of: Callable[[Writes], Cost]) -> list[str]:
    return [
        name,
        *_figures(rounds, lambda writes: of(writes).ms),
        *_figures(rounds, lambda writes: of(writes).database_cpu_ms),
    ]


def _figures(rounds: Sequence[Round], figure: Callable[[Writes], float]) -> list[str]:
    audited = middle(rounds, lambda each: figure(each.audited))
    unaudited = middle(rounds, lambda each: figure(each.unaudited))
    ratio = f"{audited / unaudited:.2f}" if unaudited else "-"
    return [f"{audited:.2f}", f"{unaudited:.2f}", ratio]
