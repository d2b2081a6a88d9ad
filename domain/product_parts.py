"""Variants, options and pictures of a product: parts of its content, written as those of an import are."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.content_values import Content, as_json
from domain.errors import InvalidField, InvalidInputError
from domain.item_parts import POSITION
from domain.product_planning import plan
from domain.product_rules import MOST_TAGS_OF_HTML, OPENING_TAG, find_problems
from domain.product_state import read_stored
from domain.product_statements import write_changes
from domain.product_texts import plain_text, sanitised
from domain.products import KEEPABLE, ImageData, Merge, Problem, ProductData, VariantData
from models import BackorderPolicy, Product, ProductImage, ProductVariant, Shop

VARIANTS: Final = "variants"
BESIDE: Final = ("options", "images")
TOGETHER: Final = frozenset({VARIANTS, *BESIDE})
"""What has to fit together, so that a change of one may be wrong for the sake of another."""

PLAIN: Final = ("sku", "barcode", "weight_grams", "tracks_stock", "requires_shipping", "is_taxable")
AMOUNTS: Final = ("price", "compare_at_price")
BLANK: Final[Content] = MappingProxyType(
    {
        "option_values": [],
        "compare_at_price": None,
        "barcode": None,
        "weight_grams": None,
        "tracks_stock": True,
        "backorder_policy": BackorderPolicy.DENY,
        "requires_shipping": True,
        "is_taxable": True,
        "image_url": None,
    }
)

PARTS_ALONE: Final = Merge(
    kept=KEEPABLE - {"images"}, kept_of_variants=frozenset({"cost_price", "minimum_level"}), sets_stock=False
)
"""Everything else has been laid into the row; what a variant costs the shop, and its stock, are written elsewhere."""

OF_PRODUCT: Final = (
    *("slug", "name", "vendor", "description", "description_html", "badge", "badge_color", "is_customizable"),
    *("seo_title", "seo_description", "internal_notes"),
)


async def read_parts(session: AsyncSession, product: Product) -> dict[str, Any]:
    """The parts as a content holds them: variants by id, pictures in their order, and the names of the options."""
    images = select(ProductImage).where(ProductImage.product_id == product.id)
    pictures = list(await session.scalars(images.order_by(ProductImage.position, ProductImage.id)))
    urls = {picture.id: picture.url for picture in pictures}
    variants = select(ProductVariant).where(ProductVariant.product_id == product.id)
    rows = await session.scalars(
        variants.order_by(ProductVariant.position, ProductVariant.id).execution_options(populate_existing=True)
    )
    return {
        "options": [option["name"] for option in product.options],
        "images": [{"url": picture.url, "alt_text": picture.alt_text} for picture in pictures],
        VARIANTS: {str(row.id): {**_said(row, urls), POSITION: place} for place, row in enumerate(rows)},
    }


async def lay_parts(session: AsyncSession, product: Product, content: Content) -> None:
    """Let the tables hold the parts of a content. Raises InvalidInputError when reserved stock is in the way."""
    stored = await read_parts(session, product)
    if all(content.get(name, stored[name]) == stored[name] for name in TOGETHER):
        return
    data = product_data({"slug": product.slug, "name": product.name, **stored, **content})
    planned = plan([data], await read_stored(session, [data]), PARTS_ALONE)
    _refuse(planned.outcomes[0].problems)
    await write_changes(session, planned.changes)
    await session.refresh(product)


async def require_parts(session: AsyncSession, product_id: UUID, content: Content, before: Content) -> None:
    """Refuse a product that is wrong in what changes of it. Raises InvalidInputError."""
    changed = {name for name, value in content.items() if value != before.get(name)}
    if changed & TOGETHER:
        changed |= TOGETHER
    problems = [problem for problem in find_problems(product_data(content)) if problem.path[0] in changed]
    _refuse(tuple(problems))
    if VARIANTS in changed:
        await _require_free_skus(session, product_id, content[VARIANTS])


def of_first_variant(content: Content) -> dict[str, Any]:
    """What a new product repeats of its first variant; visitors do not see it. Raises InvalidInputError without one."""
    variants: Mapping[str, Content] = content.get(VARIANTS, {})
    first = next((key for key, said in variants.items() if said[POSITION] == 0), None)
    if first is None:
        raise InvalidInputError([InvalidField((VARIANTS,), "A product has at least one variant.")])
    currency = select(Shop.currency).scalar_subquery()
    price = Decimal(variants[first]["price"])
    return {"default_variant_id": UUID(first), "price": price, "currency": currency, "is_active": False}


def with_safe_description(content: Content) -> dict[str, Any]:
    """The description as what is safe to show of it, and as plain text. Raises InvalidInputError."""
    html = content.get("description_html")
    if html is None:
        return dict(content)
    if len(OPENING_TAG.findall(html)) > MOST_TAGS_OF_HTML:
        raise InvalidInputError([InvalidField(("description_html",), f"More than {MOST_TAGS_OF_HTML:,} elements.")])
    safe = sanitised(html)
    return {**content, "description_html": safe, "description": plain_text(safe)}


def product_data(content: Content) -> ProductData:
    """The product that a content speaks of, apart from what other tables name."""
    own = {name: content[name] for name in OF_PRODUCT if name in content}
    variants = sorted(content.get(VARIANTS, {}).items(), key=lambda each: each[1][POSITION])
    return ProductData(
        **own,
        tags=tuple(content.get("tags", ())),
        features=tuple(content.get("features", ())),
        specifications=tuple((each["name"], each["value"]) for each in content.get("specifications", ())),
        attributes=content.get("attributes", {}),
        options=tuple(content.get("options", ())),
        images=tuple(ImageData(**each) for each in content.get("images", ())),
        variants=tuple(_variant_data(UUID(key), said) for key, said in variants),
    )


def _variant_data(key: UUID, said: Content) -> VariantData:
    return VariantData(
        id=key,
        **{name: said[name] for name in PLAIN},
        price=Decimal(said["price"]),
        compare_at_price=None if said["compare_at_price"] is None else Decimal(said["compare_at_price"]),
        option_values=tuple(said["option_values"]),
        backorder_policy=BackorderPolicy(said["backorder_policy"]),
        image_url=said["image_url"],
    )


def _said(row: ProductVariant, urls: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        **{name: as_json(getattr(row, name)) for name in (*PLAIN, *AMOUNTS, "backorder_policy")},
        "option_values": [each["value"] for each in row.option_values],
        "image_url": urls.get(row.image_id) if row.image_id else None,
    }


async def _require_free_skus(session: AsyncSession, product_id: UUID, variants: Mapping[str, Content]) -> None:
    skus = [said["sku"] for said in variants.values()]
    others = select(ProductVariant.sku).where(among(ProductVariant.sku, skus), ProductVariant.product_id != product_id)
    taken = sorted(await session.scalars(others))
    if taken:
        raise InvalidInputError([InvalidField((VARIANTS,), f"The SKU {taken[0]} belongs to another product.")])


def _refuse(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise InvalidInputError(InvalidField((str(problem.path[0]),), problem.message) for problem in problems)
