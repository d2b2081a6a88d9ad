"""The security log: one row for each event, in the transaction of what happened."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auth.visits import Visit
from models import SecurityEvent, UserSecurityLog

Details = Mapping[str, str | int | list[str] | None]


def record(  # noqa: PLR0913 - an event has so many sides, each named at the call
    session: AsyncSession,
    event: SecurityEvent,
    visit: Visit,
    *,
    user_id: UUID | None,
    actor_id: UUID | None = None,
    details: Details | None = None,
) -> None:
    """Write the event down. Details never hold a secret, nor anything that a stranger typed unasked."""
    session.add(
        UserSecurityLog(
            event=event,
            user_id=user_id,
            actor_id=actor_id,
            address=visit.address,
            user_agent=visit.user_agent,
            created_at=visit.at,
            details=dict(details or {}),
        )
    )


def written(at: datetime) -> str:
    """A time as letters write it: 21 November 2026, 14:30 UTC."""
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
