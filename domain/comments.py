"""What reviewers and authors say of a version of an item, or of a field of it."""

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.content_kinds import PAGE, POST, Kind
from domain.editing import open_item
from domain.errors import DomainError, invalid
from models import PageComment, PostComment
from models.comments import Comment

Said = TypeVar("Said", bound=Comment)


class CommentNotFoundError(DomainError):
    """No comment has the id."""

    def __init__(self) -> None:
        super().__init__("There is no such comment.")


@dataclass(frozen=True, slots=True)
class Discussed(Generic[Said]):
    """Items of a kind that are commented on, and what is said of them."""

    kind: Kind[Any]
    model: type[Said]
    owner: str
    """The column of a comment that names its item."""


POSTS: Final = Discussed(POST, PostComment, "post_id")
PAGES: Final = Discussed(PAGE, PageComment, "page_id")


@dataclass(frozen=True, slots=True)
class Remark:
    """What there is to say of an item."""

    item_id: UUID
    body: str
    field: str | None = None
    """What it is about, as the input of the item calls it; None for the whole."""


async def comment(session: AsyncSession, on: Discussed[Said], commenter_id: UUID, remark: Remark) -> Said:
    """Say something of the newest version. Raises ItemNotFoundError and InvalidInputError."""
    if remark.field is not None and on.kind.column_of(remark.field) not in on.kind.fields:
        raise invalid("field", f"A {on.kind.name} has no such field.")
    item = await open_item(session, on.kind, remark.item_id)
    said = on.model(
        id=uuid7(),
        version=item.row.version,
        field=remark.field,
        body=remark.body.strip(),
        commenter_id=commenter_id,
        **{on.owner: item.row.id},
    )
    session.add(said)
    await session.flush()
    return said


async def resolve(session: AsyncSession, on: Discussed[Said], comment_id: UUID) -> Said:
    """Say that a comment is seen to; the first time counts. Raises CommentNotFoundError."""
    said = await session.get(on.model, comment_id, with_for_update=True)
    if said is None:
        raise CommentNotFoundError
    if said.resolved_at is None:
        said.resolved_at = (await session.scalars(select(func.now()))).one()
        await session.flush()
    return said
