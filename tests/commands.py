"""The command line, run in this process."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from server import cli

MERKATO = Path(sys.executable).with_name("merkato")

LOGGERS = (None, "merkato", "python_multipart", "uvicorn")
"""Those that `server.logs` configures; the first one is above all others."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left."""

    code: int
    out: str
    err: str


@contextmanager
def keeping_logs() -> Iterator[None]:
    """Where the log goes is as before once the block has ended.

    A command sends it to the standard error of its time. That is the test's, which is closed with the test; whatever is
    logged afterwards in this process would complain of it, at length.
    """
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(each.handlers[:], each.level) for each in loggers]
    try:
        yield
    finally:
        for each, (handlers, level) in zip(loggers, before, strict=True):
            each.handlers[:] = handlers
            each.setLevel(level)


def run_command(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str, **variables: str
) -> Outcome:
    """What `merkato` with these arguments leaves, with these variables in its environment."""
    monkeypatch.setattr(sys, "argv", ["merkato", *arguments])
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    code = 0
    with keeping_logs():
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    captured = capfd.readouterr()
    return Outcome(code, captured.out, captured.err)
