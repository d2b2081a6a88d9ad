"""Checking what must always hold, setting right what safely can be, and keeping the result."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.checking import Check, Repair
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


async def check_integrity(session: AsyncSession, checks: Sequence[Check] = CHECKS, *, repaired: int = 0) -> Integrity:
    """Run the checks. The result is kept in `integrity_check_logs`, with how many rows were set right before."""
    findings = [await _broken(session, check) for check in checks]
    found = Integrity(tuple(finding for finding in findings if finding.count), len(checks), repaired)
    counts = {finding.check.name: finding.count for finding in findings}
    session.add(IntegrityCheckLog(status=found.status, total=sum(counts.values()), repaired=repaired, counts=counts))
    await session.flush()
    return found


async def set_right(session: AsyncSession, repair: Repair) -> int:
    """Set right what breaks a promise; gives how many rows were wrong.

    They stay locked until the transaction ends, in which there should be nothing else: buyers may wait for them.
    """
    connection = await session.connection()
    await connection.execute(text(repair.lock))
    return (await connection.execute(text(repair.change))).rowcount


async def _broken(session: AsyncSession, check: Check) -> Finding:
    counting = (
        f"SELECT count(*), (array_agg(found ORDER BY found))[1\\:{MOST_NAMED}] FROM ({check.broken_by}) AS broken"  # noqa: S608 - our own words
    )
    count, first = (await session.execute(text(counting))).one()
    return Finding(check, count, tuple(first or ()))
