"""What the ledger of stock costs a reservation: the same statements of pgbench with its trigger and without."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks.checkout_shop import CheckoutShop, Shelf
from benchmarks.pgbench import Rate, run_script

SCRIPT = Path(__file__).parent / "scripts" / "reservation.sql"
TRIGGER = "record_stock_changes"
"""Migration 0024, decision 0036."""


@dataclass(frozen=True, slots=True)
class LedgerCost:
    """Both, one after the other."""

    shelf: str
    recorded: Rate
    unrecorded: Rate


def measure_ledger(shop: CheckoutShop, shelf: Shelf, *, clients: int, seconds: int) -> LedgerCost:
    """Reserve three variants again and again. What is reserved without the trigger leaves the ledger wrong."""
    found = []
    for switch in ("ENABLE", "DISABLE"):
        asyncio.run(_run(shop.database.url, f"ALTER TABLE stock_levels {switch} TRIGGER {TRIGGER}"))
        variables = shop.script_variables(shelf)
        found.append(run_script(shop.database, SCRIPT, variables, clients=clients, seconds=seconds))
    asyncio.run(_run(shop.database.url, f"ALTER TABLE stock_levels ENABLE TRIGGER {TRIGGER}"))
    return LedgerCost(shelf.title, *found)


async def _run(url: str, statement: str) -> None:
    connection: asyncpg.Connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()
