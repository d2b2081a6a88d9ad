"""The plans used last, by what their requests have in common, and by the numbers that a plan is for."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.errors import NotCompilableError
from compiler.inputs import Input, read_all
from compiler.plan import Plan

Outcome = Plan | NotCompilableError
"""That something cannot be compiled is kept as well."""


@dataclass(frozen=True, slots=True)
class Variants:
    """Stands where plans differ by numbers of the request, such as the size of a page."""

    structural: Sequence[Input]

    def key(self, key: Hashable, variables: Mapping[str, Any]) -> Hashable:
        """The key of the plan for the numbers of a request."""
        return (key, *read_all(self.structural, variables))


class PlanCache:
    """A bounded number of plans."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._entries: OrderedDict[Hashable, Outcome | Variants] = OrderedDict()

    def get(self, key: Hashable, variables: Mapping[str, Any]) -> Outcome | None:
        """What is known of requests with this key and these variables."""
        found = self._get(key)
        return self._get(found.key(key, variables)) if isinstance(found, Variants) else found  # type: ignore[return-value]

    def put(self, key: Hashable, structural: Sequence[Input], variables: Mapping[str, Any], outcome: Outcome) -> None:
        """Keep what was found out; a plan is for requests with the same structural values."""
        if structural and isinstance(outcome, Plan):
            variants = Variants(structural)
            self._put(key, variants)
            key = variants.key(key, variables)
        self._put(key, outcome)

    def __len__(self) -> int:
        return len(self._entries)

    def _get(self, key: Hashable) -> Outcome | Variants | None:
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def _put(self, key: Hashable, value: Outcome | Variants) -> None:
        self._entries[key] = value
        if len(self._entries) > self._maximum:
            self._entries.popitem(last=False)
