"""Synthetic reviews: ten times as many as products, and on some products many more of them."""

from collections.abc import Iterator

from models import ModerationStatus
from server.synthetic import words
from server.synthetic.catalog import CHILDREN
from server.synthetic.data_set import DataSet, Row, SyntheticTable, turn

PATTERN = (4, 14, 0, 7, 38, 2, 10, 1, 20, 4)
RATINGS = (5,) * 52 + (4,) * 29 + (3,) * 11 + (2,) * 4 + (1,) * 4
STATUSES = (
    *[ModerationStatus.APPROVED.value] * 94,
    *[ModerationStatus.PENDING.value] * 5,
    ModerationStatus.REJECTED.value,
)


def review_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """The reviews of each product by different people, written after both the product and the person had come."""
    identify, identify_product, identify_user = data.ids("reviews"), data.ids("products"), data.ids("users")
    random = data.random("reviews", numbers)
    everybody = range(data.users)
    for number in numbers:
        product, age = identify_product(number), number / data.products
        for position, user in enumerate(random.sample(everybody, turn(PATTERN, number))):
            earliest = max(age, user / data.users)
            created_at = data.at(earliest + (1 - earliest) * random.random())
            yield (
                identify(number * CHILDREN + position),
                product,
                identify_user(user),
                random.choice(RATINGS),
                random.choice(words.REVIEW_TITLES),
                " ".join(random.sample(data.texts.remarks, 1 + position % 3)),
                random.choice(STATUSES),
                position % 3 != 0,
                created_at,
                created_at,
            )


REVIEWS = SyntheticTable(
    "reviews",
    (
        "id",
        "product_id",
        "user_id",
        "rating",
        "title",
        "comment",
        "status",
        "is_verified_purchase",
        "created_at",
        "updated_at",
    ),
    review_rows,
    PATTERN,
)
