"""How requests were answered, by the operations that frontends send, in numbers."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from server.execution_metrics import Outcome
from server.explanation import ExecutorName

OTHER = "other"
"""What stands for every operation that is not one of the trusted documents': a client may make up any number."""

BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Durations:
    """A histogram of how long something took."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_SECONDS) + 1))
    """How many ended within each bound, but not within the one before; the last is for those beyond all."""
    total_seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self.total_seconds += seconds

    def cumulated(self) -> Iterator[tuple[str, int]]:
        """Each bound and how many ended within it, as Prometheus has it."""
        so_far = 0
        for bound, count in zip((*map(str, BOUNDS_SECONDS), "+Inf"), self.counts, strict=True):
            so_far += count
            yield bound, so_far


@dataclass(slots=True)
class OperationTally:
    """What came of the requests for one operation."""

    answered: Counter[tuple[ExecutorName, Outcome]] = field(default_factory=Counter)
    """Without those that came again."""
    repeated: int = 0
    """Requests that were bound before, and answered by their compiled statement or from the cache."""
    durations: Durations = field(default_factory=Durations)
    cost: int = 0
    """What all of them cost together, as far as it was known: one that was refused before has none."""

    def add_repeated(self, seconds: float, cost: int) -> None:
        """A request that was known by its bytes. Plain numbers, because nothing is counted oftener."""
        self.repeated += 1
        self.cost += cost
        self.durations.add(seconds)

    def add(self, executor: ExecutorName, outcome: Outcome, seconds: float, cost: int) -> None:
        """Any other request."""
        self.answered[executor, outcome] += 1
        self.cost += cost
        self.durations.add(seconds)

    def all_answered(self) -> Counter[tuple[ExecutorName, Outcome]]:
        """Every request, by what answered it and what came of it."""
        return self.answered + Counter({(ExecutorName.COMPILED, Outcome.ANSWERED): self.repeated})


class RequestMetrics:
    """A tally for each operation of the trusted documents, by its name, and one for all others."""

    def __init__(self, operations: Iterable[str] = ()) -> None:
        self._other = OperationTally()
        self._tallies = {name: OperationTally() for name in sorted(operations)}

    def of(self, operation: str | None) -> OperationTally:
        """The tally of an operation. Whoever names a text of their own like a trusted one is counted with it."""
        return self._tallies.get(operation, self._other) if operation is not None else self._other

    def used(self) -> Iterator[tuple[str, OperationTally]]:
        """The tallies of what was asked for since the process started."""
        for name, tally in (*self._tallies.items(), (OTHER, self._other)):
            if tally.repeated or tally.answered:
                yield name, tally

    @property
    def repeated(self) -> int:
        """How many requests were known by their bytes."""
        return sum(tally.repeated for _, tally in self.used())
