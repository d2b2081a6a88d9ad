"""What reviewers and authors say of posts."""

from datetime import datetime
from enum import Enum

import models
from auth.permissions import Permission
from schema.accounts import Account
from schema.declare import column, one, sort_enum, table
from schema.orders import ascending
from schema.relay import Node


@sort_enum("How comments are sorted.")
class CommentSort(Enum):
    """Orders of comments."""

    OLDEST = ascending("comment:oldest", lambda comment: comment.created_at, "The oldest first.")


@table(models.PostComment, "What somebody says of a version of a post.")
class PostComment(Node):
    """A comment."""

    version: int = column("The version that it was said of.")
    field: str | None = column("The field of the post that it is about, in `snake_case`; null for the whole.")
    body: str = column("What was said.")
    created_at: datetime = column("When it was said.")
    resolved_at: datetime | None = column("When it was seen to.")
    commenter: Account | None = one(models.PostComment.commenter, "Who said it.", requires=Permission.ACCOUNTS_READ)
