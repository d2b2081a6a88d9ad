"""The GraphQL types, with a resolver for each field that is no attribute."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import NewType
from uuid import UUID

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from benchmarks.peers.strawberry_sqlalchemy import models
from benchmarks.peers.strawberry_sqlalchemy.loaders import Loaders

CurrencyCode = NewType("CurrencyCode", str)
MILLISECONDS = 23
CONFIG = StrawberryConfig(
    scalar_map={
        CurrencyCode: strawberry.scalar(name="CurrencyCode", serialize=str),
        datetime: strawberry.scalar(
            name="DateTime",
            serialize=lambda value: value.astimezone(UTC).isoformat(timespec="milliseconds")[:MILLISECONDS] + "Z",
        ),
    }
)

ShopInfo = Info[dict[str, Loaders], None]


@strawberry.type
class Money:
    """An amount of money."""

    amount: Decimal
    currency_code: CurrencyCode


@strawberry.type
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Category:
    """A branch of the catalogue."""

    id: strawberry.ID
    slug: str
    name: str
    key: strawberry.Private[UUID]

    @strawberry.field
    async def products(self, info: ShopInfo, first: int = 20) -> "ProductConnection":
        """The newest products in it."""
        return product_page(await loaders(info).products.load((self.key, first + 1)), first)


@strawberry.type
class Reviewer:
    """Who wrote a review."""

    name: str


@strawberry.type
class Review:
    """What a customer says."""

    id: strawberry.ID
    rating: int
    comment: str
    user_id: strawberry.Private[UUID]

    @strawberry.field
    async def author(self, info: ShopInfo) -> Reviewer:
        """Who wrote it."""
        user = await loaders(info).users.load(self.user_id)
        return Reviewer(name=f"{user.first_name} {user.last_name[:1]}.")


@strawberry.type
class ReviewConnection:
    """A page of reviews."""

    nodes: list[Review]


@strawberry.type
class Product:
    """What is sold."""

    id: strawberry.ID
    slug: str
    name: str
    price: Money
    rating: float
    key: strawberry.Private[UUID]
    category_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def category(self, info: ShopInfo) -> Category | None:
        """Where it stands."""
        category = await loaders(info).categories.load(self.category_id) if self.category_id else None
        return category_type(category) if category else None

    @strawberry.field
    async def reviews(self, info: ShopInfo, first: int = 20) -> ReviewConnection:
        """The newest reviews."""
        rows = await loaders(info).reviews.load((self.key, first))
        return ReviewConnection(nodes=[review_type(row) for row in rows])


@strawberry.type
class ProductEdge:
    """A product and its place in a list."""

    cursor: str
    node: Product


@strawberry.type
class ProductConnection:
    """A page of products."""

    edges: list[ProductEdge]
    nodes: list[Product]
    page_info: PageInfo


@strawberry.type
class Author:
    """Who wrote a post."""

    id: strawberry.ID
    slug: str
    name: str


@strawberry.type
class Post:
    """A blog post."""

    id: strawberry.ID
    slug: str
    title: str
    excerpt: str
    published_at: datetime | None
    author_id: strawberry.Private[UUID]

    @strawberry.field
    async def author(self, info: ShopInfo) -> Author:
        """Who wrote it."""
        author = await loaders(info).authors.load(self.author_id)
        return Author(id=strawberry.ID(str(author.id)), slug=author.slug, name=author.name)


@strawberry.type
class PostConnection:
    """A page of posts."""

    nodes: list[Post]


@strawberry.input
class DecimalRange:
    """A range of amounts."""

    min: Decimal | None = None
    max: Decimal | None = None


@strawberry.input
class ProductFilter:
    """Conditions on products."""

    price: DecimalRange | None = None
    rating: DecimalRange | None = None


@strawberry.enum
class ProductSort(Enum):
    """Orders of products."""

    NEWEST = "NEWEST"
    PRICE_ASC = "PRICE_ASC"


def loaders(info: ShopInfo) -> Loaders:
    """The loaders of the request."""
    return info.context["loaders"]


def category_type(row: models.Category) -> Category:
    """A category as clients see it."""
    return Category(id=strawberry.ID(str(row.id)), slug=row.slug, name=row.name, key=row.id)


def product_type(row: models.Product) -> Product:
    """A product as clients see it."""
    return Product(
        id=strawberry.ID(str(row.id)),
        slug=row.slug,
        name=row.name,
        price=Money(amount=row.price, currency_code=CurrencyCode(row.currency)),
        rating=float(row.rating),
        key=row.id,
        category_id=row.category_id,
    )


def review_type(row: models.Review) -> Review:
    """A review as clients see it."""
    return Review(id=strawberry.ID(str(row.id)), rating=row.rating, comment=row.comment, user_id=row.user_id)


def product_page(rows: list[models.Product], first: int) -> ProductConnection:
    """A page of products, of which there is one more when another page follows."""
    shown = rows[:first]
    edges = [ProductEdge(cursor=f"{row.created_at}|{row.id}", node=product_type(row)) for row in shown]
    page_info = PageInfo(has_next_page=len(rows) > first, end_cursor=edges[-1].cursor if edges else None)
    return ProductConnection(edges=edges, nodes=[edge.node for edge in edges], page_info=page_info)
