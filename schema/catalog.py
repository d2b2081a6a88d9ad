"""The catalogue: categories, products, variants and images."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

import models
from auth.permissions import Permission
from domain import catalog, open_graph, stock, structured_data
from domain.canonical import canonical_url
from domain.taxed_prices import TAXED_PRICE
from resolvers.loading import Link
from schema.catalog_lists import ProductFilter, ProductSort
from schema.declare import argument, column, computed, expression, many, one, part, records, table
from schema.enums import BackorderPolicy, Badge, StockStatus
from schema.orders import BY_NAME, BY_POSITION, ascending
from schema.relay import Connection, Node
from schema.reviews_lists import ReviewFilter, ReviewSort
from schema.revisions import Revision, revisions_of
from schema.scalars import CountryCode
from schema.stock import StockLevel
from schema.taxes import TaxClass
from schema.values import (
    CANONICAL,
    COMPARE_AT_PRICE,
    COST_PRICE,
    CURRENCY,
    OPEN_GRAPH,
    PRICE,
    SEO,
    Money,
    NameValue,
    Seo,
    TaxedMoney,
)

if TYPE_CHECKING:
    from schema.reviews import Review


@table(models.Category, "A node of the category tree.")
class Category(Node):
    """A branch of the catalogue."""

    slug: str = column("Its name in addresses; unique.")
    name: str = column("Its name.")
    description: str = column("What is found in it.")
    position: int = column("Its place among its siblings.")
    is_active: bool | None = column("Whether visitors see it.", requires=Permission.CATALOG_READ)
    version: int = column("Of its newest revision: what `expectedVersion` is compared with.")
    revisions: Connection[Revision] | None = revisions_of(models.Category, Permission.CATALOG_READ)
    depth: int = expression(catalog.depth, "How many categories stand above it; 0 at the top.")
    parent: "Category | None" = one(models.Category.parent, "The category above it; null at the top.")
    ancestors: list["Category"] = many(
        Link(models.Category, catalog.ancestors_of),
        "The categories above it, from the top down: a breadcrumb trail.",
        order=ascending("depth", catalog.depth),
        paged=False,
    )
    children: list["Category"] = many(
        models.Category.children, "The categories right below it.", order=BY_POSITION, paged=False
    )
    products: Connection["Product"] = many(
        models.Category.products,
        "The products right in it; the filter `categories` of `products` takes those below it as well.",
        order=ProductSort.NEWEST,
        sort=ProductSort,
        filter=ProductFilter,
    )
    seo: Seo = part(Seo, SEO, "What search engines show.")
    canonical_url: str | None = expression(canonical_url, CANONICAL)
    open_graph: JSON = expression(open_graph.category, OPEN_GRAPH)
    json_ld: JSON = expression(structured_data.breadcrumbs, "Its breadcrumb trail as JSON-LD (BreadcrumbList).")


@table(models.Tag, "A free label.")
class Tag:
    """A label that products and posts share."""

    slug: str = column("Its name in addresses and filters; unique.")
    name: str = column("Its name.")


@strawberry.type(description="An option that a product's variants differ in.")
class ProductOption:
    """An option and its values."""

    name: str = strawberry.field(description="The option's name, such as `Size`.")
    values: list[str] = strawberry.field(description="Its values, in the order to show them.")


@strawberry.type(description="What a chosen value adds to the price of a unit.")
class OptionSurcharge:
    """A surcharge."""

    value: str = strawberry.field(description="The value as text.")
    amount: str = strawberry.field(description="What it adds, as a decimal number in the currency of the variant.")
    option: str = strawberry.field(description="The option.")


@table(models.ProductOptionSchema, "What may be chosen of a product that is made to order.")
class ProductOptionSchema:
    """Options and surcharges."""

    definition: JSON = column("JSON Schema 2020-12 of an object, each property of which is an option.")
    surcharges: list[OptionSurcharge] = records(OptionSurcharge, "surcharges", "What some values add to the price.")
    version: int = column("Rises with each change.")
    updated_at: datetime = column("When it was last changed.")


@table(models.ProductImage, "A picture of a product.")
class ProductImage:
    """A picture."""

    url: str = column("Where the picture is; relative to the API's address unless it names a host.")
    alt_text: str = column("What the picture shows, for those who do not see it.")
    position: int = column("Its place among the product's pictures.")


@table(models.ProductVariant, "One thing that can be bought: a product in one combination of its options.")
class ProductVariant(Node):
    """What carries SKU, price and stock."""

    sku: str = column("The stock keeping unit; unique.")
    name: str = column("Its option values joined, such as `1 TB / Black`.")
    selected_options: list[NameValue] = records(
        NameValue, "option_values", "Its value for each of the product's options."
    )
    price: Money = part(Money, PRICE, "What it costs.")
    taxed_price: TaxedMoney = computed(
        TaxedMoney,
        CURRENCY,
        TAXED_PRICE,
        "What it costs with tax and without, one unit by itself; `shop` says which of them to show.",
        argument(
            "country_code", CountryCode | None, "Where it goes; the shop's first country when absent.", required=False
        ),
    )
    compare_at_price: Money | None = part(
        Money, COMPARE_AT_PRICE, "What it cost before; null unless it is reduced.", optional=True
    )
    cost_price: Money | None = part(
        Money, COST_PRICE, "What the shop pays for it.", optional=True, requires=Permission.COSTS_READ
    )
    barcode: str | None = column("Its GTIN, ISBN or other barcode.")
    weight_grams: int | None = column("Its weight in grams.")
    position: int = column("Its place among the product's variants.")
    requires_shipping: bool = column("Whether it is a thing to be sent.")
    is_taxable: bool = column("Whether tax is due on it.")
    backorder_policy: BackorderPolicy = column("Whether it sells on when its stock is used up.")
    in_stock: bool = expression(stock.can_be_sold, "Whether it can be bought now.")
    stock_status: StockStatus = expression(stock.variant_status, "What to say about its stock.")
    stock: StockLevel | None = one(
        models.ProductVariant.stock_level, "Its exact stock.", owned=True, requires=Permission.STOCK_READ
    )
    image: ProductImage | None = one(models.ProductVariant.image, "Its own picture.", owned=True)
    product: "Product" = one(models.ProductVariant.product, "The product it is a variant of.", owned=True)


@table(models.Product, "What is sold, as one page shows it.")
class Product(Node):
    """A page of the catalogue."""

    slug: str = column("Its name in addresses; unique.")
    name: str = column("What it is called.")
    vendor: str | None = column("Who makes it.")
    description: str = column("What it is, as plain text.")
    description_html: str = column("What it is, as HTML that is safe to show.")
    description_markdown: str | None = column("What it is, as Markdown; null where it was written as HTML.")
    price: Money = part(Money, PRICE, "What its default variant costs.")
    compare_at_price: Money | None = part(
        Money, COMPARE_AT_PRICE, "What its default variant cost before; null unless it is reduced.", optional=True
    )
    badge: Badge | None = column("The label on its card.")
    badge_color: str | None = column("The label's colour as `#RRGGBB`.")
    features: list[str] = column("What speaks for it, a few words each.")
    specifications: list[NameValue] = records(
        NameValue, "specifications", "Its technical data, in the order to show it."
    )
    options: list[ProductOption] = records(ProductOption, "options", "What its variants differ in.")
    metadata: JSON = column("Further data for frontends, as the shop's staff entered it.", "attributes")
    is_active: bool | None = column("Whether visitors see it.", requires=Permission.CATALOG_READ)
    is_customizable: bool = column("Whether it is made to order.")
    rating: float = column("The average of its approved reviews from 1 to 5, one decimal; 0 without reviews.")
    review_count: int = column("How many approved reviews it has.")
    in_stock: bool = expression(stock.product_in_stock, "Whether a variant of it can be bought now.")
    stock_status: StockStatus = expression(stock.product_status, "What to say about its stock.")
    internal_notes: str | None = column("What only staff should know.", requires=Permission.CATALOG_READ)
    seo: Seo = part(Seo, SEO, "What search engines show.")
    canonical_url: str | None = expression(canonical_url, CANONICAL)
    open_graph: JSON = expression(open_graph.product, OPEN_GRAPH)
    json_ld: JSON = expression(structured_data.product, "It as JSON-LD (Product, Offer, AggregateRating).")
    version: int | None = column(
        "Of its newest revision: what `expectedVersion` is compared with.", requires=Permission.CATALOG_READ
    )
    has_draft: bool | None = expression(
        lambda product: product.live_version < product.version,
        "Whether its newest revision waits beside what visitors see.",
        requires=Permission.CATALOG_READ,
    )
    revisions: Connection[Revision] | None = revisions_of(models.Product, Permission.CATALOG_READ)
    created_at: datetime = column("When it was created.")
    updated_at: datetime = column("When it was last changed.")
    option_schema: ProductOptionSchema | None = one(
        models.Product.option_schema, "What may be chosen of it; null where nothing may.", owned=True
    )
    category: Category | None = one(models.Product.category, "Where it stands in the catalogue.")
    tax_class: TaxClass | None = one(
        models.Product.tax_class, "How it is taxed; null for the default class.", requires=Permission.CATALOG_READ
    )
    default_variant: ProductVariant = one(
        models.Product.default_variant, "The variant that is shown first.", owned=True
    )
    variants: Connection[ProductVariant] = many(models.Product.variants, "Its variants in order.", order=BY_POSITION)
    images: list[ProductImage] = many(models.Product.images, "Its pictures in order.", order=BY_POSITION, paged=False)
    tags: list[Tag] = many(models.Product.tags, "Its labels by name.", order=BY_NAME, paged=False)
    reviews: Connection[Annotated["Review", strawberry.lazy("schema.reviews")]] = many(
        models.Product.reviews,
        "What customers say about it.",
        order=ReviewSort.NEWEST,
        sort=ReviewSort,
        filter=ReviewFilter,
    )
