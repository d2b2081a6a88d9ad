"""What is asked for of a product's parts: variants, pictures and specifications."""

from decimal import Decimal
from typing import Any, Final

import strawberry

from domain.money import MOST_MONEY
from models.stock import MOST_UNITS
from schema import editing
from schema.enums import BackorderPolicy
from schema.inputs import choice, key, mutation_input, number, text

LONGEST_BARCODE: Final = 64
MOST_OPTIONS: Final = 10


def sku() -> Any:
    """The field for what a variant is known by."""
    return editing.line("The stock keeping unit; unique.", shortest=1)


def price() -> Any:
    """The field for what a variant costs."""
    return number("What it costs, in the shop's currency.", least=Decimal(0), most=MOST_MONEY)


def compare_at_price() -> Any:
    """The field for what a variant cost before."""
    said = "What it cost before, which is more than it costs now; null for nothing."
    return number(said, least=Decimal(0), most=MOST_MONEY, clearable=True)


def option_values() -> Any:
    """The field for what a variant differs in."""
    return editing.words("Its value for each of the product's options, in their order.", most=MOST_OPTIONS)


def barcode() -> Any:
    """The field for a barcode."""
    return text("Its GTIN, ISBN or other barcode; null for none.", longest=LONGEST_BARCODE, clearable=True)


def weight_grams() -> Any:
    """The field for a weight."""
    return number("Its weight in grams; null where it is not known.", least=0, most=MOST_UNITS, clearable=True)


def image_url() -> Any:
    """The field for the picture of a variant."""
    return text("One of the product's pictures, by its `url`; null for none.", longest=2_048, clearable=True)


PLACE: Final = "Its place among the variants, from 0; the first is the one that the product shows."
TRACKS_STOCK: Final = "Whether its units are counted."
BACKORDERS: Final = "Whether it sells on when its stock is used up."
SHIPPING: Final = "Whether it is a thing to be sent."
TAXABLE: Final = "Whether tax is due on it."


@mutation_input("A new variant. Its stock is received by `receiveStock`.")
class NewVariantInput:
    """A variant."""

    sku: str = sku()
    price: Decimal = price()
    option_values: list[str] | None = option_values()
    compare_at_price: Decimal | None = compare_at_price()
    barcode: str | None = barcode()
    weight_grams: int | None = weight_grams()
    position: int | None = editing.position(PLACE)
    tracks_stock: bool | None = choice(TRACKS_STOCK)
    backorder_policy: BackorderPolicy | None = choice(BACKORDERS)
    requires_shipping: bool | None = choice(SHIPPING)
    is_taxable: bool | None = choice(TAXABLE)
    image_url: str | None = image_url()


@mutation_input("Changes of a variant. What is left out stays as it is.")
class UpdateVariantInput:
    """What is changed."""

    id: strawberry.ID = key("The variant.", "ProductVariant")
    sku: str | None = sku()
    price: Decimal | None = price()
    option_values: list[str] | None = option_values()
    compare_at_price: Decimal | None = compare_at_price()
    barcode: str | None = barcode()
    weight_grams: int | None = weight_grams()
    position: int | None = editing.position(PLACE)
    tracks_stock: bool | None = choice(TRACKS_STOCK)
    backorder_policy: BackorderPolicy | None = choice(BACKORDERS)
    requires_shipping: bool | None = choice(SHIPPING)
    is_taxable: bool | None = choice(TAXABLE)
    image_url: str | None = image_url()


@mutation_input("A picture of a product.")
class ProductImageInput:
    """A picture."""

    url: str = text("Where it is; the pictures of a product differ in it.", longest=2_048, shortest=1)
    alt_text: str | None = text("What it shows, for those who do not see it.", longest=editing.LONGEST_SUMMARY)


@mutation_input("A technical detail of a product.")
class SpecificationInput:
    """A name and its value."""

    name: str = editing.line("What is stated, such as `Ports`.", shortest=1)
    value: str = text("What is stated of it, such as `8 ports of 1 GbE`.", longest=editing.LONGEST_SUMMARY)
