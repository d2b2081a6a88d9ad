"""Forms that hold no operation, or put files where none belong."""

import json
from typing import Any

import httpx
import pytest

from tests.server.bad_input.asking import ask, assert_refused, assert_request_refused, data_of
from tests.server.forms import BOUNDARY, HEADERS, PREFLIGHT, file_part, form, operation_form, text_part

TYPENAME: dict[str, Any] = {"query": "query Q { __typename }", "variables": {"file": None, "files": [None, None]}}
OPERATIONS = text_part("operations", json.dumps(TYPENAME))
FILE = file_part("0", b"Handle,Title\n")
DIGITS = "1" * 5000


def send_form(http: httpx.Client, body: bytes, **headers: str) -> httpx.Response:
    """Send a form, whatever it is."""
    return http.post("/graphql", content=body, headers=HEADERS | headers)


@pytest.mark.parametrize("name", ["apollo-require-preflight", "graphql-require-preflight", "x-apollo-operation-name"])
def test_form_without_files_is_an_operation(http: httpx.Client, name: str) -> None:
    headers = {key: value for key, value in HEADERS.items() if key not in PREFLIGHT} | {name: "Q"}
    for parts in ([OPERATIONS], [OPERATIONS, text_part("map", "{}")], [text_part("map", " {}"), OPERATIONS]):
        assert data_of(http.post("/graphql", content=form(parts), headers=headers)) == {"__typename": "Query"}


def test_form_without_a_preflight_header_is_refused(http: httpx.Client) -> None:
    headers = {key: value for key, value in HEADERS.items() if key not in PREFLIGHT}
    response = http.post("/graphql", content=form([OPERATIONS]), headers=headers)
    assert_refused(response, 403, "PREFLIGHT_REQUIRED", "apollo-require-preflight")


def test_operation_of_a_form_is_limited_as_any_other(http: httpx.Client) -> None:
    aliases = " ".join(f"a{number}: __typename" for number in range(31))
    response = send_form(http, operation_form({"query": f"{{ {aliases} }}"}, {}, {}))
    assert_refused(response, 400, "DOCUMENT_LIMIT_EXCEEDED", "31 aliases")
    for operations, code in (({"documentId": "x"}, "DOCUMENT_NOT_FOUND"), ({"query": "{"}, "GRAPHQL_PARSE_FAILED")):
        (error,) = send_form(http, operation_form(operations, {}, {})).json()["errors"]
        assert error["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("operations", "says"),
    [
        pytest.param("null", "`operations` must be a JSON object", id="null"),
        pytest.param('"x"', "`operations` must be a JSON object", id="string"),
        pytest.param("7", "`operations` must be a JSON object", id="number"),
        pytest.param("[null]", "Send one operation a request", id="list-of-null"),
        pytest.param(json.dumps([TYPENAME]), "Send one operation a request", id="batch"),
        pytest.param("", "`operations` is empty", id="empty"),
        pytest.param("{", "`operations` is not valid JSON", id="broken"),
        pytest.param("[" * 100_000, "`operations` is not valid JSON", id="100000-lists"),
        pytest.param(f'{{"query":{DIGITS}}}', "`operations` is not valid JSON", id="5000-digits"),
        pytest.param('{"query":"é"}'.encode("latin-1"), "`operations` is not UTF-8", id="latin-1"),
        pytest.param(b'{"query":"\xed\xa0\x80"}', "`operations` is not UTF-8", id="surrogate"),
        pytest.param('{"query":null}', "`query` is missing", id="null-query"),
        pytest.param('{"query":"{ __typename }","variables":[]}', "`variables` must be an object", id="variables"),
    ],
)
def test_operations_that_are_none_are_refused(http: httpx.Client, operations: str | bytes, says: str) -> None:
    assert_request_refused(send_form(http, form([text_part("operations", operations)])), "BAD_REQUEST", says)


