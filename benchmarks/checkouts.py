"""Whole checkouts, from an empty cart to a placed order, beside the same rows written by pgbench."""

import asyncio
import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_urlsafe
from statistics import median
from typing import Any

import orjson
import uvloop

from benchmarks.checkout_shop import LINES, PRICE, SHELVES, SHIPPING, CheckoutShop, Shelf, analyze, checkout_shop
from benchmarks.client import Connection
from benchmarks.contestants import OURS, list_contestants
from benchmarks.cpu import cpu_seconds
from benchmarks.data import FOLDER, Report
from benchmarks.errors import AbsentError
from benchmarks.ledger_cost import LedgerCost, measure_ledger
from benchmarks.pgbench import Rate, run_script
from benchmarks.serving import Server, serving
from resolvers.ids import encode_id

CLIENTS = 10
"""As many as a server has connections to the database; pgbench has as many."""

WARM_UP_SECONDS = 1
ADDRESS = "127.0.0.1"
QUERIES = Path(__file__).parent.parent / "queries"
SCRIPT = Path(__file__).parent / "scripts" / "checkout.sql"
SENT_TO = {"name": "Hana Bekele", "line1": "Bole Road 1", "city": "Addis Ababa", "countryCode": "ET"}


@dataclass(frozen=True, slots=True)
class Ours:
    """What the server did."""

    per_second: float
    server_cpu_ms: float
    """Of the server, for one checkout with its cart; and the same of PostgreSQL."""
    database_cpu_ms: float


@dataclass(frozen=True, slots=True)
class Round:
    """The server, and then pgbench."""

    shelf: str
    ours: Ours
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


class Till:
    """A server that sells."""

    def __init__(self, server: Server, shop: CheckoutShop) -> None:
        self._server = server
        self._shop = shop
        self._method = encode_id("ShippingMethod", shop.shipping_method_id)
        self._numbers = itertools.count()
        self._documents = {
            name: (QUERIES / f"{name}.graphql").read_text() for name in ("AddToCart", "SetCartDetails", "Checkout")
        }

    async def sell(self, shelf: Shelf, seconds: float) -> Ours:
        """Have clients fill carts and check out, each one cart after the other."""
        cpu, database_cpu = cpu_seconds(self._server.pid), cpu_seconds(self._shop.database.pid)
        began = time.perf_counter()
        times = sum(await asyncio.gather(*(self._buy(shelf, began + seconds) for _ in range(CLIENTS))))
        elapsed = time.perf_counter() - began
        used = cpu_seconds(self._server.pid) - cpu, cpu_seconds(self._shop.database.pid) - database_cpu
        return Ours(times / elapsed, 1000 * used[0] / times, 1000 * used[1] / times)

    async def add(self, seconds: float) -> float:
        """The median time, in milliseconds, in which one client puts a variant into a cart, which soon has three."""
        connection, taken = await Connection.opened(self._server.port, ADDRESS), list[float]()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            token = b""
            for variant in self._shop.variants(SHELVES[0], next(self._numbers)):
                began = time.perf_counter()
                answer = await self._send(connection, "AddToCart", {"lines": [_line(variant)]}, token)
                taken.append(1000 * (time.perf_counter() - began))
                token = token or _header(answer)
        connection.close()
        return median(taken)

    async def _buy(self, shelf: Shelf, end: float) -> int:
        connection, times = await Connection.opened(self._server.port, ADDRESS), 0
        while time.perf_counter() < end:
            lines = [_line(variant) for variant in self._shop.variants(shelf, next(self._numbers))]
            token = _header(await self._send(connection, "AddToCart", {"lines": lines}))
            await self._send(connection, "SetCartDetails", self._details(), token)
            await self._send(connection, "Checkout", self._agreement(), token)
            times += 1
        connection.close()
        return times

    def _details(self) -> dict[str, Any]:
        where = {"shippingAddress": SENT_TO, "shippingMethodId": self._method}
        return {"email": "hana@shop.example", "countryCode": "ET", **where}

    def _agreement(self) -> dict[str, Any]:
        total = str(LINES * PRICE + SHIPPING)
        return {"idempotencyKey": token_urlsafe(16), "expectedTotal": total, "payment": {"kind": "CASH_ON_DELIVERY"}}

    async def _send(self, connection: Connection, name: str, given: dict[str, Any], token: bytes = b"") -> Any:
        answer = await connection.ask(
            orjson.dumps({"query": self._documents[name], "variables": {"input": given}}), token
        )
        (result,) = orjson.loads(answer)["data"].values()
        if "message" in result:
            raise AbsentError(f"{name} was refused: {result['message']}")
        return result


def measure_checkouts(rounds: int, seconds: int, report: Report) -> Found:
    """The rounds on each shelf. Raises AbsentError, or a ServerError when the database does not start."""
    with ExitStack() as stack:
        report("Making a shop …")
        shop = stack.enter_context(checkout_shop())
        FOLDER.mkdir(parents=True, exist_ok=True)
        usual = next(one for one in list_contestants() if one.name == OURS)
        ours = replace(usual, environment={**usual.environment, "RATE_LIMITS": "false"})
        first = orjson.dumps({"query": "{ products(first: 1) { nodes { name } } }"})
        server = stack.enter_context(serving(ours, shop.database, first, FOLDER / "checkouts.log"))
        till = Till(server, shop)
        uvloop.run(till.sell(SHELVES[0], WARM_UP_SECONDS))
        uvloop.run(analyze(shop.database.url))
        found = [_round(till, shop, shelf, seconds, report) for _ in range(rounds) for shelf in SHELVES]
        added = [uvloop.run(till.add(seconds)) for _ in range(rounds)]
        report("Reserving with the ledger and without …")
        ledger = [
            measure_ledger(shop, shelf, clients=CLIENTS, seconds=seconds) for _ in range(rounds) for shelf in SHELVES
        ]
        return Found(found, added, ledger)


def _round(till: Till, shop: CheckoutShop, shelf: Shelf, seconds: int, report: Report) -> Round:
    load_average = os.getloadavg()[0]
    ours = uvloop.run(till.sell(shelf, seconds))
    ceiling = run_script(shop.database, SCRIPT, shop.script_variables(shelf), clients=CLIENTS, seconds=seconds)
    report(f"{shelf.title}: {ours.per_second:.0f} checkouts a second, pgbench {ceiling.per_second:.0f}")
    return Round(shelf.title, ours, ceiling, load_average)


def _line(variant: str) -> dict[str, Any]:
    return {"variantId": variant, "quantity": 1}


def _header(result: Any) -> bytes:
    return f"Guest-Token: {result['guestToken']}\r\n".encode()


def of_shelf(rounds: Sequence[Round], shelf: str) -> Iterator[Round]:
    """The rounds on that shelf."""
    return (each for each in rounds if each.shelf == shelf)


def middle(rounds: Sequence[Round], shelf: str, figure: Callable[[Round], float]) -> float:
    """The median of a figure over the rounds on that shelf."""
    return median(map(figure, of_shelf(rounds, shelf)))
