"""Traces, if there is a collector to send them to. What they need is loaded only then, and costs nothing otherwise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from types import ModuleType

from server.errors import ServerError
from server.observation_settings import ObservationSettings

IMPLEMENTATION = "server.otlp_traces"


class TracesMissingError(ServerError):
    """The packages of OpenTelemetry are not installed."""

    def __init__(self, module: str | None) -> None:
        super().__init__(
            f"TRACES_ENDPOINT is set, and the package {module} is missing. "
            "Install Merkato with its extra: merkato[otel]. Or leave the setting empty."
        )


def load_traces(settings: ObservationSettings) -> ModuleType | None:
    """The module server/otlp_traces.py, if TRACES_ENDPOINT is set. Raises TracesMissingError."""
    if settings.traces_endpoint is None:
        return None
    try:
        return import_module(IMPLEMENTATION)
    except ModuleNotFoundError as error:
        raise TracesMissingError(error.name) from error


@asynccontextmanager
async def tracing(settings: ObservationSettings) -> AsyncIterator[None]:
    """Send traces while the block runs, and the last ones at its end."""
    traces = load_traces(settings)
    if traces is None:
        yield
        return
    provider = traces.start_traces(settings.traces_endpoint, settings.traces_percent)
    try:
        yield
    finally:
        await asyncio.to_thread(provider.shutdown)
