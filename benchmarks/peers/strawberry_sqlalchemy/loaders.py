"""The data loaders of one request: each turns the ids that resolvers ask for into one statement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, and_, bindparam, select, true
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased
from strawberry.dataloader import DataLoader

from benchmarks.peers.strawberry_sqlalchemy.models import Author, Category, Product, Review, User

Sessions = async_sessionmaker[AsyncSession]


def _newest_of_each(model: Any, parent: Any, condition: Any) -> Any:
    """The first rows below each of several parents, built once: an alias of a table takes SQLAlchemy milliseconds."""
    newest = select(model).where(condition).order_by(model.created_at.desc(), model.id.desc())
    row = aliased(model, newest.limit(bindparam("first", type_=Integer)).lateral())
    wanted = parent.id.in_(bindparam("ids", expanding=True))
    return select(row).select_from(parent).join(row, true()).where(wanted)


NEWEST_REVIEWS = _newest_of_each(Review, Product, and_(Review.product_id == Product.id, Review.status == "APPROVED"))
NEWEST_PRODUCTS = _newest_of_each(Product, Category, and_(Product.category_id == Category.id, Product.is_active))


class Loaders:
    """Fresh for each request, as their cache must not outlive it."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.categories = DataLoader(load_fn=self._load_categories)
        self.users = DataLoader(load_fn=self._load_users)
        self.authors = DataLoader(load_fn=self._load_authors)
        self.reviews = DataLoader(load_fn=self._load_reviews)
        self.products = DataLoader(load_fn=self._load_products)

    async def rows(self, statement: Any, parameters: dict[str, Any] | None = None) -> Sequence[Any]:
        """The rows of a statement, in a session of its own."""
        async with self._sessions() as session:
            return (await session.scalars(statement, parameters)).all()

    async def _load_categories(self, ids: list[UUID]) -> list[Category | None]:
        return _in_order(ids, await self.rows(select(Category).where(Category.id.in_(ids), Category.is_active)))

    async def _load_users(self, ids: list[UUID]) -> list[User]:
        return _in_order(ids, await self.rows(select(User).where(User.id.in_(ids))))

    async def _load_authors(self, ids: list[UUID]) -> list[Author]:
        return _in_order(ids, await self.rows(select(Author).where(Author.id.in_(ids))))

    async def _load_reviews(self, keys: list[tuple[UUID, int]]) -> list[list[Review]]:
        """The first reviews of each product. All keys of a request name the same number of rows."""
        ids = [product_id for product_id, _ in keys]
        return _grouped(ids, await self.rows(NEWEST_REVIEWS, {"ids": ids, "first": keys[0][1]}), "product_id")

    async def _load_products(self, keys: list[tuple[UUID, int]]) -> list[list[Product]]:
        """The first products of each category, likewise."""
        ids = [category_id for category_id, _ in keys]
        return _grouped(ids, await self.rows(NEWEST_PRODUCTS, {"ids": ids, "first": keys[0][1]}), "category_id")


def _grouped(ids: list[UUID], rows: Sequence[Any], parent: str) -> list[list[Any]]:
    groups: dict[UUID, list[Any]] = {key: [] for key in ids}
    for row in sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True):
        groups[getattr(row, parent)].append(row)
    return [groups[key] for key in ids]


def _in_order(ids: list[UUID], rows: Sequence[Any]) -> list[Any]:
    by_id = {row.id: row for row in rows}
    return [by_id.get(key) for key in ids]
