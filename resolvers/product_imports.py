"""Imports a product export that was uploaded: as a whole, in one transaction, or not at all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from types import MappingProxyType

from auth.permissions import Permission
from auth.viewer import Viewer
from domain.errors import DomainError
from domain.products import Merge
from integrations.csv_file import BrokenFileError, CsvFile, UnreadableFileError, read_as_csv
from integrations.shopify import checked_export
from integrations.shopify_cells import Refusal
from integrations.shopify_columns import Column, WrongHeaderError
from integrations.shopify_import import Item, Summary, put_batch
from resolvers.context import Context
from resolvers.uploads import Upload

BATCH_LENGTH = 50
"""Products that are worked out at once, while nobody else is answered."""

MOST_SHOWN = 100
"""The most refused rows that an answer lists."""

GUARDED: Mapping[Column, Permission] = MappingProxyType(
    {Column.COST: Permission.COSTS_WRITE, Column.QUANTITY: Permission.STOCK_WRITE}
)
"""Columns that ask for more than the catalogue's permission; for whoever lacks it they are not there."""


class ExportUnreadableError(DomainError):
    """The file is no product export, or stops being one."""


class ExportTooLongError(DomainError):
    """The export has more rows than one operation takes."""

    def __init__(self, maximum: int) -> None:
        super().__init__(
            f"The file has more than {maximum:,} rows, the most that an operation takes. "
            "Import it with `merkato import shopify`, which takes files of any length."
        )
        self.maximum = maximum


class ProductsRefusedError(DomainError):
    """Some products of the export cannot be taken, so that none is."""

    def __init__(self, count: int, rows: Sequence[Refusal]) -> None:
        products = "1 product" if count == 1 else f"{count:,} products"
        super().__init__(f"{products} of the file cannot be taken, so none was. The rows say why.")
        self.count = count
        self.rows = tuple(rows[:MOST_SHOWN])


@dataclass(frozen=True, slots=True)
class ProductImport:
    """What became of the products of a file."""

    created: int
    updated: int
    unchanged: int
    dry_run: bool
    left_out: Sequence[str]
    """The file's columns that the viewer may not fill."""


@dataclass(frozen=True, slots=True)
class _Export:
    """All that is in a file."""

    items: Sequence[Item]
    merge: Merge
    left_out: Sequence[str]


async def import_products(context: Context, *, file: Upload, dry_run: bool = False) -> ProductImport:
    """Import all products of an export, or none."""
    unread = _unread_by(context.viewer)
    export = await asyncio.to_thread(partial(_read, file, unread, context.most_imported_rows))
    async with context.writing() as session:
        summary = Summary()
        for start in range(0, len(export.items), BATCH_LENGTH):
            summary.add(await put_batch(session, export.items[start : start + BATCH_LENGTH], export.merge))
        if summary.refused:
            raise ProductsRefusedError(summary.refused, summary.refusals)
        if dry_run:
            await session.rollback()
    return ProductImport(summary.created, summary.updated, summary.unchanged, dry_run, export.left_out)


def _unread_by(viewer: Viewer) -> tuple[Column, ...]:
    return tuple(column for column, permission in GUARDED.items() if not viewer.may(permission))


def _read(upload: Upload, unread: Sequence[Column], most_rows: int) -> _Export:
    """What is in the file; to be called in a thread, as it takes its time."""
    try:
        with read_as_csv(upload.file, "The file", upload.size_bytes) as file:
            _require_few_rows(file, most_rows)
            with checked_export(file, unread) as export:
                return _Export([*export.products()], export.merge, export.unread)
    except (UnreadableFileError, BrokenFileError, WrongHeaderError) as error:
        raise ExportUnreadableError(str(error)) from error


def _require_few_rows(file: CsvFile, most: int) -> None:
    """Look no further than that: the file may be much longer."""
    rows_and_header = sum(1 for _ in islice(file.records(), most + 2))
    if rows_and_header > most + 1:
        raise ExportTooLongError(most)
