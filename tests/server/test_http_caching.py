"""What browsers and CDNs may keep of answers to GET: for whom, for how long, and what tells that it is the same."""

import re
from collections.abc import AsyncIterator, Iterator
from types import MappingProxyType

import asyncpg
import httpx
import pytest
from graphql import GraphQLError

from auth.viewer import VISITOR, Viewer, viewer_with_role
from auth.visibility import PUBLIC_TABLES
from compiler.plan import Plan
from models import Role
from server.app import create_app
from server.graphql_execution import Answer
from server.http_caching import CacheRules, entity_tag, is_not_modified
from server.table_versions import WATCHED_TABLES
from tests.databases import settings_for
from tests.live import serving
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"

PRODUCTS = "{ products(first: 2, sort: NAME_ASC) { nodes { name } } }"
POSTS = "{ posts(first: 2, sort: NEWEST) { nodes { title } } }"
PUBLIC = "public, max-age=10, stale-while-revalidate=30"

SHOP_ORIGIN = "https://shop.example"
NO_HEADERS: MappingProxyType[bytes, bytes] = MappingProxyType({})


@pytest.fixture
def http(live_server: str) -> Iterator[httpx.Client]:
    """A client of the running server."""
    with httpx.Client(base_url=live_server, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS) as client:
        yield client


