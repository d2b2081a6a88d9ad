"""Trusted documents: what a manifest may look like, by which ids they are run, and that nothing pushes them out."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
import strawberry
from graphql import parse
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR
from compiler.execution import Compiler, Operation
from compiler.plan import Plan
from compiler.plan_cache import MAXIMUM_PLANS, MAXIMUM_TRUSTED_PLANS
from compiler.recent import MOST_CHARACTERS
from resolvers.context import Context
from schema.root import schema
from server.app import create_app
from server.document_cache import MAXIMUM_DOCUMENTS, DocumentCache, prepared
from server.document_choice import DocumentChoice
from server.document_manifest import ManifestError, document_id, read_manifest, write_manifest
from server.document_preparation import CLOSED
from server.errors import ServerError
from server.executor import require_trusted_documents
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest, RequestRefusedError
from server.operation_documents import DocumentSourceError, built_in_documents, operation_texts
from server.persisted_queries import PersistedQueries
from server.settings import Settings
from server.trusted_documents import TrustedDocuments, load_trusted_documents
from tests.databases import settings_for
from tests.live import serving
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS
from tests.queries.test_documents import QUERIES, read_document
from tests.schema.walk import CORE

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"

SHOP = "query Shop { shop { name } }"
PRODUCT = "query Product($slug: String!) { product(slug: $slug) { name } }"
TWO = "query First { shop { name } } query Second { shop { __typename } }"
HASH = sha256(SHOP.encode()).hexdigest()
UNKNOWN = "sha256:" + "0" * 64


@pytest.fixture
def http(live_server: str) -> Iterator[httpx.Client]:
    """A client of the running server, whose trusted documents are those of queries/."""
    with httpx.Client(base_url=live_server, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS) as client:
        yield client


@pytest.fixture
def written(tmp_path: Path) -> Callable[[object], Path]:
    """Writes a manifest."""

    def write(content: object) -> Path:
        path = tmp_path / "manifest.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


@contextmanager
def visited(url: str, **settings: object) -> Iterator[httpx.Client]:
    """A client of a server with other settings."""
    app = create_app(settings_for(url).model_copy(update=settings))
    with (
        serving(app) as address,
        httpx.Client(base_url=address, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS) as client,
    ):
        yield client


def post(http: httpx.Client, accept: str = JSON, **fields: object) -> httpx.Response:
    """Send JSON."""
    return http.post("/graphql", json=fields, headers={"accept": accept})


def get(http: httpx.Client, accept: str = JSON, **fields: object) -> httpx.Response:
    """Ask by GET."""
    parameters = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    return http.get("/graphql", params=parameters, headers={"accept": accept})


def persisted(name: str) -> dict[str, object]:
    """The extension by which Apollo's tools name a trusted document."""
    return {"persistedQuery": {"version": 1, "sha256Hash": name}}


def code_of(response: httpx.Response) -> str:
    """The code of the one error of a response without data."""
    body = response.json()
    assert set(body) == {"errors"}
    (error,) = body["errors"]
    code: str = error["extensions"]["code"]
    return code


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_every_document_of_the_frontend_is_trusted(http: httpx.Client, path: Path) -> None:
    query, variables = read_document(path)
    (text,) = [text for text in built_in_documents().values() if re.search(rf"query {path.stem}\b", text)]
    by_text = post(http, query=query, variables=variables).json()

    for id_ in (document_id(text), document_id(text).removeprefix("sha256:")):
        assert post(http, documentId=id_, variables=variables).json() == by_text
        assert get(http, documentId=id_, variables=variables).json() == by_text
        assert post(http, extensions=persisted(id_), variables=variables).json() == by_text
    assert "errors" not in by_text


def test_trusted_document_may_be_kept_by_caches(http: httpx.Client) -> None:
    (text,) = [text for text in built_in_documents().values() if "query CategoryTree" in text]
    first = get(http, documentId=document_id(text))
    again = http.get("/graphql", params={"documentId": document_id(text)}, headers={"if-none-match": "*"})

    assert first.headers["cache-control"].startswith("public, max-age=10")
    assert again.status_code == 304
    assert again.headers["etag"] == first.headers["etag"]


