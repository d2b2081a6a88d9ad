"""What a product must be like before it is written. Pure rules; the lengths are those of the columns."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import String

from domain.amounts import too_fine
from domain.category_paths import LONGEST_SLUG, slug_of_path
from domain.errors import shown
from domain.json_values import UNSTORABLE
from domain.money import MOST_MONEY
from domain.products import CategoryPath, ImageData, Path, Problem, ProductData, VariantData
from domain.slugs import is_slug, slugify
from models import Base, Product, ProductImage, ProductVariant
from models.base import SLUG_LENGTH
from models.stock import MOST_UNITS

MOST_VARIANTS: Final = 2048
MOST_IMAGES: Final = 250
MOST_TAGS: Final = 250
"""As many as Shopify takes of each."""

MOST_LEVELS: Final = 10
MOST_TAGS_OF_HTML: Final = 10_000
"""Sanitising takes time with the square of the nesting: 0.2 seconds for so many elements one in another."""

TEXT_LENGTH: Final = 1_000_000
ESCAPED: Final = re.compile(r"\\(x00|ud[89a-f])")
"""How `repr` writes them: a search of the whole product for it spares nearly every one the search of its texts."""

OPENING_TAG: Final = re.compile("<[A-Za-z]")
WEB_ADDRESS: Final = re.compile(r"(?:https?:/)?/[^\s\x00-\x1f]+", re.IGNORECASE)
COLOR: Final = re.compile("#[0-9A-Fa-f]{6}")


def _lengths(model: type[Base], data: type) -> dict[str, int]:
    """How many characters of each text field of the data fit the model's column."""
    names = {each.name for each in fields(data)}
    columns = [column for column in model.__table__.c if column.name in names]
    return {column.name: column.type.length or TEXT_LENGTH for column in columns if isinstance(column.type, String)}


LENGTHS: Final = {
    ProductData: _lengths(Product, ProductData),
    VariantData: _lengths(ProductVariant, VariantData),
    ImageData: _lengths(ProductImage, ImageData),
}
NAME_LENGTH: Final = 255


def find_problems(product: ProductData, currency: str) -> list[Problem]:
    """Everything that is wrong with the product, from what it says alone; empty when it can be written.

    The currency is that of its prices.
    """
    return list(_unstorable_texts(product)) or [
        *_problems_of_texts(product),
        *_problems_of_category(product.category),
        *_problems_of_tags(product.tags),
        *_problems_of_images(product.images),
        *_problems_of_options(product.options),
        *_problems_of_variants(product, currency),
    ]


def _unstorable_texts(product: ProductData) -> Iterator[Problem]:
    if not ESCAPED.search(repr(product)):
        return
    for path, text in _texts(product, ()):
        if UNSTORABLE.search(text):
            yield Problem(path, f"{_name(path)} cannot be stored with a NUL or half a surrogate pair in it.")


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a value with its place, the keys of mappings included."""
    if isinstance(value, str):
        yield path, value
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name), (*path, each.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield path, key
            yield from _texts(item, (*path, key))
    elif isinstance(value, Sequence):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def _problems_of_texts(product: ProductData) -> Iterator[Problem]:
    if not is_slug(product.slug):
        yield Problem(
            ("slug",),
            f"“{shown(product.slug)}” cannot stand in an address: use lower-case letters, digits and hyphens.",
        )
    if not product.name.strip():
        yield Problem(("name",), "The product has no name.")
    if len(OPENING_TAG.findall(product.description_html)) > MOST_TAGS_OF_HTML:
        yield Problem(("description_html",), f"The description has more than {MOST_TAGS_OF_HTML:,} HTML elements.")
    if product.badge_color is not None and not COLOR.fullmatch(product.badge_color):
        yield Problem(("badge_color",), f"“{shown(product.badge_color)}” is not a colour such as #1F7A4D.")
    if not _is_json(product.attributes):
        yield Problem(("attributes",), "The attributes cannot be written as JSON.")
    if product.created_at is not None and product.created_at.tzinfo is None:
        yield Problem(("created_at",), f"The time of creation {product.created_at} has no time zone.")
    yield from _too_long(product, ())


def _is_json(value: Mapping[str, object]) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _too_long(value: ProductData | VariantData | ImageData, path: Path) -> Iterator[Problem]:
    """The value's own texts that do not fit their columns."""
    for name, longest in LENGTHS[type(value)].items():
        text = getattr(value, name)
        if text is not None and len(text) > longest:
            place = (*path, name)
            yield Problem(place, f"{_name(place)} has {len(text):,} characters; {longest:,} fit.")


def _problems_of_category(category: str | CategoryPath | None) -> Iterator[Problem]:
    if not isinstance(category, CategoryPath):
        return
    if not 1 <= len(category.names) <= MOST_LEVELS:
        yield Problem(("category",), f"A category has between 1 and {MOST_LEVELS} levels, not {len(category.names)}.")
    for name in category.names:
        if not slugify(name):
            yield Problem(("category",), f"The category “{shown(name)}” has no letters or digits in its name.")
        if len(name) > NAME_LENGTH:
            yield Problem(("category",), f"The category “{shown(name)}” has more than {NAME_LENGTH} characters.")
    if len(slug_of_path(category.names)) > LONGEST_SLUG:
        yield Problem(("category",), f"The names of “{shown(' > '.join(category.names))}” are too long together.")


