"""Columns that depend on the vault's keys: sealed texts, and keyed hashes by which texts are found.

A test compares the list with all columns that hold bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, select

from domain.payment_methods import DETAILS, MARK_INDEX, mark_in
from domain.promo_code_uses import EMAIL_INDEX
from models import Address, Base, ExternalSignIn, Order, PaymentMethod, PromoCodeUse, TotpCredential, User

PHONE_INDEX = "users.phone"
"""What the keyed hashes of phone numbers are made for."""


@dataclass(frozen=True, slots=True)
class KeyedIndex:
    """A column of keyed hashes."""

    column: str
    made_for: str
    """As `Vault.index` is told."""
    text_in: Callable[[str], str | None] = str
    """The hashed text within the one that it is taken from; None when it is not in there."""


@dataclass(frozen=True, slots=True)
class KeyedColumns:
    """A sealed column of a table, an index, or both, where the one is made of the other."""

    table: type[Base]
    sealed: str | None = None
    bound_to: str = "id"
    """The column that says whose the sealed text is: the row of its `Place`."""
    index: KeyedIndex | None = None
    source: ScalarSelect[str | None] | None = None
    """Where the text of the index is, if it is not the sealed one."""


ORDERED_WITH = select(Order.email).where(Order.id == PromoCodeUse.order_id).scalar_subquery()

KEYED_COLUMNS = (
    KeyedColumns(User, "encrypted_phone", index=KeyedIndex("phone_index", PHONE_INDEX)),
    KeyedColumns(User, "encrypted_data"),
    KeyedColumns(Address, "encrypted_phone"),
    KeyedColumns(TotpCredential, "encrypted_secret", bound_to="user_id"),
    KeyedColumns(ExternalSignIn, "encrypted_verifier"),
    KeyedColumns(PaymentMethod, DETAILS, index=KeyedIndex("mark_index", MARK_INDEX, mark_in)),
    KeyedColumns(PromoCodeUse, index=KeyedIndex("email_index", EMAIL_INDEX), source=ORDERED_WITH),
)