def test_trusted_document_is_explained(http: httpx.Client) -> None:
    (text,) = [text for text in built_in_documents().values() if "query CategoryTree" in text]
    response = post(http, documentId=document_id(text), extensions={"merkato": {"explain": True}})
    explained = response.json()["extensions"]["merkato"]
    assert (explained["executor"], explained["documentCache"]) == ("compiled", "hit")


def test_browser_that_opens_a_document_gets_its_answer(http: httpx.Client) -> None:
    (text,) = [text for text in built_in_documents().values() if "query CategoryTree" in text]
    assert get(http, BROWSER, documentId=document_id(text)).json()["data"]["categories"]
    assert get(http, BROWSER, extensions=persisted(document_id(text))).json()["data"]["categories"]
    assert get(http, BROWSER).headers["content-type"].startswith("text/html")


def test_nulls_and_empty_texts_beside_an_id_say_nothing(http: httpx.Client) -> None:
    (text,) = [text for text in built_in_documents().values() if "query CategoryTree" in text]
    for fields in ({"query": None}, {"query": ""}, {"operationName": None, "extensions": None, "variables": None}):
        assert "errors" not in post(http, documentId=document_id(text), **fields).json()
    assert post(http, query=SHOP, documentId=None).json()["data"]["shop"]


def test_id_in_upper_case_is_another(http: httpx.Client) -> None:
    (text,) = [text for text in built_in_documents().values() if "query CategoryTree" in text]
    assert code_of(post(http, documentId=document_id(text).upper())) == "DOCUMENT_NOT_FOUND"


@pytest.mark.parametrize(
    "id_", [UNKNOWN, "sha256:", "unknown", " ", "\x00", "🏊", "../../etc/passwd", "<script>", "x" * 900_000]
)
@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL_RESPONSE, 400)])
def test_unknown_id_is_told(http: httpx.Client, id_: str, accept: str, status: int) -> None:
    response = post(http, accept, documentId=id_)
    assert (response.status_code, code_of(response)) == (status, "DOCUMENT_NOT_FOUND")
    assert len(response.content) < 1000


def test_unknown_id_by_get_is_told_and_not_kept(http: httpx.Client) -> None:
    response = get(http, documentId=UNKNOWN)
    assert (response.status_code, code_of(response)) == (200, "DOCUMENT_NOT_FOUND")
    assert response.headers["cache-control"] == "private, no-store"


def test_long_id_in_an_address_is_told(http: httpx.Client) -> None:
    assert code_of(get(http, documentId="x" * 60_000)) == "DOCUMENT_NOT_FOUND"


def test_address_of_a_megabyte_is_refused(live_server: str) -> None:
    """It is written by hand: httpx sends no such address."""
    address = httpx.URL(live_server)
    connection = HTTPConnection(address.host, address.port)

    connection.request("GET", f"/graphql?documentId={'x' * 1_000_000}", headers={"Accept": JSON})
    response = connection.getresponse()
    connection.close()

    assert response.status == 414


@pytest.mark.parametrize("id_", [1, 0, True, False, [], ["a"], {}, {"a": 1}, 1.5, ""], ids=repr)
@pytest.mark.parametrize("fields", [{}, {"query": SHOP}], ids=["alone", "with-text"])
def test_id_of_another_type_is_refused(http: httpx.Client, id_: object, fields: dict[str, str]) -> None:
    response = post(http, documentId=id_, **fields)
    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")
    assert "`documentId`" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("send", [post, get])
@pytest.mark.parametrize("other", [{"query": SHOP}, {"extensions": persisted("a")}], ids=["query", "hash"])
def test_document_is_named_once(http: httpx.Client, send: Any, other: dict[str, object]) -> None:
    response = send(http, documentId=UNKNOWN, **other)
    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


def test_operation_of_a_document_is_chosen(demo_url: str, written: Callable[[object], Path]) -> None:
    with visited(demo_url, trusted_documents_file=written({"two": TWO})) as http:
        assert post(http, documentId="two", operationName="Second").json()["data"] == {"shop": {"__typename": "Shop"}}
        assert code_of(post(http, documentId="two")) == "OPERATION_RESOLUTION_FAILURE"
        assert code_of(post(http, documentId="two", operationName="Third")) == "OPERATION_RESOLUTION_FAILURE"


