"""Which moves there are in the life of a release. Functions of values (decision 0052)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from domain.errors import DomainError
from models import ReleaseStatus

OPEN, SCHEDULED, PUBLISHED = ReleaseStatus.OPEN, ReleaseStatus.SCHEDULED, ReleaseStatus.PUBLISHED
ROLLED_BACK, ARCHIVED = ReleaseStatus.ROLLED_BACK, ReleaseStatus.ARCHIVED


class ReleaseMove(StrEnum):
    """What somebody does with a release, in the words of a sentence."""

    CHANGE = "changed"
    """Another title, or other items."""
    SCHEDULE = "scheduled"
    UNSCHEDULE = "taken off the schedule"
    PUBLISH = "published"
    FAIL = "given back to its editors"
    """It was due, and did not come out."""
    ROLL_BACK = "rolled back"
    ARCHIVE = "archived"


@dataclass(frozen=True, slots=True)
class ReleaseWay:
    """Where a move begins, and where it ends; None where it began."""

    since: frozenset[ReleaseStatus]
    to: ReleaseStatus | None


RELEASE_WAYS: Mapping[ReleaseMove, ReleaseWay] = MappingProxyType(
    {
        ReleaseMove.CHANGE: ReleaseWay(frozenset({OPEN, ROLLED_BACK}), None),
        ReleaseMove.SCHEDULE: ReleaseWay(frozenset({OPEN, SCHEDULED, ROLLED_BACK}), SCHEDULED),
        ReleaseMove.UNSCHEDULE: ReleaseWay(frozenset({SCHEDULED}), OPEN),
        ReleaseMove.PUBLISH: ReleaseWay(frozenset({OPEN, SCHEDULED, ROLLED_BACK}), PUBLISHED),
        ReleaseMove.FAIL: ReleaseWay(frozenset({SCHEDULED}), OPEN),
        ReleaseMove.ROLL_BACK: ReleaseWay(frozenset({PUBLISHED}), ROLLED_BACK),
        ReleaseMove.ARCHIVE: ReleaseWay(frozenset({OPEN, PUBLISHED, ROLLED_BACK}), ARCHIVED),
    }
)


class ReleaseMoveNotAllowedError(DomainError):
    """There is no such move from where the release stands."""

    def __init__(self, status: ReleaseStatus, move: ReleaseMove) -> None:
        stands = status.lower().replace("_", " ")
        super().__init__(f"This release is {stands} and cannot be {move}.")
        self.status = status


def status_after(move: ReleaseMove, status: ReleaseStatus) -> ReleaseStatus:
    """Where a release stands after the move. Raises ReleaseMoveNotAllowedError."""
    way = RELEASE_WAYS[move]
    if status not in way.since:
        raise ReleaseMoveNotAllowedError(status, move)
    return way.to or status
