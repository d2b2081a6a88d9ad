"""Shopify's product export: a CSV file with one or more rows for each product, read in constant memory."""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import groupby, islice
from pathlib import Path
from typing import Final

from domain.products import Merge
from integrations.csv_file import CsvFile, Record, UnreadableFileError, opened_csv
from integrations.shopify_cells import Refusal, Row
from integrations.shopify_columns import Column, Header, read_header
from integrations.shopify_products import RefusedProduct, ShopifyProduct, read_product

MOST_ROWS: Final = 4_000
"""A product has up to 2,048 variants and 250 images; more rows than this are a mistake."""


class HandlePlaces:
    """Where in the file each handle begins, kept in a temporary file: handles are too many for the memory."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._has_repeated = False
        database.execute("CREATE TABLE places (handle TEXT PRIMARY KEY, line INTEGER, again INTEGER) WITHOUT ROWID")

    def note(self, handle: str, line: int) -> None:
        """Note that rows of the product begin in the line."""
        again = self._database.execute(
            "INSERT INTO places (handle, line) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET again = coalesce(again, excluded.line) RETURNING again",
            (handle, line),
        ).fetchone()[0]
        self._has_repeated = self._has_repeated or again is not None

    def other_line(self, handle: str, line: int) -> int | None:
        """The line in which rows of the product begin elsewhere; None where they all stand together."""
        if not self._has_repeated:
            return None
        found = self._database.execute("SELECT line, again FROM places WHERE handle = ?", (handle,)).fetchone()
        first, again = found or (None, None)
        return again if line == first else first


class ShopifyExport:
    """An open export, checked from its first to its last line to be CSV in UTF-8."""

    def __init__(self, file: CsvFile, header: Header, places: HandlePlaces, unread: Sequence[str]) -> None:
        self._file = file
        self._header = header
        self._places = places
        self.unread = unread
        """What the file calls the columns that are there and not read."""

    @property
    def merge(self) -> Merge:
        """What the file does not know of products that are stored already."""
        return self._header.merge

    @property
    def size_bytes(self) -> int:
        """The size of the file."""
        return self._file.size_bytes

    @property
    def position_bytes(self) -> int:
        """How much of the file the products so far have taken."""
        return self._file.position_bytes

    def products(self) -> Iterator[ShopifyProduct | RefusedProduct]:
        """The products in the order of the file, refused ones among them."""
        for group in _groups(self._file, self._header):
            handle = _handle(self._header, group[0])
            reason = self._reason_against(handle, group)
            if reason:
                yield RefusedProduct(handle, (Refusal(group[0].line, handle, reason),))
            else:
                yield read_product(self._header, group)

    def _reason_against(self, handle: str, group: list[Record]) -> str | None:
        """Why rows cannot be a product, whatever they say."""
        if not handle:
            return "The row has no handle."
        if len(group) > MOST_ROWS:
            return f"The product has more than {MOST_ROWS:,} rows."
        other_line = self._places.other_line(handle, group[0].line)
        if other_line:
            return f"More rows of the product stand apart, from line {other_line:,}: bring them together."
        return None


@contextmanager
def opened_export(path: Path) -> Iterator[ShopifyExport]:
    """Check the whole file, so that a broken one is refused before anything of it is taken, and open it.

    Raises UnreadableFileError, BrokenFileError or WrongHeaderError.
    """
    with opened_csv(path) as file, checked_export(file) as export:
        yield export


@contextmanager
def checked_export(file: CsvFile, unread: Collection[Column] = ()) -> Iterator[ShopifyExport]:
    """The same of an open file, as if the `unread` columns were not there. Raises the same."""
    with closing(sqlite3.connect("")) as database:
        whole = _read_header(file)
        header = whole.without(unread)
        places = HandlePlaces(database)
        for group in _groups(file, header):
            places.note(_handle(header, group[0]), group[0].line)
        yield ShopifyExport(file, header, places, [whole.name(column) for column in unread if column in whole.places])


def _read_header(file: CsvFile) -> Header:
    first = next(file.records(), None)
    if first is None:
        raise UnreadableFileError(file.name, "is empty", "Export the products again.")
    return read_header(file.name, first.cells)


def _groups(file: CsvFile, header: Header) -> Iterator[list[Record]]:
    """The rows that follow one another with the same handle; of too many the first."""
    rows = (record for record in islice(file.records(), 1, None) if any(cell.strip() for cell in record.cells))
    for _, group in groupby(rows, key=lambda record: _handle(header, record) or record.line):
        yield list(islice(group, MOST_ROWS + 1))


def _handle(header: Header, record: Record) -> str:
    return Row(header, record, []).handle
