"""Whether this process lives, and whether it can serve: /health/live and /health/ready.

Only what keeps this very process from answering makes it unready: a balancer that takes every process out because the
worker is late would turn a delay into an outage. The rest is told as degraded, with 200; so is a process that hears no
events, because queries and mutations do without, and what keeps one from listening mostly keeps all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from server.compiled_reads import ReplicaReads
from server.database_watch import DatabaseWatch, Sight
from server.events import Events
from server.migrating import Revisions
from server.response_cache import ResponseCache
from server.table_versions import TableVersions

FRESH = {"Cache-Control": "no-store"}

Check = Mapping[str, Any]
"""What was found, as JSON: `status` and details."""


class Status(StrEnum):
    """How a part does, from good to bad."""

    OK = "ok"
    DEGRADED = "degraded"
    """Requests are answered, but not as well as they should be."""
    UNAVAILABLE = "unavailable"
    """Requests cannot be answered."""


@dataclass(frozen=True, slots=True)
class Health:
    """Answers those who ask for the health of this process."""

    watch: DatabaseWatch
    revisions: Revisions
    cache: ResponseCache
    versions: TableVersions
    events: Events
    replica: ReplicaReads | None
    most_queue_lag_seconds: int

    def routes(self) -> list[Route]:
        """/health says the same as /health/ready."""
        return [
            Route("/health", self.answer_ready),
            Route("/health/ready", self.answer_ready),
            Route("/health/live", answer_live),
        ]

    async def answer_ready(self, _request: Request) -> JSONResponse:
        """200 while requests can be answered, else 503; in JSON each check."""
        checks = self._checks(await self.watch.look())
        statuses = [check["status"] for check in checks.values()]
        worst = next((bad for bad in (Status.UNAVAILABLE, Status.DEGRADED) if bad in statuses), Status.OK)
        code = HTTPStatus.SERVICE_UNAVAILABLE if worst is Status.UNAVAILABLE else HTTPStatus.OK
        return JSONResponse({"status": worst, "checks": checks}, code, headers=FRESH)

    def _checks(self, sight: Sight | None) -> dict[str, Check]:
        checks: dict[str, Check] = {"database": _database(sight)}
        if sight is not None:
            checks["migrations"] = _migrations(self.revisions, sight.revisions)
            checks["queue"] = _queue(sight.oldest_job_seconds, self.most_queue_lag_seconds)
        checks["events"] = _listener(self.events.is_listening)
        if self.cache.is_on:
            checks["listener"] = _listener(self.versions.is_listening)
        if self.replica is not None:
            checks["replica"] = _replica(self.replica)
        return checks


async def answer_live(_request: Request) -> JSONResponse:
    """200 for as long as the process answers at all. Nothing that lies outside of it can make it end."""
    return JSONResponse({"status": Status.OK}, headers=FRESH)


def _database(sight: Sight | None) -> Check:
    if sight is None:
        return {"status": Status.UNAVAILABLE}
    return {"status": Status.OK, "milliseconds": sight.milliseconds}


def _migrations(known: Revisions, found: Sequence[str]) -> Check:
    """A database that is ahead is one that a newer release has migrated already: this one still runs on it."""
    is_behind = not found or any(one in known.before_head for one in found)
    return {
        "status": Status.UNAVAILABLE if is_behind else Status.OK,
        "revision": ", ".join(found) or None,
        "head": known.head,
    }


def _queue(oldest_job_seconds: float, most_seconds: int) -> Check:
    is_late = oldest_job_seconds > most_seconds
    return {"status": Status.DEGRADED if is_late else Status.OK, "lagSeconds": round(oldest_job_seconds, 3)}


def _listener(is_listening: bool) -> Check:
    return {"status": Status.OK if is_listening else Status.DEGRADED}


def _replica(replica: ReplicaReads) -> Check:
    """Its lag is null until it is known."""
    lag = replica.watch.lag_seconds
    return {
        "status": Status.OK if replica.watch.is_usable else Status.DEGRADED,
        "lagSeconds": round(lag, 3) if lag < float("inf") else None,
    }
