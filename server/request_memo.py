"""Bodies that came before: what they parse, coerce and bind to is found by their bytes alone.

Frontends send the same few requests over and over. Only requests of visitors that a compiled statement answered are
kept, so that a body stands for one plan and its parameters; whether that plan may be used is asked each time.
"""

from collections import OrderedDict

from compiler.plan import BoundPlan

MAXIMUM_REQUESTS = 4000
LONGEST_BODY = 4000
"""Longer bodies are not kept, so that the memo is bounded by bytes as well."""


class RequestMemo:
    """The requests that came last."""

    def __init__(self) -> None:
        self._bound: OrderedDict[bytes, BoundPlan] = OrderedDict()

    def get(self, body: bytes) -> BoundPlan | None:
        """What a body that came before is bound to."""
        bound = self._bound.get(body)
        if bound is not None:
            self._bound.move_to_end(body)
        return bound

    def put(self, body: bytes, bound: BoundPlan) -> None:
        """Keep a body, instead of the one that came longest ago."""
        if len(body) <= LONGEST_BODY:
            self._bound[body] = bound
            if len(self._bound) > MAXIMUM_REQUESTS:
                self._bound.popitem(last=False)
