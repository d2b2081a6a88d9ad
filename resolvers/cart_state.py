"""Carts as they are at the moment: for any number of carts, one statement tells of all their lines."""

from collections.abc import Awaitable, Sequence
from typing import Any
from uuid import UUID

from aiodataloader import DataLoader

from domain.cart_state import LINES, LineProblem, LineState, problems_of, states_from
from models import Cart
from resolvers.cart_totals import PurchaseProblem, purchase_problems
from resolvers.context import Context


def line_states(context: Context, cart_id: UUID) -> Awaitable[Sequence[LineState]]:
    """The lines of a cart that the viewer sees."""

    async def load(cart_ids: list[Any]) -> list[Sequence[LineState]]:
        found = states_from(await context.reading.rows(LINES, {"carts": cart_ids}))
        return [found.get(each, ()) for each in cart_ids]

    return context.loader("lines of carts", lambda: DataLoader(load)).load(cart_id)


async def problems(context: Context, cart: Cart) -> Sequence[LineProblem | PurchaseProblem]:
    """What stands in the way of buying the cart."""
    return [*problems_of(await line_states(context, cart.id)), *await purchase_problems(context, cart)]
