"""What tests of accounts share: visits, safeguards, the letters that would go out, and accounts to sign in to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.admission import Admission
from auth.safeguards import Safeguards
from auth.sessions import SignedIn
from auth.sign_in import sign_in
from auth.throttling import Transactions
from auth.visits import Visit, visit_from
from models import SecurityEvent, User, UserSecurityLog
from tests.factories import add_user, writing

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
PASSWORD = "injera with shiro"
HOME = "196.188.1.1"


def at(seconds: float = 0, address: str | None = HOME) -> Visit:
    """A visit so many seconds after the first one."""
    return visit_from(NOW + timedelta(seconds=seconds), address, "Firefox on Linux")


def transactions(engine: AsyncEngine) -> Transactions:
    """What a request hands to a flow that commits on its way."""
    return lambda: writing(engine)


async def letters(engine: AsyncEngine) -> list[dict[str, Any]]:
    """The letters that wait to be sent, the oldest first."""
    async with engine.connect() as connection:
        rows = await connection.scalars(text("SELECT payload FROM pgqueuer WHERE entrypoint = 'send_mail' ORDER BY id"))
        return [orjson.loads(row) for row in rows]


async def last_token(engine: AsyncEngine) -> str:
    """The token in the newest letter."""
    token: str = (await letters(engine))[-1]["values"]["token"]
    return token


async def events(engine: AsyncEngine) -> list[SecurityEvent]:
    """What the security log holds, in the order of its making."""
    async with writing(engine) as session:
        return list(await session.scalars(select(UserSecurityLog.event).order_by(UserSecurityLog.id)))


async def add_account(engine: AsyncEngine, safeguards: Safeguards, **overrides: Any) -> User:
    """An account whose owner can sign in with PASSWORD."""
    password_hash = await safeguards.passwords.hash(PASSWORD)
    async with writing(engine) as session:
        return await add_user(session, **{"password_hash": password_hash, "is_email_verified": True, **overrides})


async def admitted(engine: AsyncEngine, safeguards: Safeguards, user: User, visit: Visit | None = None) -> Admission:
    """What the user gets for their e-mail address and PASSWORD."""
    return await sign_in(transactions(engine), safeguards, user.email, PASSWORD, visit or at())


async def signed_in(engine: AsyncEngine, safeguards: Safeguards, user: User, visit: Visit | None = None) -> SignedIn:
    """The session that the user gets for them."""
    admission = await admitted(engine, safeguards, user, visit)
    assert isinstance(admission, SignedIn)
    return admission
