"""Messages of payment providers: POST /webhooks/{provider}.

A message that is signed is kept, and answered with 200 once that is committed; a job applies it. Whatever else comes
changes nothing, and is told no more than that.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from domain.actors import Actor
from domain.payment_providers import ForgedEventError, PaymentProviders, ReportedEvent
from domain.provider_events import keep_event
from models import ActorKind
from resolvers.errors import DatabaseAwayError
from resolvers.writing import transaction
from server.deadlines import deadline
from server.graphql_errors import ServerErrorCode
from server.refusals import RefusalCode, refusal

logger = logging.getLogger("merkato.payments")

RECEIVED = orjson.dumps({"received": True})
NOT_KEPT = "The message could not be kept. Send it again."
JSON = "application/json"
NO_STORE = {"Cache-Control": "no-store"}


class MessageTooLongError(Exception):
    """A message is longer than any provider's."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Takes the messages of the shop's providers."""

    providers: PaymentProviders
    engine: AsyncEngine
    most_bytes: int
    limit_seconds: float

    def routes(self) -> list[Route]:
        """Of providers that the shop does not have there are none."""
        return [
            Route(f"/webhooks/{provider.name}", self._taking(provider.name), methods=["POST"])
            for provider in self.providers.by_name.values()
            if provider.can_be_asked
        ]

    def _taking(self, name: str) -> Callable[[Request], object]:
        async def take(request: Request) -> Response:
            try:
                return await self._take(name, request)
            except MessageTooLongError:
                message = f"A message has {self.most_bytes} bytes at the most."
                return _answer(413, refusal(RefusalCode.PAYLOAD_TOO_LARGE, message))
            except (ForgedEventError, ClientDisconnect) as error:
                logger.warning("A message for %s was refused.", name)
                return _answer(400, refusal(RefusalCode.BAD_REQUEST, str(error)))
            except (DatabaseAwayError, DBAPIError, OSError):
                logger.exception("A message of %s could not be kept. It comes again.", name)
                return _answer(503, refusal(ServerErrorCode.SERVICE_UNAVAILABLE, NOT_KEPT))

        return take

    async def _take(self, name: str, request: Request) -> Response:
        headers = {key.lower(): value for key, value in request.headers.items()}
        body = await self._body(request)
        event = self.providers.by_name[name].read_event(body, headers, datetime.now(UTC))
        await self._keep(name, event)
        return _answer(200, RECEIVED)

    async def _keep(self, name: str, event: ReportedEvent) -> None:
        actor = Actor(ActorKind.JOB, name=f"webhook of {name}")
        async with deadline(self.limit_seconds), transaction(self.engine, actor) as session:
            await keep_event(session, name, event)

    async def _body(self, request: Request) -> bytes:
        """The whole body. Raises MessageTooLongError without reading on."""
        chunks, length = [], 0
        async for chunk in request.stream():
            length += len(chunk)
            if length > self.most_bytes:
                raise MessageTooLongError
            chunks.append(chunk)
        return b"".join(chunks)


def _answer(status: int, body: bytes) -> Response:
    return Response(body, status, NO_STORE, JSON)
