"""Turns the demo files' days into times, so that the shop is never out of date."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zlib import crc32

OPENING = time(6, tzinfo=UTC)
"""09:00 in Addis Ababa."""
OPEN_SECONDS = 10 * 60 * 60


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days around the one on which the shop is loaded."""

    now: datetime

    def ago(self, days: int, key: str) -> datetime:
        """A time in the opening hours of the day, which `key` spreads: the same at each load, never later than now."""
        opening = datetime.combine(self.now.astimezone(UTC).date() - timedelta(days=days), OPENING)
        return min(self.now, opening + timedelta(seconds=crc32(key.encode()) % OPEN_SECONDS))

    def ahead(self, days: int) -> datetime:
        """The opening of the day."""
        return datetime.combine(self.now.astimezone(UTC).date() + timedelta(days=days), OPENING)
