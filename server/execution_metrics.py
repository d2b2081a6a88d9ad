"""What came of a request, and what the executor did for all of them, in numbers."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from compiler.errors import Reason


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

    fallbacks: Counter[Reason] = field(default_factory=Counter)
    too_costly: int = 0
    """Operations that were refused for what they cost."""
    statements: int = 0
    """Those of the reference executor."""
    seconds: float = 0.0
    """How long the database took for them."""
