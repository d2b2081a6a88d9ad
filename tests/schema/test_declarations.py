"""What holds for every type and field of the schema."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    is_interface_type,
    is_specified_scalar_type,
)
from sqlalchemy import inspect

import models
from resolvers.declarations import Column, One, Part
from schema.root import NODES, schema
from tests.schema.walk import CORE, WalkedField, fields

TABLES = {
    "Account": models.User,
    "Address": models.Address,
    "ApiToken": models.ApiToken,
    "SecurityLogEntry": models.UserSecurityLog,
    "Session": models.UserSession,
    "Reviewer": models.User,
    "ProductImage": models.ProductImage,
    "Fulfillment": models.Fulfillment,
    "FulfillmentLine": models.FulfillmentLine,
    "OrderDiscount": models.OrderDiscount,
    "OrderEvent": models.OrderEvent,
    "OrderLine": models.OrderLine,
    "PaymentTransaction": models.PaymentTransaction,
    "Shop": models.Shop,
    "StockLevel": models.StockLevel,
    "StockMovement": models.StockMovement,
    "Tag": models.Tag,
    **NODES,
}

ALWAYS_PRESENT = {
    "ProductVariant.product": "a variant is seen only through a product that is",
    "Product.defaultVariant": "a foreign key of every product, whose variants are seen with it",
    "ServiceTier.service": "a tier is seen only through a service that is",
    "Post.author": "authors are public",
    "FulfillmentLine.line": "what is packed is a line of the order that the parcel is seen through",
    "Review.author": "the public side of an account is public",
}
"""Non-null relations, and why the row at their end is always there and always visible."""


def described_things() -> list[tuple[str, str | None]]:
    """Names and descriptions of all types, fields, arguments and input fields."""
    things: list[tuple[str, str | None]] = []
    for kind in CORE.type_map.values():
        if kind.name.startswith("__") or is_specified_scalar_type(kind):
            continue
        things.append((kind.name, kind.description))
        if isinstance(kind, GraphQLObjectType) or is_interface_type(kind):
            for name, field in kind.fields.items():
                things.append((f"{kind.name}.{name}", field.description))
                things += [(f"{kind.name}.{name}({key})", arg.description) for key, arg in field.args.items()]
        if isinstance(kind, GraphQLInputObjectType):
            things += [(f"{kind.name}.{name}", field.description) for name, field in kind.fields.items()]
    return things


def test_everything_is_described() -> None:
    undescribed = [name for name, description in described_things() if not description]
    assert undescribed == []


def test_sort_orders_are_described() -> None:
    sorts = [
        kind for kind in CORE.type_map.values() if isinstance(kind, GraphQLEnumType) and kind.name.endswith("Sort")
    ]
    assert len(sorts) >= 5
    assert [
        f"{kind.name}.{name}" for kind in sorts for name, value in kind.values.items() if not value.description
    ] == []


def test_guarded_fields_are_nullable() -> None:
    """A refused field must not take its object with it."""
    guarded = [field for field in fields() if field.declared and field.declared.declaration.requires]
    assert len(guarded) >= 10
    assert [str(field) for field in guarded if isinstance(field.field.type, GraphQLNonNull)] == []


def test_sdl_shows_permissions() -> None:
    sdl = schema.as_str()
    assert "directive @requires(permission: String!) on FIELD_DEFINITION" in sdl
    assert 'costPrice: Money @requires(permission: "costs:read")' in sdl


def test_committed_sdl_is_current() -> None:
    committed = Path(__file__).parents[2] / "schema.graphql"
    assert committed.read_text(encoding="utf-8").strip() == schema.as_str().strip(), "Run `uv run poe fix`."


@pytest.mark.parametrize("walked", [field for field in fields() if field.type.name in TABLES], ids=str)
def test_non_null_fields_rest_on_what_is_never_null(walked: WalkedField) -> None:
    if walked.declared is None or not isinstance(walked.field.type, GraphQLNonNull):
        return
    columns = inspect(TABLES[walked.type.name]).columns
    declaration = walked.declared.declaration
    if isinstance(declaration, Column):
        assert not columns[declaration.attribute].nullable
    elif isinstance(declaration, Part):
        assert declaration.null_without is None
    elif isinstance(declaration, One):
        assert str(walked) in ALWAYS_PRESENT
        ((local, _),) = declaration.relationship.local_remote_pairs or ()
        assert not local.nullable


def test_parts_of_nullable_columns_are_nullable() -> None:
    for walked in fields():
        declared = walked.declared
        if declared is None or not isinstance(declared.declaration, Part):
            continue
        shape = walked.field.type.of_type if isinstance(walked.field.type, GraphQLNonNull) else walked.field.type
        columns = inspect(TABLES[walked.type.name]).columns
        for name, attribute in declared.declaration.columns.items():
            inner = next(
                f
                for f in fields()
                if f.type is shape and f.field.extensions["strawberry-definition"].python_name == name
            )
            optional = declared.declaration.null_without == attribute
            if isinstance(inner.field.type, GraphQLNonNull):
                assert optional or not columns[attribute].nullable, f"{walked} -> {inner}"


def test_every_node_type_can_be_looked_up() -> None:
    implementing = {kind.name for kind in CORE.get_possible_types(CORE.type_map["Node"])}  # type: ignore[arg-type]
    assert implementing == set(NODES)
