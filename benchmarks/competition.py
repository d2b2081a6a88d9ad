"""A whole run: the database, the servers of all contestants side by side, and every operation in turn."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contestants import OURS, Contestant
from benchmarks.data import FOLDER, Database, Report, prepared_database
from benchmarks.errors import AbsentError, BenchmarkError
from benchmarks.installing import install, versions_of
from benchmarks.load import Generator
from benchmarks.measuring import Plan, Track
from benchmarks.operations import Operation, list_operations
from benchmarks.outcome import Outcome
from benchmarks.process import measure_process
from benchmarks.samples import take_samples
from benchmarks.serving import Server, serving
from benchmarks.statements import HAND_WRITTEN, compare_statements

LIST = "list"
"""The operation whose new texts are timed."""

STATEMENT_ROUNDS = 12
"""The machine's speed drifts, so that few rounds tell little."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be measured. Without operations it is all of them."""

    scale: str
    plan: Plan
    judge: Contestant
    """Whose answers are the right ones."""
    contestants: Sequence[Contestant]
    operations: Sequence[str] = ()
    has_new_texts: bool = True
    """Whether new texts are timed at last."""


class Starter:
    """Starts servers on a database until the stack is closed; `absent` says why others do not run."""

    def __init__(self, database: Database, first: Operation, stack: ExitStack, report: Report) -> None:
        """A server runs once it has answered a request of the `first` operation."""
        self._database = database
        self._first = first
        self._stack = stack
        self._report = report
        self.absent: dict[str, str] = {}

    def start(self, contestants: Sequence[Contestant]) -> list[Server]:
        """Those that could be installed and started."""
        servers = (self._start_one(contestant) for contestant in contestants)
        return [server for server in servers if server is not None]

    def _start_one(self, contestant: Contestant) -> Server | None:
        self._report(f"Starting {contestant.name} …")
        try:
            install(contestant)
            body = self._first.bodies[contestant.dialect][0]
            log = FOLDER / f"{contestant.name}.log"
            return self._stack.enter_context(serving(contestant, self._database, body, log))
        except AbsentError as reason:
            self.absent[contestant.name] = str(reason)
            self._report(f"{contestant.name} cannot take part: {reason}")
            return None


def compete(wish: Wish, report: Report) -> Outcome:
    """Measure it. Raises BenchmarkError, or a ServerError when the database does not start."""
    with prepared_database(wish.scale, report) as database:
        return compete_on(database, wish, report)


def compete_on(database: Database, wish: Wish, report: Report) -> Outcome:
    """The same on another database. Raises BenchmarkError."""
    generator = Generator()
    with ExitStack() as stack:
        samples = take_samples(database.url)
        every = list_operations(samples)
        operations = _choose(every, wish.operations)
        starter = Starter(database, every[0], stack, report)
        servers = starter.start([wish.judge, *(one for one in wish.contestants if one is not wish.judge)])
        judge = next((server for server in servers if server.contestant is wish.judge), None)
        if judge is None:
            raise BenchmarkError(f"{wish.judge.name} does not run: {starter.absent[wish.judge.name]}.")
        taking_part = [server for server in servers if any(server.contestant is one for one in wish.contestants)]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        track = Track(generator, database, samples.accounts, folder, report)
        results = track.compete(operations, taking_part, judge, wish.plan)
        process = (
            measure_process(judge, next(one for one in every if one.name == LIST))
            if wish.has_new_texts and judge in taking_part
            else None
        )
        statements = compare_statements(database.url, _comparable(operations, taking_part), STATEMENT_ROUNDS, report)
    versions = {server.contestant.name: versions_of(server.contestant) for server in taking_part}
    return Outcome(
        wish.scale,
        wish.plan,
        database.version,
        wish.contestants,
        operations,
        results,
        versions,
        starter.absent,
        process,
        statements,
    )


def _comparable(operations: Sequence[Operation], servers: Sequence[Server]) -> Sequence[Operation]:
    """The operations whose statements are compared: none where a run leaves one of the sides out."""
    return operations if {OURS, HAND_WRITTEN} <= {server.contestant.name for server in servers} else ()


def _choose(operations: list[Operation], names: Sequence[str]) -> list[Operation]:
    known = [operation.name for operation in operations]
    if unknown := set(names) - set(known):
        raise BenchmarkError(f"There is no operation {', '.join(sorted(unknown))}. There are {', '.join(known)}.")
    return [operation for operation in operations if not names or operation.name in names]
