"""What reviewers and authors say of a version of a post, or of a field of it."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.content_kinds import POST
from domain.editing import open_item
from domain.errors import DomainError, invalid
from models import PostComment


class CommentNotFoundError(DomainError):
    """No comment has the id."""

    def __init__(self) -> None:
        super().__init__("There is no such comment.")


async def comment(
    session: AsyncSession, commenter_id: UUID, post_id: UUID, body: str, field: str | None = None
) -> PostComment:
    """Say something of the newest version. Raises ItemNotFoundError and InvalidInputError."""
    if field is not None and POST.column_of(field) not in POST.fields:
        raise invalid("field", "Posts have no such field.")
    item = await open_item(session, POST, post_id)
    said = PostComment(
        id=uuid7(),
        post_id=item.row.id,
        version=item.row.version,
        field=field,
        body=body.strip(),
        commenter_id=commenter_id,
    )
    session.add(said)
    await session.flush()
    return said


async def resolve(session: AsyncSession, comment_id: UUID) -> PostComment:
    """Say that a comment is seen to; the first time counts. Raises CommentNotFoundError."""
    said = await session.get(PostComment, comment_id, with_for_update=True)
    if said is None:
        raise CommentNotFoundError
    if said.resolved_at is None:
        said.resolved_at = (await session.scalars(select(func.now()))).one()
        await session.flush()
    return said