@pytest.fixture
async def shop_page(demo_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that SHOP_ORIGIN may call."""
    app = create_app(settings_for(demo_url).model_copy(update={"cors_origins": (SHOP_ORIGIN,)}))
    with serving(app) as address:
        async with httpx.AsyncClient(
            base_url=address, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS
        ) as page:
            yield page


def get(http: httpx.Client, query: str = PRODUCTS, accept: str = JSON, **headers: str) -> httpx.Response:
    """Ask by GET."""
    return http.get("/graphql", params={"query": query}, headers={"accept": accept} | headers)


def vary(response: httpx.Response) -> set[str]:
    """The headers that the answer depends on."""
    return {name.strip() for name in response.headers["vary"].split(",")}


def plan(*, depends_on_time: bool = False, tables: frozenset[str] = frozenset({"products"})) -> Plan:
    """A plan that reads these tables."""
    return Plan(
        "", [], (), lambda _row, _values: None, has_many_rows=False, tables=tables, depends_on_time=depends_on_time
    )


def control(rules: CacheRules, answer: Answer, viewer: Viewer = VISITOR) -> str:
    """What the rules let caches do."""
    return rules.headers(answer, viewer, NO_HEADERS, JSON, b"{}")["Cache-Control"]


def compiled(of: Plan) -> Answer:
    """The answer of a plan."""
    return Answer([], is_executed=True, encoded=b"{}", bound=of.bind({}, VISITOR))


def test_public_answer_may_be_kept(http: httpx.Client) -> None:
    response = get(http)

    assert response.status_code == 200
    assert response.headers["cache-control"] == PUBLIC
    assert re.fullmatch(r'W/"[\w-]{22}"', response.headers["etag"])
    assert vary(response) == {"Accept", "Authorization", "Origin", "Preview-Token"}


def test_answer_that_depends_on_the_time_is_kept_for_a_second(http: httpx.Client) -> None:
    response = get(http, POSTS)
    assert response.headers["cache-control"] == "public, max-age=1"
    assert response.headers["etag"]


def test_same_bytes_have_the_same_tag_and_others_another(http: httpx.Client) -> None:
    assert get(http).headers["etag"] == get(http).headers["etag"]
    assert get(http).headers["etag"] != get(http, POSTS).headers["etag"]


def test_each_media_type_has_a_tag_of_its_own(http: httpx.Client) -> None:
    as_json, as_response = get(http), get(http, accept=GRAPHQL_RESPONSE)
    assert as_json.content == as_response.content
    assert as_json.headers["etag"] != as_response.headers["etag"]


def test_answer_that_the_client_has_is_not_sent_again(http: httpx.Client) -> None:
    first = get(http)
    for has in (
        first.headers["etag"],
        first.headers["etag"].removeprefix("W/"),
        f'"a", {first.headers["etag"]}',
        f'W/"a,b",{first.headers["etag"]} ,"c"',
        "*",
    ):
        response = get(http, **{"if-none-match": has})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == first.headers["etag"]
        assert response.headers["cache-control"] == PUBLIC
        assert vary(response) == vary(first)
        assert "content-type" not in response.headers


@pytest.mark.parametrize("has", ['"other"', 'W/"other"', "", "W/", '"', "rubbish", '"a" "b', "*, *", '"*"', "x" * 9000])
def test_client_that_has_something_else_is_answered(http: httpx.Client, has: str) -> None:
    response = get(http, **{"if-none-match": has})
    assert response.status_code == 200
    assert response.json()["data"]


def test_tag_without_quotes_is_none(http: httpx.Client) -> None:
    bare = get(http).headers["etag"].removeprefix("W/").strip('"')
    assert get(http, **{"if-none-match": bare}).status_code == 200


def test_tag_of_the_other_media_type_does_not_match(http: httpx.Client) -> None:
    tag = get(http, accept=GRAPHQL_RESPONSE).headers["etag"]
    assert get(http, **{"if-none-match": tag}).status_code == 200


def test_several_if_none_match_headers_are_one_list(http: httpx.Client) -> None:
    headers = [("accept", JSON), ("if-none-match", '"a"'), ("if-none-match", get(http).headers["etag"])]
    response = http.get("/graphql", params={"query": PRODUCTS}, headers=headers)
    assert response.status_code == 304


def test_head_is_told_the_same_without_the_body(http: httpx.Client) -> None:
    asked = get(http)
    head = http.head("/graphql", params={"query": PRODUCTS}, headers={"accept": JSON})
    known = http.head(
        "/graphql", params={"query": PRODUCTS}, headers={"accept": JSON, "if-none-match": asked.headers["etag"]}
    )

    assert (head.status_code, head.content) == (200, b"")
    own = {"date": "", "x-request-id": ""}
    assert {**head.headers, **own} == {**asked.headers, **own}
    assert known.status_code == 304


def test_post_is_never_kept(http: httpx.Client) -> None:
    response = http.post("/graphql", json={"query": PRODUCTS}, headers={"if-none-match": "*"})
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("{ nothing }", id="not-valid"),
        pytest.param("{", id="not-parsed"),
        pytest.param("{ shop { name } product { name } }", id="error-of-a-field"),
        pytest.param("{ products(first: 1) { nodes { internalNotes } } }", id="forbidden"),
        pytest.param("{ __schema { queryType { name } } }", id="reference-executor"),
        pytest.param("", id="refused"),
    ],
)
def test_nothing_else_is_kept(http: httpx.Client, query: str) -> None:
    response = get(http, query, **{"if-none-match": "*"})
    assert response.status_code < 500
    assert response.status_code != 304
    assert "no-store" in response.headers["cache-control"]
    assert "etag" not in response.headers


def test_answer_to_credentials_is_nobody_elses(http: httpx.Client) -> None:
    response = get(http, authorization="Bearer anything", **{"if-none-match": "*"})
    assert response.status_code == 401
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


@pytest.mark.parametrize("role", [role for role in Role if viewer_with_role(role) != VISITOR])
def test_viewer_with_identity_is_never_answered_publicly(role: Role) -> None:
    viewer = viewer_with_role(role)
    rules = CacheRules(10, 30)
    assert control(rules, compiled(plan())) == PUBLIC
    assert control(rules, compiled(plan()), viewer) == "private, no-store"


def test_answer_of_a_table_that_not_everybody_may_read_is_private() -> None:
    answer = compiled(plan(tables=frozenset({"products", "carts"})))
    assert control(CacheRules(10, 30), answer) == "private, no-store"


def test_explained_answer_is_not_kept(http: httpx.Client) -> None:
    explained = {"query": PRODUCTS, "extensions": '{"merkato": {"explain": true}}'}
    response = http.get("/graphql", params=explained)
    assert response.json()["extensions"]["merkato"]
    assert response.headers["cache-control"] == "private, no-store"


def test_answer_without_a_plan_or_with_errors_is_private() -> None:
    rules = CacheRules(10, 30)
    broken = Answer([GraphQLError("No.")], is_executed=True, encoded=b"{}", bound=plan().bind({}, VISITOR))
    assert control(rules, broken) == "private, no-store"
    assert control(rules, Answer([], {"shop": None}, is_executed=True)) == "private, no-store"


@pytest.mark.parametrize(
    ("rules", "stable", "timed"),
    [
        (CacheRules(10, 30), PUBLIC, "public, max-age=1"),
        (CacheRules(1, 0), "public, max-age=1", "public, max-age=1"),
        (CacheRules(60, 0), "public, max-age=60", "public, max-age=1"),
        (CacheRules(0, 30), "public, no-cache", "public, no-cache"),
    ],
)
def test_settings_say_for_how_long(rules: CacheRules, stable: str, timed: str) -> None:
    assert control(rules, compiled(plan())) == stable
    assert control(rules, compiled(plan(depends_on_time=True))) == timed


def test_settings_reach_the_server(demo_url: str) -> None:
    settings = settings_for(demo_url).model_copy(update={"cache_max_age_seconds": 60, "cache_stale_seconds": 5})
    with (
        serving(create_app(settings)) as address,
        httpx.Client(base_url=address, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS) as http,
    ):
        assert get(http).headers["cache-control"] == "public, max-age=60, stale-while-revalidate=5"


def test_change_of_the_data_changes_the_tag() -> None:
    assert entity_tag(JSON, b'{"data":1}') != entity_tag(JSON, b'{"data":2}')
    assert is_not_modified([entity_tag(JSON, b"1")], entity_tag(JSON, b"1"))
    assert is_not_modified([" * "], entity_tag(JSON, b"1"))
    assert not is_not_modified(["*"], None)
    assert not is_not_modified([], entity_tag(JSON, b"1"))


async def test_public_tables_are_those_that_are_watched(demo_url: str) -> None:
    connection: asyncpg.Connection = await asyncpg.connect(demo_url)
    watched = {row["relname"] for row in await connection.fetch(WATCHED_TABLES)}
    await connection.close()
    assert watched == PUBLIC_TABLES


async def test_pages_of_other_origins_can_ask_whether_it_changed(shop_page: httpx.AsyncClient) -> None:
    asked = await shop_page.options(
        "/graphql",
        headers={
            "origin": SHOP_ORIGIN,
            "access-control-request-method": "GET",
            "access-control-request-headers": "if-none-match, apollographql-client-name, apollographql-client-version, "
            "apollo-require-preflight, x-apollo-operation-name",
        },
    )
    response = await shop_page.get("/graphql", params={"query": PRODUCTS}, headers={"origin": SHOP_ORIGIN})

    assert asked.status_code == 200
    assert (
        response.headers["access-control-expose-headers"]
        == "ETag, X-Request-Id, Retry-After, RateLimit, RateLimit-Policy"
    )
    assert response.headers["etag"]


async def test_answer_kept_without_an_origin_is_not_taken_for_one_with_an_origin(shop_page: httpx.AsyncClient) -> None:
    response = await shop_page.get("/graphql", params={"query": PRODUCTS})
    assert "public" in response.headers["cache-control"]
    assert "Origin" in vary(response)
