"""Option schemas: what is taken for one, what is refused however hostile it is, and what choices cost."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.customization import customization_hash, unit_price
from domain.errors import ConflictError, InvalidInputError
from domain.option_schemas import CustomizableProductNotFoundError, Surcharge, set_option_schema
from models import Product
from tests.factories import add_product, new_id, writing

CAKE: dict[str, Any] = {"type": "object", "properties": {"size": {"enum": ["small", "large"]}}}


def deep(levels: int) -> dict[str, Any]:
    """Lists of lists of lists."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return {"type": "object", "properties": {"deep": schema}}


def with_option(**schema: Any) -> dict[str, Any]:
    """A schema with one option."""
    return {"type": "object", "properties": {"option": schema}}


HOSTILE: list[tuple[Any, str]] = [
    ([], "definition"),
    ({}, "definition"),
    ({"type": "array"}, "definition"),
    ({"type": "object"}, "definition.properties"),
    ({"type": "object", "properties": {}}, "definition.properties"),
    ({"type": "object", "properties": {f"o{number}": {} for number in range(51)}}, "definition.properties"),
    (with_option(pattern="^(a+)+$"), "definition.properties.option.pattern"),
    (with_option(**{"$ref": "https://example.com/schema"}), "definition.properties.option.$ref"),
    (with_option(items={"oneOf": [{"$dynamicRef": "#x"}]}), "definition.properties.option.items.oneOf.0.$dynamicRef"),
    ({**CAKE, "patternProperties": {"(a+)+$": {}}}, "definition.patternProperties"),
    ({**CAKE, "$schema": "http://json-schema.org/draft-04/schema#"}, "definition.$schema"),
    (with_option(type="strng"), "definition.properties.option.type"),
    (with_option(maxLength="9"), "definition.properties.option.maxLength"),
    (with_option(enum="small"), "definition.properties.option.enum"),
    (with_option(title="\x00"), "definition.properties.option.title"),
    (with_option(maxLength=10**30), "definition.properties.option.maxLength"),
    (with_option(const=float("nan")), "definition.properties.option.const"),
    (with_option(description="d" * 20_001), "definition"),
    (deep(5_000), "definition.properties.deep" + ".items" * 9 + ".type"),
]


@pytest.mark.parametrize(("definition", "path"), HOSTILE, ids=range(len(HOSTILE)))
async def test_what_is_no_option_schema_is_refused_where_it_is_wrong(definition: Any, path: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await set_option_schema(None, new_id(), definition, [])  # type: ignore[arg-type] # before anything is stored
    assert ".".join(refused.value.fields[0].path) == path


async def test_surcharges_name_options_once() -> None:
    surcharges = [Surcharge("size", "large", Decimal(5)), Surcharge("size", "large", Decimal(6))]
    with pytest.raises(InvalidInputError) as refused:
        await set_option_schema(None, new_id(), CAKE, [*surcharges, Surcharge("sise", "x", Decimal(1))])  # type: ignore[arg-type]
    assert [field.path for field in refused.value.fields] == [
        ("surcharges", "1", "value"),
        ("surcharges", "2", "option"),
    ]


async def test_schema_is_set_changed_and_taken_away(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product_id = (await add_product(session)).id
        for _ in range(2):
            await set_option_schema(session, product_id, CAKE, [Surcharge("size", "large", Decimal("5.5"))])
        with pytest.raises(ConflictError):
            await set_option_schema(session, product_id, None, [], expected_version=1)
        with pytest.raises(CustomizableProductNotFoundError):
            await set_option_schema(session, new_id(), CAKE, [])
        assert (await session.get_one(Product, product_id)).is_customizable
        await set_option_schema(session, product_id, None, [], expected_version=2)
        assert not (await session.get_one(Product, product_id)).is_customizable


def test_equal_choices_have_one_hash() -> None:
    assert customization_hash({"a": 1, "b": [True]}) == customization_hash({"b": [True], "a": 1})
    assert customization_hash({"a": 1}) != customization_hash({"a": "1"})


def test_values_add_their_surcharges() -> None:
    surcharges = [
        {"option": "box", "value": "true", "amount": "10.00"},
        {"option": "tiers", "value": "3", "amount": "0.50"},
        {"option": "toppings", "value": "nuts", "amount": "4.25"},
    ]
    price = Decimal("100.00")
    assert unit_price(price, {}, None) == price
    assert unit_price(price, {"box": False, "tiers": 1}, surcharges) == price
    assert unit_price(price, {"box": True, "tiers": 3, "toppings": ["nuts", "x"]}, surcharges) == Decimal("114.75")
    assert unit_price(Decimal("9999999999.99"), {"box": True}, surcharges) == Decimal("9999999999.99")


@pytest.mark.parametrize(
    ("option", "chosen", "added"),
    [
        ("tiers", 2, 1),
        ("tiers", 2.0, 1),
        ("tiers", [2, 2.0], 2),
        ("litres", 0.5, 1),
        ("litres", 5, 0),
        ("toppings", ["nuts", "nuts", "plain"], 2),
    ],
)
def test_surcharge_is_paid_however_its_value_is_written_and_as_often_as_it_is_chosen(
    option: str, chosen: object, added: int
) -> None:
    values = (("tiers", "2"), ("litres", "0.5"), ("toppings", "nuts"))
    surcharges = [{"option": name, "value": value, "amount": "10.00"} for name, value in values]
    assert unit_price(Decimal(100), {option: chosen}, surcharges) == 100 + 10 * added
