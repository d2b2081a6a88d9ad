"""What new texts cost a process of ours: the time of each, and the memory once a thousand have their plans."""

import http.client
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import orjson

from benchmarks.cpu import cpu_seconds
from benchmarks.errors import AbsentError
from benchmarks.operations import Dialect, Operation
from benchmarks.serving import HOST, PATH, Server

TEXTS = 1000
BYTES_PER_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class ProcessCost:
    """Of texts that were never seen before, one after the other, each of the list operation."""

    texts: int
    median_ms: float
    p95_ms: float
    cpu_ms: float
    """The server's CPU time for each."""
    resident_mb: float
    """The memory of the server's process afterwards, which keeps a plan for each."""


def measure_process(server: Server, operation: Operation) -> ProcessCost:
    """Send texts of the operation that differ in an alias. Raises AbsentError when one is not answered."""
    bodies = [_body(operation, number) for number in range(TEXTS)]
    connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
    before = cpu_seconds(server.pid)
    try:
        seconds = [_ask(connection, body) for body in bodies]
    finally:
        connection.close()
    return ProcessCost(
        texts=TEXTS,
        median_ms=1000 * median(seconds),
        p95_ms=1000 * quantiles(seconds, n=20)[-1],
        cpu_ms=1000 * (cpu_seconds(server.pid) - before) / TEXTS,
        resident_mb=_resident_bytes(server.pid) / BYTES_PER_MEGABYTE,
    )


def _body(operation: Operation, number: int) -> bytes:
    bodies = operation.bodies[Dialect.MERKATO]
    fields = orjson.loads(bodies[number % len(bodies)])
    fields["query"] = fields["query"].replace("name\n", f"text{number}: name\n", 1)
    return orjson.dumps(fields)


def _ask(connection: http.client.HTTPConnection, body: bytes) -> float:
    began = time.perf_counter()
    connection.request("POST", PATH, body, {"Content-Type": "application/json", "Accept": "application/json"})
    answer = connection.getresponse().read()
    seconds = time.perf_counter() - began
    if b'"errors"' in answer:
        raise AbsentError(f"it answered a new text with {answer[:300]!r}")
    return seconds


def _resident_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    resident = next(line for line in lines if line.startswith("VmRSS:"))
    return int(resident.split()[1]) * 1024
