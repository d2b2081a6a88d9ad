"""The lines of a cart: added, changed and removed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Uuid, any_, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.carts import BUYERS, LOCKED, OPENING, Buyer, LockedCart, change_cart, opener
from domain.conditions import among
from domain.core_statements import Row, execute
from domain.customization import Customization, customization_hash, require_possible, unit_price
from domain.errors import DomainError, invalid, require_each_once
from domain.given_rows import as_json, given_array, insertion_of, table_of
from domain.violations import refused_by
from models import CartLine, Product, ProductOptionSchema, ProductVariant
from models.carts import MOST_LINES, MOST_UNITS_A_LINE


class VariantNotForSaleError(DomainError):
    """There is no such variant, or it cannot be bought: its product is not on sale, or has another currency."""

    def __init__(self, variant_id: UUID) -> None:
        super().__init__("This is not for sale, or not any more.")
        self.variant_id = variant_id


class TooManyCartLinesError(DomainError):
    """The cart would hold more lines than carts do."""

    def __init__(self) -> None:
        super().__init__(f"A cart holds {MOST_LINES} lines at the most. Buy these first, or take some out.")
        self.maximum = MOST_LINES


class CartLineNotFoundError(DomainError):
    """The cart has no such line, or not any more."""

    def __init__(self, line_id: UUID) -> None:
        super().__init__("The cart has no such line. Look at it again.")
        self.line_id = line_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """What is to be added."""

    variant_id: UUID
    quantity: int
    customization: Customization = field(default_factory=dict)

    @property
    def key(self) -> tuple[UUID, bytes]:
        """Equal for what makes one line."""
        return self.variant_id, customization_hash(self.customization)


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """How many units a line is to have; with none it goes."""

    line_id: UUID
    quantity: int


async def add_lines(session: AsyncSession, buyer: Buyer, wanted: Sequence[WantedLine]) -> LockedCart:
    """Add to the buyer's cart, which is made if there is none. What is in it already becomes more.

    Raises InvalidInputError, VariantNotForSaleError, NotCustomizableError, CustomizationInvalidError and
    TooManyCartLinesError.
    """
    lines = _together(wanted)
    variants = list({line.variant_id for line in lines})
    found = await execute(session, _OPENING[buyer.column], {**opener(buyer), "variants": variants})
    if not found:
        raise VariantNotForSaleError(lines[0].variant_id)
    cart = LockedCart(*(found[0][column.name] for column in LOCKED))
    sold = {row.variant_id: row for row in found}
    values = [_values(cart, line, sold.get(line.variant_id)) for line in lines]
    with refused_by({"ck_cart_lines_quantity": invalid("lines", f"A line has {MOST_UNITS_A_LINE} units at the most.")}):
        (before,) = await execute(session, _INSERTION, {"lines": as_json(values), "cart": cart.id})
    if before.lines + len(lines) > MOST_LINES:
        await _require_few(session, cart)
    return cart


async def set_quantities(session: AsyncSession, buyer: Buyer, changes: Sequence[ChangedLine]) -> LockedCart:
    """Set how many units lines have. Raises InvalidInputError, CartNotFoundError and CartLineNotFoundError."""
    require_each_once("lines", [each.line_id for each in changes])
    cart = await change_cart(session, buyer)
    quantities = {each.line_id: each.quantity for each in changes}
    found = select(CartLine).where(CartLine.cart_id == cart.id, among(CartLine.id, [*quantities]))
    lines = {line.id: line for line in await session.scalars(found)}
    for line_id, quantity in quantities.items():
        line = lines.get(line_id)
        if line is None:
            raise CartLineNotFoundError(line_id)
        if quantity == 0:
            await session.delete(line)
        else:
            line.quantity = quantity
    await session.flush()
    return cart


async def remove_lines(session: AsyncSession, buyer: Buyer, line_ids: Sequence[UUID]) -> LockedCart:
    """Take lines out. Those that are out already stay so. Raises CartNotFoundError."""
    cart = await change_cart(session, buyer)
    await session.execute(delete(CartLine).where(CartLine.cart_id == cart.id, among(CartLine.id, line_ids)))
    return cart


def _together(wanted: Iterable[WantedLine]) -> list[WantedLine]:
    """One line for what is alike, in an order in which nobody waits for another in a circle."""
    lines: dict[tuple[UUID, bytes], WantedLine] = {}
    for each in wanted:
        known = lines.get(each.key)
        lines[each.key] = each if known is None else replace(each, quantity=known.quantity + each.quantity)
    return [lines[key] for key in sorted(lines)]


def _values(cart: LockedCart, line: WantedLine, sold: Row | None) -> dict[str, Any]:
    if sold is None:
        raise VariantNotForSaleError(line.variant_id)
    require_possible(line.variant_id, sold.definition, line.customization)
    variant_id, choice = line.key
    return {
        "id": uuid7(),
        "cart_id": cart.id,
        "variant_id": variant_id,
        "quantity": line.quantity,
        "customization": line.customization,
        "customization_hash": choice,
        "unit_price_seen": unit_price(sold.price, line.customization, sold.surcharges),
    }


def _opening(column: str) -> Executable:
    """Open the buyer's cart, and read what can be bought of the `variants`, which stay until the transaction ends.

    It gives nothing where none can be bought. How many lines there are is not read here: that would be as it was before
    the statement waited for others to let go of the cart.
    """
    cart = OPENING[column].cte("cart")
    return (
        select(
            cart,
            ProductVariant.id.label("variant_id"),
            ProductVariant.price,
            ProductOptionSchema.definition,
            ProductOptionSchema.surcharges,
        )
        .join_from(cart, ProductVariant, ProductVariant.currency == cart.c.currency)
        .join(Product, Product.id == ProductVariant.product_id)
        .outerjoin(ProductOptionSchema, ProductOptionSchema.product_id == Product.id)
        .where(ProductVariant.id == any_(given_array("variants", Uuid())), Product.is_active)
        .order_by(ProductVariant.id)
        .with_for_update(read=True, key_share=True, of=ProductVariant)
    )


def _insertion() -> Executable:
    """Write the `lines`, as JSON, and count those that were in the `cart` before."""
    added = insertion_of(CartLine, INSERTED, "lines")
    table = table_of(CartLine)
    put = added.on_conflict_do_update(
        index_elements=[table.c.cart_id, table.c.variant_id, table.c.customization_hash],
        set_={
            "quantity": table.c.quantity + added.excluded.quantity,
            "unit_price_seen": added.excluded.unit_price_seen,
        },
    )
    before = select(func.count().label("lines")).where(table.c.cart_id == bindparam("cart", type_=Uuid()))
    return before.select_from(table).add_cte(put.cte("put"))


async def _require_few(session: AsyncSession, cart: LockedCart) -> None:
    """The cart is locked, so that nobody adds to it meanwhile."""
    count = select(func.count()).where(CartLine.cart_id == cart.id)
    if (await session.scalar(count) or 0) > MOST_LINES:
        raise TooManyCartLinesError


INSERTED = ("id", "cart_id", "variant_id", "quantity", "customization", "customization_hash", "unit_price_seen")
_OPENING = {column: _opening(column) for column in BUYERS}
_INSERTION = _insertion()
