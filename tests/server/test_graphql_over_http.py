"""GraphQL over HTTP: what a server must and should do, and how ours refuses what it does not do.

The four characters in a test's id or name are the id of the audit in the npm package graphql-http, which
tests/http-audits runs as it is.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import strawberry
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR
from resolvers.context import Context
from server.app import create_app
from server.document_preparation import INTROSPECTABLE
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest, RequestRefusedError
from tests.databases import settings_for
from tests.live import serving
from tests.patience import PATIENCE_SECONDS

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
BOTH = pytest.mark.parametrize("accept", [JSON, GRAPHQL_RESPONSE])

TYPENAME = "{ __typename }"
TYPE_BY_NAME = "query Type($name: String!) { __type(name: $name) { name } }"
UNKNOWN_FIELD = "{ unknownField }"
NEEDS_ID = "query CoercionFailure($id: ID!) { node(id: $id) { id } }"

SHOP_ORIGIN = "https://shop.example"


@pytest.fixture
def http(visitor: httpx.Client) -> httpx.Client:
    """A client of the running servers."""
    return visitor


@pytest.fixture
async def shop_page(demo_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that SHOP_ORIGIN may call."""
    app = create_app(settings_for(demo_url).model_copy(update={"cors_origins": (SHOP_ORIGIN,)}))
    with serving(app) as address:
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=PATIENCE_SECONDS) as page:
            yield page


def post(http: httpx.Client, fields: object, accept: str | None = GRAPHQL_RESPONSE, **headers: str) -> httpx.Response:
    """Send JSON; without `accept`, no Accept header goes along."""
    request = http.build_request("POST", "/graphql", json=fields, headers=headers)
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept
    return http.send(request)


def get(http: httpx.Client, accept: str = GRAPHQL_RESPONSE, **parameters: str) -> httpx.Response:
    """Ask by GET."""
    return http.get("/graphql", params=parameters, headers={"accept": accept})


def assert_succeeds(response: httpx.Response, media_type: str = GRAPHQL_RESPONSE) -> None:
    """It is a result of that type, without errors."""
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert "errors" not in json.loads(response.content.decode("utf-8"))


def assert_refuses(response: httpx.Response, status: int, code: str, media_type: str = GRAPHQL_RESPONSE) -> None:
    """It is a refusal as clients can read it: errors in JSON, each with the code, and no data."""
    assert response.status_code == status
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    body = response.json()
    assert set(body) == {"errors"}
    assert [error["extensions"]["code"] for error in body["errors"]] == [code]
    assert body["errors"][0]["message"].endswith(".")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        pytest.param(GRAPHQL_RESPONSE, GRAPHQL_RESPONSE, id="22EB-graphql-response"),
        pytest.param(JSON, JSON, id="4655-json"),
        pytest.param("*/*", JSON, id="47DE-anything"),
        pytest.param(None, JSON, id="80D8-not-said"),
        pytest.param("", JSON, id="empty"),
        pytest.param("application/*", JSON, id="any-application"),
        pytest.param(f"{GRAPHQL_RESPONSE}, {JSON}", GRAPHQL_RESPONSE, id="both"),
        pytest.param(f"{JSON}, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE, id="both-turned-round"),
        pytest.param(f"{GRAPHQL_RESPONSE},{JSON};q=0.9", GRAPHQL_RESPONSE, id="apollo"),
        pytest.param(f"{GRAPHQL_RESPONSE}, {JSON}, text/event-stream, multipart/mixed", GRAPHQL_RESPONSE, id="urql"),
        pytest.param(f"{GRAPHQL_RESPONSE};q=0.1, {JSON};q=0.9", JSON, id="rather-json"),
        pytest.param(f"{GRAPHQL_RESPONSE};q=0, */*", JSON, id="anything-else"),
        pytest.param(f"{GRAPHQL_RESPONSE.upper()}; charset=utf-8", GRAPHQL_RESPONSE, id="upper-case"),
        pytest.param("text/html,application/xhtml+xml,*/*;q=0.8", JSON, id="a-browser's-form"),
    ],
)
def test_answer_has_the_media_type_that_is_accepted(http: httpx.Client, accept: str | None, media_type: str) -> None:
    assert_succeeds(post(http, {"query": TYPENAME}, accept), media_type)


@pytest.mark.parametrize("accept", ["text/plain", "text/html", f"{JSON};q=0", "*/*;q=0", "image/*", ",;,"])
def test_unspeakable_media_types_are_not_acceptable(http: httpx.Client, accept: str) -> None:
    assert_refuses(post(http, {"query": TYPENAME}, accept), 406, "NOT_ACCEPTABLE", JSON)


