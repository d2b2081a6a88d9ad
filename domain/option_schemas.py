"""What may be chosen of a product: JSON Schema 2020-12, without whatever could make a check of a value slow.

Whoever writes a schema is trusted with prices, not with the server's time: keywords that compare with expressions or
lead elsewhere (`pattern`, `$ref`) are refused, and so is whatever is large or deep (decision 0044).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.amounts import too_fine
from domain.errors import ConflictError, DomainError, InvalidField, InvalidInputError, shown
from domain.json_values import JsonFault, fault_of
from models import Product, ProductOptionSchema

LONGEST_SCHEMA = 20_000
DEEPEST_SCHEMA = 12
MOST_OPTIONS = 50
DIALECT = "https://json-schema.org/draft/2020-12/schema"

ANNOTATIONS = frozenset({"$comment", "$schema", "default", "deprecated", "description", "examples", "title"})
ASSERTIONS = frozenset(
    {
        "additionalProperties",
        "const",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "oneOf",
        "properties",
        "required",
        "type",
        "uniqueItems",
    }
)
KEYWORDS = ANNOTATIONS | ASSERTIONS


class CustomizableProductNotFoundError(DomainError):
    """No product has the id."""

    def __init__(self) -> None:
        super().__init__("There is no such product.")


@dataclass(frozen=True, slots=True)
class Surcharge:
    """What a value of an option adds to the price of a unit."""

    option: str
    value: str
    """The value as text: `true` and `false` for booleans."""
    amount: Decimal

    @property
    def record(self) -> dict[str, str]:
        """As it is stored."""
        return {"option": self.option, "value": self.value, "amount": f"{self.amount:.2f}"}


async def set_option_schema(
    session: AsyncSession,
    product_id: UUID,
    definition: Any,
    surcharges: Sequence[Surcharge],
    expected_version: int | None = None,
) -> Product:
    """Say what may be chosen of the product from now on; without a definition, nothing may.

    Raises InvalidInputError, CustomizableProductNotFoundError and ConflictError.
    """
    accepted = None if definition is None else _accepted(definition, surcharges)
    product = await session.get(Product, product_id, with_for_update={"key_share": True})
    if product is None:
        raise CustomizableProductNotFoundError
    await _require_version(session, product_id, expected_version)
    _require_amounts(product.currency, surcharges)
    product.is_customizable = accepted is not None
    if accepted is None:
        await session.execute(delete(ProductOptionSchema).where(ProductOptionSchema.product_id == product_id))
    else:
        await _store(session, product_id, accepted, surcharges)
    await session.flush()
    return product


def _require_amounts(currency: str, surcharges: Sequence[Surcharge]) -> None:
    faults = [
        InvalidField(("surcharges", str(place), "amount"), f"{each.amount} {fault}")
        for place, each in enumerate(surcharges)
        if (fault := too_fine(each.amount, currency)) is not None
    ]
    if faults:
        raise InvalidInputError(faults)


async def _require_version(session: AsyncSession, product_id: UUID, expected: int | None) -> None:
    """The row of the product is locked, so that nobody writes another version meanwhile."""
    stored = select(ProductOptionSchema.version).where(ProductOptionSchema.product_id == product_id)
    current = await session.scalar(stored)
    if expected is not None and current is not None and current != expected:
        raise ConflictError(expected, current)


async def _store(
    session: AsyncSession, product_id: UUID, definition: dict[str, Any], surcharges: Sequence[Surcharge]
) -> None:
    values = {"definition": definition, "surcharges": [each.record for each in surcharges]}
    added = insert(ProductOptionSchema).values(id=uuid7(), product_id=product_id, **values)
    changed = added.on_conflict_do_update(
        index_elements=[ProductOptionSchema.product_id],
        set_={**values, "version": ProductOptionSchema.version + 1},
    )
    await session.execute(changed)


def _accepted(definition: Any, surcharges: Sequence[Surcharge]) -> dict[str, Any]:
    """The schema as it is stored: whatever is no option is refused. Raises InvalidInputError."""
    faults = [*_schema_faults(definition)]
    if not faults:
        faults = [*_surcharge_faults(definition, surcharges)]
    if faults:
        raise InvalidInputError(faults)
    return {"additionalProperties": False, **definition}


def _schema_faults(definition: Any) -> Iterator[InvalidField]:
    fault = fault_of(definition, longest=LONGEST_SCHEMA, deepest=DEEPEST_SCHEMA)
    if fault is not None:
        yield _at(fault.path, fault.message)
    elif not isinstance(definition, dict) or definition.get("type") != "object":
        yield _at((), 'It must be a JSON Schema with "type": "object".')
    elif not isinstance(definition.get("properties"), dict) or not definition["properties"]:
        yield _at(("properties",), "It must say at least one option.")
    elif len(definition["properties"]) > MOST_OPTIONS:
        yield _at(("properties",), f"It holds {len(definition['properties'])} options; {MOST_OPTIONS} are the most.")
    else:
        yield from (_at(found.path, found.message) for found in _unknown(definition, ()))
        yield from _misuse(definition)


def _unknown(schema: Any, path: tuple[str, ...]) -> Iterator[JsonFault]:
    """The keywords, at any depth, that are not permitted."""
    if not isinstance(schema, dict):
        return
    for keyword in schema.keys() - KEYWORDS:
        yield JsonFault((*path, keyword), f"The keyword {shown(keyword)} is not permitted here.")
    if schema.get("$schema", DIALECT) != DIALECT:
        yield JsonFault((*path, "$schema"), f"It must be {DIALECT}.")
    for keyword, inner in _schemas_within(schema):
        yield from _unknown(inner, (*path, *keyword))


def _schemas_within(schema: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    properties, choices = schema.get("properties"), schema.get("oneOf")
    if isinstance(properties, dict):
        yield from ((("properties", name), each) for name, each in properties.items())
    if isinstance(choices, list):
        yield from ((("oneOf", str(place)), each) for place, each in enumerate(choices))
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield (keyword,), schema[keyword]


def _misuse(definition: dict[str, Any]) -> Iterator[InvalidField]:
    """What the JSON Schema of JSON Schemas says."""
    worst = best_match(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(definition))
    if worst is not None:
        rule = shown(str(worst.validator_value))
        yield _at(tuple(map(str, worst.absolute_path)), f"It is no JSON Schema: {worst.validator} must be {rule}.")


def _surcharge_faults(definition: dict[str, Any], surcharges: Sequence[Surcharge]) -> Iterator[InvalidField]:
    seen = set[tuple[str, str]]()
    for place, each in enumerate(surcharges):
        if each.option not in definition["properties"]:
            yield InvalidField(("surcharges", str(place), "option"), f"There is no option {shown(each.option)}.")
        if (each.option, each.value) in seen:
            yield InvalidField(("surcharges", str(place), "value"), f"{shown(each.value)} has a surcharge already.")
        seen.add((each.option, each.value))


def _at(path: Sequence[str], message: str) -> InvalidField:
    return InvalidField(("definition", *path), message)
