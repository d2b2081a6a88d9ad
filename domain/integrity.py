"""Checking what must always hold, setting right what safely can be, and keeping the result."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.checking import Check
from domain.integrity_checks import CHECKS
from models import IntegrityCheckLog, IntegrityStatus

CHECK_INTEGRITY = "check_integrity"
"""The name of the job."""

MOST_NAMED = 20
"""So many rows of each check are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What breaks a promise."""

    check: Check
    count: int
    named: tuple[str, ...]
    """The first of them, in the order of their names."""


@dataclass(frozen=True, slots=True)
class Integrity:
    """The result of a run."""

    findings: tuple[Finding, ...]
    """Of the checks that failed."""
    checked: int
    repaired: int

    @property
    def status(self) -> IntegrityStatus:
        """Whether everything holds."""
        return IntegrityStatus.FAIL if self.findings else IntegrityStatus.PASS


async def check_integrity(
    session: AsyncSession, checks: Sequence[Check] = CHECKS, *, repair: bool = False
) -> Integrity:
    """Run the checks; with `repair`, set right first what can be. The result is kept in `integrity_check_logs`."""
    repaired = await _repair(session, checks) if repair else 0
    findings = await _find(session, checks)
    found = Integrity(tuple(finding for finding in findings if finding.count), len(checks), repaired)
    counts = {finding.check.name: finding.count for finding in findings}
    session.add(IntegrityCheckLog(status=found.status, total=sum(counts.values()), repaired=repaired, counts=counts))
    await session.flush()
    return found


async def _find(session: AsyncSession, checks: Sequence[Check]) -> list[Finding]:
    return [await _broken(session, check) for check in checks]


async def _broken(session: AsyncSession, check: Check) -> Finding:
    counting = (
        f"SELECT count(*), (array_agg(found ORDER BY found))[1\\:{MOST_NAMED}] FROM ({check.broken_by}) AS broken"  # noqa: S608 - our own words
    )
    count, first = (await session.execute(text(counting))).one()
    return Finding(check, count, tuple(first or ()))


async def _repair(session: AsyncSession, checks: Sequence[Check]) -> int:
    """Set right what is broken; gives how many rows were broken and are not any more."""
    repairable = [check for check in checks if check.repair]
    broken = [finding for finding in await _find(session, repairable) if finding.count]
    for finding in broken:
        for statement in finding.check.repair:
            await session.execute(text(statement))
    left = await _find(session, [finding.check for finding in broken])
    return sum(finding.count for finding in broken) - sum(finding.count for finding in left)
