"""Whole products as values: what an import, the demo data or a mutation hands to the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from models import BackorderPolicy, Badge
from models.stock import LOW_STOCK_BELOW

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Path: TypeAlias = tuple[str | int, ...]
"""Where in a product something is: `("variants", 0, "price")`."""


@dataclass(frozen=True, slots=True)
class CategoryPath:
    """The names from the root of the category tree downwards. What is missing of it is created."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImageData:
    """A picture; a product's pictures differ in their addresses."""

    url: str
    alt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantData:
    """One thing that can be bought. `option_values` follow the order of the product's options."""

    sku: str
    price: Decimal
    option_values: tuple[str, ...] = ()
    compare_at_price: Decimal | None = None
    cost_price: Decimal | None = None
    barcode: str | None = None
    weight_grams: int | None = None
    tracks_stock: bool = True
    backorder_policy: BackorderPolicy = BackorderPolicy.DENY
    requires_shipping: bool = True
    is_taxable: bool = True
    quantity: int = 0
    """The units in stock of a new variant; of one that is stored, `Merge` says whether it counts."""
    minimum_level: int = LOW_STOCK_BELOW
    image_url: str | None = None
    """The address of one of the product's images."""
    id: UUID | None = None
    """Which variant of the product it is; by its SKU or its option values where that is not said."""

    @property
    def name(self) -> str:
        """Its option values joined, such as `1 TB / Black`; empty for the only variant of a product."""
        return " / ".join(self.option_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductData:
    """A product with all that belongs to it. Its first variant is the default one, its slug is its identity."""

    slug: str
    name: str
    variants: tuple[VariantData, ...]
    vendor: str | None = None
    description: str = ""
    """Plain text, for a product without `description_html`, which otherwise says both."""
    description_html: str = ""
    category: str | CategoryPath | None = None
    """The slug of a category that there is, or a path of names."""
    tags: tuple[str, ...] = ()
    """Names. Two that make the same slug are the same tag; those missing are created."""
    options: tuple[str, ...] = ()
    """What the variants differ in, such as `Size`."""
    images: tuple[ImageData, ...] = ()
    specifications: tuple[tuple[str, str], ...] = ()
    features: tuple[str, ...] = ()
    badge: Badge | None = None
    badge_color: str | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    is_active: bool = True
    is_customizable: bool = False
    seo_title: str | None = None
    seo_description: str | None = None
    internal_notes: str | None = None
    created_at: datetime | None = None
    """When the product came to be, with a time zone; counts only when it is created, now if not given."""


@dataclass(frozen=True, slots=True)
class Merge:
    """What an update leaves as it is stored, because the source does not know it."""

    kept: frozenset[str] = frozenset()
    """Names of fields of ProductData."""
    kept_of_variants: frozenset[str] = frozenset()
    """Names of fields of VariantData."""
    sets_stock: bool = False
    """Whether the quantity of variants that are stored already becomes what the source says."""

    def __post_init__(self) -> None:
        """Refuse names that are not fields: they would be ignored without a word."""
        unknown = (self.kept - KEEPABLE) | (self.kept_of_variants - KEEPABLE_OF_VARIANTS)
        if unknown:
            raise ValueError(f"No such field can be kept: {', '.join(sorted(unknown))}.")
        if "images" in self.kept and "image_url" not in self.kept_of_variants:
            raise ValueError("Where the images are kept, the variants' are kept as well.")


KEEPABLE = frozenset(f.name for f in fields(ProductData)) - {"slug", "name", "variants", "options", "created_at"}
KEEPABLE_OF_VARIANTS = frozenset(f.name for f in fields(VariantData)) - {"id", "sku", "option_values", "quantity"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a product cannot be taken as it is: where, and a sentence that is safe to show."""

    path: Path
    message: str


class Fate(StrEnum):
    """What became of a product."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one product of a batch; problems where it was refused, its id where it was not."""

    slug: str
    fate: Fate
    product_id: UUID | None = None
    problems: tuple[Problem, ...] = ()
