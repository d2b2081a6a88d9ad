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
from sqlalchemy import ColumnElement, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.core_statements import execute
from domain.errors import DomainError, shown
from domain.given_rows import table_of
from domain.introductions import actor_is_told
from models import IdempotencyKey

SWEEP_KEYS = "sweep_idempotency_keys"
"""The name of the job."""

KEPT = timedelta(days=7)
"""So long a client may send the same again."""


CLAIMED = ("id", "actor_id", "key", "operation", "request_hash", "outcome_id")
_KEYS = table_of(IdempotencyKey)
_CLAIM = (
    insert(_KEYS)
    .from_select(
        CLAIMED,
        select(*(bindparam(name, type_=_KEYS.c[name].type) for name in CLAIMED)).where(actor_is_told()),
        include_defaults=False,
    )
    .on_conflict_do_nothing()
    .returning(IdempotencyKey.id)
)


class IdempotencyMismatchError(DomainError):
    """The key was used for another request."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The idempotency key “{shown(key)}” was used for another request. Take a new one.")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, by whom, and under which key."""

    actor_id: UUID
    """The account, the guest or the API token."""
    key: str
    operation: str
    given: Mapping[str, Any]
    """The input without the key, as JSON holds it."""

    @property
    def hash(self) -> bytes:
        """Tells it from others."""
        return sha256(orjson.dumps([self.operation, self.given], option=orjson.OPT_SORT_KEYS)).digest()


async def is_new(session: AsyncSession, request: Request, outcome_id: UUID | None = None) -> bool:
    """Whether it was not done yet, and is to be done in this transaction. Raises IdempotencyMismatchError.

    With `outcome_id` it is remembered what the request makes, for `outcome_of`.
    """
    claimed = {
        "id": uuid7(),
        "actor_id": request.actor_id,
        "key": request.key,
        "operation": request.operation,
        "request_hash": request.hash,
        "outcome_id": outcome_id,
    }
    if await execute(session, _CLAIM, claimed):
        return True
    if await session.scalar(select(IdempotencyKey.request_hash).where(*_of(request))) != request.hash:
        raise IdempotencyMismatchError(request.key)
    return False


async def outcome_of(session: AsyncSession, request: Request) -> UUID:
    """What the request made when it was done. Raises LookupError if nobody kept it."""
    made = await session.scalar(select(IdempotencyKey.outcome_id).where(*_of(request)))
    if made is None:
        raise LookupError(f"Nobody kept what {request.operation} made.")
    return made


def _of(request: Request) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return IdempotencyKey.actor_id == request.actor_id, IdempotencyKey.key == request.key


async def sweep_keys(session: AsyncSession, now: datetime) -> None:
    """Forget the keys that nobody sends again. It may run at any time, and twice at once."""
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT))
