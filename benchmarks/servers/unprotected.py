"""The application of this repository without what watches and guards each request, and has no switch.

No request gets an id, none is counted or timed, and whoever asks is let in. `benchmarks.servers` serves it by uvicorn's
own protocol, which waits for the rest of a request for ever. What settings can switch off, the environment does.
"""

from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from compiler.plan import BoundPlan
from server import app
from server.entrance import Entrance
from server.graphql_execution import Answer, Executor
from server.http_messages import HttpRequest
from server.observation import Observation
from server.settings import Settings


class Unobserved(Observation):
    """Takes nothing down."""

    @override
    def repeated(self, bound: BoundPlan, began: float) -> None:
        """A request that was known by its bytes was answered."""

    @override
    def answered(self, answer: Answer, began: float) -> None:
        """Any other request was answered."""


class OpenEntrance(Entrance):
    """Lets every request through as it is."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request for an operation, or the process's life."""
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
        else:
            await self._graphql(HttpRequest(scope, receive), send)


def create_app() -> ASGIApp:
    """The application, put together from the same parts but two."""
    observe = app._observation  # noqa: SLF001 - no setting, and no caller but this, wants another one

    def unobserved(url: str, settings: Settings, executor: Executor) -> Observation:
        watching = observe(url, settings, executor)
        return Unobserved(watching.metrics, watching.access_log, watching.slow)

    setattr(app, "_observation", unobserved)  # noqa: B010 - mypy would call it an assignment to a function
    setattr(app, "Entrance", OpenEntrance)  # noqa: B010
    return app.create_served_app()
