"""What buyers do with their carts: what is asked for, and what comes of it."""

from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

import models
from auth.addresses import LENGTHS, AddressData
from domain.cart_details import (
    PromoCodeUnknownError,
    ShippingMethodUnknownError,
    TooManyPromoCodesError,
)
from domain.cart_lines import (
    CartLineNotFoundError,
    ChangedLine,
    TooManyCartLinesError,
    VariantNotForSaleError,
    WantedLine,
)
from domain.carts import CartNotFoundError
from domain.customization import (
    DEEPEST_CUSTOMIZATION,
    LONGEST_CUSTOMIZATION,
    CustomizationInvalidError,
    NotCustomizableError,
)
from models.carts import MOST_LINES, MOST_UNITS_A_LINE
from models.promotions import LONGEST_CODE
from resolvers.carts import AddedToCart as AddedToCartValue
from resolvers.ids import encode_id
from resolvers.input_rules import KeyRule, NestedRule
from schema.addresses import LONGEST_PHONE, AddressNotFound
from schema.carts import Cart
from schema.declare import field, written
from schema.inputs import items, json_object, key, mutation_input, nested, number, text
from schema.payloads import payload
from schema.problems import InvalidField, InvalidInput, Problem, problem
from schema.registration import LONGEST_EMAIL
from schema.scalars import CountryCode


@mutation_input("What to put into the cart.")
class CartLineInput:
    """Units of a variant."""

    variant_id: strawberry.ID = key("What to buy.", "ProductVariant")
    quantity: int = number("How many units.", least=1, most=MOST_UNITS_A_LINE)
    customization: JSON | None = json_object(
        "What is chosen of a product that is made to order, by its `optionSchema`.",
        longest=LONGEST_CUSTOMIZATION,
        deepest=DEEPEST_CUSTOMIZATION,
    )


@mutation_input("What to put into the cart. What is in it already becomes more.")
class AddToCartInput:
    """New lines."""

    lines: list[CartLineInput] = items("What to buy.", NestedRule(makes=WantedLine), most=MOST_LINES, least=1)


@mutation_input("How many units a line is to have.")
class ChangedCartLineInput:
    """A changed line."""

    line_id: strawberry.ID = key("The line.", "CartLine")
    quantity: int = number("How many units; 0 takes the line out.", least=0, most=MOST_UNITS_A_LINE)


@mutation_input("How many units lines are to have.")
class UpdateCartLinesInput:
    """Changed lines."""

    lines: list[ChangedCartLineInput] = items(
        "The lines to change.", NestedRule(makes=ChangedLine), most=MOST_LINES, least=1
    )


@mutation_input("What to take out of the cart.")
class RemoveFromCartInput:
    """Lines."""

    line_ids: list[strawberry.ID] = items("The lines.", KeyRule(type_name="CartLine"), most=MOST_LINES, least=1)


@mutation_input("Where something goes.")
class PostalAddressInput:
    """An address."""

    name: str = text("The person who receives.", longest=LENGTHS["name"], shortest=1)
    company: str | None = text("The company, if it goes to one.", longest=LENGTHS["company"], clearable=True)
    line1: str = text("Street and number, or what stands for them.", longest=LENGTHS["line1"], shortest=1)
    line2: str | None = text("Floor, building, landmark.", longest=LENGTHS["line2"], clearable=True)
    city: str = text("The city or town.", longest=LENGTHS["city"], shortest=1)
    region: str | None = text("The region, state or province.", longest=LENGTHS["region"], clearable=True)
    postal_code: str | None = text("The postal code.", longest=LENGTHS["postal_code"], clearable=True)
    country_code: CountryCode = text("The country.", longest=2, shortest=2)
    phone: str | None = text("A phone number for those who deliver.", longest=LONGEST_PHONE, clearable=True)


@mutation_input("Where the order goes and how. What is left out stays as it is; null takes it away.")
class SetCartDetailsInput:
    """Details of a cart."""

    email: str | None = text("Where the order is confirmed to.", longest=LONGEST_EMAIL, clearable=True)
    country_code: CountryCode | None = text(
        "Where the goods go, before there is an address.", longest=2, shortest=2, clearable=True
    )
    shipping_method_id: strawberry.ID | None = key("How the goods are sent.", "ShippingMethod", clearable=True)
    shipping_address: PostalAddressInput | None = nested("Where the goods go.", AddressData, clearable=True)
    shipping_address_id: strawberry.ID | None = key(
        "The same as an entry of one's own address book, instead of `shippingAddress`.", "Address"
    )
    billing_address: PostalAddressInput | None = nested("Where the bill goes.", AddressData, clearable=True)
    billing_address_id: strawberry.ID | None = key(
        "The same as an entry of one's own address book, instead of `billingAddress`.", "Address"
    )


