"""The id of a request: made, or taken over from a trusted proxy, and the same in answers, errors and the log."""

import re
from collections.abc import Iterator

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from server.app import create_app
from server.arrival import BehindProxies
from server.cors import AllowedOrigins
from server.entrance import Entrance
from server.graphql_errors import disguised
from server.http_messages import HttpAnswer, HttpRequest
from server.logs import json_lines
from tests.databases import settings_for
from tests.live import serving
from tests.patience import PATIENCE_SECONDS

GIVEN = "01J9-edge_7.request"
NEW = re.compile(r"[0-9a-f]{32}")
CODES = {"query": "{ __typename }"}


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as the endpoint does when something unexpected happens."""
    await fail_request(HttpRequest(scope, receive), send)


async def fail_request(request: HttpRequest, send: Send) -> None:
    """The same for a request that was looked at."""
    error = disguised(RuntimeError("postgres://app:hunter2@db"))
    answer = HttpAnswer(500, [], str((error.extensions or {})["reference"]).encode())
    await answer.send(request, send)


@pytest.fixture(scope="module")
def behind_proxy() -> Iterator[httpx.Client]:
    """A client that is taken for a trusted proxy."""
    application = BehindProxies(Entrance(fail, fail_request, fail, AllowedOrigins([])), ("127.0.0.0/8",))
    with (
        serving(application, lifespan="off", proxy_headers=False) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE_SECONDS) as client,
    ):
        yield client


def test_id_of_a_trusted_proxy_is_taken_over_though_it_speaks_for_another(behind_proxy: httpx.Client) -> None:
    response = behind_proxy.get("/", headers={"x-request-id": GIVEN, "x-forwarded-for": "203.0.113.7"})
    assert response.headers.get_list("x-request-id") == [GIVEN]


@pytest.mark.parametrize("malformed", ["", "short", "x" * 129, "two words", 'quoted"12345', "new%0aline", "ünïcödé-1"])
def test_id_that_cannot_stand_in_a_log_is_not_taken_over(behind_proxy: httpx.Client, malformed: str) -> None:
    response = behind_proxy.get("/", headers={b"x-request-id": malformed.encode()})
    assert NEW.fullmatch(response.headers["x-request-id"])


def test_error_and_its_line_in_the_log_have_the_id(
    behind_proxy: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(json_lines())
    response = behind_proxy.get("/", headers={"x-request-id": GIVEN})
    assert response.text == GIVEN
    assert caplog.text.count(f'"request_id": "{GIVEN}"') == 1
    assert "hunter2" in caplog.text


def test_every_answer_has_an_id_of_its_own_whatever_strangers_send(demo_url: str) -> None:
    with (
        serving(create_app(settings_for(demo_url))) as address,
        httpx.Client(base_url=address, timeout=PATIENCE_SECONDS) as http,
    ):
        given = {"x-request-id": GIVEN}
        answers = [
            http.post("/graphql", json=CODES, headers=given),
            http.post("/graphql", json=CODES, headers=given | {"origin": "http://localhost:3000"}),
            http.post("/graphql", content=b"null", headers=given),
            http.get("/graphql", headers={"accept": "text/html"}),
            http.get("/health", headers=given),
            http.get("/nowhere", headers=given),
        ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(answers)
    assert all(NEW.fullmatch(one) for one in ids)
