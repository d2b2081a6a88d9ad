"""Reads the files of the demo shop: TOML tables, and texts with TOML above their Markdown."""

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

Table = dict[str, Any]
"""A TOML table. What it holds is checked by the columns and constraints it ends up in."""

IMAGES_URL = "/demo/images/"

FENCE = "+++\n"
"""The line above and below a text's TOML."""


def read_table(name: str) -> Table:
    """The whole file as one table."""
    return tomllib.loads(_read(_folder() / name))


def read_products() -> list[Table]:
    """The products of every department, department by department."""
    return [table for file in _sorted(_folder() / "products") for table in tomllib.loads(_read(file))["product"]]


def read_posts() -> list[Table]:
    """Every post, its Markdown under `body`."""
    return [_read_text(file) for file in _sorted(_folder() / "posts")]


def read_pages() -> list[Table]:
    """Every page of text, its Markdown under `body`."""
    return [_read_text(file) for file in _sorted(_folder() / "pages")]


def image_url(file: str) -> str:
    """The address under which the server shows a picture of the demo shop."""
    return f"{IMAGES_URL}{file}"


def _read_text(file: Traversable) -> Table:
    _, front_matter, body = _read(file).split(FENCE, maxsplit=2)
    return tomllib.loads(front_matter) | {"body": body.strip()}


def _sorted(folder: Traversable) -> list[Traversable]:
    return sorted(folder.iterdir(), key=lambda file: file.name)


def _read(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")


def _folder() -> Traversable:
    return files("demo")
