"""What all items share that are edited in versions: inputs of the trash, problems, and results item by item."""

from typing import Any

import strawberry

from domain.bulk_editing import Edited
from domain.editing import ItemNotFoundError, RevisionNotFoundError, SlugTakenError
from domain.trash import ReadItem
from domain.trash import Trashed as TrashedValue
from models.base import SLUG_LENGTH
from resolvers.editing import TrashedItems as TrashedItemsValue
from resolvers.editing import change_of, refusal_of
from resolvers.input_rules import KeyRule, NestedRule, TextRule
from resolvers.loading import load_row
from schema.declare import field
from schema.enums import TrashOutcome
from schema.inputs import HIGHEST_VERSION, items, number, text
from schema.payloads import payload
from schema.problems import Problem, problem

LAST_POSITION = 2**31 - 1
MOST_AT_ONCE = 100
LONGEST_LINE = 255
LONGEST_SUMMARY = 2_000
LONGEST_TEXT = 200_000
MOST_TAGS = 50
"""The most labels of an item."""


def expected_version() -> Any:
    """The field for the version that an editor read."""
    return number(
        "The version that was read. What others changed since is kept, unless it is the same fields.",
        least=1,
        most=HIGHEST_VERSION,
    )


def version_read() -> Any:
    """The field for the version that an editor read, of what is not merged."""
    return number("The version that was read.", least=1, most=HIGHEST_VERSION)


def earlier_version() -> Any:
    """The field for the version to go back to."""
    return number("The version to go back to.", least=1, most=HIGHEST_VERSION)


def slug(description: str = "Its name in addresses.") -> Any:
    """The field for a slug."""
    return text(description, longest=SLUG_LENGTH, shortest=1)


def position(description: str) -> Any:
    """The field for the place of something among others of its kind."""
    return number(description, least=0, most=LAST_POSITION)


def line(description: str, *, clearable: bool = False, shortest: int = 0) -> Any:
    """A field for a line of text."""
    return text(description, longest=LONGEST_LINE, shortest=shortest, clearable=clearable)


def long_text(description: str, *, clearable: bool = False) -> Any:
    """A field for text of any sensible length."""
    return text(description, longest=LONGEST_TEXT, clearable=clearable)


def words(description: str, *, most: int = MOST_TAGS) -> Any:
    """A field for a list of words or lines."""
    return items(description, TextRule(longest=LONGEST_LINE, shortest=1), most=most)


def changes() -> Any:
    """The field of an input that changes several items."""
    return items("What to change.", NestedRule(makes=change_of), most=MOST_AT_ONCE, least=1)


def read_items() -> Any:
    """The field of an input that puts items into the trash."""
    return items("What to put there, as it was read.", NestedRule(makes=ReadItem), most=MOST_AT_ONCE, least=1)


def keys(type_name: str) -> Any:
    """The field of an input that names items."""
    return items("Which ones.", KeyRule(type_name=type_name), most=MOST_AT_ONCE, least=1)


@problem(ItemNotFoundError, "There is no such item, or it lies in the trash.")
class ItemNotFound(Problem):
    """Look at the list again."""


@problem(SlugTakenError, "Another item of the same type has the slug; it may lie in the trash.")
class SlugTaken(Problem):
    """Choose another."""

    slug: str = strawberry.field(description="The slug.")


@problem(RevisionNotFoundError, "The item has no such version, or nobody kept it.")
class RevisionNotFound(Problem):
    """Look at its revisions."""

    version: int = strawberry.field(description="The version that was asked for.")


@payload(TrashedValue, "What became of one item.")
class TrashedItem:
    """An item and the outcome."""

    outcome: TrashOutcome = strawberry.field(description="Whether it was done, or why it was not.")


@payload(TrashedItemsValue, "What became of items that were to go into the trash, or out of it; each by itself.")
class TrashedItems:
    """The results."""

    results: list[TrashedItem] = strawberry.field(description="One for each item, in their order.")


def edited_item(model: type[Any]) -> Any:
    """The field for an item as it is now."""

    def row_of(edited: Edited, info: Any) -> Any:
        return load_row(info.context, model, "id", edited.id)

    return field(row_of, "The item as it is now; null when there is none.")


def edited_problem() -> Any:
    """The field for why an item is as it was."""
    return field(lambda edited, _info: refusal_of(edited), "Why it is as it was; null when it was changed.")
