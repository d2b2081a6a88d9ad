"""How carts are filtered and sorted, for the staff."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.permissions import Permission
from auth.viewer import Viewer
from tests.api import data_of
from tests.factories import add_cart, add_cart_line, add_product, add_user, new_id, writing

READER = Viewer(grants=frozenset({Permission.CARTS_READ}))
LIST = """
    query($filter: CartFilter, $sort: CartSort) {
        carts(filter: $filter, sort: $sort) { nodes { units } totalCount }
    }
"""


async def test_carts_are_filtered_by_what_became_of_them(engine: AsyncEngine) -> None:
    """Each has as many units as stands in its name here."""
    now = datetime.now(UTC)
    earlier = {"updated_at": now - timedelta(hours=2)}
    async with writing(engine) as session:
        product = await add_product(session)
        carts = [
            await add_cart(session, new_id(), updated_at=now),
            await add_cart(session, new_id(), **earlier),
            await add_cart(session, await add_user(session), **earlier, completed_at=now),
            await add_cart(session, await add_user(session), updated_at=now - timedelta(days=1)),
        ]
        for units, cart in enumerate(carts, start=1):
            await add_cart_line(session, cart, product.default_variant_id, quantity=units)

    async def found(filter_: object = None, sort: str | None = None) -> list[int]:
        data = await data_of(engine, LIST, {"filter": filter_, "sort": sort}, READER)
        units = [node["units"] for node in data["carts"]["nodes"]]
        assert data["carts"]["totalCount"] == len(units)
        return units

    assert await found(sort="LONGEST_UNTOUCHED") == [4, 2, 3, 1]
    assert await found({"isAbandoned": True}, "LONGEST_UNTOUCHED") == [4, 2]
    assert sorted(await found({"isAbandoned": False})) == [1, 3]
    assert await found({"isCompleted": True}) == [3]
    assert sorted(await found({"isCompleted": False})) == [1, 2, 4]
    assert sorted(await found({"isOfGuest": True})) == [1, 2]
    assert sorted(await found({"isOfGuest": False})) == [3, 4]
    assert await found({"updatedAt": {"to": (now - timedelta(hours=3)).isoformat()}}) == [4]
