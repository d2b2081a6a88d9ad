"""What a review may say, and where it stands after each step: rules without a database."""

import re
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.errors import DomainError, InvalidField, InvalidInputError
from models import ModerationStatus
from models.reviews import LONGEST_COMMENT

LONGEST_TITLE = 120
LEAST_RATING, MOST_RATING = 1, 5
MOST_REVIEWS_A_DAY = 20
"""Of one customer. Nobody has tried more products in a day."""

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""Control characters other than those of lines; carriage returns are made line feeds before."""


class ReviewNotFoundError(DomainError):
    """The customer has written no such review."""

    def __init__(self) -> None:
        super().__init__("You have written no such review.")


class ProductNotFoundError(DomainError):
    """There is no such product, or it is not on sale."""

    def __init__(self) -> None:
        super().__init__("There is no such product.")


class AlreadyReviewedError(DomainError):
    """A customer has one opinion of a product, which can be changed."""

    def __init__(self, review_id: UUID) -> None:
        super().__init__("You have reviewed this product already. Change that review instead.")
        self.review_id = review_id


class EmailNotVerifiedError(DomainError):
    """Whoever speaks to all customers is to be a person who can be reached."""

    def __init__(self) -> None:
        super().__init__("Verify your e-mail address first.")


class TooManyReviewsError(DomainError):
    """More reviews than a customer writes."""

    def __init__(self) -> None:
        super().__init__(
            f"You have written {MOST_REVIEWS_A_DAY} reviews in a day, which is the most. Come back tomorrow."
        )


@dataclass(frozen=True, slots=True)
class ReviewText:
    """What a customer says of a product."""

    rating: int
    title: str = ""
    comment: str = ""

    def cleaned(self) -> "ReviewText":
        """As it is stored: the title in one line. Raises InvalidInputError for all that is wrong."""
        title = " ".join(self.title.split())
        comment = "\n".join(self.comment.splitlines()).strip()
        faults = []
        if not LEAST_RATING <= self.rating <= MOST_RATING:
            faults.append(InvalidField(("rating",), f"It must be from {LEAST_RATING} to {MOST_RATING}."))
        for name, text, most in (("title", title, LONGEST_TITLE), ("comment", comment, LONGEST_COMMENT)):
            if len(text) > most:
                faults.append(InvalidField((name,), f"It has {len(text)} characters; {most} are the most."))
            if CONTROL.search(text):
                faults.append(InvalidField((name,), "It must not hold control characters. Remove them."))
        if faults:
            raise InvalidInputError(faults)
        return ReviewText(self.rating, title, comment)


class ModerationOutcome(StrEnum):
    """What became of the judgement of one review."""

    MODERATED = "MODERATED"
    CHANGED_MEANWHILE = "CHANGED_MEANWHILE"
    NOT_FOUND = "NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a review may be read, and whether anybody has looked at it."""

    status: ModerationStatus
    is_published_unseen: bool = False


WAITING = Standing(ModerationStatus.PENDING)
OUT_UNSEEN = Standing(ModerationStatus.APPROVED, is_published_unseen=True)


def standing_when_new(*, moderates_first: bool) -> Standing:
    """Where a new review stands."""
    return WAITING if moderates_first else OUT_UNSEEN


def standing_when_edited(status: ModerationStatus, *, moderates_first: bool) -> Standing:
    """Where a review stands whose author has changed it.

    What was not published before is not published by changing it: a rejected review would come out unseen.
    """
    if status is not ModerationStatus.APPROVED:
        return WAITING
    return standing_when_new(moderates_first=moderates_first)
