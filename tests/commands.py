"""The command line, run in this process."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from server import cli

MERKATO = Path(sys.executable).with_name("merkato")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left."""

    code: int
    out: str
    err: str


def run_command(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str, **variables: str
) -> Outcome:
    """What `merkato` with these arguments leaves, with these variables in its environment."""
    monkeypatch.setattr(sys, "argv", ["merkato", *arguments])
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    code = 0
    try:
        cli.main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    captured = capfd.readouterr()
    return Outcome(code, captured.out, captured.err)
