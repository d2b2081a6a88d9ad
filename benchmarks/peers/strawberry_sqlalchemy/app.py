"""The query type, and the application: Strawberry's ASGI view with fresh loaders for each request."""

import os

import strawberry
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.peers.strawberry_sqlalchemy import models, types
from benchmarks.peers.strawberry_sqlalchemy.loaders import Loaders, Sessions


@strawberry.type
class Query:
    """Where every query starts."""

    @strawberry.field
    async def product(self, info: types.ShopInfo, slug: str) -> types.Product | None:
        """A product by its slug."""
        statement = select(models.Product).where(models.Product.slug == slug, models.Product.is_active)
        return next((types.product_type(row) for row in await types.loaders(info).rows(statement)), None)

    @strawberry.field
    async def category(self, info: types.ShopInfo, slug: str) -> types.Category | None:
        """A category by its slug."""
        statement = select(models.Category).where(models.Category.slug == slug, models.Category.is_active)
        return next((types.category_type(row) for row in await types.loaders(info).rows(statement)), None)

    @strawberry.field
    async def posts(self, info: types.ShopInfo, first: int = 20) -> types.PostConnection:
        """The newest posts."""
        post = models.Post
        published = select(post).where(post.status == "PUBLISHED", post.published_at <= func.now())
        rows = await types.loaders(info).rows(published.order_by(post.dated_at.desc(), post.id.desc()).limit(first))
        return types.PostConnection(
            nodes=[
                types.Post(
                    id=strawberry.ID(str(row.id)),
                    slug=row.slug,
                    title=row.title,
                    excerpt=row.excerpt,
                    published_at=row.published_at,
                    author_id=row.author_id,
                )
                for row in rows
            ]
        )

    @strawberry.field
    async def products(
        self,
        info: types.ShopInfo,
        filter: types.ProductFilter | None = None,  # noqa: A002 - the argument's name in the API
        sort: types.ProductSort = types.ProductSort.NEWEST,
        search: str | None = None,
        first: int = 20,
    ) -> types.ProductConnection:
        """Products, filtered, searched and sorted."""
        product = models.Product
        statement = select(product).where(product.is_active)
        if filter is not None and filter.price is not None:
            statement = statement.where(product.price.between(filter.price.min, filter.price.max))
        if filter is not None and filter.rating is not None:
            statement = statement.where(product.rating >= filter.rating.min)
        if search is not None:
            statement = models.answering(statement, search)
        elif sort is types.ProductSort.PRICE_ASC:
            statement = statement.order_by(product.price, product.id)
        else:
            statement = statement.order_by(product.created_at.desc(), product.id.desc())
        rows = await types.loaders(info).rows(statement.limit(first + 1))
        return types.product_page(list(rows), first)


SCHEMA = strawberry.Schema(query=Query, config=types.CONFIG, extensions=[ParserCache, ValidationCache])


class ShopView(GraphQL[dict[str, Loaders], None]):
    """The view of the schema on a database."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(SCHEMA, graphql_ide=None)
        self._sessions = sessions

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> dict[str, Loaders]:
        """Fresh loaders."""
        return {"loaders": Loaders(self._sessions)}


def create_app() -> ShopView:
    """The application, on the database of DATABASE_URL."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, pool_size=int(os.environ.get("POOL_SIZE", "10")), max_overflow=0)
    return ShopView(async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False))
