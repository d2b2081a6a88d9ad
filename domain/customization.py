"""What a buyer chooses of a product: checked against its option schema, and what it adds to the price."""

from collections.abc import Iterator, Mapping, Sequence, Sized
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator, ValidationError

from domain.errors import DomainError, InvalidField, shown
from domain.json_values import JsonFault, fault_of, written
from domain.money import MOST_MONEY

LONGEST_CUSTOMIZATION = 4_000
DEEPEST_CUSTOMIZATION = 5
MOST_FAULTS = 20
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "const": "It must be {rule}.",
        "enum": "It must be one of {rule}.",
        "exclusiveMaximum": "It must be less than {rule}.",
        "exclusiveMinimum": "It must be more than {rule}.",
        "maxItems": "{size} were chosen; {rule} are the most.",
        "maxLength": "It has {size} characters; {rule} are the most.",
        "maximum": "It must be {rule} at the most.",
        "minItems": "{size} were chosen; {rule} are the least.",
        "minLength": "It has {size} characters; {rule} are the least.",
        "minimum": "It must be {rule} at the least.",
        "type": "It must be of the type {rule}.",
        "uniqueItems": "Something was chosen twice.",
    }
)
"""By the keyword that a value breaks."""

Customization = Mapping[str, Any]


class NotCustomizableError(DomainError):
    """Something was chosen of a product that is as it is."""

    def __init__(self, variant_id: UUID) -> None:
        super().__init__("There is nothing to choose of this product. Leave the customization out.")
        self.variant_id = variant_id


class CustomizationInvalidError(DomainError):
    """Some of what was chosen cannot be had, or something was not chosen that has to be."""

    def __init__(self, variant_id: UUID, options: Sequence[InvalidField]) -> None:
        self.options = tuple(options)
        super().__init__(" ".join(f"{'.'.join(each.path) or 'customization'}: {each.message}" for each in self.options))
        self.variant_id = variant_id


def require_possible(variant_id: UUID, definition: Mapping[str, Any] | None, chosen: Customization) -> None:
    """Refuse what the option schema does not permit; without one nothing may be chosen.

    Raises NotCustomizableError and CustomizationInvalidError.
    """
    if definition is None:
        if chosen:
            raise NotCustomizableError(variant_id)
        return
    fault = fault_of(chosen, longest=LONGEST_CUSTOMIZATION, deepest=DEEPEST_CUSTOMIZATION)
    faults = [*dict.fromkeys(_faults(definition, chosen))] if fault is None else [fault]
    if faults:
        fields = [InvalidField(each.path, each.message) for each in faults[:MOST_FAULTS]]
        raise CustomizationInvalidError(variant_id, fields)


def customization_hash(chosen: Customization) -> bytes:
    """By which the same choice is known again."""
    return sha256(written(chosen)).digest()


def unit_price(price: Decimal, chosen: Customization, surcharges: Sequence[Mapping[str, str]] | None) -> Decimal:
    """The price of a unit with what the chosen values add to it; of a list, each item does, as often as it is there."""
    added = (
        Decimal(each["amount"]) * _texts(chosen.get(each["option"])).count(each["value"]) for each in surcharges or ()
    )
    return min(sum(added, price), MOST_MONEY)


def _texts(value: Any) -> Sequence[str]:
    """A chosen value, or those of a list, as surcharges name them."""
    match value:
        case bool():
            return ("true" if value else "false",)
        case float() if value.is_integer():  # 2.0 is 2, to JSON Schema too
            return (str(int(value)),)
        case str() | int() | float():
            return (str(value),)
        case list():
            return [text for item in value if not isinstance(item, list) for text in _texts(item)]
        case _:
            return ()


def _faults(definition: Mapping[str, Any], chosen: Customization) -> Iterator[JsonFault]:
    for error in Draft202012Validator(definition).iter_errors(chosen):
        path = tuple(map(str, error.absolute_path))
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            yield from (JsonFault((*path, name), "It has to be chosen.") for name in missing)
        elif error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            unknown = [name for name in error.instance if name not in known]
            yield from (JsonFault((*path, name), "There is no such option.") for name in unknown)
        else:
            yield JsonFault(path, _refusal(error))


def _refusal(error: ValidationError) -> str:
    """What is wrong with a value, in the words of the schema."""
    rule = error.validator_value
    allowed = ", ".join(shown(str(each)) for each in rule) if isinstance(rule, list) else shown(str(rule))
    size = len(error.instance) if isinstance(error.instance, Sized) else 0
    return REFUSALS.get(str(error.validator), "It is none of what can be chosen.").format(rule=allowed, size=size)
