"""Which reviews wait for a moderator, as SQL."""

from typing import Any

from sqlalchemy import ColumnElement, or_

from models import ModerationStatus


def awaits_moderation(review: Any) -> ColumnElement[bool]:
    """Nobody has looked at it: it waits to be published, or was published at once (migration 0023)."""
    return or_(review.status == ModerationStatus.PENDING, review.is_published_unseen)