@mutation_input("A promotion code.")
class PromoCodeInput:
    """A code as it is printed or told."""

    code: str = text("The code; case and spaces do not matter.", longest=LONGEST_CODE * 2, shortest=1)


@problem(CartNotFoundError, "The viewer has no cart.")
class CartNotFound(Problem):
    """None was filled, or it was bought, or it has expired."""


@problem(CartLineNotFoundError, "The cart has no such line, or not any more.")
class CartLineNotFound(Problem):
    """Look at the cart again."""

    line_id: strawberry.ID = field(
        lambda refusal, _info: encode_id("CartLine", refusal.error.line_id), "The line that was asked for."
    )


def _variant_id() -> Any:
    return field(
        lambda refusal, _info: encode_id("ProductVariant", refusal.error.variant_id), "The variant it is about."
    )


@problem(VariantNotForSaleError, "There is no such variant, or it cannot be bought.")
class VariantNotForSale(Problem):
    """Look at the product again."""

    variant_id: strawberry.ID = _variant_id()


@problem(NotCustomizableError, "Something was chosen of a product that is not made to order.")
class NotCustomizable(Problem):
    """Leave the customization out."""

    variant_id: strawberry.ID = _variant_id()


@problem(CustomizationInvalidError, "What was chosen cannot be had, or something has to be chosen.")
class CustomizationInvalid(Problem):
    """Look at the product's `optionSchema`."""

    variant_id: strawberry.ID = _variant_id()
    options: list[InvalidField] = strawberry.field(description="Which options, and what is wrong with each.")


@problem(TooManyCartLinesError, "The cart would hold more lines than carts do.")
class TooManyCartLines(Problem):
    """Buy these first."""

    maximum: int = strawberry.field(description="The most lines.")


@problem(PromoCodeUnknownError, "There is no such promotion code.")
class PromoCodeUnknown(Problem):
    """It may have a typing mistake."""


@problem(TooManyPromoCodesError, "The cart takes no more promotion codes.")
class TooManyPromoCodes(Problem):
    """Take one out first."""

    maximum: int = strawberry.field(description="The most codes.")


@problem(ShippingMethodUnknownError, "There is no such shipping method, or it is not offered any more.")
class ShippingMethodUnknown(Problem):
    """Choose another."""


@payload(AddedToCartValue, "The cart with what was added.")
class AddedToCart:
    """A cart."""

    cart: Cart = written(models.Cart, lambda added: added.cart_id, "The cart as it is now.")
    guest_token: str | None = strawberry.field(
        description="To be kept, and sent as the header `Guest-Token` with each request. Only for a guest who is new."
    )


AddToCartResult = Annotated[
    AddedToCart | InvalidInput | VariantNotForSale | NotCustomizable | CustomizationInvalid | TooManyCartLines,
    strawberry.union("AddToCartResult", description="The cart, or why nothing was added."),
]
UpdateCartLinesResult = Annotated[
    Cart | InvalidInput | CartNotFound | CartLineNotFound,
    strawberry.union("UpdateCartLinesResult", description="The cart, or why it is as it was."),
]
RemoveFromCartResult = Annotated[
    Cart | InvalidInput | CartNotFound,
    strawberry.union("RemoveFromCartResult", description="The cart, or why it is as it was."),
]
ClearCartResult = Annotated[
    Cart | CartNotFound,
    strawberry.union("ClearCartResult", description="The empty cart, or that there is none."),
]
RemovePromoCodeResult = Annotated[
    Cart | InvalidInput | CartNotFound,
    strawberry.union("RemovePromoCodeResult", description="The cart, or why it is as it was."),
]
ConfirmCartPricesResult = Annotated[
    Cart | CartNotFound,
    strawberry.union("ConfirmCartPricesResult", description="The cart, or that there is none."),
]
MergeCartResult = Annotated[
    Cart | CartNotFound,
    strawberry.union("MergeCartResult", description="The cart with both, or that there is none."),
]
SetCartDetailsResult = Annotated[
    Cart | InvalidInput | CartNotFound | AddressNotFound | ShippingMethodUnknown,
    strawberry.union("SetCartDetailsResult", description="The cart, or why it is as it was."),
]
ApplyPromoCodeResult = Annotated[
    Cart | InvalidInput | CartNotFound | PromoCodeUnknown | TooManyPromoCodes,
    strawberry.union("ApplyPromoCodeResult", description="The cart with the code, or why it was not taken."),
]
