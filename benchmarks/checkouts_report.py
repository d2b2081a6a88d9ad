"""What is written of checkouts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from statistics import median
from typing import Any

from benchmarks.checkout_shop import SHELVES
from benchmarks.checkouts import Found, Round, middle
from benchmarks.guests import GUESTS, Sales
from benchmarks.ledger_cost import LedgerCost
from benchmarks.outcome import describe_machine
from benchmarks.report import table

LEAST_SHARE = 0.5
MOST_ADDING_MS = 5


def checkouts_as_markdown(found: Found, seconds: int) -> str:
    """The tables, and how they came about."""
    machine = describe_machine()
    loads = [each.load_average for each in found.rounds]
    introduction = (
        "# Checkouts\n\n"
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; one server process, with "
        f"PostgreSQL and the clients on the same cores; medians of {len(found.add_to_cart_ms)} rounds of {seconds} s; "
        f"load average before a round {min(loads):.1f} to {max(loads):.1f}.\n\n"
        f"{GUESTS} guests at a time put three variants into a cart (`addToCart`), say where it goes "
        "(`setCartDetails`) and check out, to be paid on delivery (`checkout`), each one cart after the other. The "
        f"ceiling is the same transactions with the same locks and rows as a script of pgbench, {GUESTS} at a time "
        "on the same database, right after each round (`scripts/checkout.sql`). Between the two the same guests buy "
        "from a Python server that does nothing but those transactions (`servers/hand_written_purchases.py`)."
    )
    return "\n\n".join([introduction, "\n".join(checkout_lines(found))]) + "\n"


def checkout_lines(found: Found) -> list[str]:
    """The tables, for the terminal as well."""
    header = ["checkouts a second", "measured", "ceiling", "share", "wanted", "met"]
    beside_header = ["hand-written, over HTTP", "a second", "share of the ceiling", "ours of it"]
    time_header = ["CPU ms for a checkout", "server", "PostgreSQL", "clients"]
    ledger_header = ["three variants reserved by pgbench", "a second", "without the ledger", "CPU ms", "without"]
    added = median(found.add_to_cart_ms)
    adding = ["a variant into the cart, one client", f"{added:.2f} ms", f"< {MOST_ADDING_MS} ms"]
    return [
        *table(header, [_speed(found.rounds, shelf.title) for shelf in SHELVES]),
        "",
        *table(beside_header, [_beside(found.rounds, shelf.title) for shelf in SHELVES]),
        "",
        *table(["", "median", "wanted", "met"], [[*adding, _met(added < MOST_ADDING_MS)]]),
        "",
        *table(time_header, [line for shelf in SHELVES for line in _times(found.rounds, shelf.title)]),
        "",
        *table(ledger_header, [_ledger(found.ledger, shelf.title) for shelf in SHELVES]),
    ]


def checkouts_as_json(found: Found, seconds: int) -> dict[str, Any]:
    """Everything, for checkouts.json."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "clients": GUESTS,
        "seconds": seconds,
        **asdict(found),
    }


def _speed(rounds: Sequence[Round], shelf: str) -> list[str]:
    ours = middle(rounds, shelf, lambda each: each.ours.per_second)
    ceiling = middle(rounds, shelf, lambda each: each.ceiling.per_second)
    share = middle(rounds, shelf, lambda each: each.ours.per_second / each.ceiling.per_second)
    figures = [f"{ours:.0f}", f"{ceiling:.0f}", f"{share:.2f}", f"≥ {LEAST_SHARE:.2f}"]
    return [shelf, *figures, _met(share >= LEAST_SHARE)]


def _beside(rounds: Sequence[Round], shelf: str) -> list[str]:
    measured = middle(rounds, shelf, lambda each: each.hand_written.per_second)
    share = middle(rounds, shelf, lambda each: each.hand_written.per_second / each.ceiling.per_second)
    ours = middle(rounds, shelf, lambda each: each.ours.per_second / each.hand_written.per_second)
    return [shelf, f"{measured:.0f}", f"{share:.2f}", f"{ours:.2f}"]


def _times(rounds: Sequence[Round], shelf: str) -> list[list[str]]:
    sellers: Mapping[str, Callable[[Round], Sales]] = {
        "Merkato": lambda each: each.ours,
        "hand-written": lambda each: each.hand_written,
    }
    ceiling = [
        "",
        _ms(rounds, shelf, lambda each: each.ceiling.database_cpu_ms),
        _ms(rounds, shelf, lambda each: each.ceiling.client_cpu_ms),
    ]
    return [
        *([f"{shelf}: {name}", *_sold(rounds, shelf, sales)] for name, sales in sellers.items()),
        [f"{shelf}: pgbench", *ceiling],
    ]


def _sold(rounds: Sequence[Round], shelf: str, sales: Callable[[Round], Sales]) -> list[str]:
    return [
        _ms(rounds, shelf, lambda each: sales(each).server_cpu_ms),
        _ms(rounds, shelf, lambda each: sales(each).database_cpu_ms),
        _ms(rounds, shelf, lambda each: sales(each).client_cpu_ms),
    ]


def _ms(rounds: Sequence[Round], shelf: str, figure: Callable[[Round], float]) -> str:
    return f"{middle(rounds, shelf, figure):.2f}"


def _ledger(costs: Sequence[LedgerCost], shelf: str) -> list[str]:
    own = [each for each in costs if each.shelf == shelf]
    speeds = median(each.recorded.per_second for each in own), median(each.unrecorded.per_second for each in own)
    cpu = median(each.recorded.database_cpu_ms for each in own), median(each.unrecorded.database_cpu_ms for each in own)
    return [shelf, *(f"{speed:.0f}" for speed in speeds), *(f"{ms:.2f}" for ms in cpu)]


def _met(is_met: bool) -> str:
    return "yes" if is_met else "**no**"
