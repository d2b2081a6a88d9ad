"""What is written of content that comes out in numbers."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from statistics import median
from typing import Any

from benchmarks.content import Round, Step
from benchmarks.outcome import describe_machine
from benchmarks.report import table


def content_as_markdown(rounds: Sequence[Round]) -> str:
    """The table, and how it came about."""
    machine = describe_machine()
    loads = [each.load_average for each in rounds]
    introduction = (
        f"# Content that comes out in numbers\n\n"
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, with PostgreSQL on the same "
        f"cores; medians of {len(rounds)} rounds; load average before a round {min(loads):.1f} to {max(loads):.1f}.\n\n"
        "A release is one transaction. `new` are posts that were never out; `drafts` are posts that are out already, "
        "each with a draft beside it with another text of a page and a half, which was rendered when it was written; "
        "`products` and `services` are out with a draft of three variants or tiers each, of which every price is "
        "another. What is due at once comes out in batches of 100, by two worker processes; the time runs from the "
        "commit of the posts."
    )
    return "\n\n".join([introduction, "\n".join(content_lines(rounds))]) + "\n"


def content_lines(rounds: Sequence[Round]) -> list[str]:
    """The table, for the terminal as well."""
    header = ["", "items", "seconds", "items a second", "CPU seconds of PostgreSQL"]
    return table(header, [_row([each.steps[place] for each in rounds]) for place in range(len(rounds[0].steps))])


def content_as_json(rounds: Sequence[Round]) -> dict[str, Any]:
    """Everything, for content.json."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "rounds": [asdict(each) for each in rounds],
    }


def _row(steps: Sequence[Step]) -> list[str]:
    seconds = median(each.seconds for each in steps)
    cpu = median(each.database_cpu_seconds for each in steps)
    return [steps[0].name, f"{steps[0].items:,}", f"{seconds:.2f}", f"{steps[0].items / seconds:,.0f}", f"{cpu:.2f}"]
