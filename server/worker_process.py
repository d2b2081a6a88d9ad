"""The life of `merkato worker`: refuse a database that is behind, work, and end in order when asked to."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import uvloop
from rich.console import Console

from server.database import opened_engine, require_roles
from server.logs import configure_logs
from server.migrating import require_head
from server.settings import Settings
from server.stopping import ASKING
from server.traces import tracing
from server.worker import opened_worker


def run_worker(url: str, settings: Settings) -> None:
    """Do jobs until asked to end, then finish those that run. Raises a ServerError."""
    configure_logs(settings.log_level, settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(url, settings))


async def _work(url: str, settings: Settings) -> None:
    async with opened_engine(url, settings) as engine:
        await require_head(engine)
    await require_roles(url, settings)
    stopping = asyncio.Event()
    with _set_on_signals(stopping):
        grace = timedelta(seconds=settings.worker_grace_seconds)
        async with tracing(settings), opened_worker(url, settings, grace) as worker:
            Console().print("The worker is running. Ctrl-C stops it.")
            await worker.work(stopping)


@contextmanager
def _set_on_signals(stopping: asyncio.Event) -> Iterator[None]:
    """Set the event when the process is asked to end; `nohup` keeps its meaning."""
    loop = asyncio.get_running_loop()
    heeded = [number for number in ASKING if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heeded:
        loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)
