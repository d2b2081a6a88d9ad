"""Synthetic users and authors."""

from collections.abc import Iterator

from server.synthetic import words
from server.synthetic.data_set import DataSet, Row, SyntheticTable, scatter

AUTHOR_COUNT = 20


def name_of(number: int) -> tuple[str, str]:
    """A first and a last name."""
    last, first = divmod(scatter(number, len(words.FIRST_NAMES) * len(words.LAST_NAMES)), len(words.FIRST_NAMES))
    return words.FIRST_NAMES[first], words.LAST_NAMES[last]


def user_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """Customers without a password, who joined one after the other."""
    identify = data.ids("users")
    for number in numbers:
        first, last = name_of(number)
        joined_at = data.at(number / data.users)
        email = f"{first}.{last}.{data.name(number)}@example.com".lower()
        yield identify(number), email, first, last, number % 4 != 0, joined_at, joined_at


def author_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """Authors, who have no accounts."""
    identify = data.ids("authors")
    random = data.random("authors", numbers)
    for number in numbers:
        first, last = name_of(number + data.run)
        slug = f"{first}-{last}-{data.name(number)}".lower()
        bio = " ".join(random.sample(data.texts.descriptions, 2))
        title = words.JOB_TITLES[number % len(words.JOB_TITLES)]
        yield identify(number), slug, f"{first} {last}", title, bio, f"{slug}@example.com"


USERS = SyntheticTable(
    "users", ("id", "email", "first_name", "last_name", "is_email_verified", "created_at", "updated_at"), user_rows
)
AUTHORS = SyntheticTable("authors", ("id", "slug", "name", "job_title", "bio", "email"), author_rows)
