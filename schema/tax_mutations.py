"""What the staff does with tax classes and rates."""

import strawberry

from auth.permissions import Permission
from resolvers import taxes
from schema.declare import mutation
from schema.taxes_changes import (
    CreateTaxClassInput,
    CreateTaxClassResult,
    DeleteTaxClassInput,
    DeleteTaxClassResult,
    SetProductTaxClassInput,
    SetProductTaxClassResult,
    SetTaxRateInput,
    SetTaxRateResult,
    UpdateTaxClassInput,
    UpdateTaxClassResult,
)


@strawberry.type
class TaxMutations:
    """Fields of the root of changes."""

    create_tax_class: CreateTaxClassResult | None = mutation(
        taxes.create_tax_class,
        "Make a tax class.",
        input=CreateTaxClassInput,
        requires=Permission.SHOP_WRITE,
    )
    update_tax_class: UpdateTaxClassResult | None = mutation(
        taxes.update_tax_class,
        "Change a tax class, or make it the default one.",
        input=UpdateTaxClassInput,
        requires=Permission.SHOP_WRITE,
    )
    delete_tax_class: DeleteTaxClassResult | None = mutation(
        taxes.delete_tax_class,
        "Delete a tax class that nothing is of, with its rates.",
        input=DeleteTaxClassInput,
        requires=Permission.SHOP_WRITE,
    )
    set_tax_rate: SetTaxRateResult | None = mutation(
        taxes.set_tax_rate,
        "State what things of a class are charged in a country.",
        input=SetTaxRateInput,
        requires=Permission.SHOP_WRITE,
    )
    set_product_tax_class: SetProductTaxClassResult | None = mutation(
        taxes.set_product_tax_class,
        "Say which tax class a product is of.",
        input=SetProductTaxClassInput,
        requires=Permission.CATALOG_WRITE,
    )
