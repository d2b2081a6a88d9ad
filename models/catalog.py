"""The catalogue: categories in a tree, products, their variants, images and tags."""

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing_extensions import override

from models.base import (
    Base,
    Currency,
    JsonObject,
    LongText,
    Money,
    Records,
    SearchEngineOptimised,
    ShortText,
    Slug,
    TextList,
    Timestamped,
    Url,
    Versioned,
    positive_version,
    well_formed_slug,
)
from models.publishing import Switched, hidden_in_the_trash, live_version_rule
from models.search import search_vector
from models.taxes import TaxClass
from models.texts import Form, Prose

if TYPE_CHECKING:
    from models.option_schemas import ProductOptionSchema
    from models.reviews import Review
    from models.stock import StockLevel


class Badge(StrEnum):
    """A label on a product's card."""

    NEW_ARRIVAL = "NEW_ARRIVAL"
    POPULAR = "POPULAR"
    BEST_SELLER = "BEST_SELLER"
    HIGH_PERFORMANCE = "HIGH_PERFORMANCE"
    ENTERPRISE = "ENTERPRISE"
    SECURITY = "SECURITY"


class BackorderPolicy(StrEnum):
    """Whether a variant sells on when its stock is used up."""

    DENY = "DENY"
    ALLOW = "ALLOW"


class Category(SearchEngineOptimised, Versioned):
    """A node of the category tree. A trigger keeps `path` and refuses cycles."""

    __tablename__ = "categories"
    __table_args__ = (
        well_formed_slug(),
        positive_version(),
        Index(None, "parent_id"),
        Index(None, "path", postgresql_using="gin"),
        Index(None, "position", "id"),
    )

    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id", ondelete="RESTRICT"))
    slug: Mapped[Slug] = mapped_column(unique=True)
    name: Mapped[ShortText]
    description: Mapped[LongText] = mapped_column(server_default="")
    position: Mapped[int] = mapped_column(server_default=text("0"))
    is_active: Mapped[bool] = mapped_column(server_default=true())
    path: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    """The ids from the root of the tree down to this category, itself included."""

    parent: Mapped["Category | None"] = relationship(remote_side="Category.id", back_populates="children", lazy="raise")
    children: Mapped[list["Category"]] = relationship(back_populates="parent", lazy="raise")
    products: Mapped[list["Product"]] = relationship(back_populates="category", lazy="raise")


