"""What editors give of categories, products and services, by the names that inputs use."""

from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict
from uuid import UUID

from domain.item_parts import PartChange
from models import Badge, ServiceType


class CategoryFields(TypedDict, total=False):
    """What may be given of a category."""

    slug: str
    parent: UUID | None
    description: str
    position: int
    is_active: bool
    seo_title: str | None
    seo_description: str | None


class NewCategory(CategoryFields, total=False):
    """What makes a category."""

    name: Required[str]


class CategoryChanges(CategoryFields, total=False):
    """What may change of one; what is left out stays as it is."""

    name: str


class ProductFields(TypedDict, total=False):
    """What may be given of a product."""

    slug: str
    category: UUID | None
    vendor: str | None
    description_html: str
    description_markdown: str
    badge: Badge | None
    badge_color: str | None
    features: Sequence[str]
    specifications: Sequence[Mapping[str, str]]
    attributes: Mapping[str, Any]
    is_customizable: bool
    tags: Sequence[str]
    options: Sequence[str]
    images: Sequence[Mapping[str, str]]
    seo_title: str | None
    seo_description: str | None
    internal_notes: str | None


class NewProduct(ProductFields, total=False):
    """What makes a product."""

    name: Required[str]
    variants: Required[Sequence[Mapping[str, Any]]]


class ProductChanges(ProductFields, total=False):
    """What may change of one; what is left out stays as it is."""

    name: str
    add_variants: Sequence[Mapping[str, Any]]
    update_variants: Sequence[PartChange]
    remove_variants: Sequence[UUID]


class ServiceFields(TypedDict, total=False):
    """What may be given of a service."""

    slug: str
    short_description: str
    description: str
    icon: str | None
    features: Sequence[str]
    image_url: str | None
    gallery: Sequence[str]
    is_popular: bool
    position: int
    seo_title: str | None
    seo_description: str | None
    seo_keywords: Sequence[str]
    internal_notes: str | None


class NewService(ServiceFields, total=False):
    """What makes a service."""

    title: Required[str]
    type: Required[ServiceType]
    tiers: Sequence[Mapping[str, Any]]


class ServiceChanges(ServiceFields, total=False):
    """What may change of one; what is left out stays as it is."""

    title: str
    type: ServiceType
    add_tiers: Sequence[Mapping[str, Any]]
    update_tiers: Sequence[PartChange]
    remove_tiers: Sequence[UUID]
