"""Which moves there are on the way of a post to its readers. Functions of values (decision 0045)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from domain.errors import DomainError
from models import PublishingStatus

DRAFT, IN_REVIEW, CHANGES_REQUESTED = (
    PublishingStatus.DRAFT,
    PublishingStatus.IN_REVIEW,
    PublishingStatus.CHANGES_REQUESTED,
)
APPROVED, SCHEDULED = PublishingStatus.APPROVED, PublishingStatus.SCHEDULED
PUBLISHED, ARCHIVED = PublishingStatus.PUBLISHED, PublishingStatus.ARCHIVED


class Move(StrEnum):
    """What somebody does with a version, in the words of a sentence."""

    SUBMIT = "submitted"
    REQUEST_CHANGES = "sent back"
    APPROVE = "approved"
    SCHEDULE = "scheduled"
    UNSCHEDULE = "taken off the schedule"
    PUBLISH = "published"
    ARCHIVE = "archived"
    REOPEN = "reopened"


@dataclass(frozen=True, slots=True)
class Way:
    """Where a move begins, and where it ends."""

    since: frozenset[PublishingStatus]
    to: PublishingStatus
    is_complete: bool = False
    """Whether what is moved has to pass the checks before publishing."""


WAYS: Mapping[Move, Way] = MappingProxyType(
    {
        Move.SUBMIT: Way(frozenset({DRAFT, CHANGES_REQUESTED}), IN_REVIEW),
        Move.REQUEST_CHANGES: Way(frozenset({IN_REVIEW, APPROVED}), CHANGES_REQUESTED),
        Move.APPROVE: Way(frozenset({IN_REVIEW}), APPROVED, is_complete=True),
        Move.SCHEDULE: Way(frozenset({APPROVED, SCHEDULED}), SCHEDULED, is_complete=True),
        Move.UNSCHEDULE: Way(frozenset({SCHEDULED}), APPROVED),
        Move.PUBLISH: Way(frozenset({APPROVED, SCHEDULED}), PUBLISHED, is_complete=True),
        Move.ARCHIVE: Way(frozenset({PUBLISHED}), ARCHIVED),
        Move.REOPEN: Way(frozenset({ARCHIVED}), DRAFT),
    }
)


class MoveNotAllowedError(DomainError):
    """There is no such move from where the post stands."""

    def __init__(self, status: PublishingStatus, move: Move) -> None:
        stands = status.lower().replace("_", " ")
        super().__init__(f"This version is {stands} and cannot be {move}.")
        self.status = status


def way_of(move: Move, status: PublishingStatus) -> Way:
    """The way that the move takes. Raises MoveNotAllowedError."""
    way = WAYS[move]
    if status not in way.since:
        raise MoveNotAllowedError(status, move)
    return way


def status_after_edit(status: PublishingStatus) -> PublishingStatus:
    """Where a version stands that follows one with that status: what was approved was approved as it was."""
    return DRAFT if status in {APPROVED, SCHEDULED, PUBLISHED} else status