def test_82a3_answer_is_utf8(http: httpx.Client) -> None:
    response = post(http, {"query": '{ node(id: "አዲስ 🏊") { id } }'})
    assert "አዲስ 🏊" in response.content.decode("utf-8")


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("application/json; charset=utf-8", id="BF61-said"),
        pytest.param('application/json;charset="UTF-8"', id="quoted"),
        pytest.param("application/json", id="78D5-assumed"),
    ],
)
def test_request_is_read_as_utf8(http: httpx.Client, content_type: str) -> None:
    fields = {"query": '{ __type(name: "Run🏃Swim🏊") { name } }'}
    body = json.dumps(fields, ensure_ascii=False).encode()
    response = http.post("/graphql", content=body, headers={"content-type": content_type})
    assert_succeeds(response, JSON)
    assert response.json() == {"data": {"__type": None}}


@pytest.mark.parametrize(
    ("fields", "accept"),
    [
        pytest.param({"query": TYPENAME}, JSON, id="2C94-03D4-post"),
        pytest.param({"query": TYPENAME}, GRAPHQL_RESPONSE, id="34A2-query"),
        pytest.param({"query": TYPENAME}, JSON, id="13EE-query"),
        pytest.param({"query": "query A { __typename }", "operationName": "A"}, GRAPHQL_RESPONSE, id="8161-name"),
        pytest.param({"query": "query A { __typename }", "operationName": "A"}, JSON, id="B8B3-name"),
        pytest.param({"query": TYPENAME, "variables": None}, GRAPHQL_RESPONSE, id="94B0-null-variables"),
        pytest.param({"query": TYPENAME, "operationName": None}, GRAPHQL_RESPONSE, id="94B1-null-name"),
        pytest.param({"query": TYPENAME, "extensions": None}, GRAPHQL_RESPONSE, id="94B2-null-extensions"),
        pytest.param({"query": TYPENAME, "variables": None}, JSON, id="0220-null-variables"),
        pytest.param({"query": TYPENAME, "operationName": None}, JSON, id="0221-null-name"),
        pytest.param({"query": TYPENAME, "extensions": None}, JSON, id="0222-null-extensions"),
        pytest.param({"query": TYPE_BY_NAME, "variables": {"name": "Shop"}}, GRAPHQL_RESPONSE, id="2EA1-variables"),
        pytest.param({"query": TYPE_BY_NAME, "variables": {"name": "Shop"}}, JSON, id="28B9-variables"),
        pytest.param({"query": TYPENAME, "extensions": {"some": "value"}}, GRAPHQL_RESPONSE, id="428F-extensions"),
        pytest.param({"query": TYPENAME, "extensions": {"some": "value"}}, JSON, id="1B7A-extensions"),
        pytest.param({"query": TYPENAME, "operationName": ""}, JSON, id="empty-name"),
        pytest.param({"query": TYPENAME, "somethingElse": 1}, JSON, id="unknown-parameter"),
    ],
)
def test_well_formed_request_is_executed(http: httpx.Client, fields: dict[str, Any], accept: str) -> None:
    assert_succeeds(post(http, fields, accept), accept)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"notQuery": TYPENAME}, id="423L-8764-3E3A-no-query"),
        *(pytest.param({"query": value}, id=f"LKJ-query-{value!r}") for value in ({"a": 1}, 0, False, ["a"], None, "")),
        *(
            pytest.param({"query": TYPENAME, name: value}, id=f"{audit}-{name}-{value!r}")
            for audit, name, text in (
                ("6C0", "operationName", []),
                ("476", "variables", "a"),
                ("58B", "extensions", "a"),
            )
            for value in (text, 0, False, ["a"])
        ),
        pytest.param({"query": TYPENAME, "operationName": {"a": 1}}, id="6C00-operationName"),
        pytest.param([{"query": TYPENAME}], id="batch"),
    ],
)
@BOTH
def test_parameters_of_wrong_types_are_refused(http: httpx.Client, fields: object, accept: str) -> None:
    assert_refuses(post(http, fields, accept), 400, "BAD_REQUEST", accept)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/graphql", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x"],
)
def test_9abe_other_content_types_are_refused(http: httpx.Client, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    response = http.post("/graphql", content=json.dumps({"query": TYPENAME}).encode(), headers=headers)
    assert_refuses(response, 415, "UNSUPPORTED_MEDIA_TYPE", JSON)


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "iso-8859-1"])
def test_other_charsets_are_refused(http: httpx.Client, charset: str) -> None:
    headers = {"content-type": f"application/json; charset={charset}"}
    response = http.post("/graphql", content=json.dumps({"query": TYPENAME}).encode(charset), headers=headers)
    assert_refuses(response, 415, "UNSUPPORTED_MEDIA_TYPE", JSON)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
