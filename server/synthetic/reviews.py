"""Synthetic reviews: ten times as many as products, on a few products many of them."""

from collections.abc import Iterator
from datetime import timedelta

from models import ModerationStatus
from server.synthetic import words
from server.synthetic.catalog import CHILDREN
from server.synthetic.data_set import SPAN, DataSet, Row, SyntheticTable, turn

REVIEWS = (4, 14, 0, 7, 38, 2, 10, 1, 20, 4)
RATINGS = (5,) * 52 + (4,) * 29 + (3,) * 11 + (2,) * 4 + (1,) * 4
STATUSES = (
    *[ModerationStatus.APPROVED.value] * 94,
    *[ModerationStatus.PENDING.value] * 5,
    ModerationStatus.REJECTED.value,
)


def review_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """The reviews of each product, by different people, written after both the product and the account came."""
    identify, identify_product, identify_user = data.ids("reviews"), data.ids("products"), data.ids("users")
    random = data.random("reviews", numbers)
    chance = random.random
    everybody = range(data.users)
    for number in numbers:
        product, age = identify_product(number), number / data.products
        for position, user in enumerate(random.sample(everybody, turn(REVIEWS, number))):
            earliest = max(age, user / data.users)
            created_at = data.at(earliest + (1 - earliest) * chance())
            pick = int(chance()*...)
