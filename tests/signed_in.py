"""Requests of people who are signed in: servers that know them, and the tokens that say who they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from uuid_utils.compat import uuid7

from auth.tokens import AccessClaims, AccessTokens
from models import Role
from server.app import create_app
from server.settings import Settings
from tests.databases import settings_for
from tests.serving import running

Headers = dict[str, str]


class Door:
    """A server's client, and what writes the tokens that the server believes."""

    def __init__(self, http: httpx.Client, settings: Settings) -> None:
        self.http = http
        self.signing_key = settings.jwt_secret_key.get_secret_value()
        self._tokens = AccessTokens([self.signing_key])

    def headers(self, user_id: UUID | None = None, role: Role = Role.CUSTOMER, age: timedelta = timedelta()) -> Headers:
        """What such a person sends; without a key it is a person whom the database does not know."""
        claims = AccessClaims(user_id or uuid7(), uuid7(), role)
        token = self._tokens.write(claims, datetime.now(UTC) - age)
        return {"authorization": f"Bearer {token.text}"}


@contextmanager
def open_door(url: str, *, works: bool = False, **settings: object) -> Iterator[Door]:
    """A server on that database, with a worker inside if it `works`."""
    configured = settings_for(url).model_copy(update=settings)
    with running(create_app(configured, works=works)) as http:
        yield Door(http, configured)
