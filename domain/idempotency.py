"""Requests that are done once, however often they are sent: each under a key that its client has made up.

The key is written in the transaction of the change: a change that failed leaves no key behind, and may be tried again.
Whoever sends the same while the first still runs waits for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import DomainError, shown
from models import IdempotencyKey

SWEEP_KEYS = "sweep_idempotency_keys"
"""The name of the job."""

KEPT = timedelta(days=7)
"""So long a client may send the same again."""


class IdempotencyMismatchError(DomainError):
    """The key was used for another request."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The idempotency key “{shown(key)}” was used for another request. Take a new one.")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, by whom, and under which key."""

    actor_id: UUID
    """The account or the API token."""
    key: str
    operation: str
    given: Mapping[str, Any]
    """The input without the key, as JSON holds it."""

    @property
    def hash(self) -> bytes:
        """Tells it from others."""
        return sha256(orjson.dumps([self.operation, self.given], option=orjson.OPT_SORT_KEYS)).digest()


async def is_new(session: AsyncSession, request: Request) -> bool:
    """Whether it was not done yet, and is to be done in this transaction. Raises IdempotencyMismatchError."""
    values = {"key": request.key, "operation": request.operation, "request_hash": request.hash}
    claim = insert(IdempotencyKey).values(actor_id=request.actor_id, **values).on_conflict_do_nothing()
    if await session.scalar(claim.returning(IdempotencyKey.id)) is not None:
        return True
    used = select(IdempotencyKey.request_hash).where(
        IdempotencyKey.actor_id == request.actor_id, IdempotencyKey.key == request.key
    )
    if await session.scalar(used) != request.hash:
        raise IdempotencyMismatchError(request.key)
    return False


async def sweep_keys(session: AsyncSession, now: datetime) -> None:
    """Forget the keys that nobody sends again. It may run at any time, and twice at once."""
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT))
