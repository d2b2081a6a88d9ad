"""`merkato seed`: the demo data, or a large set of data."""

import re
from typing import Annotated

import typer
from rich.console import Console

from server.command_database import with_engine
from server.seeding import load_demo
from server.settings import Settings, load_settings
from server.synthetic import generate
from server.terminal import showing_tables

LARGEST_SCALE = 10_000_000
MULTIPLIERS = {"": 1, "k": 1_000, "m": 1_000_000}


def seed(
    scale: Annotated[
        str | None,
        typer.Option(metavar="PRODUCTS", help="Generate as many products instead: 2500, 100k, 1m.", show_default=False),
    ] = None,
) -> None:
    """Load the demo data into an empty database, or generate a large set of data."""
    products = None if scale is None else parse_scale(scale)
    settings = load_settings()
    if products is None:
        _load_demo(settings)
    else:
        _generate(settings, products)


def parse_scale(text: str) -> int:
    """The number that 2500, 100k or 1m says."""
    match = re.fullmatch(r"(\d{1,8})([km]?)", text.strip().lower())
    products = int(match[1]) * MULTIPLIERS[match[2]] if match else 0
    if not 1 <= products <= LARGEST_SCALE:
        raise typer.BadParameter(f"{text!r} is no number of products such as 2500, 100k or 1m (10m at most).")
    return products


def _load_demo(settings: Settings) -> None:
    loaded = with_engine(settings, "seed", load_demo, migrated=True)
    Console().print("The demo data is loaded." if loaded else "Nothing was loaded: there are products already.")


def _generate(settings: Settings, products: int) -> None:
    console = Console()
    with showing_tables(console) as report:
        counts = with_engine(settings, "seed", lambda engine: generate(engine, products, report), migrated=True)
    console.print(", ".join(f"{count:,} {name}" for name, count in counts.items()))