@pytest.mark.parametrize(
    ("manifest", "ids"),
    [
        pytest.param({f"sha256:{HASH}": SHOP}, [f"sha256:{HASH}", HASH], id="merkato"),
        pytest.param({HASH: SHOP}, [f"sha256:{HASH}", HASH], id="graphql-codegen"),
        pytest.param({"0" * 40: SHOP}, ["0" * 40, f"sha256:{HASH}", HASH], id="graphql-codegen-sha1"),
        pytest.param({"0" * 32: SHOP}, ["0" * 32, f"sha256:{HASH}", HASH], id="relay"),
        pytest.param(
            {
                "format": "apollo-persisted-query-manifest",
                "version": 1,
                "operations": [{"id": "shop-1", "name": "Shop", "type": "query", "body": SHOP}],
            },
            ["shop-1", f"sha256:{HASH}", HASH],
            id="apollo",
        ),
    ],
)
def test_manifests_of_other_tools_are_read(
    demo_url: str, written: Callable[[object], Path], manifest: object, ids: list[str]
) -> None:
    with visited(demo_url, trusted_documents_file=written(manifest), trusted_documents_only=True) as http:
        for id_ in ids:
            assert post(http, documentId=id_).json()["data"]["shop"]["name"]
            assert get(http, extensions=persisted(id_)).json()["data"]["shop"]["name"]
        built_in = next(iter(built_in_documents()))
        assert code_of(post(http, documentId=built_in)) == "DOCUMENT_NOT_FOUND"


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        pytest.param(b"{", "is not valid JSON", id="json"),
        pytest.param(b"\xff\xfe", "is not valid JSON", id="utf-8"),
        pytest.param(b"", "is not valid JSON", id="empty"),
        pytest.param([], "is neither an object of ids and texts", id="list"),
        pytest.param({"a": 1}, "is neither an object of ids and texts", id="no-text"),
        pytest.param({"a": {"body": SHOP}}, "is neither an object of ids and texts", id="nested"),
        pytest.param({}, "holds no documents.", id="no-documents"),
        pytest.param({"": SHOP}, "has an id of 0 characters", id="empty-id"),
        pytest.param({"x" * 501: SHOP}, "has an id of 501 characters", id="long-id"),
        pytest.param({f"sha256:{HASH}": PRODUCT}, "whose hash is another", id="wrong-hash"),
        pytest.param({HASH: PRODUCT, "a": SHOP}, "has two documents of the id", id="clash"),
        pytest.param({"format": "apollo-persisted-query-manifest", "version": 2}, "is not version 1", id="version"),
        pytest.param(
            {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]},
            "has no `id` and `body` in operation 1",
            id="no-body",
        ),
        pytest.param(
            {
                "format": "apollo-persisted-query-manifest",
                "version": 1,
                "operations": [{"id": "a", "body": SHOP}, {"id": "a", "body": PRODUCT}],
            },
            "has two documents of the id 'a'",
            id="apollo-clash",
        ),
        pytest.param({"a": "{"}, "The trusted document a ({…) does not fit the schema: Syntax Error", id="syntax"),
        pytest.param({"a": "{ nothing }"}, "Cannot query field 'nothing' on type 'Query'", id="validation"),
        pytest.param({"a": "fragment A on Shop { name }"}, "Fragment 'A' is never used", id="no-operation"),
        pytest.param({"a": ""}, "Syntax Error: Unexpected <EOF>", id="no-text"),
    ],
)
def test_unusable_manifest_ends_the_start(written: Callable[[object], Path], manifest: object, says: str) -> None:
    settings = Settings(_env_file=None, trusted_documents_file=written(manifest))  # type: ignore[call-arg]

    with pytest.raises(ServerError) as refused:
        require_trusted_documents(settings)

    assert says in str(refused.value)
    assert str(refused.value).endswith(".")


def test_missing_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"absent\.json cannot be read: No such file or directory\."):
        read_manifest(tmp_path / "absent.json")


def test_introspection_follows_its_setting_in_trusted_documents_too(written: Callable[[object], Path]) -> None:
    manifest = written({"a": "{ __schema { queryType { name } } }"})
    open_ = Settings(_env_file=None, trusted_documents_file=manifest)  # type: ignore[call-arg]
    closed = open_.model_copy(update={"introspection": False})

    require_trusted_documents(open_)
    with pytest.raises(ServerError, match="introspection"):
        require_trusted_documents(closed)


