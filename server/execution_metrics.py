"""How requests were answered, in numbers."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from compiler.errors import Reason
from server.explanation import ExecutorName


class Outcome(StrEnum):
    """What came of a request."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    """It has data and errors."""
    REFUSED = "refused"
    """The client has to change it."""
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    """The database was away."""
    FAILED = "failed"
    """The server is to blame."""


@dataclass(slots=True)
class ExecutionMetrics:
    """What has happened since the process started."""

    requests: Counter[tuple[ExecutorName, Outcome]] = field(default_factory=Counter)
    """Without those that came again."""
    repeated: int = 0
    """Requests that were bound before, and answered by their compiled statement or from the cache."""
    fallbacks: Counter[Reason] = field(default_factory=Counter)
    statements: int = 0
    """Those of the reference executor."""
    seconds: float = 0.0
    """How long the database took for them."""

    def all_requests(self) -> Counter[tuple[ExecutorName, Outcome]]:
        """Every request, by what answered it and what came of it."""
        return self.requests + Counter({(ExecutorName.COMPILED, Outcome.ANSWERED): self.repeated})
