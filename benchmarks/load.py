"""Drives a server with wrk, which must be installed."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.errors import AbsentError, BenchmarkError

CONNECTIONS = 32
THREADS = 1
TIMEOUT_SECONDS = 30
SCRIPT = Path(__file__).parent / "wrk.lua"


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw of one run."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failures: int

    @property
    def per_second(self) -> float:
        """Answered requests a second."""
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Requests:
    """What is sent: files with a body on each line, and with a header of one request after another (`Name: value`)."""

    bodies: Path
    headers: Path

    def write(self, bodies: Sequence[bytes], headers: Sequence[str]) -> None:
        """Fill the files; JSON has no bare line breaks. Without headers no request has one."""
        self.bodies.write_bytes(b"".join(body + b"\n" for body in bodies))
        self.headers.write_text("".join(line + "\n" for line in headers))


@dataclass(frozen=True, slots=True)
class Script:
    """A script of wrk, what it is given, and how many run it."""

    path: Path
    arguments: Sequence[str]
    threads: int
    connections: int


class Generator:
    """The program that sends requests."""

    def __init__(self) -> None:
        found = shutil.which("wrk")
        if found is None:
            raise BenchmarkError(
                "wrk, which sends the requests, is not installed. "
                "Install it with `apt install wrk` (Debian, Ubuntu) or `brew install wrk` (macOS)."
            )
        self._program = found

    def run(self, url: str, requests: Requests, seconds: int, *, check: bool = False) -> Load:
        """Send them in turn; with `check` answers that hold errors are failures too."""
        arguments = [str(requests.bodies), str(requests.headers), *(["check"] if check else [])]
        result = self.drive(Script(SCRIPT, arguments, THREADS, CONNECTIONS), url, seconds)
        return Load(
            requests=result["requests"],
            seconds=result["microseconds"] / 1_000_000,
            p50_ms=result["p50"] / 1000,
            p99_ms=result["p99"] / 1000,
            failures=result["failures"],
        )

    def drive(self, script: Script, url: str, seconds: int) -> Any:
        """What the script says at the end of its `result`. Raises AbsentError when it says nothing."""
        sizes = [f"-t{script.threads}", f"-c{script.connections}", f"-d{seconds}s", f"--timeout={TIMEOUT_SECONDS}s"]
        done = subprocess.run(  # noqa: S603 - wrk as it was found
            [self._program, *sizes, "-s", str(script.path), url, "--", *script.arguments],
            capture_output=True,
            text=True,
            errors="replace",  # of an answer that is shown
            check=False,
        )
        line = next((line for line in done.stdout.split("\n") if line.startswith("result ")), None)
        if line is None:
            raise AbsentError(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
        return json.loads(line.removeprefix("result "))