def test_nothing_but_trusted_documents_runs(demo_url: str, written: Callable[[object], Path]) -> None:
    manifest = written({"shop": SHOP, "types": "{ __schema { queryType { name } } }"})
    with visited(demo_url, trusted_documents_file=manifest, trusted_documents_only=True) as http:
        for query in (SHOP, PRODUCT, "{", "{ __schema { queryType { name } } }", "mutation { __typename }"):
            for send in (post, get):
                assert code_of(send(http, query=query)) == "TRUSTED_DOCUMENTS_ONLY"
                hashed = persisted(sha256(query.encode()).hexdigest())
                assert code_of(send(http, query=query, extensions=hashed)) == "TRUSTED_DOCUMENTS_ONLY"
        assert post(http, GRAPHQL_RESPONSE, query=SHOP).status_code == 400
        assert code_of(post(http, extensions=persisted("0" * 64))) == "PERSISTED_QUERY_NOT_SUPPORTED"
        assert code_of(post(http, documentId="other")) == "DOCUMENT_NOT_FOUND"
        assert post(http, documentId="types").json()["data"]["__schema"]
        assert post(http, documentId="shop").json()["data"]["shop"]["name"]


def test_graphiql_is_not_served_where_it_could_run_nothing(demo_url: str) -> None:
    with visited(demo_url, trusted_documents_only=True) as http:
        page = get(http, BROWSER)
        assert (page.status_code, code_of(page)) == (400, "BAD_REQUEST")
        assert http.get("/graphiql/examples.json").status_code == 404


async def test_mutation_by_get_is_not_executed_whatever_names_it(demo_engine: AsyncEngine) -> None:
    done: list[str] = []
    text = "mutation Close { closeShop }"

    @strawberry.type
    class Query:
        name: str = "a shop"

    @strawberry.type
    class Mutation:
        @strawberry.mutation
        def close_shop(self) -> bool:
            done.append("closed")
            return True

    choice = DocumentChoice(TrustedDocuments({"close": text}, {"close": text}), PersistedQueries(1000))
    executor = Executor(strawberry.Schema(Query, Mutation), rules=CLOSED, documents=choice)

    async with Context(demo_engine, VISITOR) as context:
        with pytest.raises(RequestRefusedError, match="Send this operation by POST") as refused:
            await executor.run(GraphQLRequest("", document_id="close", is_read_only=True), context)
        assert (refused.value.status, refused.value.headers) == (405, {"Allow": "POST"})
        assert done == []

        await executor.run(GraphQLRequest("", document_id="close"), context)
        assert done == ["closed"]


def plan_of(compiler: Compiler, operation: Operation, **variables: object) -> Plan:
    """A visitor's plan of an operation."""
    values = compiler.coerce(operation, variables)
    assert not isinstance(values, list)
    return compiler.plan(operation, values, VISITOR)


def only_operation(cache: DocumentCache, text: str) -> Operation:
    """The operation of a text."""
    operation = cache.get(text).operation(None)
    assert operation is not None
    return operation


def test_flood_of_texts_pushes_neither_document_nor_plan_of_a_trusted_one_out() -> None:
    compiler = Compiler(schema)
    cache = DocumentCache(CORE, lambda text: prepared(CORE, parse(text)))
    cache.trust(PRODUCT, parse(PRODUCT))
    trusted, other = only_operation(cache, PRODUCT), only_operation(cache, SHOP)
    plan, plan_of_other = plan_of(compiler, trusted, slug="a"), plan_of(compiler, other)

    for number in range(max(MAXIMUM_PLANS, MAXIMUM_DOCUMENTS) + 1):
        plan_of(compiler, only_operation(cache, f"query Flood {{ shop {{ name{number}: name }} }}"))

    assert only_operation(cache, PRODUCT) is trusted
    assert plan_of(compiler, trusted, slug="b") is plan
    assert only_operation(cache, SHOP) is not other
    assert plan_of(compiler, other) is not plan_of_other


