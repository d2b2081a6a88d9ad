"""What a signal that asks the process to end does: it unwinds, so that whatever was started is stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, `kill` and a closed terminal."""


class StopRequestedError(SystemExit):
    """Somebody asked the process to end. asyncio lets a SystemExit through where it would keep other errors."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


@contextmanager
def unwinding_on_signals() -> Iterator[None]:
    """Raise StopRequestedError in the block when the process is asked to end; `nohup` keeps its meaning."""
    heeded = [number for number in ASKING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _raise) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Run the block to its end, however impatiently the process is asked to end."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ASKING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, _: FrameType | None) -> None:
    raise StopRequestedError(number)
