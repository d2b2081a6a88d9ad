"""Variants, options and pictures of a product: parts of its content, written as those of an import are."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.content_values import Content, as_json
from domain.errors import InvalidField, InvalidInputError, invalid
from domain.item_parts import POSITION
from domain.markdown import render
from domain.product_planning import plan
from domain.product_rules import MOST_TAGS_OF_HTML, OPENING_TAG, TEXT_LENGTH, find_problems
from domain.product_state import read_stored
from domain.product_statements import write_changes
from domain.product_texts import plain_text, sanitised
from domain.products import KEEPABLE, ImageData, Merge, Problem, ProductData, VariantData
from models import BackorderPolicy, Product, ProductImage, ProductVariant, Shop

Part = TypeVar("Part", ProductImage, ProductVariant)

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


async def read_parts(session: AsyncSession, products: Sequence[Product]) -> dict[UUID, Content]:
    """The parts as contents hold them: variants by id, pictures in their order, and the names of the options."""
    pictures = await _of_products(session, ProductImage, products)
    variants = await _of_products(session, ProductVariant, products)
    return {product.id: _parts(product, pictures[product.id], variants[product.id]) for product in products}


async def lay_parts(
    session: AsyncSession, contents: Sequence[tuple[Product, Content]]
) -> dict[UUID, Sequence[InvalidField]]:
    """Let the tables hold the parts of contents, all in one batch, in which SKUs may change hands.

    Gives why some stay as they are: reserved stock or another product's SKU is in the way.
    """
    stored = await read_parts(session, [product for product, _ in contents])
    changing = {
        product.id: _parts_alone(product, {**stored[product.id], **content})
        for product, content in contents
        if any(content.get(name, stored[product.id][name]) != stored[product.id][name] for name in TOGETHER)
    }
    if not changing:
        return {}
    batch = list(changing.values())
    planned = plan(batch, await read_stored(session, batch), PARTS_ALONE)
    await write_changes(session, planned.changes)
    await _read_again(session, list(changing))
    outcomes = zip(changing, planned.outcomes, strict=True)
    return {key: _faults(outcome.problems) for key, outcome in outcomes if outcome.problems}


async def require_parts(session: AsyncSession, product_id: UUID, content: Content, before: Content) -> None:
    """Refuse a product that is wrong in what changes of it. Raises InvalidInputError."""
    changed = {name for name, value in content.items() if value != before.get(name)}
    if changed & TOGETHER:
        changed |= TOGETHER
    of_product = select(Product.currency).where(Product.id == product_id).scalar_subquery()
    currency = (await session.scalars(select(func.coalesce(of_product, Shop.currency)))).one()
    problems = [problem for problem in find_problems(product_data(content), currency) if problem.path[0] in changed]
    _refuse(problems)
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
    html, markdown = content.get("description_html"), content.get("description_markdown")
    if markdown is not None:
        return {**content, **_described(markdown, is_alone=html is None)}
    if html is None:
        return dict(content)
    if len(OPENING_TAG.findall(html)) > MOST_TAGS_OF_HTML:
        raise InvalidInputError([InvalidField(("description_html",), f"More than {MOST_TAGS_OF_HTML:,} elements.")])
    safe = sanitised(html)
    return {**content, "description_html": safe, "description": plain_text(safe), "description_markdown": None}


def _described(markdown: str, *, is_alone: bool) -> dict[str, str]:
    """The description that Markdown makes."""
    if not is_alone:
        raise invalid("description_markdown", "Describe it in Markdown or in HTML, not in both.")
    rendered = render(markdown, None)
    if len(OPENING_TAG.findall(rendered.html)) > MOST_TAGS_OF_HTML or len(rendered.html) > TEXT_LENGTH:
        raise invalid("description_markdown", f"It makes more than {MOST_TAGS_OF_HTML:,} elements, or too much HTML.")
    return {
        "description_markdown": markdown,
        "description_html": rendered.html,
        "description": rendered.plain_text,
    }


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


def _parts_alone(product: Product, parts: Content) -> ProductData:
    """The product as far as its parts say it: the rest stays as it is stored, and texts are not worked over again."""
    return product_data({"slug": product.slug, "name": product.name, **{name: parts[name] for name in TOGETHER}})


async def _read_again(session: AsyncSession, keys: Sequence[UUID]) -> None:
    """Let the objects of products know what statements have written."""
    written = select(Product).where(among(Product.id, keys)).execution_options(populate_existing=True)
    (await session.scalars(written)).all()


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


def _parts(product: Product, pictures: Sequence[ProductImage], variants: Sequence[ProductVariant]) -> dict[str, Any]:
    urls = {picture.id: picture.url for picture in pictures}
    return {
        "options": [option["name"] for option in product.options],
        "images": [{"url": picture.url, "alt_text": picture.alt_text} for picture in pictures],
        VARIANTS: {str(row.id): {**_said(row, urls), POSITION: place} for place, row in enumerate(variants)},
    }


async def _of_products(
    session: AsyncSession, model: type[Part], products: Sequence[Product]
) -> Mapping[UUID, Sequence[Part]]:
    """What belongs to each of the products, in its order."""
    stored = select(model).where(among(model.product_id, [product.id for product in products]))
    rows = await session.scalars(stored.order_by(model.position, model.id).execution_options(populate_existing=True))
    found: dict[UUID, list[Part]] = {product.id: [] for product in products}
    for row in rows:
        found[row.product_id].append(row)
    return found


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


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InvalidInputError(_faults(problems))


def _faults(problems: Iterable[Problem]) -> list[InvalidField]:
    return [InvalidField((str(problem.path[0]),), problem.message) for problem in problems]
