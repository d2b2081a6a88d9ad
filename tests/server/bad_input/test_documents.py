"""Documents that cannot be parsed, are not valid, or lack the operation that is asked for."""

import httpx
import pytest

from tests.server.bad_input.asking import ask, assert_request_refused


@pytest.mark.parametrize(
    ("document", "says"),
    [
        pytest.param("{", "Expected Name, found <EOF>", id="unclosed"),
        pytest.param("# nothing", "Unexpected <EOF>", id="only-a-comment"),
        pytest.param("{ a(b: 'c') }", "Unexpected single quote", id="single-quotes"),
        pytest.param('{ product(slug: "a\\ud800b") { id } }', "Invalid Unicode escape", id="lone-surrogate"),
        pytest.param(
            '{ product(slug: "a\\u{d800}b") { id } }', "Invalid Unicode escape", id="lone-surrogate-in-braces"
        ),
        pytest.param("\x00{ shop { name } }", "Unexpected character: U+0000", id="NUL"),
        pytest.param("{ " + "a { " * 3000 + "b" + " }" * 3001, "nested too deeply", id="3000-levels"),
        pytest.param(f"{{ products(filter: {'[' * 3000}", "nested too deeply", id="3000-lists"),
    ],
)
def test_documents_that_cannot_be_parsed_are_refused(http: httpx.Client, document: str, says: str) -> None:
    assert assert_request_refused(ask(http, document), "GRAPHQL_PARSE_FAILED", says)["locations"]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        pytest.param("{ products { nodes { unknown } } }", "'unknown' on type 'Product'", id="unknown-field"),
        pytest.param("{ products(unknown: 1) { totalCount } }", "Unknown argument 'unknown'", id="unknown-argument"),
        pytest.param("{ node { id } }", "of type 'ID!' is required", id="missing-argument"),
        pytest.param("{ products }", "must have a selection of subfields", id="no-selection"),
        pytest.param("{ __typename { name } }", "must not have a selection", id="selection-of-a-leaf"),
        pytest.param("{ __typename @unknown }", "Unknown directive '@unknown'", id="unknown-directive"),
        pytest.param("{ __typename @skip }", "'@skip(if:)' of type 'Boolean!' is required", id="directive-argument"),
        pytest.param("{ __typename @skip(if: true) @skip(if: true) }", "only be used once", id="directive-twice"),
        pytest.param("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "itself", id="cycle"),
        pytest.param("{ ...A } fragment A on Query { ...A }", "Cannot spread fragment 'A' within itself", id="itself"),
        pytest.param("{ ...A }", "Unknown fragment 'A'", id="unknown-fragment"),
        pytest.param("fragment A on Query { __typename }", "Fragment 'A' is never used", id="only-a-fragment"),
        pytest.param("{ ... on Unknown { id } }", "Unknown type 'Unknown'", id="unknown-type"),
        pytest.param("{ shop { ... on Product { id } } }", "can never be of type 'Product'", id="impossible-type"),
        pytest.param("type A { b: Int }", "definition is not executable", id="type-definition"),
        pytest.param("{ __typename } query B { __typename }", "must be the only defined operation", id="anonymous"),
        pytest.param("query A { __typename } query A { __typename }", "only one operation named 'A'", id="same-name"),
        pytest.param("subscription { __typename }", "must not select an introspection", id="subscription"),
        pytest.param("query A($a: Int) { __typename }", "Variable '$a' is never used", id="unused-variable"),
        pytest.param("{ products(first: $a) { totalCount } }", "'$a' is not defined", id="undefined-variable"),
        pytest.param("query A($a: Unknown) { a(a: $a) }", "Unknown type 'Unknown'", id="unknown-variable-type"),
        pytest.param("query A($a: String) { products(first: $a) { totalCount } }", "'Int'", id="type-of-variable"),
        pytest.param(
            "{ a: shop { name } a: shop { currency } b: __typename a: __typename }", "conflict", id="conflict"
        ),
        pytest.param(
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
            "Maximum introspection depth",
            id="deep-introspection",
        ),
    ],
)
def test_documents_that_are_not_valid_are_refused(http: httpx.Client, document: str, says: str) -> None:
    assert assert_request_refused(ask(http, document), "GRAPHQL_VALIDATION_FAILED", says)["locations"]


@pytest.mark.parametrize(
    ("document", "name", "says"),
    [
        pytest.param("query A { __typename }", "B", "no operation 'B'", id="unknown"),
        pytest.param("query A { __typename }", "a\x00", "The document has A", id="NUL"),
        pytest.param("query A { __typename }", "b" * 100_000, "The document has A", id="long"),
        pytest.param("query A { __typename } query B { __typename }", None, "Name one in `operationName`", id="none"),
        pytest.param("query A { __typename } query B { __typename }", "", "Name one in `operationName`", id="empty"),
    ],
)
def test_operations_that_are_not_there_are_refused(
    http: httpx.Client, document: str, name: str | None, says: str
) -> None:
    response = ask(http, document, operationName=name)
    assert_request_refused(response, "OPERATION_RESOLUTION_FAILURE", says)
