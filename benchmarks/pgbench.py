"""Runs pgbench, of the embedded PostgreSQL, with a script of ours."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cpu import cpu_seconds, ended_children_seconds
from benchmarks.data import Database
from benchmarks.errors import AbsentError
from server.postgres_cluster import DATABASE, SUPERUSER
from server.postgres_programs import find_installation

DONE = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
PER_SECOND = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rate:
    """How often the script ran to its end."""

    per_second: float
    database_cpu_ms: float
    """PostgreSQL's CPU for each, and pgbench's own."""
    client_cpu_ms: float


def run_script(
    database: Database, script: Path, variables: Mapping[str, int | str], *, clients: int, seconds: int
) -> Rate:
    """Run the script again and again, over so many connections. Raises AbsentError when one of them fails."""
    program = find_installation().program("pgbench")
    given = [f"--define={name}={value}" for name, value in variables.items()]
    where = [f"--host={database.socket_folder}", f"--username={SUPERUSER}", DATABASE]
    sizes = [f"--client={clients}", f"--time={seconds}", "--jobs=1", "--protocol=prepared", "--no-vacuum"]
    before, client_before = cpu_seconds(database.pid), ended_children_seconds()
    done = subprocess.run(  # noqa: S603 - the wheel's own program
        [program, *sizes, *given, f"--file={script}", *where], capture_output=True, text=True, check=False
    )
    used, client_used = cpu_seconds(database.pid) - before, ended_children_seconds() - client_before
    times, failed, per_second = (pattern.search(done.stdout) for pattern in (DONE, FAILED, PER_SECOND))
    if done.returncode or times is None or failed is None or per_second is None or failed[1] != "0":
        raise AbsentError(f"pgbench failed: {done.stderr.strip() or done.stdout.strip()}")
    return Rate(float(per_second[1]), 1000 * used / int(times[1]), 1000 * client_used / int(times[1]))
