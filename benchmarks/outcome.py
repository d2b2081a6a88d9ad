"""What a whole run has found out: every figure, and on which machine."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contestants import Contestant
from benchmarks.measuring import Plan, Result, Run
from benchmarks.operations import Operation
from benchmarks.process import ProcessCost
from benchmarks.statements import Compared

FIGURES = ("per_second", "p50_ms", "p99_ms", "server_cpu_ms", "database_cpu_ms")
DIGITS = 4

Contender = tuple[str, str]
"""An operation and the name of a contestant."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of each operation by contestant, and what they depend on."""

    scale: str
    plan: Plan
    postgres: str
    contestants: Sequence[Contestant]
    operations: Sequence[Operation]
    results: Mapping[str, Mapping[str, Result]]
    """By operation, then by contestant."""
    versions: Mapping[str, Mapping[str, str]]
    absent: Mapping[str, str]
    """Why contestants could not be installed or started."""
    process: ProcessCost | None = None
    """What new texts cost, if our own server took part."""
    statements: Sequence[Compared] = ()
    """What the statements cost by themselves, if both sides took part."""

    def figure(self, operation: str, contestant: str, name: str) -> float | None:
        """The median of a figure; None when there is none."""
        runs = self._runs(operation, contestant)
        return median(float(getattr(run, name)) for run in runs) if runs else None

    def ratio(self, one: Contender, other: Contender, name: str) -> float | None:
        """The median over the rounds of the one's figure to the other's; None when one of them has none.

        Each round compares two runs of the same minute: what the machine did in another weighs on neither.
        """
        runs = [self._runs(*contender) for contender in (one, other)]
        pairs = [[float(getattr(run, name)) for run in pair] for pair in zip(*runs, strict=False)]
        return median(first / second for first, second in pairs) if pairs else None

    def _runs(self, operation: str, contestant: str) -> Sequence[Run]:
        result = self.results.get(operation, {}).get(contestant)
        return () if result is None or result.absent is not None else result.runs

    def load_averages(self) -> tuple[float, float]:
        """The least and the greatest load average that a run began with."""
        runs = [run for by_name in self.results.values() for result in by_name.values() for run in result.runs]
        seen = [run.load_average for run in runs] or [0.0]
        return min(seen), max(seen)


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Everything, for latest.json."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "scale": outcome.scale,
        "plan": asdict(outcome.plan),
        "machine": describe_machine() | {"postgres": outcome.postgres, "load_averages": outcome.load_averages()},
        "versions": outcome.versions,
        "absent": outcome.absent,
        "process": None if outcome.process is None else asdict(outcome.process),
        "statements": [asdict(each) for each in outcome.statements],
        "operations": {
            operation.name: {
                "title": operation.title,
                "results": {
                    name: _result(outcome, operation.name, name, result)
                    for name, result in outcome.results.get(operation.name, {}).items()
                },
            }
            for operation in outcome.operations
        },
    }


def describe_machine() -> dict[str, Any]:
    """The processor and the Python."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _result(outcome: Outcome, operation: str, contestant: str, result: Result) -> dict[str, Any]:
    if result.absent is not None:
        return {"absent": result.absent}
    medians = {name: _rounded(outcome.figure(operation, contestant, name)) for name in FIGURES}
    return medians | {"runs": [{name: _rounded(value) for name, value in asdict(run).items()} for run in result.runs]}


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
