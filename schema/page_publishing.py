"""Leading pages of text to their readers: what is asked for, and what comes of it."""

from datetime import datetime
from typing import Annotated

import strawberry

from models.publishing import TIME_ZONE_LENGTH
from schema import editing
from schema.comments import PageComment
from schema.editing import ItemNotFound, RevisionNotFound, SlugTaken
from schema.inputs import choice, key, mutation_input, text
from schema.pages import Page
from schema.problems import Conflict, InvalidInput
from schema.publishing_changes import LONGEST_COMMENT, CommentNotFound, MoveNotAllowed, NotReady, OwnWork

WHICH = "The page."


@mutation_input("Which page to hand in for review.")
class SubmitPageInput:
    """A page as it was read."""

    id: strawberry.ID = key(WHICH, "Page")
    expected_version: int = editing.version_read()


@mutation_input("Which page to send back.")
class RequestPageChangesInput:
    """A page as it was read."""

    id: strawberry.ID = key(WHICH, "Page")
    expected_version: int = editing.version_read()


@mutation_input("Which page may come out.")
class ApprovePageInput:
    """A page as it was read."""

    id: strawberry.ID = key(WHICH, "Page")
    expected_version: int = editing.version_read()


@mutation_input("Which page is to wait.")
class UnschedulePageInput:
    """A page as it was read."""

    id: strawberry.ID = key(WHICH, "Page")
    expected_version: int = editing.version_read()


@mutation_input("Which page readers are to see.")
class PublishPageInput:
    """A page as it was read."""

    id: strawberry.ID = key(WHICH, "Page")
    expected_version: int = editing.version_read()


@mutation_input("Which page readers are to see no more.")
class ArchivePageInput:
    """A page as it was read."""

    id: strawberry.ID = key(WHICH, "Page")
    expected_version: int = editing.version_read()


@mutation_input("Which archived page to write on at.")
class ReopenPageInput:
    """A page as it was read."""

    id: strawberry.ID = key(WHICH, "Page")
    expected_version: int = editing.version_read()


@mutation_input("When a page is to come out, and to go.")
class SchedulePageInput:
    """A plan."""

    id: strawberry.ID = key(WHICH, "Page")
    expected_version: int = editing.version_read()
    at: datetime | None = choice(
        "When readers are to see its newest version. Leave it out for what they see already: only its end is planned."
    )
    until: datetime | None = choice("When they are to see it no more; null for never.", clearable=True)
    time_zone: str | None = text("The IANA name of the time zone that you think in.", longest=TIME_ZONE_LENGTH)


@mutation_input("Which version a page is to say again.")
class RestorePageRevisionInput:
    """A page and one of its versions."""

    id: strawberry.ID = key(WHICH, "Page")
    expected_version: int = editing.version_read()
    version: int = editing.earlier_version()


@mutation_input("What there is to say of a page.")
class CommentOnPageInput:
    """A comment."""

    page: strawberry.ID = key(WHICH, "Page")
    body: str = text("What there is to say.", longest=LONGEST_COMMENT, shortest=1)
    field: str | None = text("The field that it is about, in `snake_case`; the whole when absent.", longest=50)


@mutation_input("Which comment is seen to.")
class ResolvePageCommentInput:
    """A comment."""

    id: strawberry.ID = key("The comment.", "PageComment")


SubmitPageResult = Annotated[
    Page | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("SubmitPageResult", description="The page, or why it stands where it stood."),
]
RequestPageChangesResult = Annotated[
    Page | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("RequestPageChangesResult", description="The page, or why it stands where it stood."),
]
ApprovePageResult = Annotated[
    Page | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("ApprovePageResult", description="The page, or why it stands where it stood."),
]
UnschedulePageResult = Annotated[
    Page | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("UnschedulePageResult", description="The page, or why it stands where it stood."),
]
PublishPageResult = Annotated[
    Page | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("PublishPageResult", description="The page, or why it stands where it stood."),
]
ArchivePageResult = Annotated[
    Page | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("ArchivePageResult", description="The page, or why it stands where it stood."),
]
ReopenPageResult = Annotated[
    Page | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("ReopenPageResult", description="The page, or why it stands where it stood."),
]
SchedulePageResult = Annotated[
    Page | InvalidInput | ItemNotFound | Conflict | MoveNotAllowed | NotReady,
    strawberry.union("SchedulePageResult", description="The page, or why it stands where it stood."),
]
RestorePageRevisionResult = Annotated[
    Page | InvalidInput | ItemNotFound | Conflict | RevisionNotFound | SlugTaken,
    strawberry.union("RestorePageRevisionResult", description="The page, or why it says what it said."),
]
CommentOnPageResult = Annotated[
    PageComment | InvalidInput | ItemNotFound,
    strawberry.union("CommentOnPageResult", description="The comment, or why there is none."),
]
ResolvePageCommentResult = Annotated[
    PageComment | InvalidInput | CommentNotFound,
    strawberry.union("ResolvePageCommentResult", description="The comment, or why there is none."),
]
