"""Products that are made to their buyers' wishes: what may be chosen, and what it adds to the price."""

from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from auth.permissions import Permission
from domain.option_schemas import (
    DEEPEST_SCHEMA,
    LONGEST_SCHEMA,
    CustomizableProductNotFoundError,
    Surcharge,
)
from resolvers import option_schemas
from resolvers.input_rules import NestedRule
from schema.catalog import Product
from schema.declare import mutation
from schema.inputs import HIGHEST_VERSION, items, json_object, key, mutation_input, number, text
from schema.problems import Conflict, InvalidInput, Problem, problem

LONGEST_OPTION = 100
LONGEST_VALUE = 255
MOST_SURCHARGES = 200
MOST_SURCHARGE = Decimal(1_000_000)


@mutation_input("What a value of an option adds to the price of a unit.")
class OptionSurchargeInput:
    """A surcharge."""

    option: str = text("The option: a property of the definition.", longest=LONGEST_OPTION, shortest=1)
    value: str = text("The value as text; `true` and `false` for booleans.", longest=LONGEST_VALUE, shortest=1)
    amount: Decimal = number("What it adds, in the currency of the variant.", least=Decimal(0), most=MOST_SURCHARGE)


@mutation_input("What may be chosen of a product.")
class SetProductOptionSchemaInput:
    """An option schema."""

    product_id: strawberry.ID = key("The product.", "Product")
    expected_version: int | None = number(
        "The version that was read; a later one is not overwritten.", least=1, most=HIGHEST_VERSION
    )
    definition: JSON | None = json_object(
        "JSON Schema 2020-12 of an object, each property of which is an option; null if nothing may be chosen. "
        "`pattern`, `$ref` and other keywords that could take long are refused.",
        longest=LONGEST_SCHEMA,
        deepest=DEEPEST_SCHEMA,
        clearable=True,
    )
    surcharges: list[OptionSurchargeInput] | None = items(
        "What some values add to the price; nothing where there are none.",
        NestedRule(makes=Surcharge),
        most=MOST_SURCHARGES,
    )


@problem(CustomizableProductNotFoundError, "There is no such product.")
class CustomizableProductNotFound(Problem):
    """Look at the list again."""


SetProductOptionSchemaResult = Annotated[
    Product | InvalidInput | CustomizableProductNotFound | Conflict,
    strawberry.union("SetProductOptionSchemaResult", description="The product, or why it is as it was."),
]


@strawberry.type
class OptionSchemaMutations:
    """A field of the root of changes."""

    set_product_option_schema: SetProductOptionSchemaResult | None = mutation(
        option_schemas.set_product_option_schema,
        "Say what buyers may choose of a product from now on, and what it adds to the price.",
        input=SetProductOptionSchemaInput,
        requires=Permission.CATALOG_WRITE,
    )
