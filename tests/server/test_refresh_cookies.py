"""A browser's refresh token in a cookie: it comes and goes there alone, and works for no page of another site."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from server.http_messages import HttpRequest
from server.refresh_cookies import RefreshCookies
from tests.auth.accounts import NOW, PASSWORD, add_account
from tests.safeguards import SAFEGUARDS
from tests.signed_in import open_door

SHOP, STRANGER = "https://shop.example", "https://evil.example"
SIGN_IN = """
    mutation($input: SignInInput!) {
      signIn(input: $input) { ... on SignedIn { refreshToken accessToken account { email sessions { totalCount } } } }
    }
"""
REFRESH = "mutation { refreshSession(input: {}) { __typename ... on SignedIn { refreshToken } } }"
SIGN_OUT = "mutation { signOut(input: {}) { __typename } }"


@pytest.fixture
async def browser(engine: AsyncEngine, database_url: str) -> AsyncIterator[httpx.Client]:
    """A browser, which keeps cookies, before a shop where selam@example.com has an account."""
    await add_account(engine, SAFEGUARDS, email="selam@example.com")
    with open_door(database_url, cors_origins=(SHOP,)) as door:
        yield door.http


def sign_in(browser: httpx.Client) -> httpx.Response:
    """Sign in with the refresh token in a cookie."""
    given = {"email": "selam@example.com", "password": PASSWORD, "keepRefreshToken": "COOKIE"}
    return browser.post("/graphql", json={"query": SIGN_IN, "variables": {"input": given}})


def refreshed(browser: httpx.Client, headers: Mapping[str, str] | None = None) -> str:
    """What refreshing by cookie comes to."""
    response = browser.post("/graphql", json={"query": REFRESH}, headers=headers)
    return str(response.json()["data"]["refreshSession"]["__typename"])


def attributes(response: httpx.Response) -> list[str]:
    """What the cookie is written with, but for its value."""
    return response.headers["set-cookie"].split("; ")[1:]


def test_token_is_in_the_cookie_alone(browser: httpx.Client) -> None:
    response = sign_in(browser)

    signed_in = response.json()["data"]["signIn"]
    assert signed_in["refreshToken"] is None
    assert signed_in["account"] == {"email": "selam@example.com", "sessions": {"totalCount": 1}}
    month, *others = attributes(response)
    assert others == ["Path=/graphql", "HttpOnly", "SameSite=Strict"]
    assert 13 * 86_400 < int(month.removeprefix("Max-Age=")) <= 14 * 86_400
    first = browser.cookies["merkato-refresh"]
    assert first not in response.text
    assert refreshed(browser) == "SignedIn"
    assert browser.cookies["merkato-refresh"] != first

    left = browser.post("/graphql", json={"query": SIGN_OUT})
    assert left.headers["set-cookie"].startswith("merkato-refresh=; Max-Age=0; Path=/graphql")
    assert "merkato-refresh" not in browser.cookies
    assert refreshed(browser) == "SessionEnded"


def test_pages_of_other_sites_cannot_use_it(browser: httpx.Client) -> None:
    sign_in(browser)
    own = str(browser.base_url).rstrip("/")
    forged: list[dict[str, str]] = [
        {"origin": STRANGER},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": STRANGER, "sec-fetch-site": "same-site"},
        {"origin": own, "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "cross-site"},
    ]
    for headers in forged:
        assert refreshed(browser, headers) == "SessionEnded", headers
        response = browser.post("/graphql", json={"query": SIGN_OUT}, headers=headers)
        assert "set-cookie" not in response.headers

    for headers in ({"origin": SHOP}, {"origin": own}, {"origin": own, "sec-fetch-site": "same-origin"}, {}):
        assert refreshed(browser, headers) == "SignedIn", headers


@pytest.mark.parametrize(
    "given",
    [
        {"content": REFRESH, "headers": {"content-type": "text/plain"}},
        {"content": f'{{"query": "{REFRESH}"}}', "headers": {"content-type": "text/plain"}},
        {"data": {"query": REFRESH}},
        {"files": {"query": ("q", REFRESH)}},
    ],
    ids=["text", "json as text", "form", "multipart"],
)
def test_simple_requests_are_refused(browser: httpx.Client, given: dict[str, Any]) -> None:
    """Those that a page of any site may send without being allowed to: they never reach the cookie."""
    assert browser.post("/graphql", **given).status_code == (403 if "files" in given else 415)
    assert browser.get("/graphql", params={"query": REFRESH}).status_code == 405


def test_cookie_of_a_session_that_ended_is_deleted(browser: httpx.Client) -> None:
    sign_in(browser)
    token = browser.cookies["merkato-refresh"]
    query = "mutation($t: String) { signOut(input: {refreshToken: $t}) { __typename } }"
    browser.post("/graphql", json={"query": query, "variables": {"t": token}})

    assert browser.cookies["merkato-refresh"] == token
    assert refreshed(browser) == "SessionEnded"
    assert "merkato-refresh" not in browser.cookies


def test_token_of_the_input_goes_before_the_cookie_and_comes_back_in_the_payload(browser: httpx.Client) -> None:
    sign_in(browser)
    kept = browser.cookies["merkato-refresh"]
    query = "mutation($t: String) { refreshSession(input: {refreshToken: $t}) { __typename } }"
    response = browser.post("/graphql", json={"query": query, "variables": {"t": "another"}})
    assert response.json()["data"]["refreshSession"] == {"__typename": "SessionEnded"}
    assert "set-cookie" not in response.headers
    assert browser.cookies["merkato-refresh"] == kept


def test_outside_of_development_no_connection_in_the_clear_carries_it() -> None:
    deployed = RefreshCookies(frozenset({SHOP}), is_secure=True)
    name = "__Secure-merkato-refresh"
    headers = [(b"cookie", f"a=b; merkato-refresh=forged; {name}=token".encode()), (b"cookie", b"; ==;")]
    request = HttpRequest({"method": "POST", "query_string": b"", "headers": headers}, nothing)

    cookie = deployed.read(request)
    assert cookie.sent == "token"
    cookie.drop()
    written = deployed.header(cookie, NOW)
    assert written == f"{name}=; Max-Age=0; Path=/graphql; HttpOnly; SameSite=Strict; Secure"
    assert not cookie.holds("token")


async def nothing() -> Any:
    """Receive nothing."""
