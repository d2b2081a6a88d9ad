"""Payments whose answer is there as they begin: written with it and with the steps to it, by one statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached

from domain.core_statements import execute
from domain.given_rows import as_json, insertion_of, table_of
from models import Base, Payment, PaymentTransaction

BY_DATABASE = frozenset({"created_at", "updated_at", "recorded_at", "lines", "actor_kind", "actor_id", "actor_name"})
"""What the database says of new rows."""


async def write_begun(session: AsyncSession, payment: Payment, steps: Sequence[PaymentTransaction]) -> None:
    """Write the payment, which the session is to add, with the steps, which it does not know."""
    session.expunge(payment)
    values = _values(payment, PAYMENT)
    given = {"payment": as_json([values]), "steps": as_json(_values(step, STEP) for step in steps)}
    (row,) = await execute(session, _WRITING, given)
    for name, value in {**values, **row}.items():
        setattr(payment, name, value)  # all of them: what was never set would be looked for in the database
    make_transient_to_detached(payment)
    session.add(payment)


def _named(table: Table) -> Sequence[str]:
    return [column.name for column in table.c if column.name not in BY_DATABASE]


def _values(row: Base, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


PAYMENT, STEP = _named(table_of(Payment)), _named(table_of(PaymentTransaction))

_WRITING = (
    insertion_of(Payment, PAYMENT, "payment")
    .returning(Payment.created_at, Payment.updated_at)
    .add_cte(insertion_of(PaymentTransaction, STEP, "steps").cte("steps"))
)
"""Its parameters are `payment` and `steps`, as JSON."""
