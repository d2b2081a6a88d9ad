"""What must always hold, as `check-integrity` checks it, for tests of what might break it."""

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.integrity import check_integrity
from server.integrity_reports import report
from tests.factories import writing


async def assert_promises(engine: AsyncEngine) -> None:
    """Every promise holds."""
    async with writing(engine) as session:
        found = await check_integrity(session)
    assert report(found)[-1].startswith("PASS"), report(found)
