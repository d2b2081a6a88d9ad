"""What the protections cost a warm request: a server as it comes, beside one without them."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from statistics import median
from types import MappingProxyType
from typing import Any

import orjson

from benchmarks.contestants import CACHED, OURS, list_contestants, served
from benchmarks.cpu import cpu_seconds
from benchmarks.data import FOLDER, Report
from benchmarks.errors import AbsentError
from benchmarks.load import Generator, Requests
from benchmarks.operations import DOCUMENTS
from benchmarks.outcome import describe_machine
from benchmarks.report import table
from benchmarks.serving import Server, serving
from benchmarks.sign_in_shop import Shop, sign_in_shop

CEILING = 1.10

SWITCHED_OFF: Mapping[str, str] = MappingProxyType(
    {
        "RATE_LIMITS": "false",
        "ACCESS_LOG_PERCENT": "0",
        "SLOW_OPERATION_MILLISECONDS": "0",
        "DATABASE_STATEMENT_TIMEOUT_SECONDS": "0",
        "DATABASE_ASSUME_ROLES": "false",
    }
)
"""All that there are switches for. What has none is left out by `benchmarks/servers/unprotected.py`."""

UNPROTECTED = served("benchmarks.servers.unprotected:create_app")

MEASURED = {"`fields`, from the database": OURS, "`fields`, from the response cache": CACHED}


@dataclass(frozen=True, slots=True)
class Round:
    """Server CPU for a request, in milliseconds."""

    operation: str
    protected_ms: float
    bare_ms: float
    load_average: float
    """Of the machine before it began."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same server twice."""

    protected: Server
    bare: Server


def measure_protections(rounds: int, seconds: int, report: Report) -> list[Round]:
    """The rounds of each operation. Raises AbsentError, or a ServerError when the database does not start."""
    generator = Generator()
    with ExitStack() as stack:
        report("Making a shop …")
        shop = stack.enter_context(sign_in_shop(1))
        bodies = _bodies(shop)
        FOLDER.mkdir(parents=True, exist_ok=True)
        requests = Requests(FOLDER / "protections.requests", FOLDER / "protections.headers")
        requests.write(bodies, [])
        pairs = {title: _pair(stack, shop, name, bodies[0]) for title, name in MEASURED.items()}
        for pair in pairs.values():
            for server in (pair.protected, pair.bare):
                _cpu_ms(generator, server, requests, seconds)  # warm
        found = []
        for number in range(rounds):
            for title, pair in pairs.items():
                found.append(_round(generator, requests, title, pair, seconds, is_turned=number % 2 == 1))
                report(f"{title}: {found[-1].protected_ms:.4f} ms of CPU, {found[-1].bare_ms:.4f} without")
        return found


def _pair(stack: ExitStack, shop: Shop, name: str, first: bytes) -> Pair:
    usual = next(one for one in list_contestants() if one.name == name)
    bare = replace(usual, command=UNPROTECTED, environment={**usual.environment, **SWITCHED_OFF})
    logs = FOLDER / f"protections-{name}.log", FOLDER / f"protections-{name}-bare.log"
    return Pair(
        stack.enter_context(serving(usual, shop.database, first, logs[0])),
        stack.enter_context(serving(bare, shop.database, first, logs[1])),
    )


def _round(  # noqa: PLR0913 - what is driven, with what, for how long
    generator: Generator, requests: Requests, title: str, pair: Pair, seconds: int, *, is_turned: bool
) -> Round:
    load_average = os.getloadavg()[0]
    order = (pair.bare, pair.protected) if is_turned else (pair.protected, pair.bare)
    used = {server.port: _cpu_ms(generator, server, requests, seconds) for server in order}
    return Round(title, used[pair.protected.port], used[pair.bare.port], load_average)


def _cpu_ms(generator: Generator, server: Server, requests: Requests, seconds: int) -> float:
    before = cpu_seconds(server.pid)
    load = generator.run(server.url, requests, seconds)
    if load.failures or not load.requests:
        raise AbsentError(f"{load.failures} of {load.requests} requests failed")
    return 1000 * (cpu_seconds(server.pid) - before) / load.requests


def _bodies(shop: Shop) -> list[bytes]:
    document = (DOCUMENTS / "fields.graphql").read_text()
    return [orjson.dumps({"query": document, "variables": {"slug": slug}}) for slug in shop.slugs]


def protection_lines(rounds: Sequence[Round]) -> list[str]:
    """The table."""
    rows = []
    for title in MEASURED:
        own = [each for each in rounds if each.operation == title]
        protected, bare = median(each.protected_ms for each in own), median(each.bare_ms for each in own)
        ratio = median(each.protected_ms / each.bare_ms for each in own)
        is_met = "yes" if ratio <= CEILING else "**no**"
        rows.append([title, f"{protected:.4f}", f"{bare:.4f}", f"{ratio:.3f}", f"≤ {CEILING:.2f}", is_met])
    return table(["", "CPU ms a request", "without protections", "ratio", "wanted", "met"], rows)


def protections_as_markdown(rounds: Sequence[Round], seconds: int) -> str:
    """The table, and how it came about."""
    machine = describe_machine()
    loads = [each.load_average for each in rounds]
    times = len(rounds) // len(MEASURED)
    switches = ", ".join(f"`{name}={value}`" for name, value in SWITCHED_OFF.items())
    introduction = (
        "# What the protections cost a warm request\n\n"
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; one process for each server, "
        f"with PostgreSQL and wrk on the same cores; medians of {times} rounds of {seconds} s in turn; load average "
        f"before a round {min(loads):.1f} to {max(loads):.1f}.\n\n"
        f"Switched off: {switches}. Left out: request ids, metrics and durations, the looks at a request's origin, and "
        "the deadlines of its arrival (uvicorn's own protocol has none)."
    )
    return "\n\n".join([introduction, "\n".join(protection_lines(rounds))]) + "\n"


def protections_as_json(rounds: Sequence[Round], seconds: int) -> dict[str, Any]:
    """Everything, for protections.json."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "seconds": seconds,
        "switched_off": dict(SWITCHED_OFF),
        "rounds": [asdict(each) for each in rounds],
    }
