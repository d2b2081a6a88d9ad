"""The columns of the shop's tables that the operations ask for."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Numeric, Select, func
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The base of every table."""


class Category(Base):
    """A branch of the catalogue."""

    __tablename__ = "categories"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    is_active: Mapped[bool]


class Product(Base):
    """What is sold."""

    __tablename__ = "products"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"))
    slug: Mapped[str]
    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    currency: Mapped[str]
    rating: Mapped[Decimal] = mapped_column(Numeric(2, 1))
    is_active: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    search: Mapped[str] = mapped_column(TSVECTOR, deferred=True)


class User(Base):
    """Who wrote a review."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]


class Review(Base):
    """What one user says about one product."""

    __tablename__ = "reviews"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    rating: Mapped[int]
    comment: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Author(Base):
    """Who wrote a post."""

    __tablename__ = "authors"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]


class Post(Base):
    """A blog post."""

    __tablename__ = "posts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("authors.id"))
    slug: Mapped[str]
    title: Mapped[str]
    excerpt: Mapped[str]
    status: Mapped[str]
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


def answering(statement: Select[Product], question: str) -> Select[Product]:
    """The products of the statement that answer the question, the best first."""
    asked = func.peers_sql.asked(question).table_valued("title", "whole", "everything")
    rank = func.peers_sql.rank(Product.name, Product.search, asked.c.title, asked.c.whole, asked.c.everything)
    is_answer = Product.search.bool_op("@@")(asked.c.everything)
    return statement.join(asked, is_answer).order_by(rank.desc(), Product.id.desc())
