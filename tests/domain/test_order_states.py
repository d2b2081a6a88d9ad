"""The table of moves of the fulfilment permits whatever can become of units: a state that follows is never refused."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from domain.order_states import FULFILLMENT_MOVES, Units

ORDERED = 3


def after_one_step(units: Units) -> Iterator[Units]:
    """What may happen to some of them: packed, unpacked, sent, delivered, or given up, also out of their parcels."""
    for count in range(1, ORDERED + 1):
        if units.fulfilled + count <= units.wanted:
            yield replace(units, fulfilled=units.fulfilled + count)
            yield replace(units, wanted=units.wanted - count)
        if units.shipped + count <= units.fulfilled:
            yield replace(units, fulfilled=units.fulfilled - count)
            yield replace(units, shipped=units.shipped + count)
        if units.delivered + count <= units.shipped:
            yield replace(units, delivered=units.delivered + count)
    yield replace(units, wanted=units.shipped, fulfilled=units.shipped)


def reachable() -> set[Units]:
    """All that can become of an order of so many units."""
    found, new = set[Units](), {Units(wanted=ORDERED, fulfilled=0, shipped=0, delivered=0)}
    while new:
        found |= new
        new = {after for units in new for after in after_one_step(units)} - found
    return found


@pytest.mark.parametrize("units", sorted(reachable(), key=repr), ids=repr)
def test_whatever_happens_to_units_their_state_may_follow(units: Units) -> None:
    refused = [
        after
        for after in after_one_step(units)
        if after.status is not units.status and after.status not in FULFILLMENT_MOVES[units.status]
    ]
    assert refused == []
