"""What reviewers and authors say of posts and pages."""

from datetime import datetime
from enum import Enum

import models
from auth.permissions import Permission
from schema.accounts import Account
from schema.declare import column, one, sort_enum, table
from schema.orders import ascending
from schema.relay import Node

VERSION = "The version that it was said of."
BODY = "What was said."
CREATED_AT = "When it was said."
RESOLVED_AT = "When it was seen to."
COMMENTER = "Who said it."


@sort_enum("How comments are sorted.")
class CommentSort(Enum):
    """Orders of comments."""

    OLDEST = ascending("comment:oldest", lambda comment: comment.created_at, "The oldest first.")


@table(models.PostComment, "What somebody says of a version of a post.")
class PostComment(Node):
    """A comment."""

    version: int = column(VERSION)
    field: str | None = column("The field of the post that it is about, in `snake_case`; null for the whole.")
    body: str = column(BODY)
    created_at: datetime = column(CREATED_AT)
    resolved_at: datetime | None = column(RESOLVED_AT)
    commenter: Account | None = one(models.PostComment.commenter, COMMENTER, requires=Permission.ACCOUNTS_READ)


@table(models.PageComment, "What somebody says of a version of a page of text.")
class PageComment(Node):
    """A comment."""

    version: int = column(VERSION)
    field: str | None = column("The field of the page that it is about, in `snake_case`; null for the whole.")
    body: str = column(BODY)
    created_at: datetime = column(CREATED_AT)
    resolved_at: datetime | None = column(RESOLVED_AT)
    commenter: Account | None = one(models.PageComment.commenter, COMMENTER, requires=Permission.ACCOUNTS_READ)
