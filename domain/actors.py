"""Actors: who changes something, as the database is told of it for the audit log."""

from dataclasses import dataclass
from uuid import UUID

import orjson
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from domain.core_statements import send
from domain.introductions import TELL
from models import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where; None where it is not known or has no meaning."""

    kind: ActorKind
    account_id: UUID | None = None
    """Of an API token, that of its owner."""
    token_id: UUID | None = None
    name: str | None = None
    """Of a job or a command, what it is called."""
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    """Of a request, or of a job."""

    @property
    def setting(self) -> str:
        """The actor in the words of the triggers."""
        known = {
            "kind": self.kind,
            "account": self.account_id,
            "token": self.token_id,
            "name": self.name,
            "address": self.address,
            "user_agent": self.user_agent,
            "request": self.request_id,
        }
        return orjson.dumps({name: str(value) for name, value in known.items() if value is not None}).decode()


def command(name: str) -> Actor:
    """Whoever runs a command."""
    return Actor(ActorKind.COMMAND, name=name)


async def introduce(session: AsyncSession | AsyncConnection, actor: Actor) -> None:
    """Tell the database who acts in this transaction."""
    await send(session, TELL, actor.setting)


def act_as(engine: AsyncEngine, actor: Actor) -> None:
    """Have every transaction of the engine tell who acts."""

    def tell(connection: Connection) -> None:
        connection.exec_driver_sql(TELL, (actor.setting,))

    event.listen(engine.sync_engine, "begin", tell)
