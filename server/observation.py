"""What is taken down of every GraphQL request once its answer is known: numbers, and a line in the log for some."""

from dataclasses import dataclass
from time import perf_counter

from compiler.plan import BoundPlan
from server.access_log import AccessLog, described
from server.execution_metrics import Outcome
from server.explanation import ExecutorName
from server.graphql_execution import Answer
from server.request_metrics import RequestMetrics
from server.slow_operations import SlowOperations


@dataclass(frozen=True, slots=True)
class Observation:
    """Counts requests, and tells of them. `began` is when perf_counter saw the request come."""

    metrics: RequestMetrics
    access_log: AccessLog
    slow: SlowOperations

    def repeated(self, bound: BoundPlan, began: float) -> None:
        """A request that was known by its bytes was answered."""
        seconds = perf_counter() - began
        operation = bound.plan.operation
        self.metrics.of(operation).add_repeated(seconds, bound.cost)
        if self.access_log.is_on:
            self.access_log.note(operation, ExecutorName.COMPILED, Outcome.ANSWERED, seconds)
        if seconds >= self.slow.threshold_seconds:
            self.slow.note(described(operation, ExecutorName.COMPILED, Outcome.ANSWERED, seconds), bound)

    def answered(self, answer: Answer, began: float) -> None:
        """Any other request was answered."""
        seconds, outcome = perf_counter() - began, answer.outcome()
        self._note(answer.operation, answer.executor, outcome, seconds, answer.cost)
        if seconds >= self.slow.threshold_seconds:
            self.slow.note(described(answer.operation, answer.executor, outcome, seconds), answer.bound)

    def refused(self, began: float) -> None:
        """A request held no operation."""
        self._note(None, ExecutorName.NONE, Outcome.REFUSED, perf_counter() - began)

    def _note(
        self, operation: str | None, executor: ExecutorName, outcome: Outcome, seconds: float, cost: int = 0
    ) -> None:
        self.metrics.of(operation).add(executor, outcome, seconds, cost)
        if self.access_log.is_on:
            self.access_log.note(operation, executor, outcome, seconds)
