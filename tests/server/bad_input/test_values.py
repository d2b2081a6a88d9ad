"""Values of wrong types, in variables and in documents."""

import json
from typing import Any

import httpx
import pytest

from tests.server.bad_input.asking import NODE, ask, assert_field_refused, assert_request_refused, data_of

PLACES = {
    "Int": ("Int", "products(first: %s) { totalCount }"),
    "String": ("String", "products(search: %s) { totalCount }"),
    "ID": ("ID", "product(id: %s) { id }"),
    "IDs": ("[ID!]!", "nodes(ids: %s) { id }"),
    "Boolean": ("Boolean", "products(filter: {inStock: %s}) { totalCount }"),
    "Decimal": ("Decimal", "products(filter: {price: {min: %s}}) { totalCount }"),
    "DateTime": ("DateTime", "products(filter: {createdAt: {from: %s}}) { totalCount }"),
    "Enum": ("ProductSort", "products(sort: %s) { totalCount }"),
    "Enums": ("[Badge!]", "products(filter: {badges: %s}) { totalCount }"),
    "Filter": ("ProductFilter", "products(filter: %s) { totalCount }"),
    "Options": ("[OptionFilter!]", "products(filter: {options: %s}) { totalCount }"),
    "Ratings": ("[Int!]", "reviews(filter: {ratings: %s}) { totalCount }"),
}

WRONG_VALUES: dict[str, list[Any]] = {
    "Int": [2**31, -(2**31) - 1, 10**30, 1.5, "x", "1", True, [1], {"a": 1}],
    "String": [1, 1.5, True, [], ["a"], {}],
    "ID": [1.5, True, ["a"], {}],
    "IDs": [None, [None], [1.5], [["a"]], True],
    "Boolean": ["true", 1, 0, "", [], {}],
    "Decimal": [
        *("NaN", "sNaN", "Infinity", "-Infinity", "1e200000", "-1e200000", "1e-200000", "1e9999999999999999999999"),
        *("1.005", "0.001", "1.000000000000000000000000000000000001", "1" * 11, "1" * 20, "1" * 5000, "", "x", "1_0"),
        *(
            "0e99999999",
            "1e2",
            "+1",
            " 1",
            "1.",
            ".5",
            "0x10",
            "\u0661",
            "1,5",
            "1.5 ETB",
            10**10,
            1e300,
            5.555,
            True,
            [1],
            {},
        ),
    ],
    "DateTime": [
        *("2026-01-01T00:00:00", "2026-01-01", "2016-12-31T23:59:60Z", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z"),
        *("9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "10000-01-01T00:00:00Z", "-2026-01-01T00:00:00Z"),
        *("2026-01-01T00:00:00+24:00", "2026-01-01😀00:00:00Z", "2026-W01-1T00:00:00Z", "now", "", "x" * 100_000),
        *(1767225600, 1.5, True, ["2026-01-01T00:00:00Z"], {}),
    ],
    "Enum": ["UNKNOWN", "newest", "", "__class__", 1, True, ["NEWEST"], {"a": 1}],
    "Enums": ["UNKNOWN", ["POPULAR", "UNKNOWN"], [None], [["POPULAR"]], 1],
    "Filter": ["x", 1, True, [], {"unknown": 1}, {"tags": [None]}, {"tags": {"a": 1}}, {"and": [None]}, {"not": "x"}],
    "Options": ["x", [None], [{}], [{"name": "Size"}], [{"name": None, "values": []}], [{"name": "a", "values": None}]],
    "Ratings": [[None], ["5"], [1.5], [2**31], [True], {"a": 1}],
}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(place, value, id=f"{place}-{json.dumps(value)[:40]}")
        for place, values in WRONG_VALUES.items()
        for value in values
    ],
)
def test_variables_of_wrong_types_are_refused(http: httpx.Client, place: str, value: object) -> None:
    type_name, field = PLACES[place]
    document = f"query Wrong($value: {type_name}) {{ {field % '$value'} }}"
    error = assert_request_refused(ask(http, document, {"value": value}), "BAD_USER_INPUT", "Variable '$value'")
    assert error["locations"]


@pytest.mark.parametrize(
    ("place", "literal", "says"),
    [
        pytest.param("Int", '"x"', "Int cannot represent", id="Int-string"),
        pytest.param("Int", "1.5", "Int cannot represent", id="Int-float"),
        pytest.param("Int", "2147483648", "32-bit", id="Int-2^31"),
        pytest.param("Int", "1" * 5000, "too many digits", id="Int-5000-digits"),
        pytest.param("String", "1", "String cannot represent", id="String-int"),
        pytest.param("ID", "1.5", "ID cannot represent", id="ID-float"),
        pytest.param("IDs", "null", "'[ID!]!'", id="IDs-null"),
        pytest.param("IDs", "[null]", "'ID!'", id="IDs-list-of-null"),
        pytest.param("Boolean", '"true"', "Boolean cannot represent", id="Boolean-string"),
        pytest.param("Decimal", "NaN", "decimal number", id="Decimal-NaN"),
        pytest.param("Decimal", '"Infinity"', "decimal number", id="Decimal-Infinity"),
        pytest.param("Decimal", "1.005", "2 places", id="Decimal-3-places"),
        pytest.param("Decimal", "1" * 20, "10 digits", id="Decimal-20-digits"),
        pytest.param("Decimal", "1" * 5000, "10 digits", id="Decimal-5000-digits"),
        pytest.param("Decimal", "1e400", "10 digits", id="Decimal-1e400"),
        pytest.param("Decimal", "true", "decimal number", id="Decimal-true"),
        pytest.param("Decimal", "[1]", "decimal number", id="Decimal-list"),
        pytest.param("Decimal", "{a: 1}", "decimal number", id="Decimal-object"),
        pytest.param("DateTime", "5", "date and time", id="DateTime-int"),
        pytest.param("DateTime", "NOW", "date and time", id="DateTime-enum"),
        pytest.param("DateTime", '"2026-01-01T00:00:00"', "with an offset", id="DateTime-without-offset"),
        pytest.param("Enum", '"NEWEST"', "non-enum value", id="Enum-string"),
        pytest.param("Enum", "UNKNOWN", "does not exist in 'ProductSort' enum", id="Enum-unknown"),
        pytest.param("Filter", "{unknown: 1}", "unknown field 'unknown'", id="Filter-unknown"),
        pytest.param("Filter", "[]", "to be an object", id="Filter-list"),
        pytest.param("Options", '{name: "Size"}', "required field 'values'", id="Options-incomplete"),
    ],
)
def test_literals_of_wrong_types_are_refused(http: httpx.Client, place: str, literal: str, says: str) -> None:
    response = ask(http, f"{{ {PLACES[place][1] % literal} }}")
    assert assert_request_refused(response, "GRAPHQL_VALIDATION_FAILED", says)["locations"]


def test_missing_variables_are_refused(http: httpx.Client) -> None:
    assert_request_refused(ask(http, NODE), "BAD_USER_INPUT", "'$id' has invalid value")


def test_null_in_place_of_a_default_is_refused_where_it_is_used(http: httpx.Client) -> None:
    response = ask(http, 'query A($id: ID = "x") { node(id: $id) { id } }', {"id": None})
    assert_field_refused(response, "node", "Argument 'id' has invalid value")


def test_variables_that_no_operation_declares_are_ignored(http: httpx.Client) -> None:
    assert data_of(ask(http, "{ __typename }", {"undeclared": 1})) == {"__typename": "Query"}
