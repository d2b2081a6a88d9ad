"""What the benchmark is to show, and whether it did."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.contestants import CACHED, CONSTANT, OURS, SIGNED_IN, Kind
from benchmarks.outcome import Contender, Outcome
from benchmarks.statements import DATABASE_FACTOR
from benchmarks.statements import HAND_WRITTEN as CEILING

CEILING_SHARE = 0.7
PRODUCT_FACTOR = 2.0
LIST_FACTOR = 1.5
STRAWBERRY_FACTOR = 20.0
SIGNED_IN_FACTOR = 1.3
TEXTS_SHARE = 0.5
CACHED_SHARE = 0.6
NEW_TEXT_MS = 10.0
RESIDENT_MB = 250.0
NODE_PEERS = ("mercurius", "postgraphile")


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio, or another number, that is to be at least, or at most, so much."""

    title: str
    ratio: float
    wanted: float
    at_most: bool = False
    otherwise: float | None = None
    """The same ratio from another side: of throughputs by the servers' CPU time, of statements under full load."""

    @property
    def is_met(self) -> bool:
        """Whether the ratio is as wanted."""
        return self.ratio <= self.wanted if self.at_most else self.ratio >= self.wanted


def list_targets(outcome: Outcome) -> list[Target]:
    """The targets for which both figures were measured."""
    return [
        *_throughput(outcome, "product", CEILING, CEILING_SHARE),
        *(target for peer in NODE_PEERS for target in _throughput(outcome, "product", peer, PRODUCT_FACTOR)),
        *(target for peer in NODE_PEERS for target in _throughput(outcome, "list", peer, LIST_FACTOR)),
        *_throughput(outcome, "list", "strawberry", STRAWBERRY_FACTOR),
        *_ahead_of_peers(outcome),
        *statement_targets(outcome),
        *_texts(outcome),
        *_cached(outcome),
        *_signed_in(outcome),
        *_process(outcome),
    ]


def _throughput(outcome: Outcome, operation: str, other: str, wanted: float) -> Iterator[Target]:
    title = f"{operation}: requests/s against {other}"
    yield from _faster(outcome, title, (operation, OURS), (operation, other), wanted)


def _faster(outcome: Outcome, title: str, one: Contender, other: Contender, wanted: float) -> Iterator[Target]:
    ratio = outcome.ratio(one, other, "per_second")
    if ratio is not None:
        yield Target(title, ratio, wanted, otherwise=outcome.ratio(other, one, "server_cpu_ms"))


def _ahead_of_peers(outcome: Outcome) -> Iterator[Target]:
    """On every other operation, against the best of the others."""
    peers = [contestant.name for contestant in outcome.contestants if contestant.kind is Kind.PEER]
    for operation in outcome.operations:
        if operation.name in {"product", "list"}:
            continue
        figures = {name: outcome.figure(operation.name, name, "per_second") or 0.0 for name in peers}
        best = max(figures, key=lambda name: figures[name], default=None)
        if best is not None and figures[best]:
            yield from _throughput(outcome, operation.name, best, 1.0)


def statement_targets(outcome: Outcome) -> Iterator[Target]:
    """What the statements take by themselves. Under full load the same work takes up to twice as long, or half."""
    for each in outcome.statements:
        other = (each.operation, CEILING) if each.against == CEILING else (each.against, OURS)
        under_load = outcome.ratio((each.operation, OURS), other, "database_cpu_ms")
        title = f"{each.operation}: PostgreSQL CPU of the statement against {each.against}"
        yield Target(title, each.ratio, DATABASE_FACTOR, at_most=True, otherwise=under_load)


def _texts(outcome: Outcome) -> Iterator[Target]:
    title = "texts: requests/s against product"
    yield from _faster(outcome, title, ("texts", OURS), ("product", OURS), TEXTS_SHARE)


def _cached(outcome: Outcome) -> Iterator[Target]:
    title = "product: requests/s from the response cache against constant"
    yield from _faster(outcome, title, ("product", CACHED), ("product", CONSTANT), CACHED_SHARE)


def _signed_in(outcome: Outcome) -> Iterator[Target]:
    for operation in outcome.operations:
        ratio = outcome.ratio((operation.name, SIGNED_IN), (operation.name, OURS), "server_cpu_ms")
        if ratio is not None:
            title = f"{operation.name}: server CPU signed in against visitors"
            yield Target(title, ratio, SIGNED_IN_FACTOR, at_most=True)


def _process(outcome: Outcome) -> Iterator[Target]:
    if outcome.process is not None:
        title = "a new text of the list operation"
        yield Target(f"{title}, ms", outcome.process.median_ms, NEW_TEXT_MS, at_most=True)
        yield Target(f"{title}: server CPU, ms", outcome.process.cpu_ms, NEW_TEXT_MS, at_most=True)
        yield Target("memory with a thousand plans, MB", outcome.process.resident_mb, RESIDENT_MB, at_most=True)
