"""Inputs of mutations, made from the types and rules that they are declared with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from uuid_utils.compat import uuid7

from resolvers.ids import encode_id
from resolvers.input_rules import AnyKeyRule, KeyRule, ListRule, NumberRule, PictureRule, Rule, TextRule
from resolvers.inputs import RULE, input_name
from schema.scalars import write_datetime

TEXT = "selam.tesfaye@example.com"
"""It serves as a name, as an e-mail address, as a password and as a token that is none."""

PRODUCTS = b"Handle,Title,Variant Price\nlamp,Lamp,1.00\n"

SCALARS: Mapping[str, Any] = {
    "Boolean": True,
    "CountryCode": "ET",
    "CurrencyCode": "ETB",
    "Date": "2026-11-24",
    "JSON": {},
    "Upload": PRODUCTS,
}

Ids = Mapping[str, str]
"""An id of each type that has some."""


def sample(kind: Any, ids: Ids, rule: Rule | None = None) -> Any:
    """A value of an input's type that keeps the rule."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type, ids, rule)
    if isinstance(kind, GraphQLList):
        listed = rule if isinstance(rule, ListRule) else ListRule(most=1, item=Rule())
        return [sample(kind.of_type, ids, listed.item)] * max(1, listed.least)
    if isinstance(kind, GraphQLInputObjectType):
        rules = rules_of(kind)
        return {name: sample(each.type, ids, rules[name]) for name, each in kind.fields.items()}
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return scalar(str(get_named_type(kind)), ids, rule)


def rules_of(kind: GraphQLInputObjectType) -> dict[str, Rule]:
    """The rules of an input's fields, by the names that clients know."""
    origin = kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].origin
    return {input_name(each): each.metadata[RULE] for each in origin.__dataclass_fields__.values()}


def scalar(name: str, ids: Ids, rule: Rule | None) -> Any:
    """A value of a scalar type."""
    if isinstance(rule, KeyRule | AnyKeyRule):
        type_name = rule.type_name if isinstance(rule, KeyRule) else rule.type_names[0]
        return ids.get(type_name) or encode_id(type_name, uuid7())
    if isinstance(rule, NumberRule):
        return int(rule.least) if name == "Int" else str(rule.least)
    if isinstance(rule, PictureRule):
        return "/picture.webp"
    if isinstance(rule, TextRule):
        return TEXT[: rule.longest].ljust(rule.shortest, "x")
    if name == "DateTime":
        return write_datetime(datetime.now(UTC) + timedelta(days=7))
    return SCALARS.get(name, TEXT)
