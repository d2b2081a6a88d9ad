"""What the owner of the shop does with its settings and shipping methods."""

import strawberry

from auth.permissions import Permission
from resolvers import shop
from schema.declare import mutation
from schema.shop_changes import (
    CreateShippingMethodInput,
    CreateShippingMethodResult,
    UpdateShippingMethodInput,
    UpdateShippingMethodResult,
    UpdateShopInput,
    UpdateShopResult,
)


@strawberry.type
class ShopMutations:
    """Fields of the root of changes."""

    create_shipping_method: CreateShippingMethodResult | None = mutation(
        shop.create_shipping_method,
        "Make a shipping method.",
        input=CreateShippingMethodInput,
        requires=Permission.SHOP_WRITE,
    )
    update_shipping_method: UpdateShippingMethodResult | None = mutation(
        shop.update_shipping_method,
        "Change a shipping method, or make it inactive. Orders that were placed stay as they are.",
        input=UpdateShippingMethodInput,
        requires=Permission.SHOP_WRITE,
    )
    update_shop: UpdateShopResult | None = mutation(
        shop.update_shop,
        "Change the settings of the shop.",
        input=UpdateShopInput,
        requires=Permission.SHOP_WRITE,
    )
