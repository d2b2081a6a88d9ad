"""Where plans are kept: bounded, and those of trusted operations out of reach of all others.

Anybody may send texts, and each new one makes a plan, so that the plans of texts push each other out. A trusted
operation has plans of its own instead, which only requests for itself can push out: one for each set of grants and
each shape of its variables.
"""

from collections import OrderedDict
from collections.abc import Hashable

from compiler.errors import NotCompilableError
from compiler.plan import Plan

MAXIMUM_PLANS = 2000
"""Of all operations that are not trusted."""

MAXIMUM_TRUSTED_PLANS = 50
"""Of one trusted operation."""

Planned = Plan | NotCompilableError
"""A plan, or why there is none."""


class Plans:
    """The plans used last, up to a number."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._plans: OrderedDict[Hashable, Planned] = OrderedDict()

    def get(self, key: Hashable) -> Planned | None:
        """What is kept under this key."""
        found = self._plans.get(key)
        if found is not None:
            self._plans.move_to_end(key)
        return found

    def put(self, key: Hashable, planned: Planned) -> None:
        """Keep it, instead of what was used longest ago."""
        self._plans[key] = planned
        if len(self._plans) > self._maximum:
            self._plans.popitem(last=False)


class PlanCache:
    """The plans of every operation. Trusted ones are a fixed number and live as long as the process."""

    def __init__(self) -> None:
        self._shared = Plans(MAXIMUM_PLANS)
        self._trusted: dict[Hashable, Plans] = {}

    def plans(self, operation: Hashable, *, is_trusted: bool) -> Plans:
        """Where the plans of an operation are kept, perhaps among those of others."""
        if not is_trusted:
            return self._shared
        if operation not in self._trusted:
            self._trusted[operation] = Plans(MAXIMUM_TRUSTED_PLANS)
        return self._trusted[operation]