def _problems_of_tags(tags: tuple[str, ...]) -> Iterator[Problem]:
    if len(tags) > MOST_TAGS:
        yield Problem(("tags",), f"The product has {len(tags):,} tags; {MOST_TAGS} are the most.")
    for index, tag in enumerate(tags):
        if not slugify(tag):
            yield Problem(("tags", index), f"The tag “{shown(tag)}” has no letters or digits.")
        elif max(len(tag), len(slugify(tag))) > SLUG_LENGTH:
            yield Problem(("tags", index), f"The tag “{shown(tag)}” has more than {SLUG_LENGTH} characters.")


def _problems_of_images(images: tuple[ImageData, ...]) -> Iterator[Problem]:
    if len(images) > MOST_IMAGES:
        yield Problem(("images",), f"The product has {len(images):,} images; {MOST_IMAGES} are the most.")
    for index in _repeated([image.url for image in images]):
        yield Problem(("images", index, "url"), f"The image {shown(images[index].url)} is there twice.")
    for index, image in enumerate(images):
        if not WEB_ADDRESS.fullmatch(image.url):
            yield Problem(("images", index, "url"), f"“{shown(image.url)}” is not the address of an image.")
        yield from _too_long(image, ("images", index))


def _problems_of_options(options: tuple[str, ...]) -> Iterator[Problem]:
    for index, option in enumerate(options):
        if not option.strip():
            yield Problem(("options", index), f"Option {index + 1} has no name.")
    for index in _repeated([option.casefold() for option in options]):
        yield Problem(("options", index), f"The option “{shown(options[index])}” is there twice.")


def _problems_of_variants(product: ProductData, currency: str) -> Iterator[Problem]:
    variants = product.variants
    if not 1 <= len(variants) <= MOST_VARIANTS:
        yield Problem(("variants",), f"A product has between 1 and {MOST_VARIANTS:,} variants, not {len(variants):,}.")
    for index in _repeated([variant.sku for variant in variants]):
        yield Problem(("variants", index, "sku"), f"The SKU {shown(variants[index].sku)} is there twice.")
    for index in _repeated([variant.option_values for variant in variants]):
        reason = f"Two variants have the options “{shown(variants[index].name)}”."
        if not product.options:
            reason = "The product has several variants and no options in which they differ."
        yield Problem(("variants", index, "option_values"), reason)
    addresses = {image.url for image in product.images}
    for index, variant in enumerate(variants):
        path: Path = ("variants", index)
        yield from _problems_of_variant(variant, product.options, path)
        yield from _problems_of_prices(variant, currency, path)
        if variant.image_url is not None and variant.image_url not in addresses:
            yield Problem((*path, "image_url"), f"{shown(variant.image_url)} is not among the product's images.")


def _problems_of_variant(variant: VariantData, options: tuple[str, ...], path: Path) -> Iterator[Problem]:
    if not variant.sku.strip():
        yield Problem((*path, "sku"), "The variant has no SKU.")
    if len(variant.option_values) != len(options):
        count = f"{len(variant.option_values)} option values where the product has {len(options)} options"
        yield Problem((*path, "option_values"), f"The variant {shown(variant.sku)} has {count}.")
    for option, value in zip(options, variant.option_values, strict=False):
        if not value.strip():
            yield Problem(
                (*path, "option_values"), f"The variant {shown(variant.sku)} has no value for {shown(option)}."
            )
    for name in ("quantity", "minimum_level", "weight_grams"):
        yield from _problems_of_number(getattr(variant, name), (*path, name))
    if len(variant.name) > NAME_LENGTH:
        yield Problem((*path, "option_values"), f"The option values together have more than {NAME_LENGTH} characters.")
    yield from _too_long(variant, path)


def _problems_of_prices(variant: VariantData, currency: str, path: Path) -> Iterator[Problem]:
    for name in ("price", "compare_at_price", "cost_price"):
        amount = getattr(variant, name)
        if amount is not None:
            yield from _problems_of_amount(amount, currency, (*path, name))
    yield from _problems_of_former_price(variant, path)


def _problems_of_former_price(variant: VariantData, path: Path) -> Iterator[Problem]:
    former, price = variant.compare_at_price, variant.price
    if former is not None and former.is_finite() and price.is_finite() and 0 <= former <= price:
        place = (*path, "compare_at_price")
        yield Problem(place, f"{_name(place)} {former} is not above the price {price}. Raise it, or take it away.")


def _problems_of_amount(amount: Decimal, currency: str, path: Path) -> Iterator[Problem]:
    if not amount.is_finite():
        yield Problem(path, f"{_name(path)} is not a number.")
    elif amount < 0:
        yield Problem(path, f"{_name(path)} {shown(str(amount))} is negative.")
    elif amount > MOST_MONEY:
        yield Problem(path, f"{_name(path)} {shown(str(amount))} is above {MOST_MONEY}.")
    elif fault := too_fine(amount, currency):
        yield Problem(path, f"{_name(path)} {shown(str(amount))} {fault}")


def _problems_of_number(number: int | None, path: Path) -> Iterator[Problem]:
    if number is not None and not 0 <= number <= MOST_UNITS:
        yield Problem(path, f"{_name(path)} {shown(str(number))} is not between 0 and {MOST_UNITS}.")


def _repeated(values: Sequence[object]) -> list[int]:
    """The places of values that stood there before."""
    first: dict[object, int] = {}
    return [index for index, value in enumerate(values) if first.setdefault(value, index) != index]


def _name(path: Path) -> str:
    """What a message calls the field at that place: `The compare at price`."""
    field = path[2] if len(path) > len(("variants", 0)) and path[0] in {"variants", "images"} else path[0]
    return f"The {str(field).replace('_', ' ').replace('seo', 'SEO').replace('sku', 'SKU').replace('html', 'HTML')}"