def test_compressed_bodies_are_refused(http: httpx.Client, encoding: str) -> None:
    response = post(http, {"query": TYPENAME}, **{"content-encoding": encoding})
    assert_refuses(response, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("encoding", ["identity", "Identity", ""])
def test_bodies_said_to_be_uncompressed_are_read(http: httpx.Client, encoding: str) -> None:
    assert_succeeds(post(http, {"query": TYPENAME}, **{"content-encoding": encoding}))


@BOTH
def test_bcf8_b7n8_broken_json_is_refused(http: httpx.Client, accept: str) -> None:
    headers = {"content-type": JSON, "accept": accept}
    response = http.post("/graphql", content=b'{ "not a JSON', headers=headers)
    assert_refuses(response, 400, "BAD_REQUEST", accept)


def test_a5bf_missing_body_is_refused(http: httpx.Client) -> None:
    response = http.post("/graphql", headers={"content-type": JSON, "accept": JSON})
    assert_refuses(response, 400, "BAD_REQUEST", JSON)


@pytest.mark.parametrize(
    ("accept", "status"), [pytest.param(JSON, 200, id="572B"), pytest.param(GRAPHQL_RESPONSE, 400, id="865D-556A-D586")]
)
def test_document_that_cannot_be_parsed(http: httpx.Client, accept: str, status: int) -> None:
    assert_refuses(post(http, {"query": "{"}, accept), status, "GRAPHQL_PARSE_FAILED", accept)


@pytest.mark.parametrize(
    ("accept", "status"), [pytest.param(JSON, 200, id="FDE2"), pytest.param(GRAPHQL_RESPONSE, 400, id="51FE-74FF-5E5B")]
)
def test_document_that_is_not_valid(http: httpx.Client, accept: str, status: int) -> None:
    assert_refuses(post(http, {"query": UNKNOWN_FIELD}, accept), status, "GRAPHQL_VALIDATION_FAILED", accept)


@pytest.mark.parametrize(
    ("accept", "status"), [pytest.param(JSON, 200, id="7B9B"), pytest.param(GRAPHQL_RESPONSE, 400, id="86EE")]
)
def test_variables_that_cannot_be_coerced(http: httpx.Client, accept: str, status: int) -> None:
    response = post(http, {"query": NEEDS_ID, "variables": {"id": None}}, accept)
    assert_refuses(response, status, "BAD_USER_INPUT", accept)


@pytest.mark.parametrize(
    ("accept", "status"), [pytest.param(JSON, 200, id="json"), pytest.param(GRAPHQL_RESPONSE, 400, id="response-json")]
)
def test_operation_that_cannot_be_chosen(http: httpx.Client, accept: str, status: int) -> None:
    fields = {"query": "query A { __typename } query B { __typename }"}
    assert_refuses(post(http, fields, accept), status, "OPERATION_RESOLUTION_FAILURE", accept)


@BOTH
def test_error_of_a_field_leaves_the_status(http: httpx.Client, accept: str) -> None:
    response = post(http, {"query": "{ shop { name } product { name } }"}, accept)
    assert response.status_code == 200
    assert response.json()["data"]["product"] is None
    assert response.json()["data"]["shop"]["name"]
    assert [error["path"] for error in response.json()["errors"]] == [["product"]]


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"query": TYPENAME}, id="5A70-query"),
        pytest.param({"query": TYPE_BY_NAME, "variables": '{"name": "Shop"}'}, id="D6D5-6A70-variables"),
        pytest.param({"query": "query A { __typename }", "operationName": "A"}, id="operationName"),
        pytest.param({"query": TYPENAME, "operationName": ""}, id="empty-operationName"),
        pytest.param({"query": TYPENAME, "variables": "null", "extensions": "null"}, id="nulls"),
        pytest.param({"query": TYPENAME, "extensions": '{"some": "value"}'}, id="extensions"),
    ],
)
@BOTH
def test_queries_may_be_sent_by_get(http: httpx.Client, parameters: dict[str, str], accept: str) -> None:
    assert_succeeds(get(http, accept, **parameters), accept)


@pytest.mark.parametrize("operation", ["mutation { __typename }", "subscription { __typename }"])
def test_9c48_only_queries_may_be_sent_by_get(http: httpx.Client, operation: str) -> None:
    response = get(http, query=operation)
    assert 400 <= response.status_code < 500
    assert set(response.json()) == {"errors"}
    assert response.status_code != 405 or response.headers["allow"] == "POST"


