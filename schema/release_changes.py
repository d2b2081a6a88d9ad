"""Making, filling, planning and publishing releases: what is asked for, and what comes of it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

import models
from domain.release_moves import ReleaseMoveNotAllowedError
from domain.release_publishing import ReleaseNotReadyError
from domain.release_rollback import ReleaseOvertakenError
from domain.release_shares import Refusal as RefusalValue
from domain.releases import MOST_ITEMS, ReleaseNotFoundError
from models.publishing import TIME_ZONE_LENGTH
from resolvers.input_rules import KeyRule, NestedRule
from resolvers.loading import load_row
from resolvers.releases import wanted_item
from schema import editing
from schema.declare import field
from schema.enums import ReleaseAction, ReleaseStatus
from schema.inputs import choice, items, key, mutation_input, text
from schema.payloads import payload
from schema.problems import Conflict, InvalidInput, Problem, problem
from schema.publishing_changes import Finding
from schema.releases import Release, ReleaseItem

WHICH = "The release."
LONGEST_NOTES = 5_000


@mutation_input("A new release, without items.")
class CreateReleaseInput:
    """A release."""

    title: str = editing.line("What editors call it.", shortest=1)
    notes: str | None = text("What they say of it.", longest=LONGEST_NOTES)


@mutation_input("Changes of a release. What is left out stays as it is.")
class UpdateReleaseInput:
    """What is changed."""

    id: strawberry.ID = key(WHICH, "Release")
    expected_version: int = editing.version_read()
    title: str | None = editing.line("What editors call it.", shortest=1)
    notes: str | None = text("What they say of it.", longest=LONGEST_NOTES)


@mutation_input("An item that is to be in a release: give one of its post, page, product and service.")
class ReleaseItemInput:
    """An item."""

    action: ReleaseAction | None = choice("Whether it comes out or goes; it comes out when absent.")
    post: strawberry.ID | None = key("A post.", "Post")
    page: strawberry.ID | None = key("A page of text.", "Page")
    product: strawberry.ID | None = key("A product.", "Product")
    service: strawberry.ID | None = key("A service.", "Service")


@mutation_input("What to put into a release. What is in it already comes out or goes as is said here.")
class AddToReleaseInput:
    """Items."""

    id: strawberry.ID = key(WHICH, "Release")
    items: list[ReleaseItemInput] = items("The items.", NestedRule(makes=wanted_item), least=1)


@mutation_input("What to take out of a release. The items themselves stay as they are.")
class RemoveFromReleaseInput:
    """Items."""

    id: strawberry.ID = key(WHICH, "Release")
    items: list[strawberry.ID] = items("The items of the release.", KeyRule(type_name="ReleaseItem"), least=1)


@mutation_input("When a release is to come out.")
class ScheduleReleaseInput:
    """A plan."""

    id: strawberry.ID = key(WHICH, "Release")
    expected_version: int = editing.version_read()
    at: datetime = choice("When readers are to see it.")
    time_zone: str | None = text("The IANA name of the time zone that you think in.", longest=TIME_ZONE_LENGTH)


@mutation_input("Which release is to wait.")
class UnscheduleReleaseInput:
    """A release as it was read."""

    id: strawberry.ID = key(WHICH, "Release")
    expected_version: int = editing.version_read()


@mutation_input("Which release readers are to see.")
class PublishReleaseInput:
    """A release as it was read."""

    id: strawberry.ID = key(WHICH, "Release")
    expected_version: int = editing.version_read()


@mutation_input("Which release to take back.")
class RollBackReleaseInput:
    """A release as it was read."""

    id: strawberry.ID = key(WHICH, "Release")
    expected_version: int = editing.version_read()
    leaving: list[strawberry.ID] | None = items(
        "Items of it that stay as they are.", KeyRule(type_name="ReleaseItem"), most=MOST_ITEMS
    )


@mutation_input("Which release to put away.")
class ArchiveReleaseInput:
    """A release as it was read."""

    id: strawberry.ID = key(WHICH, "Release")
    expected_version: int = editing.version_read()


@problem(ReleaseNotFoundError, "There is no such release.")
class ReleaseNotFound(Problem):
    """Look at the list again."""


@problem(ReleaseMoveNotAllowedError, "There is no such way from where the release stands.")
class ReleaseMoveNotAllowed(Problem):
    """Look at where it stands."""

    status: ReleaseStatus = strawberry.field(description="Where it stands.")


def _item(refusal: RefusalValue, info: Any) -> Any:
    return load_row(info.context, models.ReleaseItem, "id", refusal.item_id)


@payload(RefusalValue, "An item that keeps its release from what was asked for.")
class RefusedItem:
    """An item, and why."""

    item: ReleaseItem | None = field(_item, "The item.")
    title: str = strawberry.field(description="What it is called.")
    message: str = strawberry.field(description="What is wrong with it.")
    findings: list[Finding] = strawberry.field(description="What the checks found.")


@problem(ReleaseNotReadyError, "Items of the release cannot come out, or be what they were. Nothing was changed.")
class ReleaseNotReady(Problem):
    """Mend them, or take them out of the release."""

    items: list[RefusedItem] = field(lambda refusal, _info: refusal.error.refusals, "The items, and what is wrong.")


@problem(ReleaseOvertakenError, "Items of the release went another way since it came out. Nothing was changed.")
class ReleaseOvertaken(Problem):
    """Say in `leaving` which are to stay as they are."""

    items: list[RefusedItem] = field(lambda refusal, _info: refusal.error.refusals, "The items, and what they did.")


CreateReleaseResult = Annotated[
    Release | InvalidInput,
    strawberry.union("CreateReleaseResult", description="The new release, or why there is none."),
]
UpdateReleaseResult = Annotated[
    Release | InvalidInput | ReleaseNotFound | Conflict | ReleaseMoveNotAllowed,
    strawberry.union("UpdateReleaseResult", description="The release, or why it is as it was."),
]
AddToReleaseResult = Annotated[
    Release | InvalidInput | ReleaseNotFound | ReleaseMoveNotAllowed,
    strawberry.union("AddToReleaseResult", description="The release, or why it is as it was."),
]
RemoveFromReleaseResult = Annotated[
    Release | InvalidInput | ReleaseNotFound | ReleaseMoveNotAllowed,
    strawberry.union("RemoveFromReleaseResult", description="The release, or why it is as it was."),
]
ScheduleReleaseResult = Annotated[
    Release | InvalidInput | ReleaseNotFound | Conflict | ReleaseMoveNotAllowed | ReleaseNotReady,
    strawberry.union("ScheduleReleaseResult", description="The release, or why it stands where it stood."),
]
UnscheduleReleaseResult = Annotated[
    Release | InvalidInput | ReleaseNotFound | Conflict | ReleaseMoveNotAllowed,
    strawberry.union("UnscheduleReleaseResult", description="The release, or why it stands where it stood."),
]
PublishReleaseResult = Annotated[
    Release | InvalidInput | ReleaseNotFound | Conflict | ReleaseMoveNotAllowed | ReleaseNotReady,
    strawberry.union("PublishReleaseResult", description="The release, or why it stands where it stood."),
]
RollBackReleaseResult = Annotated[
    Release | InvalidInput | ReleaseNotFound | Conflict | ReleaseMoveNotAllowed | ReleaseNotReady | ReleaseOvertaken,
    strawberry.union("RollBackReleaseResult", description="The release, or why it stands where it stood."),
]
ArchiveReleaseResult = Annotated[
    Release | InvalidInput | ReleaseNotFound | Conflict | ReleaseMoveNotAllowed,
    strawberry.union("ArchiveReleaseResult", description="The release, or why it stands where it stood."),
]
