"""The cells of a Shopify export, read as values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, TypeVar

from domain.errors import shown
from integrations.csv_file import Record
from integrations.shopify_columns import Column, Header
from models import BackorderPolicy

T = TypeVar("T")

AMOUNT: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,20}")
FLAGS: Final = {"true": True, "false": False}
STATUSES: Final = {"active": True, "draft": False, "archived": False, "unlisted": False}
POLICIES: Final = {
    "deny": BackorderPolicy.DENY,
    "continue": BackorderPolicy.ALLOW,
    "false": BackorderPolicy.DENY,
    "true": BackorderPolicy.ALLOW,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a product of the file was not taken: the line, its handle, and a sentence."""

    line: int
    handle: str
    reason: str


class Row:
    """A row of the file. What cannot be read of it is added to `refusals`, and stands as if the cell were empty."""

    def __init__(self, header: Header, record: Record, refusals: list[Refusal]) -> None:
        self.line = record.line
        self._header = header
        self._cells = record.cells
        self._refusals = refusals

    @property
    def handle(self) -> str:
        """The identity of the product, in lower case as addresses are."""
        return self.text(Column.HANDLE).lower()

    def refuse(self, reason: str) -> None:
        """Note what is wrong with the row."""
        self._refusals.append(Refusal(self.line, self.handle, reason))

    def check_length(self) -> None:
        """Refuse a row with more or fewer cells than columns: its values would stand below the wrong names."""
        cells, columns = len(self._cells), len(self._header.names)
        if cells != columns:
            self.refuse(f"The row has {cells} cells where the first row has {columns}.")

    def text(self, column: Column) -> str:
        """The cell without the spaces around it; empty where there is none."""
        place = self._header.places.get(column)
        return self._cells[place].strip() if place is not None and place < len(self._cells) else ""

    def code(self, column: Column) -> str:
        """The cell without the apostrophe by which spreadsheets are told not to read it as a number."""
        return self.text(column).removeprefix("'").strip()

    def amount(self, column: Column) -> Decimal | None:
        """The amount, to be checked by the product's rules."""
        return self._read(column, _amount, None, "is not an amount such as 19.99")

    def required_amount(self, column: Column) -> Decimal:
        """The amount, which must be there."""
        if not self.text(column):
            self.refuse(f"{self._header.name(column)} is empty.")
        return self.amount(column) or Decimal(0)

    def whole_number(self, column: Column) -> int | None:
        """The number."""
        return self._read(column, _whole_number, None, "is not a whole number")

    def rounded_number(self, column: Column) -> int | None:
        """The number, rounded: weights in pounds are fractions of grams."""
        amount = self._read(column, _amount, None, "is not a number")
        return None if amount is None else int(amount.to_integral_value(ROUND_HALF_UP))

    def flag(self, column: Column, *, default: bool) -> bool:
        """TRUE or FALSE."""
        return self.choice(column, FLAGS, default=default)

    def choice(self, column: Column, choices: Mapping[str, T], *, default: T) -> T:
        """What the cell's word stands for."""
        reason = f"is none of {', '.join(choices)}"
        return self._read(column, lambda text: choices[text.lower()], default, reason)

    def _read(self, column: Column, read: Callable[[str], T], default: T, reason: str) -> T:
        text = self.text(column)
        try:
            return read(text) if text else default
        except (ValueError, KeyError):
            self.refuse(f"{self._header.name(column)} “{shown(text)}” {reason}.")
            return default


def _amount(text: str) -> Decimal:
    if not AMOUNT.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _whole_number(text: str) -> int:
    if not WHOLE_NUMBER.fullmatch(text):
        raise ValueError(text)
    return int(text)
