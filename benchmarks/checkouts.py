"""Whole checkouts, from an empty cart to a placed order, beside the same rows written by pgbench."""

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import orjson
import uvloop

from benchmarks.checkout_shop import SHELVES, CheckoutShop, Shelf, analyze, checkout_shop
from benchmarks.client import Connection
from benchmarks.contestants import OURS, Contestant, Kind, list_contestants, served
from benchmarks.data import FOLDER, Report
from benchmarks.errors import AbsentError
from benchmarks.guests import GUESTS, Guests, Sales
from benchmarks.ledger_cost import LedgerCost, measure_ledger
from benchmarks.pgbench import Rate, run_script
from benchmarks.purchases import adding, every_purchase
from benchmarks.serving import Server, serving

HAND_WRITTEN = Contestant(
    "hand-written",
    "Ceiling: raw ASGI, hand-written SQL",
    Kind.CEILING,
    served("benchmarks.servers.hand_written_purchases:app"),
    frozenset(),
)
WARM_UP_SECONDS = 1
ADDRESS = "127.0.0.1"
SCRIPT = Path(__file__).parent / "scripts" / "checkout.sql"


@dataclass(frozen=True, slots=True)
class Round:
    """Our server, then the hand-written statements behind the same requests, and then pgbench."""

    shelf: str
    ours: Sales
    hand_written: Sales
    ceiling: Rate
    load_average: float
    """Of the machine before it began."""


@dataclass(frozen=True, slots=True)
class Found:
    """All that was measured."""

    rounds: list[Round]
    add_to_cart_ms: list[float]
    """Medians, with one client."""
    ledger: list[LedgerCost]


@dataclass(frozen=True, slots=True)
class Market:
    """Two servers that sell the same."""

    shop: CheckoutShop
    guests: Guests
    ours: Server
    hand_written: Server


def measure_checkouts(rounds: int, seconds: int, report: Report) -> Found:
    """The rounds on each shelf. Raises AbsentError, or a ServerError when the database does not start."""
    with ExitStack() as stack:
        report("Making a shop …")
        market = _open_market(stack)
        uvloop.run(analyze(market.shop.database.url))
        found = [_round(market, shelf, seconds, report) for _ in range(rounds) for shelf in SHELVES]
        added = [uvloop.run(_add(market, seconds)) for _ in range(rounds)]
        report("Reserving with the ledger and without …")
        ledger = [
            measure_ledger(market.shop, shelf, clients=GUESTS, seconds=seconds)
            for _ in range(rounds)
            for shelf in SHELVES
        ]
        return Found(found, added, ledger)


def _open_market(stack: ExitStack) -> Market:
    shop = stack.enter_context(checkout_shop())
    FOLDER.mkdir(parents=True, exist_ok=True)
    guests, bodies = Guests(shop.database, FOLDER), every_purchase(shop, SHELVES[0])
    servers = [
        stack.enter_context(serving(contestant, shop.database, bodies[0], FOLDER / f"checkouts-{contestant.name}.log"))
        for contestant in (ours_for_guests(), HAND_WRITTEN)
    ]
    for server in servers:
        guests.buy(server, bodies, WARM_UP_SECONDS)
    return Market(shop, guests, *servers)


def ours_for_guests() -> Contestant:
    """Our server, which lets guests buy as often as they like."""
    usual = next(one for one in list_contestants() if one.name == OURS)
    return replace(usual, environment={**usual.environment, "RATE_LIMITS": "false"})


def _round(market: Market, shelf: Shelf, seconds: int, report: Report) -> Round:
    load_average, shop = os.getloadavg()[0], market.shop
    bodies = every_purchase(shop, shelf)
    ours, hand_written = (market.guests.buy(server, bodies, seconds) for server in (market.ours, market.hand_written))
    ceiling = run_script(shop.database, SCRIPT, shop.script_variables(shelf), clients=GUESTS, seconds=seconds)
    report(
        f"{shelf.title}: {ours.per_second:.0f} checkouts a second, hand-written {hand_written.per_second:.0f}, "
        f"pgbench {ceiling.per_second:.0f}"
    )
    return Round(shelf.title, ours, hand_written, ceiling, load_average)


async def _add(market: Market, seconds: float) -> float:
    """The median time, in milliseconds, in which one client puts a variant into a cart, which soon has three."""
    connection, taken, numbers = await Connection.opened(market.ours.port, ADDRESS), list[float](), itertools.count()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        token = b""
        for variant in market.shop.variants(SHELVES[0], next(numbers)):
            began = time.perf_counter()
            answer = await connection.ask(adding([variant]), token)
            taken.append(1000 * (time.perf_counter() - began))
            token = token or _token(answer)
    connection.close()
    return median(taken)


def _token(answer: bytes) -> bytes:
    """The header that says who fills the cart. Raises AbsentError when nothing was put into it."""
    result = orjson.loads(answer)["data"]["addToCart"]
    if "message" in result:
        raise AbsentError(f"a variant was not put into the cart: {result['message']}")
    return f"Guest-Token: {result['guestToken']}\r\n".encode()


def of_shelf(rounds: Sequence[Round], shelf: str) -> Iterator[Round]:
    """The rounds on that shelf."""
    return (each for each in rounds if each.shelf == shelf)


def middle(rounds: Sequence[Round], shelf: str, figure: Callable[[Round], float]) -> float:
    """The median of a figure over the rounds on that shelf."""
    return median(map(figure, of_shelf(rounds, shelf)))
