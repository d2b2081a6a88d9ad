"""A line in the log for each GraphQL request, or for some of them: what was asked, and what came of it."""

import logging
from random import random

from server.execution_metrics import Outcome
from server.explanation import ExecutorName

logger = logging.getLogger("merkato.access")


class AccessLog:
    """Writes about a share of the requests, drawn by lot, because a line costs as much as many an answer."""

    def __init__(self, percent: int) -> None:
        self._share = percent / 100
        self.is_on = percent > 0

    def note(self, operation: str | None, executor: ExecutorName, outcome: Outcome, seconds: float) -> None:
        """A request was answered."""
        if random() < self._share:  # noqa: S311 - no secret
            logger.info("GraphQL request", extra=described(operation, executor, outcome, seconds))


def described(operation: str | None, executor: ExecutorName, outcome: Outcome, seconds: float) -> dict[str, object]:
    """An answered request as the log has it."""
    return {
        "operation": operation,
        "executor": executor.value,
        "outcome": outcome.value,
        "milliseconds": round(seconds * 1000, 3),
    }
