"""Moving units: one statement that changes the levels of several variants, each or not at all, and says why.

A trigger writes the movements (migration 0024). Levels are locked in the order of their ids, so that two who move the
units of the same variants wait for one another, and never in a circle.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Integer,
    TableValuedAlias,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate
from uuid_utils.compat import uuid7

from domain.conditions import among
from domain.core_statements import execute
from domain.given_rows import given_array
from models import BackorderPolicy, MovementKind, ProductVariant, StockLevel
from models.stock import MOST_UNITS

WHY: Final = "merkato.stock"
"""The setting that says to the triggers why levels change. It holds for the next statement that changes some."""

Units = Mapping[UUID, int]
"""How many units, of each variant; at least one of each."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The row that units are moved for, such as an order."""

    table: str
    key: UUID


@dataclass(frozen=True, slots=True)
class Why:
    """What the movement is to say of itself."""

    kind: MovementKind
    cause: Cause | None = None
    reason: str | None = None

    @property
    def setting(self) -> str:
        """It in the words of the triggers."""
        cause = {"cause": self.cause.table, "cause_id": str(self.cause.key)} if self.cause else {}
        reason = {"reason": self.reason} if self.reason else {}
        return orjson.dumps({"kind": self.kind.value, **cause, **reason}).decode()


@dataclass(frozen=True, slots=True)
class Rule:
    """What a kind of movement changes, and what has to be so before."""

    quantity: int
    """What one unit adds to the units in the house: 1, 0 or -1."""
    reserved: int
    """The same of those that are promised."""
    permits: Callable[[Any, Any], ColumnElement[bool]]
    """The condition on the level and the units asked for."""


def _can_be_promised(level: Any, units: Any) -> ColumnElement[bool]:
    """They are counted, and they are there or orders may wait for them."""
    may_wait = and_(ProductVariant.backorder_policy == BackorderPolicy.ALLOW, level.reserved <= MOST_UNITS - units)
    counted = select(ProductVariant.id).where(ProductVariant.id == level.variant_id, ProductVariant.tracks_stock)
    return counted.where(or_(level.quantity - level.reserved >= units, may_wait)).exists()


RULES: Final[Mapping[MovementKind, Rule]] = {
    MovementKind.RECEIVED: Rule(1, 0, lambda level, units: level.quantity <= MOST_UNITS - units),
    MovementKind.RETURNED: Rule(1, 0, lambda level, units: level.quantity <= MOST_UNITS - units),
    MovementKind.RESERVED: Rule(0, 1, _can_be_promised),
    MovementKind.RELEASED: Rule(0, -1, lambda level, units: level.reserved >= units),
    MovementKind.SOLD: Rule(-1, -1, lambda level, units: and_(level.reserved >= units, level.quantity >= units)),
}


async def open_levels(session: AsyncSession, variants: Iterable[UUID]) -> frozenset[UUID]:
    """Give a level to those of the variants that have none; gives them."""
    missing = select(ProductVariant.id).where(among(ProductVariant.id, sorted(variants)))
    rows = [{"id": uuid7(), "variant_id": key} for key in await session.scalars(missing.order_by(ProductVariant.id))]
    if not rows:
        return frozenset()
    opening = insert(StockLevel).values(rows).on_conflict_do_nothing(index_elements=[StockLevel.variant_id])
    return frozenset(await session.scalars(opening.returning(StockLevel.variant_id)))


async def move(session: AsyncSession, units: Units, why: Why) -> frozenset[UUID]:
    """Move the units of each variant where its level permits; gives the variants where it did."""
    if not units:
        return frozenset()
    given = {"variants": list(units), "units": list(units.values()), "why": why.setting}
    return frozenset(row.variant_id for row in await execute(session, _MOVES[why.kind], given))


def _moving(rule: Rule) -> ReturningUpdate[UUID]:
    """The rule reads the rows as they were locked: those of the UPDATE are of before the wait for the lock."""
    given = _given()
    told = select(func.set_config(WHY, bindparam("why"), True)).cte("told")  # noqa: FBT003 - of this transaction
    numbers = (StockLevel.id, StockLevel.variant_id, StockLevel.quantity, StockLevel.reserved, given.c.units)
    wanted = StockLevel.variant_id == any_(
        given_array("variants", Uuid())
    )  # by their index, however few levels there are
    locking = select(*numbers).join(given, given.c.variant_id == StockLevel.variant_id).where(wanted)
    locking = locking.join(told, true()).order_by(StockLevel.id).with_for_update(of=StockLevel)
    locked = locking.cte("locked")
    return (
        update(StockLevel)
        .where(StockLevel.id == locked.c.id, rule.permits(locked.c, locked.c.units))
        .values(
            quantity=locked.c.quantity + rule.quantity * locked.c.units,
            reserved=locked.c.reserved + rule.reserved * locked.c.units,
        )
        .returning(StockLevel.variant_id)
        .execution_options(synchronize_session=False)
    )


def _given() -> TableValuedAlias:
    """The parameters `variants` and `units`, side by side."""
    variants, units = given_array("variants", Uuid()), given_array("units", Integer())
    columns = column("variant_id", Uuid()), column("units", Integer())
    return func.unnest(variants, units).table_valued(*columns).render_derived(name="given")


_MOVES: Final = {kind: _moving(rule) for kind, rule in RULES.items()}
"""The statement of each kind: its parameters are `variants`, `units` and `why`."""
