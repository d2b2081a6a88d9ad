"""What the worker does by the clock."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.sweeping import SWEEP_ACCOUNTS
from domain.payment_providers import PaymentProviders
from models import ExternalSignIn, Throttle, ThrottledAction, ThrottleScope
from server.job_handlers import SCHEDULE, job_handlers
from tests.databases import settings_for
from tests.factories import writing
from tests.statements import count_rows


async def test_what_is_over_is_swept_every_hour(engine: AsyncEngine, database_url: str) -> None:
    handlers = job_handlers(engine, settings_for(database_url), PaymentProviders())
    over, now = datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC)
    async with writing(engine) as session:
        for key, expires_at in ((b"a", over), (b"b", now + timedelta(hours=1))):
            counter = {"action": ThrottledAction.SIGN_IN, "scope": ThrottleScope.ADDRESS, "key_hash": key * 32}
            session.add(Throttle(**counter, expires_at=expires_at))

    assert {each.name for each in SCHEDULE} <= set(handlers)
    assert [each.times for each in SCHEDULE if each.name == SWEEP_ACCOUNTS] == ["17 * * * *"]
    await handlers[SWEEP_ACCOUNTS](uuid4(), {})

    assert (await count_rows(engine, Throttle), await count_rows(engine, ExternalSignIn)) == (1, 0)
