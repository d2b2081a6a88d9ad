"""Bodies that came before: what they parse, coerce and bind to is found by their bytes alone.

Frontends send the same few requests over and over. Only requests that a compiled statement answered are kept, by their
body and by what their viewer's plans differ in: the grants, and whether there is an account or a guest's token. So they
stand for one plan and its parameters, of which account and guest are put in anew. Whether that plan may be used is
asked each time.
"""

from collections import OrderedDict
from collections.abc import Hashable

from auth.viewer import VISITOR, Viewer
from compiler.plan import BoundPlan

MAXIMUM_REQUESTS = 4000
LONGEST_BODY = 4000
"""Longer bodies are not kept, so that the memo is bounded by bytes as well."""


class RequestMemo:
    """The requests that came last."""

    def __init__(self) -> None:
        self._bound: OrderedDict[Hashable, BoundPlan] = OrderedDict()

    def get(self, body: bytes, viewer: Viewer) -> BoundPlan | None:
        """What a body that came before is bound to when it comes from this viewer."""
        key = _key(body, viewer)
        bound = self._bound.get(key)
        if bound is None:
            return None
        self._bound.move_to_end(key)
        return bound.for_viewer(viewer)

    def put(self, body: bytes, viewer: Viewer, bound: BoundPlan) -> None:
        """Keep a body, instead of the one that came longest ago."""
        if len(body) <= LONGEST_BODY:
            self._bound[_key(body, viewer)] = bound
            if len(self._bound) > MAXIMUM_REQUESTS:
                self._bound.popitem(last=False)


def _key(body: bytes, viewer: Viewer) -> Hashable:
    """As the key of a plan has it (compiler/execution.py); a visitor's is the body alone, which is hashed at once."""
    if viewer is VISITOR:
        return body
    return body, viewer.grants, viewer.user_id is None, viewer.guest_id is None, viewer.preview is None
