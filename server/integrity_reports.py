"""What was found of what must always hold: as text, as JSON, and for the log of the worker."""

import logging
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from domain.integrity import Finding, Integrity, check_integrity

logger = logging.getLogger("merkato.integrity")


def report(found: Integrity) -> list[str]:
    """It line by line; the last one begins with PASS or FAIL."""
    lines = [_line(finding) for finding in found.findings]
    if found.repaired:
        lines.append(f"Repaired: {found.repaired:,}.")
    held = found.checked - len(found.findings)
    return [*lines, f"{found.status}: {held} of {found.checked} promises hold."]


def report_json(found: Integrity) -> str:
    """It for programs."""
    findings = [_described(finding) for finding in found.findings]
    counts = {"checked": found.checked, "repaired": found.repaired}
    return orjson.dumps({"status": found.status, **counts, "findings": findings}, option=orjson.OPT_INDENT_2).decode()


async def check_and_log(session: AsyncSession) -> None:
    """The job of the worker: check, keep the result, and log what is broken. Nothing is repaired unasked."""
    found = await check_integrity(session)
    for finding in found.findings:
        logger.error("%s", _line(finding))


def _line(finding: Finding) -> str:
    others = finding.count - len(finding.named)
    more = f" and {others:,} more" if others else ""
    return f"{finding.check.name}: {finding.check.promise} Not so: {', '.join(finding.named)}{more}."


def _described(finding: Finding) -> dict[str, Any]:
    check = finding.check
    return {"check": check.name, "promise": check.promise, "count": finding.count, "named": finding.named}
