"""Rounds of runs: every operation, one contestant after the other, beginning with the next in each round.

Those that are compared run one right after the other, because a shared machine is another one a few seconds later.
"""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from benchmarks.answers import require_equal_answers
from benchmarks.contestants import CACHED, CONSTANT, OURS, SIGNED_IN, WITHOUT_PREVIEWS
from benchmarks.cpu import cpu_seconds
from benchmarks.data import Database
from benchmarks.errors import AbsentError
from benchmarks.load import Generator, Load, Requests
from benchmarks.operations import Operation
from benchmarks.serving import Server
from benchmarks.signing import headers_of

FEWEST_REQUESTS = 300
LONGEST_FACTOR = 3

SIDE_BY_SIDE = ("postgraphile", "mercurius", WITHOUT_PREVIEWS, OURS, "hand-written", SIGNED_IN, CACHED, CONSTANT)
"""Who runs next to whom. All others run after them."""

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often each contestant is driven."""

    seconds: int
    rounds: int
    warm_up_seconds: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what wrk saw, and what each request cost."""

    per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float
    database_cpu_ms: float
    load_average: float
    """Of the machine in the minute before, which others may share."""


@dataclass(slots=True)
class Result:
    """The runs of one contestant at one operation, or why there are none."""

    runs: list[Run] = field(default_factory=list)
    absent: str | None = None
    seconds: int = 0
    """How long each run takes: longer for the slow, or the requests under way at its end would weigh too much."""


Results = Mapping[str, Result]
"""By the names of the contestants."""


class Track:
    """Where contestants run: the load generator, the database, the accounts that sign in, a folder for what is sent."""

    def __init__(
        self, generator: Generator, database: Database, accounts: Sequence[UUID], folder: Path, report: Report
    ) -> None:
        self._generator = generator
        self._database = database
        self._accounts = accounts
        self._folder = folder
        self._report = report

    def compete(
        self, operations: Sequence[Operation], servers: Sequence[Server], reference: Server, plan: Plan
    ) -> Mapping[str, Results]:
        """The results of each operation. A round is one run of everything, so that all of it meets the same machine."""
        results = {one.name: self._prepared(one, servers, reference, plan) for one in operations}
        runners = sorted(servers, key=_place)
        for number in range(plan.rounds):
            for operation in operations:
                self._run_round(operation, runners, number, results[operation.name])
        return results

    def _prepared(self, operation: Operation, servers: Sequence[Server], reference: Server, plan: Plan) -> Results:
        """Results without runs of the servers that can answer the operation."""
        able = [server for server in servers if operation.name in server.contestant.operations]
        results: Results = {server.contestant.name: Result() for server in able}
        for server in able:
            with self._noting_absence(operation, server, results):
                results[server.contestant.name].seconds = self._prepare(operation, server, reference, plan)
        return results

    def _run_round(self, operation: Operation, servers: Sequence[Server], number: int, results: Results) -> None:
        able = [server for server in servers if server.contestant.name in results]
        start = number % len(able) if able else 0
        for server in (*able[start:], *able[:start]):
            result = results[server.contestant.name]
            if result.absent is None:
                with self._noting_absence(operation, server, results):
                    result.runs.append(self._measure(operation, server, result.seconds))

    def _prepare(self, operation: Operation, server: Server, reference: Server, plan: Plan) -> int:
        """Compare answers, and warm the server up while each answer is looked into for errors.

        Gives how long its runs are to take.
        """
        headers = headers_of(server.contestant, self._accounts)
        requests = self._written(operation, server, headers)
        if server.contestant.is_compared:
            require_equal_answers(server, reference, operation, headers[0] if headers else None)
        load = self._generator.run(server.url, requests, plan.warm_up_seconds, check=True)
        _refuse_failures(load)
        wanted = math.ceil(FEWEST_REQUESTS / max(load.per_second, 1))
        return min(max(plan.seconds, wanted), LONGEST_FACTOR * plan.seconds)

    def _measure(self, operation: Operation, server: Server, seconds: int) -> Run:
        requests = self._written(operation, server, headers_of(server.contestant, self._accounts))
        load_average = os.getloadavg()[0]
        server_before, database_before = cpu_seconds(server.pid), cpu_seconds(self._database.pid)
        load = self._generator.run(server.url, requests, seconds)
        server_seconds = cpu_seconds(server.pid) - server_before
        database_seconds = cpu_seconds(self._database.pid) - database_before
        _refuse_failures(load)
        run = Run(
            per_second=load.per_second,
            p50_ms=load.p50_ms,
            p99_ms=load.p99_ms,
            server_cpu_ms=1000 * server_seconds / max(load.requests, 1),
            database_cpu_ms=1000 * database_seconds / max(load.requests, 1),
            load_average=load_average,
        )
        self._report(
            f"{operation.name}: {server.contestant.name} {run.per_second:,.0f}/s, server {run.server_cpu_ms:.3f} ms, "
            f"PostgreSQL {run.database_cpu_ms:.3f} ms (load {load_average:.1f})"
        )
        return run

    def _written(self, operation: Operation, server: Server, headers: Sequence[str]) -> Requests:
        name = f"{operation.name}-{server.contestant.name}"
        requests = Requests(self._folder / f"{name}.jsonl", self._folder / f"{name}.headers")
        requests.write(operation.bodies[server.contestant.dialect], headers)
        return requests

    @contextmanager
    def _noting_absence(self, operation: Operation, server: Server, results: Results) -> Iterator[None]:
        try:
            yield
        except AbsentError as reason:
            results[server.contestant.name].absent = str(reason)
            self._report(f"{operation.name}: {server.contestant.name} cannot take part: {reason}")


def _place(server: Server) -> int:
    name = server.contestant.name
    return SIDE_BY_SIDE.index(name) if name in SIDE_BY_SIDE else len(SIDE_BY_SIDE)


def _refuse_failures(load: Load) -> None:
    if load.failures:
        raise AbsentError(f"{load.failures} of {load.requests} requests failed under load")
