"""The application of this repository without previews: nothing that is read asks whether it is one.

What stays is that a request is looked into for the header, as into those of other credentials.
"""

from collections.abc import Awaitable

from starlette.types import ASGIApp
from typing_extensions import override

from auth.viewer import Viewer
from compiler.plan import BoundPlan
from server import app
from server.compiled_reads import CompiledReads
from server.explanation import Explanation


class PlainReads(CompiledReads):
    """Reads the tables, whoever asks, and keeps no answers."""

    @override
    def _kept_or_read(self, bound: BoundPlan, viewer: Viewer, explanation: Explanation | None) -> Awaitable[bytes]:
        if bound.plan.is_guarded and not (viewer.is_anonymous and not bound.plan.is_for_guests):
            return self._read_now(bound, viewer, explanation)
        return self._read(bound, explanation)


def create_app() -> ASGIApp:
    """The application, put together from the same parts but one."""
    setattr(app, "CompiledReads", PlainReads)  # noqa: B010 - mypy would call it an assignment to a type
    return app.create_served_app()
