"""Values by the list as one parameter: how PostgreSQL plans for them."""

from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.cart_state import LINES

TRIED = 5
"""So often PostgreSQL plans a prepared statement anew before it compares (its documentation of PREPARE)."""

OF_LINES = "statement LIKE 'SELECT cart_lines.id%'"
PLANS = text(f"SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE {OF_LINES}")


async def test_arrays_of_all_lengths_share_a_plan(engine: AsyncEngine) -> None:
    lengths = range(1, 11)

    async with AsyncSession(engine) as session:
        for length in lengths:
            await session.execute(LINES, {"carts": [uuid4() for _ in range(length)]})
        plans = (await session.execute(PLANS)).one()

    assert tuple(plans) == (TRIED, len(lengths) - TRIED)