@pytest.mark.parametrize(
    ("places", "says"),
    [
        pytest.param("null", "`map` must be a JSON object", id="null"),
        pytest.param("[]", "`map` must be a JSON object", id="list"),
        pytest.param('"x"', "`map` must be a JSON object", id="string"),
        pytest.param("7", "`map` must be a JSON object", id="number"),
        pytest.param("{", "`map` is not valid JSON", id="broken"),
        pytest.param('{"0":null}', "must be a list of strings", id="null-paths"),
        pytest.param('{"0":7}', "must be a list of strings", id="number-as-paths"),
        pytest.param('{"0":"variables.file"}', "must be a list of strings", id="path-alone"),
        pytest.param('{"0":[7]}', "must be a list of strings", id="number-as-path"),
        pytest.param('{"0":[null]}', "must be a list of strings", id="null-as-path"),
        pytest.param("{}", "The file “0” has no place", id="nothing"),
        pytest.param('{"0":["variables.file"],"1":["variables.files.0"]}', "not in the form", id="missing-file"),
        pytest.param('{"0":[""]}', "does not begin with `variables.`", id="empty-path"),
        pytest.param('{"0":["query"]}', "does not begin with `variables.`", id="into-the-query"),
        pytest.param('{"0":["query.0"]}', "does not begin with `variables.`", id="into-a-character"),
        pytest.param('{"0":["operationName"]}', "does not begin with `variables.`", id="into-the-name"),
        pytest.param('{"0":["variables"]}', "does not begin with `variables.`", id="all-variables"),
        pytest.param('{"0":["0.variables.file"]}', "does not begin with `variables.`", id="batch"),
        pytest.param('{"0":["variables."]}', "does not lead to null", id="no-name"),
        pytest.param('{"0":["variables.other"]}', "does not lead to null", id="no-such-variable"),
        pytest.param('{"0":["variables.file.0"]}', "does not lead to null", id="into-null"),
        pytest.param('{"0":["variables.file.a.b"]}', "does not lead to null", id="deep-into-null"),
        pytest.param('{"0":["variables.files"]}', "does not lead to null", id="onto-a-list"),
        pytest.param('{"0":["variables.files.2"]}', "does not lead to null", id="out-of-range"),
        pytest.param('{"0":["variables.files.-1"]}', "does not lead to null", id="negative"),
        pytest.param('{"0":["variables.files.x"]}', "does not lead to null", id="not-a-number"),
        pytest.param('{"0":["variables.files.٣"]}', "does not lead to null", id="arabic-digit"),
        pytest.param('{"0":["variables.files.00"]}', "does not lead to null", id="two-zeros"),
        pytest.param(f'{{"0":["variables.files.{DIGITS}"]}}', "has 5016 characters", id="5000-digits"),
        pytest.param('{"0":["variables.file","variables.file"]}', "does not lead to null", id="twice-in-a-place"),
        pytest.param(json.dumps({"0": ["variables.file"] * 21}), "`map` holds 21 paths", id="21-paths"),
        pytest.param(json.dumps({"0": ["variables.file"] * 5000}), "`map` holds 5000 paths", id="5000-paths"),
    ],
)
def test_files_go_into_variables_and_nowhere_else(http: httpx.Client, places: str, says: str) -> None:
    assert_request_refused(send_form(http, form([OPERATIONS, text_part("map", places), FILE])), "BAD_REQUEST", says)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(form([file_part("operations", b"{}")]), "text fields `operations`", id="operations-as-file"),
        pytest.param(form([OPERATIONS, file_part("map", b"{}")]), "The file “map” has no place", id="map-as-file"),
        pytest.param(form([OPERATIONS, OPERATIONS]), "two parts “operations”", id="operations-twice"),
        pytest.param(form([OPERATIONS, text_part("x", "")]), "text fields `operations`", id="other-field"),
        pytest.param(form([OPERATIONS, *[text_part("x", "")] * 9]), "text fields `operations`", id="other-fields"),
        pytest.param(form([OPERATIONS, FILE, FILE]), "two parts “0”", id="file-twice"),
        pytest.param(form([]), "text fields `operations`", id="no-parts"),
        pytest.param(b"", "text fields `operations`", id="empty"),
        pytest.param(b"{}", "The form cannot be read", id="json"),
        pytest.param(form([('nom="operations"', b"{}")]), "The form cannot be read", id="no-name"),
        pytest.param(form([('name="operations"\r\n' + "a" * 5000 + ": b", b"")]), "cannot be read", id="long-header"),
        pytest.param(form([OPERATIONS])[:-10], "The form", id="broken-off"),
        pytest.param(form([OPERATIONS, text_part("map", "{}"), ('name="\xff"; filename="a"', b"")]).replace(
            b"\xc3\xbf", b"\xff"), "not UTF-8", id="latin-1-name"),
    ],
)  # fmt: skip
def test_forms_without_an_operation_are_refused(http: httpx.Client, body: bytes, says: str) -> None:
    assert_request_refused(send_form(http, body), "BAD_REQUEST", says)


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("multipart/form-data", id="no-boundary"),
        pytest.param("multipart/form-data; boundary=", id="empty-boundary"),
        pytest.param(f"multipart/form-data; boundary={'x' * 5000}", id="long-boundary"),
        pytest.param('multipart/form-data; boundary="', id="quote"),
        pytest.param("multipart/form-data; boundary=other", id="other-boundary"),
    ],
)
def test_forms_without_their_boundary_are_refused(http: httpx.Client, content_type: str) -> None:
    response = send_form(http, form([OPERATIONS]), **{"content-type": content_type})
    assert_request_refused(response, "BAD_REQUEST", "The form")


@pytest.mark.parametrize("charset", ["latin-1", "undefined", "hex", "idna", "x"])
def test_forms_are_read_as_utf8_whatever_they_say(http: httpx.Client, charset: str) -> None:
    content_type = f"multipart/form-data; charset={charset}; boundary={BOUNDARY}; CHARSET={charset}"
    body = operation_form({"query": '{ node(id: "አዲስ") { id } }'}, {}, {})
    response = send_form(http, body, **{"content-type": content_type})
    assert "አዲስ" in response.text


def test_forms_with_too_much_are_refused(http: httpx.Client) -> None:
    for field in ("operations", "map"):
        body = form([OPERATIONS, text_part(field, b" " * 1_000_001)])
        assert_refused(send_form(http, body), 413, "PAYLOAD_TOO_LARGE", "longer than 1000000 bytes")
    files = [file_part(str(number), b"") for number in range(21)]
    assert_refused(send_form(http, form([OPERATIONS, *files])), 413, "PAYLOAD_TOO_LARGE", "more files than 20")
    data_of(ask(http, "{ __typename }"))


def test_compressed_forms_are_refused(http: httpx.Client) -> None:
    response = send_form(http, form([OPERATIONS]), **{"content-encoding": "gzip"})
    assert_refused(response, 415, "UNSUPPORTED_MEDIA_TYPE", "must not be compressed")


@pytest.mark.parametrize(
    ("query", "variables", "path"),
    [
        ("query P($search: String) { products(search: $search) { totalCount } }", {"search": None}, "search"),
        ("query P($first: Int) { products(first: $first) { totalCount } }", {"first": None}, "first"),
        ("query N($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [None]}, "ids.0"),
    ],
)
def test_files_are_no_other_scalars(http: httpx.Client, query: str, variables: dict[str, Any], path: str) -> None:
    body = operation_form({"query": query, "variables": variables}, {"0": [f"variables.{path}"]}, {"0": b"x"})
    assert_request_refused(send_form(http, body), "BAD_USER_INPUT", path.partition(".")[0])
