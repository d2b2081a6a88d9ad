"""Plans whose statement fails: told once, and left alone for a while when it is the plan's own fault."""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic

import asyncpg

from compiler.plan import Plan
from resolvers.errors import DatabaseAwayError
from server.graphql_errors import is_database_away

logger = logging.getLogger("merkato.compiler")

REST_SECONDS = 60.0
"""How long a plan is left alone, and for how long a failure counts and is not told again."""

MOST_FAILURES = 3
"""With so many failures a plan rests."""

MOST_PLANS = 1000
"""How many failing plans are remembered."""

NOT_THE_PLAN_S_FAULT = (
    DatabaseAwayError,
    asyncpg.DataError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)
"""A lost connection, a value that PostgreSQL refuses, a conflict, a lack of memory or disk, an operator.

Other requests may do better.
"""


@dataclass(slots=True)
class Failing:
    """The failures of one plan since a moment, and until when it rests."""

    since: float
    failures: int = 0
    rests_until: float = 0.0


class PlanFailures:
    """The plans that failed of late."""

    def __init__(self) -> None:
        self._failing: OrderedDict[object, Failing] = OrderedDict()

    def rests(self, plan: Plan) -> bool:
        """Whether the plan is not to be used for now."""
        known = self._failing.get(plan.identity) if self._failing else None
        return known is not None and monotonic() < known.rests_until

    @property
    def resting(self) -> int:
        """How many plans are not to be used for now."""
        now = monotonic()
        return sum(now < known.rests_until for known in self._failing.values())

    def note(self, plan: Plan, error: Exception) -> None:
        """Remember that the plan failed. What the database is away for is told by the reference executor."""
        if is_database_away(error):
            return
        known = self._failing_of(plan, error)
        known.failures += not isinstance(error, NOT_THE_PLAN_S_FAULT)
        if known.failures >= MOST_FAILURES:
            known.failures = 0
            known.rests_until = monotonic() + REST_SECONDS
            logger.warning("A plan failed %s times and is not used for %.0f seconds.", MOST_FAILURES, REST_SECONDS)

    def _failing_of(self, plan: Plan, error: Exception) -> Failing:
        now = monotonic()
        known = self._failing.get(plan.identity)
        if known is None or now > known.since + REST_SECONDS:
            logger.warning("A compiled statement failed; the reference executor answers.", exc_info=error)
            known = self._failing[plan.identity] = Failing(now)
        if len(self._failing) > MOST_PLANS:
            self._failing.popitem(last=False)
        return known