def test_flood_of_long_texts_is_kept_up_to_so_many_characters() -> None:
    compiler = Compiler(schema)
    cache = DocumentCache(CORE, lambda text: prepared(CORE, parse(text)))
    long = 40_000
    for number in range(2 * MOST_CHARACTERS // long):
        text = f'{{ shop {{ name{number}: name }} product(slug: "{number}") {{ name }} }} #{"x" * long}'
        plan_of(compiler, only_operation(cache, text))
        lifted = cache.lifted(text)
        assert lifted is not None
        plan_of(compiler, lifted.prepared.operations[0], **lifted.variables)

    assert (cache.sizes["text"], cache.sizes["template"], compiler.kept) == (MOST_CHARACTERS // long,) * 3


def test_flood_of_shapes_reaches_only_the_plans_of_its_own_document() -> None:
    compiler = Compiler(schema)
    cache = DocumentCache(CORE, lambda text: prepared(CORE, parse(text)))
    listed = "query List($filter: ProductFilter) { products(first: 1, filter: $filter) { nodes { name } } }"
    for text in (PRODUCT, listed):
        cache.trust(text, parse(text))
    flooded, spared = only_operation(cache, listed), only_operation(cache, PRODUCT)
    first, plan = plan_of(compiler, flooded), plan_of(compiler, spared, slug="a")

    one = {"inStock": True}
    for number in range(MAXIMUM_TRUSTED_PLANS):
        plan_of(compiler, flooded, filter={"or": [one] * (number // 50 + 1), "and": [one] * (number % 50 + 1)})

    assert plan_of(compiler, spared, slug="b") is plan
    assert plan_of(compiler, flooded) is not first


def test_fragments_are_found_in_other_files_and_go_along_where_they_are_needed() -> None:
    texts = operation_texts(
        {
            "a.graphql": "# Comment.\nquery A { shop { ...Name } }\nquery Plain { shop { name } }",
            "b.graphql": "fragment Name on Shop { ...Deep name }\nfragment Deep on Shop { __typename }",
            "c.graphql": "fragment Unused on Shop { name }",
        }
    )

    assert set(texts) == {"A", "Plain"}
    assert texts["Plain"] == "query Plain {\n  shop {\n    name\n  }\n}"
    assert [line for line in texts["A"].splitlines() if line.startswith(("query", "fragment"))] == [
        "query A {",
        "fragment Deep on Shop {",
        "fragment Name on Shop {",
    ]


def test_layout_comments_and_the_place_of_fragments_leave_the_text_as_it_is() -> None:
    one = operation_texts({"a": "query A { shop { ...B } }\nfragment B on Shop { name }"})
    other = operation_texts({"a": "fragment B on Shop{name}", "b": "# Why.\nquery A {\n shop\n{...B}}"})
    assert one == other


def test_fragments_that_spread_each_other_end() -> None:
    circle = "query A { shop { ...B } } fragment B on Shop { ...C } fragment C on Shop { ...B }"
    assert set(operation_texts({"a": circle})) == {"A"}


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        ({"a": "query A {\n  shop {"}, "a cannot be parsed: Syntax Error: Expected Name, found <EOF>, at line 2."),
        ({"a": "{ shop { name } }"}, "a has an operation without a name. Name it."),
        ({"a": SHOP, "b": SHOP}, "b has a second operation Shop. Rename one of them."),
        ({"a": "query A { shop { ...B } }"}, "a needs the fragment B, which no file defines."),
        (
            {"a": "fragment B on Shop { name }", "b": "fragment B on Shop { id }"},
            "b and a have different fragments B. Rename one of them.",
        ),
    ],
)
def test_files_that_cannot_be_used_are_told(sources: dict[str, str], says: str) -> None:
    with pytest.raises(DocumentSourceError) as refused:
        operation_texts(sources)
    assert str(refused.value) == says


def test_same_fragment_may_stand_in_several_files() -> None:
    fragment = "fragment B on Shop { name }"
    texts = operation_texts({"a": f"query A {{ shop {{ ...B }} }} {fragment}", "b": fragment})
    assert set(texts) == {"A"}


def test_id_is_the_hash_that_the_specification_wants() -> None:
    """The example of GraphQL over HTTP, Appendix A: Persisted Documents."""
    text = "query ($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}"
    assert document_id(text) == "sha256:7dba4bd717b41f10434822356a93c32b1fb4907b983e854300ad839f84cdcd6e"


def test_written_manifest_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "documents.json"
    path.write_text(write_manifest(built_in_documents()))

    read = load_trusted_documents(path)

    assert read.texts == built_in_documents()
    assert read.ids == load_trusted_documents(None).ids


def test_committed_manifest_has_the_documents_of_the_frontend() -> None:
    committed = Path(__file__).parents[2] / "documents.json"
    assert committed.read_text(encoding="utf-8") == write_manifest(built_in_documents())
