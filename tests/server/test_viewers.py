"""Who asks decides what is answered: credentials are believed or refused, and no answer reaches anybody else."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.errors import ApiTokenRefusedError
from auth.signed_tokens import LEEWAY_SECONDS
from auth.tokens import AccessClaims, AccessTokens
from auth.viewer import VISITOR, Viewer
from models import ModerationStatus, Role, User
from server.graphql_request import RequestRefusedError
from server.http_messages import HttpRequest
from server.viewers import Viewers, now
from tests.factories import add_product, add_review, add_user, writing
from tests.signed_in import Door, Headers, open_door

WHO = "{ viewer { email } reviews { totalCount nodes { comment } } }"
EMAILS = ("selam@example.com", "hana@example.com")


@dataclass(frozen=True, slots=True)
class Shop:
    """A server, and two customers with a review each that only they see."""

    door: Door
    customers: tuple[User, ...]

    @property
    def visits(self) -> list[tuple[str | None, Headers]]:
        """Who may come, by e-mail address, and what they send; each comes several times."""
        people = [(user.email, self.door.headers(user.id)) for user in self.customers]
        return [(None, {}), *people, (None, {}), *reversed(people), (None, {})]


@pytest.fixture
async def shop(engine: AsyncEngine, database_url: str) -> AsyncIterator[Shop]:
    """The server keeps answers and texts, as servers do."""
    async with writing(engine) as session:
        product = await add_product(session)
        users = tuple([await add_user(session, email=email) for email in EMAILS])
        for user in users:
            await add_review(session, product, user, status=ModerationStatus.PENDING, comment=user.email)
        await add_review(session, product, comment="public")
    with open_door(database_url) as door:
        yield Shop(door, users)


def assert_own(response: httpx.Response, email: str | None) -> None:
    """The answer is that person's and nobody else's."""
    assert response.status_code == 200, response.text
    data = response.json()["data"]
    assert data["viewer"] == (None if email is None else {"email": email})
    assert {review["comment"] for review in data["reviews"]["nodes"]} == {"public", *([email] if email else [])}
    assert data["reviews"]["totalCount"] == (1 if email is None else 2)


# No answer reaches anybody else


def test_one_body_gives_each_their_own_answer(shop: Shop) -> None:
    for email, headers in shop.visits * 2:
        response = shop.door.http.post("/graphql", json={"query": WHO}, headers=headers)
        assert_own(response, email)
        assert response.headers["cache-control"] == "no-store"


def test_one_address_gives_each_their_own_answer(shop: Shop) -> None:
    for email, headers in shop.visits * 2:
        response = shop.door.http.get("/graphql", params={"query": WHO}, headers=headers)
        assert_own(response, email)
        assert "Authorization" in response.headers["vary"]
        is_private = response.headers["cache-control"] == "private, no-store"
        assert (is_private, "etag" in response.headers) == (email is not None, email is None)


def test_tag_of_a_visitor_spares_nobody_else_the_answer(shop: Shop) -> None:
    tag = shop.door.http.get("/graphql", params={"query": WHO}).headers["etag"]
    for email, headers in shop.visits:
        for asked in (tag, "*"):
            sent = {**headers, "if-none-match": asked}
            response = shop.door.http.get("/graphql", params={"query": WHO}, headers=sent)
            if email is None:
                assert response.status_code == 304
            else:
                assert_own(response, email)


def test_persisted_query_gives_each_their_own_answer(shop: Shop) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(WHO.encode()).hexdigest()}}
    shop.door.http.post("/graphql", json={"query": WHO, "extensions": extensions})
    for email, headers in shop.visits:
        assert_own(shop.door.http.post("/graphql", json={"extensions": extensions}, headers=headers), email)
        params = {"extensions": json.dumps(extensions)}
        assert_own(shop.door.http.get("/graphql", params=params, headers=headers), email)


def test_reference_executor_gives_each_their_own_answer(shop: Shop) -> None:
    for email, headers in shop.visits:
        query = WHO.replace("{ viewer", "{ __schema { queryType { name } } viewer", 1)
        assert_own(shop.door.http.post("/graphql", json={"query": query}, headers=headers), email)


def test_what_a_role_is_granted_stays_with_the_role(shop: Shop) -> None:
    staff, customer = shop.door.headers(role=Role.STAFF), shop.door.headers(shop.customers[0].id)
    query = {"query": "{ reviews { totalCount } products { nodes { internalNotes } } }"}
    for headers, count, refused in ((staff, 3, False), ({}, 1, True), (customer, 2, True), (staff, 3, False)):
        body = shop.door.http.post("/graphql", json=query, headers=headers).json()
        assert body["data"]["reviews"]["totalCount"] == count
        assert ("errors" in body) == refused


def test_mutation_is_the_viewers_own(shop: Shop) -> None:
    mutation = {"query": 'mutation { updateProfile(input: {firstName: "New"}) { ... on Account { email firstName } } }'}
    answers = [shop.door.http.post("/graphql", json=mutation, headers=headers).json() for _, headers in shop.visits[:3]]
    assert answers[0]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert [answer["data"]["updateProfile"]["email"] for answer in answers[1:]] == list(EMAILS)


# Credentials that prove nothing


@pytest.mark.parametrize(
    "given",
    ["Bearer nonsense", "Bearer a.b.c", "Bearer", "Basic dXNlcg==", "token", "Bearer \u00e9", "Bearer a b"],
)
def test_credentials_that_prove_nothing_are_refused(shop: Shop, given: str) -> None:
    headers = {b"authorization": given.encode("latin-1")}
    responses = [
        shop.door.http.post("/graphql", json={"query": WHO}, headers=headers),
        shop.door.http.get("/graphql", params={"query": WHO}, headers=headers),
    ]
    for response in responses:
        assert response.status_code == 401
        (error,) = response.json()["errors"]
        assert error["extensions"] == {"code": "UNAUTHENTICATED"}
        assert error["message"].endswith(".")
        assert response.headers["www-authenticate"].startswith("Bearer error=")
        assert response.headers["cache-control"] == "no-store"


def test_token_of_another_key_is_refused(shop: Shop, database_url: str) -> None:
    with open_door(database_url) as other:
        foreign = other.headers(shop.customers[0].id)
    assert ask(shop, foreign).status_code == 401


def test_token_is_refused_when_its_time_is_over(shop: Shop) -> None:
    assert ask(shop, shop.door.headers(age=timedelta(minutes=9))).status_code == 200
    response = ask(shop, shop.door.headers(age=timedelta(minutes=11)))
    assert response.status_code == 401
    assert response.json()["errors"][0]["message"] == "The access token has expired. Refresh the session."


def test_two_credentials_are_refused(shop: Shop) -> None:
    (_, first), (_, second) = shop.visits[1:3]
    both = [("authorization", first["authorization"]), ("authorization", second["authorization"])]
    response = shop.door.http.post("/graphql", json={"query": WHO}, headers=both)
    assert response.status_code == 401


def ask(shop: Shop, headers: Headers) -> httpx.Response:
    """Send the question with these headers."""
    return shop.door.http.post("/graphql", json={"query": WHO}, headers=headers)


async def test_token_that_is_remembered_ends_when_it_would_have() -> None:
    tokens, moments = AccessTokens(["k" * 48]), [now()]
    token = tokens.write(AccessClaims(UUID(int=7), UUID(int=8), Role.CUSTOMER), moments[0])
    headers = [(b"authorization", f"Bearer {token.text}".encode())]
    request = HttpRequest({"method": "POST", "query_string": b"", "headers": headers}, nobody)
    viewers = Viewers(tokens, no_machine, lambda: moments[0])
    assert (await viewers.viewer_of(request)).user_id == UUID(int=7)
    assert await viewers.viewer_of(request) is await viewers.viewer_of(request)
    moments[0] += timedelta(minutes=9, seconds=59)
    assert (await viewers.viewer_of(request)).user_id == UUID(int=7)
    moments[0] += timedelta(seconds=LEEWAY_SECONDS + 1)
    with pytest.raises(RequestRefusedError, match="has expired"):
        await viewers.viewer_of(request)


async def test_request_without_credentials_is_a_visitors() -> None:
    request = HttpRequest({"method": "POST", "query_string": b"", "headers": []}, nobody)
    assert await Viewers(AccessTokens(["k" * 48]), no_machine).viewer_of(request) is VISITOR


async def no_machine(_token: str, _moment: datetime) -> Viewer:
    """Know no API token."""
    raise ApiTokenRefusedError


async def nobody() -> Any:
    """Receive nothing."""