product_tags = Table(
    "product_tags",
    Base.metadata,
    Column("product_id", ForeignKey("products.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Tag(Base):
    """A free label shared by products and posts."""

    __tablename__ = "tags"
    __table_args__ = (well_formed_slug(),)

    slug: Mapped[Slug] = mapped_column(unique=True)
    name: Mapped[ShortText]


class Product(Prose, SearchEngineOptimised, Switched):
    """What is sold, as one page shows it. Price, SKU and stock belong to its variants; it has at least one.

    `price` and `compare_at_price` repeat the default variant's (a trigger keeps them), so that lists filter
    and sort by an index. `rating` follows the approved reviews the same way.
    """

    form = Form("description_markdown", "description_html", "description", ("rendering",))

    __tablename__ = "products"
    __table_args__ = (
        well_formed_slug(),
        positive_version(),
        live_version_rule(),
        hidden_in_the_trash("is_active"),
        CheckConstraint("badge_color ~ '^#[0-9A-Fa-f]{6}$'", name="badge_color"),
        CheckConstraint("price >= 0 AND price <> 'NaN'", name="price"),
        CheckConstraint("compare_at_price >= 0 AND compare_at_price <> 'NaN'", name="compare_at_price"),
        CheckConstraint("review_count >= 0 AND rating_sum BETWEEN review_count AND 5 * review_count", name="rating"),
        ForeignKeyConstraint(
            ["default_variant_id", "id"],
            ["product_variants.id", "product_variants.product_id"],
            name="fk_products_default_variant",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index(None, "category_id", "created_at", "id"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "name", "id"),
        Index("ix_products_name_prefix", "name", postgresql_ops={"name": "text_pattern_ops"}),
        Index(None, "price", "id"),
        Index(None, "rating", "id"),
        Index(None, "is_active"),
        Index(None, "rendering", postgresql_where=text("description_markdown IS NOT NULL")),
        Index(None, "search", postgresql_using="gin"),
        Index(None, "metadata", postgresql_using="gin"),
    )

    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id", ondelete="RESTRICT"))
    tax_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("tax_classes.id", ondelete="RESTRICT"), index=True)
    """The default class where there is none."""
    default_variant_id: Mapped[UUID]
    """Deferred until commit: a product is written before its first variant."""
    slug: Mapped[Slug] = mapped_column(unique=True)
    name: Mapped[ShortText]
    vendor: Mapped[ShortText | None]
    description: Mapped[LongText] = mapped_column(server_default="")
    """The words of the HTML."""
    description_html: Mapped[LongText] = mapped_column(server_default="")
    description_markdown: Mapped[LongText | None]
    """What the HTML is made of; None where it was written as HTML."""
    price: Mapped[Money]
    compare_at_price: Mapped[Money | None]
    currency: Mapped[Currency]
    badge: Mapped[Badge | None]
    badge_color: Mapped[str | None] = mapped_column(String(7))
    features: Mapped[TextList]
    specifications: Mapped[Records]
    options: Mapped[Records]
    """[{"name": "Size", "values": ["S", "M"]}], in the order to show them."""
    attributes: Mapped[JsonObject] = mapped_column("metadata")
    is_active: Mapped[bool] = mapped_column(server_default=true())
    is_customizable: Mapped[bool] = mapped_column(server_default=false())
    review_count: Mapped[int] = mapped_column(server_default=text("0"))
    rating_sum: Mapped[int] = mapped_column(server_default=text("0"))
    rating: Mapped[Decimal] = mapped_column(
        Numeric(2, 1),
        Computed(
            "CASE WHEN review_count = 0 THEN 0 ELSE round(rating_sum::numeric / review_count, 1) END", persisted=True
        ),
    )
    internal_notes: Mapped[LongText | None]
    search: Mapped[str] = search_vector(["name", "vendor"], ["description"])

    category: Mapped[Category | None] = relationship(back_populates="products", lazy="raise")
    tax_class: Mapped[TaxClass | None] = relationship(lazy="raise")
    variants: Mapped[list["ProductVariant"]] = relationship(
        back_populates="product", lazy="raise", foreign_keys="ProductVariant.product_id"
    )
    default_variant: Mapped["ProductVariant"] = relationship(
        lazy="raise",
        viewonly=True,
        primaryjoin="foreign(Product.default_variant_id) == ProductVariant.id",
    )
    images: Mapped[list["ProductImage"]] = relationship(back_populates="product", lazy="raise")
    tags: Mapped[list[Tag]] = relationship(secondary=product_tags, lazy="raise")
    reviews: Mapped[list["Review"]] = relationship(back_populates="product", lazy="raise")
    option_schema: Mapped["ProductOptionSchema | None"] = relationship(back_populates="product", lazy="raise")

    @property
    @override
    def is_out(self) -> bool:
        return self.is_active

    @override
    def show(self, *, is_out: bool) -> None:
        self.is_active = is_out


class ProductVariant(Timestamped, Base):
    """One thing that can be bought: a product in one combination of its options."""

    __tablename__ = "product_variants"
    __table_args__ = (
        UniqueConstraint("id", "product_id", name="uq_product_variants_id_product_id"),
        CheckConstraint("sku <> ''", name="sku"),
        CheckConstraint("price >= 0 AND price <> 'NaN'", name="price"),
        CheckConstraint("compare_at_price >= 0 AND compare_at_price <> 'NaN'", name="compare_at_price"),
        CheckConstraint("cost_price >= 0 AND cost_price <> 'NaN'", name="cost_price"),
        CheckConstraint("weight_grams >= 0", name="weight_grams"),
        Index(None, "product_id", "position", "id"),
        ForeignKeyConstraint(
            ["image_id", "product_id"],
            ["product_images.id", "product_images.product_id"],
            name="fk_product_variants_image_id",
            ondelete="SET NULL (image_id)",
        ),
        Index(None, "option_values", postgresql_using="gin", postgresql_ops={"option_values": "jsonb_path_ops"}),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    sku: Mapped[ShortText] = mapped_column(unique=True)
    name: Mapped[ShortText]
    option_values: Mapped[Records]
    """[{"name": "Size", "value": "M"}], in the order of the product's options."""
    price: Mapped[Money]
    compare_at_price: Mapped[Money | None]
    cost_price: Mapped[Money | None]
    currency: Mapped[Currency]
    barcode: Mapped[str | None] = mapped_column(String(64))
    weight_grams: Mapped[int | None]
    position: Mapped[int] = mapped_column(server_default=text("0"))
    tracks_stock: Mapped[bool] = mapped_column(server_default=true())
    backorder_policy: Mapped[BackorderPolicy] = mapped_column(server_default=text(f"'{BackorderPolicy.DENY}'"))
    requires_shipping: Mapped[bool] = mapped_column(server_default=true())
    is_taxable: Mapped[bool] = mapped_column(server_default=true())
    image_id: Mapped[UUID | None] = mapped_column(index=True)
    """Of the images of its own product."""

    product: Mapped[Product] = relationship(back_populates="variants", lazy="raise", foreign_keys=[product_id])
    image: Mapped["ProductImage | None"] = relationship(
        lazy="raise", viewonly=True, primaryjoin="foreign(ProductVariant.image_id) == ProductImage.id"
    )
    stock_level: Mapped["StockLevel | None"] = relationship(back_populates="variant", lazy="raise")


class ProductImage(Base):
    """A picture of a product, in the order to show them."""

    __tablename__ = "product_images"
    __table_args__ = (
        UniqueConstraint("id", "product_id", name="uq_product_images_id_product_id"),
        CheckConstraint("url <> ''", name="url"),
        Index(None, "product_id", "position", "id"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    url: Mapped[Url]
    alt_text: Mapped[LongText] = mapped_column(server_default="")
    position: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))

    product: Mapped[Product] = relationship(back_populates="images", lazy="raise")