async def test_9c48_mutation_by_get_is_not_executed(demo_engine: AsyncEngine) -> None:
    done: list[str] = []

    @strawberry.type
    class Query:
        name: str = "a shop"

    @strawberry.type
    class Mutation:
        @strawberry.mutation
        def close_shop(self) -> bool:
            done.append("closed")
            return True

    executor = Executor(strawberry.Schema(Query, Mutation), rules=INTROSPECTABLE)

    async with Context(demo_engine, VISITOR) as context:
        with pytest.raises(RequestRefusedError, match="Send this operation by POST") as refused:
            await executor.run(GraphQLRequest("mutation { closeShop }", is_read_only=True), context)
        assert (refused.value.status, refused.value.headers) == (405, {"Allow": "POST"})
        assert done == []

        answer = await executor.run(GraphQLRequest("mutation { closeShop }"), context)
        assert answer.body() == {"data": {"closeShop": True}}
        assert done == ["closed"]


def test_head_answers_as_get_without_the_body(http: httpx.Client) -> None:
    asked = get(http, query=TYPENAME)
    response = http.head("/graphql", params={"query": TYPENAME}, headers={"accept": GRAPHQL_RESPONSE})
    assert response.status_code == 200
    assert response.content == b""
    own = {"date": "", "x-request-id": ""}
    assert {**response.headers, **own} == {**asked.headers, **own}


def test_head_without_a_query_is_refused(http: httpx.Client) -> None:
    assert http.head("/graphql", headers={"accept": JSON}).status_code == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@BOTH
def test_other_methods_are_refused(http: httpx.Client, method: str, accept: str) -> None:
    headers = {"content-type": JSON, "accept": accept}
    response = http.request(method, "/graphql", content=json.dumps({"query": TYPENAME}), headers=headers)
    assert_refuses(response, 405, "METHOD_NOT_ALLOWED", accept)
    assert response.headers["allow"] == "GET, HEAD, POST"


def test_body_that_says_it_is_too_long_is_refused(http: httpx.Client) -> None:
    response = http.post(
        "/graphql", content=b"x" * 1_000_001, headers={"content-type": JSON, "accept": GRAPHQL_RESPONSE}
    )
    assert_refuses(response, 413, "PAYLOAD_TOO_LARGE")


def test_body_of_untold_length_is_refused_when_it_is_too_long(http: httpx.Client) -> None:
    chunks = (b"x" * 1000 for _ in range(1001))
    response = http.post("/graphql", content=chunks, headers={"content-type": JSON, "accept": GRAPHQL_RESPONSE})
    assert_refuses(response, 413, "PAYLOAD_TOO_LARGE")


def test_longest_body_is_read(http: httpx.Client) -> None:
    body = json.dumps({"query": TYPENAME})
    response = http.post("/graphql", content=body.ljust(1_000_000), headers={"content-type": JSON, "accept": JSON})
    assert_succeeds(response, JSON)


def test_answers_are_neither_stored_nor_guessed_at(http: httpx.Client) -> None:
    for response in (post(http, {"query": TYPENAME}), post(http, {"query": "{"}), post(http, {})):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "Accept" in response.headers["vary"]


def test_pages_of_other_origins_may_not_read(http: httpx.Client) -> None:
    response = post(http, {"query": TYPENAME}, origin="https://elsewhere.example")
    assert_succeeds(response)
    assert "access-control-allow-origin" not in response.headers


async def test_pages_of_configured_origins_may_read(shop_page: httpx.AsyncClient) -> None:
    from_shop = {"origin": SHOP_ORIGIN}
    got = await shop_page.get("/graphql", params={"query": TYPENAME}, headers=from_shop)
    for fields in ({"query": TYPENAME}, {"query": TYPENAME}, {"query": "{"}, {}):
        response = await shop_page.post("/graphql", json=fields, headers=from_shop)
        for answer in (got, response):  # Starlette lets pages read the one, and we do the other
            assert answer.headers["access-control-allow-origin"] == SHOP_ORIGIN
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
            assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "http://shop.example", f"{SHOP_ORIGIN}.evil", "null"])
async def test_pages_of_other_origins_may_not_ask(shop_page: httpx.AsyncClient, origin: str) -> None:
    response = await shop_page.options("/graphql", headers={"origin": origin, "access-control-request-method": "POST"})
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers
    told = await shop_page.post("/graphql", json={"query": TYPENAME}, headers={"origin": origin})
    assert "access-control-allow-origin" not in told.headers
    assert "Origin" in told.headers["vary"]


@pytest.mark.parametrize(("method", "status"), [("POST", 200), ("GET", 200), ("DELETE", 400)])
async def test_pages_of_configured_origins_may_ask(shop_page: httpx.AsyncClient, method: str, status: int) -> None:
    headers = {
        "origin": SHOP_ORIGIN,
        "access-control-request-method": method,
        "access-control-request-headers": "content-type, authorization",
    }
    response = await shop_page.options("/graphql", headers=headers)
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == SHOP_ORIGIN
    assert response.headers["access-control-allow-methods"] == "GET, POST"
