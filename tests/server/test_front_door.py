"""The way in: names, TLS, and the headers that every answer has."""

from typing import Any

import httpx
import pytest

from server.app import create_app
from server.front_door import DoorRules, FrontDoor
from tests.databases import settings_for
from tests.live import serving
from tests.patience import PATIENCE_SECONDS

TYPENAME = {"query": "{ __typename }"}
HOSTS = frozenset({"api.shop.example", "*.shops.example", "[::1]"})


def scope_of(*headers: tuple[str, str], **other: Any) -> dict[str, Any]:
    """A request as a server tells of it."""
    usual = {"type": "http", "scheme": "http", "method": "GET", "path": "/graphql", "raw_path": b"/graphql"}
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return {**usual, "query_string": b"query=%7Ba%7D", "headers": raw, **other}


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        (["api.shop.example"], None),
        (["API.shop.example.:8000"], None),
        (["a.shops.example"], None),
        (["[::1]:8000"], None),
        (["shops.example"], 421),
        (["evil.example"], 421),
        (["api.shop.example.evil.example"], 421),
        (["evilshops.example"], 421),
        (["api.shop.example:80:80"], 421),
        (["api.shop.example@evil.example"], 421),
        (["api.shop.example/"], 421),
        (["api.shop.example", "evil.example"], 421),
        ([""], 421),
        ([], 421),
    ],
)
def test_server_is_asked_under_its_own_names_alone(hosts: list[str], status: int | None) -> None:
    answer = FrontDoor(DoorRules(HOSTS)).answer_to(scope_of(*(("host", host) for host in hosts)))

    assert (None if answer is None else answer.status) == status


@pytest.mark.parametrize(
    ("scheme", "forwarded", "is_sent_away"),
    [
        ("http", ["http"], True),
        ("http", ["HTTP"], True),
        ("https", ["https"], False),
        (
            "http",
            ["https"],
            False,
        ),
        ("http", ["https, http"], False),
        ("http", ["https", "http"], False),
        ("http", [], False),
        ("http", ["nonsense"], False),
    ],
)
def test_only_who_certainly_came_without_tls_is_sent_away(
    scheme: str, forwarded: list[str], is_sent_away: bool
) -> None:
    """Anybody else may come from a proxy that is not trusted, and would be sent round in circles."""
    door = FrontDoor(DoorRules(HOSTS, requires_https=True))
    headers = [("host", "api.shop.example:8080"), *(("x-forwarded-proto", value) for value in forwarded)]

    answer = door.answer_to(scope_of(*headers, scheme=scheme))

    if is_sent_away:
        assert answer is not None
        assert answer.status == 308
        assert dict(answer.headers)[b"location"] == b"https://api.shop.example/graphql?query=%7Ba%7D"
    else:
        assert answer is None


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/metrics"])
def test_probes_are_answered_under_every_name(path: str) -> None:
    door = FrontDoor(DoorRules(HOSTS, requires_https=True))

    assert door.answer_to(scope_of(("host", "10.0.0.7"), ("x-forwarded-proto", "http"), path=path)) is None


async def test_server_keeps_its_door(demo_url: str) -> None:
    rules = {
        "allowed_hosts": ("api.shop.example", "127.0.0.1"),
        "require_https": True,
        "hsts_seconds": 300,
        "hsts_subdomains": True,
        "trusted_proxies": ("127.0.0.1",),
        "cors_origins": ("https://shop.example",),
    }
    app = create_app(settings_for(demo_url).model_copy(update=rules))
    with serving(app, proxy_headers=False, server_header=False) as address:
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=PATIENCE_SECONDS) as client:
            misled = await client.post("/graphql", json=TYPENAME, headers={"host": "evil.example"})
            in_the_open = await client.post("/graphql", json=TYPENAME, headers={"x-forwarded-proto": "http"})
            opened = await client.get("/graphql?query={a}", headers={"x-forwarded-proto": "http"})
            by_tls = await client.post("/graphql", json=TYPENAME, headers={"x-forwarded-proto": "https"})
            page = await client.get("/graphql", headers={"x-forwarded-proto": "https", "accept": "text/html"})
            image = await client.get("/demo/images/nothing.webp")
            stranger = await client.options(
                "/graphql", headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
            )
            friend = await client.post("/graphql", json=TYPENAME, headers={"origin": "https://shop.example"})

    assert (misled.status_code, code_of(misled)) == (421, "MISDIRECTED_REQUEST")
    assert (in_the_open.status_code, code_of(in_the_open)) == (403, "HTTPS_REQUIRED")
    assert (opened.status_code, opened.headers["location"]) == (308, "https://127.0.0.1/graphql?query={a}")
    assert (by_tls.status_code, by_tls.json()) == (200, {"data": {"__typename": "Query"}})
    assert by_tls.headers["strict-transport-security"] == "max-age=300; includeSubDomains"
    assert "strict-transport-security" not in image.headers
    assert (page.headers["x-frame-options"], page.headers["content-type"]) == ("DENY", "text/html; charset=utf-8")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert (image.status_code, code_of(image), image.headers["vary"]) == (404, "NOT_FOUND", "Origin")
    assert (code_of(stranger), stranger.headers["vary"].partition(",")[0]) == ("FORBIDDEN_ORIGIN", "Origin")
    assert "access-control-allow-origin" not in stranger.headers
    assert friend.headers["access-control-allow-origin"] == "https://shop.example"
    assert "origin" in friend.headers["vary"].lower()
    for answer in (misled, in_the_open, opened, by_tls, page, image, stranger, friend):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert len(answer.headers["x-request-id"]) >= 8
        assert "server" not in answer.headers


def code_of(response: httpx.Response) -> str:
    (error,) = response.json()["errors"]
    return str(error["extensions"]["code"])
