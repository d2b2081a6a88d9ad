"""Kinds of items of the catalogue that editors write, with the parts that they have in tables of their own."""

from types import MappingProxyType
from typing import Final

from domain import product_parts, service_tiers
from domain.content_kinds import SEO, Kind, Parts
from domain.errors import InvalidField
from models import Category, Product, Service, product_tags

PRODUCT: Final = Kind(
    Product,
    "product",
    (
        *("category_id", "slug", "name", "vendor", "description", "description_html", "description_markdown"),
        *(
            "badge",
            "badge_color",
            "features",
            "specifications",
            "attributes",
            "is_customizable",
            *SEO,
            "internal_notes",
        ),
    ),
    title="name",
    references=MappingProxyType({"category_id": Category}),
    rests_on=("category_id",),
    rules=MappingProxyType(
        {
            "uq_product_variants_sku": InvalidField((product_parts.VARIANTS,), "A SKU belongs to another product."),
            "ck_stock_levels_quantity": InvalidField((product_parts.VARIANTS,), "Units of one to remove are reserved."),
        }
    ),
    tags=product_tags,
    parts=Parts(
        name=product_parts.VARIANTS,
        beside=product_parts.BESIDE,
        blank=product_parts.BLANK,
        read=product_parts.read_parts,
        lay=product_parts.lay_parts,
        require=product_parts.require_parts,
        columns=product_parts.of_first_variant,
    ),
    completed=product_parts.with_safe_description,
    since=MappingProxyType({"description_markdown": None}),
)
SERVICE: Final = Kind(
    Service,
    "service",
    (
        *("slug", "title", "short_description", "description", "icon", "type", "features", "image_url", "gallery"),
        *("is_popular", "position", *SEO, "seo_keywords", "internal_notes"),
    ),
    parts=Parts(
        name=service_tiers.TIERS,
        blank=service_tiers.BLANK,
        read=service_tiers.read_tiers,
        lay=service_tiers.lay_tiers,
        require=service_tiers.require_tiers,
        columns=service_tiers.hidden,
    ),
)
