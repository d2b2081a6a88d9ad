"""The rows that say in the tables what a product says as a value."""

import json
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from domain.product_state import Row
from domain.product_texts import paragraphs, plain_text, sanitised
from domain.products import ImageData, ProductData, VariantData

DESCRIPTION = ("description", "description_html", "description_markdown", "rendering")
COLUMNS = {
    "attributes": ("metadata",),
    "category": ("category_id",),
    "description": DESCRIPTION,
    "description_html": DESCRIPTION,
    "image_url": ("image_id",),
    "images": (),
    "minimum_level": (),
    "tags": (),
}
"""The columns that a field fills, where it is not the one of its name; none where it fills another table."""

SMALLEST_INTEGER, GREATEST_INTEGER = -(2**63), 2**64 - 1
"""Whole numbers beyond are read as floats."""


def product_row(product: ProductData, product_id: UUID, category_id: UUID | None, default_variant: Row) -> Row:
    """The row of the product itself; it repeats its default variant's prices."""
    return {
        "id": product_id,
        "category_id": category_id,
        "default_variant_id": default_variant["id"],
        "slug": product.slug,
        "name": product.name,
        "vendor": product.vendor,
        **_description(product),
        "price": default_variant["price"],
        "compare_at_price": default_variant["compare_at_price"],
        "badge": product.badge,
        "badge_color": product.badge_color,
        "features": list(product.features),
        "specifications": [{"name": name, "value": value} for name, value in product.specifications],
        "options": [{"name": name, "values": _values(product, place)} for place, name in enumerate(product.options)],
        "metadata": json.loads(json.dumps(product.attributes), parse_float=_number, parse_int=_number),
        "is_active": product.is_active,
        "is_customizable": product.is_customizable,
        "seo_title": product.seo_title,
        "seo_description": product.seo_description,
        "internal_notes": product.internal_notes,
    }


def variant_row(variant: VariantData, options: tuple[str, ...], place: int, keys: Row) -> Row:
    """The row of a variant, without its stock; the keys are its own, its product's and its image's."""
    chosen = zip(options, variant.option_values, strict=True)
    return {
        **keys,
        "sku": variant.sku,
        "name": variant.name,
        "option_values": [{"name": name, "value": value} for name, value in chosen],
        "price": variant.price,
        "compare_at_price": variant.compare_at_price,
        "cost_price": variant.cost_price,
        "barcode": variant.barcode,
        "weight_grams": variant.weight_grams,
        "position": place,
        "tracks_stock": variant.tracks_stock,
        "backorder_policy": variant.backorder_policy,
        "requires_shipping": variant.requires_shipping,
        "is_taxable": variant.is_taxable,
    }


def image_row(image: ImageData, image_id: UUID, product_id: UUID, place: int) -> Row:
    """The row of a picture."""
    content = {"url": image.url, "alt_text": image.alt_text, "position": place}
    return {"id": image_id, "product_id": product_id, **content}


def stock_row(variant: VariantData, stock_id: UUID, variant_id: UUID) -> Row:
    """The row of a variant's stock."""
    levels = {"quantity": variant.quantity, "minimum_level": variant.minimum_level}
    return {"id": stock_id, "variant_id": variant_id, **levels}


def kept_columns(fields: Iterable[str], stored: Row) -> Row:
    """What is stored in the columns of these fields."""
    names = [name for field in fields for name in COLUMNS.get(field, (field,))]
    return {name: stored[name] for name in names}


def kept_markdown(row: Row, stored: Row) -> Row:
    """The description as it is stored, where it is Markdown and the row says no more than was made of that."""
    if stored["description_markdown"] is None or row["description_html"] != sanitised(stored["description_html"]):
        return {}
    return kept_columns(("description",), stored)


def _description(product: ProductData) -> Row:
    """The description: HTML decides where there is some. It is no Markdown, whatever it was before."""
    html = sanitised(product.description_html)
    text = product.description.strip()
    both = {"description": plain_text(html), "description_html": html}
    return {
        **(both if html else {"description": text, "description_html": paragraphs(text)}),
        "description_markdown": None,
        "rendering": 0,
    }


def _number(text: str) -> int | float:
    """A number as it comes back: PostgreSQL writes `5.3e+16` digit by digit, and what 64 bits hold is read as such."""
    number = Decimal(text)
    is_whole = number == number.to_integral_value()
    return int(number) if is_whole and SMALLEST_INTEGER <= number <= GREATEST_INTEGER else float(text)


def _values(product: ProductData, place: int) -> list[str]:
    """The values of the option at that place, each once, in the order of the variants."""
    return list(dict.fromkeys(variant.option_values[place] for variant in product.variants))
