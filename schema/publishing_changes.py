"""Leading posts to their readers: what is asked for, and what comes of it."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.utils.str_converters import to_camel_case

from domain.comments import CommentNotFoundError
from domain.publishing import OwnWorkError
from domain.publishing_checks import Finding as FindingValue
from domain.publishing_checks import NotReadyError
from domain.publishing_moves import MoveNotAllowedError
from models.publishing import TIME_ZONE_LENGTH
from schema import editing
from schema.comments import PostComment
from schema.content import Post
from schema.declare import field
from schema.editing import ItemNotFound, RevisionNotFound, SlugTaken
from schema.enums import PublishingStatus
from schema.inputs import choice, key, mutation_input, text
from schema.payloads import payload
from schema.problems import Conflict, InvalidInput, Problem, problem
from schema.shop import Shop

LONGEST_COMMENT = 5_000
WHICH = "The post."


@mutation_input("Which post to hand in for review.")
class SubmitPostInput:
    """A post as it was read."""

    id: strawberry.ID = key(WHICH, "Post")
    expected_version: int = editing.version_read()


@mutation_input("Which post to send back to its author.")
class RequestPostChangesInput:
    """A post as it was read."""

    id: strawberry.ID = key(WHICH, "Post")
    expected_version: int = editing.version_read()


@mutation_input("Which post may come out.")
class ApprovePostInput:
    """A post as it was read."""

    id: strawberry.ID = key(WHICH, "Post")
    expected_version: int = editing.version_read()


@mutation_input("Which post is to wait.")
class UnschedulePostInput:
    """A post as it was read."""

    id: strawberry.ID = key(WHICH, "Post")
    expected_version: int = editing.version_read()


@mutation_input("Which post readers are to see.")
class PublishPostInput:
    """A post as it was read."""

    id: strawberry.ID = key(WHICH, "Post")
    expected_version: int = editing.version_read()


@mutation_input("Which post readers are to see no more.")
class ArchivePostInput:
    """A post as it was read."""

    id: strawberry.ID = key(WHICH, "Post")
    expected_version: int = editing.version_read()


@mutation_input("Which archived post to write on at.")
class ReopenPostInput:
    """A post as it was read."""

    id: strawberry.ID = key(WHICH, "Post")
    expected_version: int = editing.version_read()


@mutation_input("When a post is to come out, and to go.")
class SchedulePostInput:
    """A plan."""

    id: strawberry.ID = key(WHICH, "Post")
    expected_version: int = editing.version_read()
    at: datetime | None = choice(
        "When readers are to see its newest version. Leave it out for what they see already: only its end is planned."
    )
    until: datetime | None = choice("When they are to see it no more; null for never.", clearable=True)
    time_zone: str | None = text("The IANA name of the time zone that you think in.", longest=TIME_ZONE_LENGTH)


@mutation_input("Which version a post is to say again.")
class RestorePostRevisionInput:
    """A post and one of its versions."""

    id: strawberry.ID = key(WHICH, "Post")
    expected_version: int = editing.version_read()
    version: int = editing.earlier_version()


@mutation_input("What there is to say of a post.")
class CommentOnPostInput:
    """A comment."""

    post: strawberry.ID = key(WHICH, "Post")
    body: str = text("What there is to say.", longest=LONGEST_COMMENT, shortest=1)
    field: str | None = text("The field that it is about, in `snake_case`; the whole when absent.", longest=50)


@mutation_input("Which comment is seen to.")
class ResolvePostCommentInput:
    """A comment."""

    id: strawberry.ID = key("The comment.", "PostComment")


@mutation_input("What the shop wishes of publishing.")
class UpdatePublishingPolicyInput:
    """A policy."""

    approves_own_posts: bool = choice("Whether who wrote a post, or handed it in, may approve it too.")


@problem(MoveNotAllowedError, "There is no such move from where the newest version stands.")
class MoveNotAllowed(Problem):
    """Read it again."""

    status: PublishingStatus = strawberry.field(description="Where it stands.")


@problem(OwnWorkError, "The viewer wrote it or its newest version, or handed that in: somebody else has to approve it.")
class OwnWork(Problem):
    """The shop may allow it: `updatePublishingPolicy`."""


@payload(FindingValue, "Something that keeps a post from coming out.")
class Finding:
    """A finding."""

    field: str = field(lambda finding, _info: to_camel_case(finding.field), "The field of the input that it is about.")
    message: str = strawberry.field(description="What is wrong.")


@problem(NotReadyError, "The newest version does not pass the checks before publishing.")
class NotReady(Problem):
    """Mend it."""

    findings: list[Finding] = strawberry.field(description="All that was found.")


@problem(CommentNotFoundError, "There is no such comment.")
class CommentNotFound(Problem):
    """Look at the comments again."""


SubmitPostResult = Annotated[
    Post | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("SubmitPostResult", description="The post, or why it stands where it stood."),
]
RequestPostChangesResult = Annotated[
    Post | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("RequestPostChangesResult", description="The post, or why it stands where it stood."),
]
ApprovePostResult = Annotated[
    Post | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("ApprovePostResult", description="The post, or why it stands where it stood."),
]
UnschedulePostResult = Annotated[
    Post | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("UnschedulePostResult", description="The post, or why it stands where it stood."),
]
PublishPostResult = Annotated[
    Post | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("PublishPostResult", description="The post, or why it stands where it stood."),
]
ArchivePostResult = Annotated[
    Post | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("ArchivePostResult", description="The post, or why it stands where it stood."),
]
ReopenPostResult = Annotated[
    Post | InvalidInput | ItemNotFound | Conflict | SlugTaken | MoveNotAllowed | OwnWork | NotReady,
    strawberry.union("ReopenPostResult", description="The post, or why it stands where it stood."),
]
SchedulePostResult = Annotated[
    Post | InvalidInput | ItemNotFound | Conflict | MoveNotAllowed | NotReady,
    strawberry.union("SchedulePostResult", description="The post, or why it stands where it stood."),
]
RestorePostRevisionResult = Annotated[
    Post | InvalidInput | ItemNotFound | Conflict | RevisionNotFound | SlugTaken,
    strawberry.union("RestorePostRevisionResult", description="The post, or why it says what it said."),
]
CommentOnPostResult = Annotated[
    PostComment | InvalidInput | ItemNotFound,
    strawberry.union("CommentOnPostResult", description="The comment, or why there is none."),
]
ResolvePostCommentResult = Annotated[
    PostComment | InvalidInput | CommentNotFound,
    strawberry.union("ResolvePostCommentResult", description="The comment, or why there is none."),
]
UpdatePublishingPolicyResult = Annotated[
    Shop | InvalidInput,
    strawberry.union("UpdatePublishingPolicyResult", description="The shop, or why it is as it was."),
]
