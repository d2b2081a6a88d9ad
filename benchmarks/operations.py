"""What is asked of the contestants: each operation's requests, ready to be sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import orjson

from benchmarks.samples import REQUESTS, TEXTS, Samples

DOCUMENTS = Path(__file__).parent / "documents"

Variables = Mapping[str, str]


class Dialect(StrEnum):
    """In whose schema an operation is written; those with a schema of their own have a folder of documents."""

    MERKATO = "."
    POSTGRAPHILE = "postgraphile"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation and the bodies of its requests in each dialect; the same place asks for the same in each."""

    name: str
    title: str
    bodies: Mapping[Dialect, list[bytes]]


def list_operations(samples: Samples) -> list[Operation]:
    """Every operation, over the samples."""
    products = [{"slug": slug} for slug in samples.slugs[:REQUESTS]]
    return [
        _operation("product", "One product with its category and 3 newest reviews with their authors", products),
        _operation(
            "list",
            "20 products of a category as a connection, each with category, 3 reviews and authors",
            [{"slug": slug} for slug in samples.categories],
        ),
        _operation("posts", "The 10 newest posts with their authors", [{}]),
        _operation("fields", "A product's id, name and price", products),
        _operation("search", "The 10 best answers to a search", [{"question": text} for text in samples.questions]),
        _operation(
            "filter",
            "20 products in a range of prices with a good rating, sorted by price",
            [{"least": least, "most": most} for least, most in samples.prices],
        ),
        _texts(samples),
        _own("page-first", "Page 1 of all products", [{}]),
        _own("page-deep", f"Page {samples.deep_page:,} of all products, by cursor", [{"after": samples.deep_cursor}]),
    ]


def _operation(name: str, title: str, variables: list[dict[str, str]]) -> Operation:
    return Operation(name, title, {dialect: _bodies(name, dialect, variables) for dialect in Dialect})


def _own(name: str, title: str, variables: list[dict[str, str]]) -> Operation:
    """An operation over our own cursors."""
    return Operation(name, title, {Dialect.MERKATO: _bodies("page", Dialect.MERKATO, variables)})


def _texts(samples: Samples) -> Operation:
    """The first operation with the slug in its text, so that hardly any text comes twice."""
    title = f"The same as the first, in {min(TEXTS, len(samples.slugs)):,} different texts without variables"
    return Operation("texts", title, {dialect: list(_inlined(dialect, samples.slugs)) for dialect in Dialect})


def _inlined(dialect: Dialect, slugs: Iterable[str]) -> Iterable[bytes]:
    document = _document("product", dialect).replace("($slug: String!)", "")
    for slug in slugs:
        yield orjson.dumps({"query": document.replace("$slug", f'"{slug}"'), "operationName": "Product"})


def _bodies(name: str, dialect: Dialect, variables: Iterable[Variables]) -> list[bytes]:
    document = _document(name, dialect)
    return [
        orjson.dumps({"query": document, "operationName": name.title(), "variables": values}) for values in variables
    ]


def _document(name: str, dialect: Dialect) -> str:
    """The text without its comment."""
    lines = (DOCUMENTS / dialect / f"{name}.graphql").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))
