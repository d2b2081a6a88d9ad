"""Where plans are kept: bounded, and those of trusted operations out of reach of all others.

Anybody may send texts, and each new one makes a plan, so that the plans of texts push each other out. A trusted
operation has plans of its own instead, which only requests for itself can push out: one for each set of grants, each
shape of its variables and each page size.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.errors import NotCompilableError
from compiler.inputs import Input, read_all
from compiler.plan import Plan
from compiler.recent import Recent

MAXIMUM_PLANS = 2000
"""Of all operations that are not trusted."""

MAXIMUM_TRUSTED_PLANS = 200
"""Of one trusted operation."""

Planned = Plan | NotCompilableError
"""A plan, or why there is none."""


@dataclass(frozen=True, slots=True)
class Variants:
    """Stands where plans differ by numbers of the request, such as the size of a page."""

    structural: Sequence[Input]

    def key(self, key: Hashable, variables: Mapping[str, Any]) -> Hashable:
        """The key of the plan for the numbers of a request."""
        return (key, *read_all(self.structural, variables))


class Plans:
    """The plans used last, up to a number, and to so many characters of the texts of their operations."""

    def __init__(self, maximum: int) -> None:
        self._entries: Recent[Planned | Variants] = Recent(maximum)

    def get(self, key: Hashable, variables: Mapping[str, Any]) -> Planned | None:
        """What is kept for requests with this key and these variables."""
        found = self._entries.get(key)
        if isinstance(found, Variants):
            found = self._entries.get(found.key(key, variables))
        assert not isinstance(found, Variants)  # noqa: S101 - variants lead to plans
        return found

    def put(
        self,
        key: Hashable,
        structural: Sequence[Input],
        variables: Mapping[str, Any],
        planned: Planned,
        *,
        characters: int,
    ) -> None:
        """Keep it, instead of what was used longest ago. A plan is for requests with the same structural values."""
        if structural and isinstance(planned, Plan):
            variants = Variants(structural)
            self._entries.put(key, variants, 0)
            key = variants.key(key, variables)
        self._entries.put(key, planned, characters)

    @property
    def evictions(self) -> int:
        """How many made room for others."""
        return self._entries.evictions

    def __len__(self) -> int:
        return len(self._entries)


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

    @property
    def size(self) -> int:
        """How many plans, refusals and marks of variants are kept."""
        return sum(map(len, self._every()))

    @property
    def evictions(self) -> int:
        """How many of them made room for others."""
        return sum(plans.evictions for plans in self._every())

    def _every(self) -> list[Plans]:
        return [self._shared, *self._trusted.values()]
