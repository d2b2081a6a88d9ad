"""Kinds of items that editors write: which of their columns and relations a revision holds."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from domain.content_values import Content
from domain.errors import InvalidField
from domain.item_parts import keywords_of
from models import Author, Category, Page, Post, PostCategory, Product, post_tags
from models.base import Base, Versioned
from models.publishing import Publishable

Faults = Sequence[InvalidField]
"""What is wrong with one item."""

Item = TypeVar("Item", bound=Versioned)
Outward = TypeVar("Outward", bound=Publishable)
"""What readers see only once it is published."""

TAGS = "tags"
"""The field that holds the slugs of labels, in their order."""

SEO = ("seo_title", "seo_description")


@dataclass(frozen=True, slots=True)
class Parts(Generic[Item]):
    """What an item has in tables of its own."""

    name: str
    """The field of the content that holds them: by their ids, where they are changed one by one."""
    blank: Content
    """What a new one holds that nobody says anything of."""
    read: Callable[[AsyncSession, Sequence[Item]], Awaitable[Mapping[UUID, Content]]]
    """The fields of each item's content that hold them, as they are stored: so many statements, however many items."""
    lay: Callable[[AsyncSession, Sequence[tuple[Item, Content]]], Awaitable[Mapping[UUID, Faults]]]
    """Let the tables hold what contents say; gives why some stay as they are. Again so many statements."""
    require: Callable[[AsyncSession, UUID, Content, Content], Awaitable[None]]
    """Refuse a content, by what it changes of another, that could not be laid. Raises InvalidInputError."""
    columns: Callable[[Content], Mapping[str, Any]]
    """What a new row holds beside its content, which may follow from its parts."""
    beside: tuple[str, ...] = ()
    """Further fields of the content."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[Item]):
    """A table whose rows are edited in versions."""

    model: type[Item]
    name: str
    """What a sentence calls one of them."""
    columns: tuple[str, ...]
    title: str = "title"
    """The column that a slug is made of when none is given."""
    references: Mapping[str, type[Base]] = field(default_factory=dict)
    """Columns that name rows of other tables."""
    rests_on: tuple[str, ...] = ()
    """Those among them without whose row it does not come out of the trash."""
    needed_by: tuple[InstrumentedAttribute[Any], ...] = ()
    """Columns of others that name one of them, which does not go into the trash before they do."""
    rules: Mapping[str, InvalidField] = field(default_factory=dict)
    """What is wrong when a content breaks a constraint, by its name."""
    is_tree: bool = False
    """Whether its rows stand below each other, so that whoever writes one locks the tree before any row of it."""
    tags: Table | None = None
    parts: Parts[Item] | None = None
    completed: Callable[[Content], dict[str, Any]] | None = None
    """What is given, with what follows from it. Raises InvalidInputError."""
    since: Mapping[str, Any] = field(default_factory=dict)
    """What contents say that are older than a field, where that is not what the row has."""

    @property
    def table_name(self) -> str:
        """Its table."""
        return str(self.model.__tablename__)

    @property
    def fields(self) -> tuple[str, ...]:
        """All that its content consists of."""
        tags = () if self.tags is None else (TAGS,)
        parts = () if self.parts is None else (*self.parts.beside, self.parts.name)
        return (*self.columns, *tags, *parts)

    @property
    def part_keywords(self) -> frozenset[str]:
        """What a mutation calls changes of its parts."""
        return frozenset() if self.parts is None else keywords_of(self.parts.name)

    def column_of(self, keyword: str) -> str:
        """The field of the content that a mutation calls `keyword`: references go without their ending there."""
        return f"{keyword}_id" if f"{keyword}_id" in self.references else keyword

    def keyword_of(self, column: str) -> str:
        """What a mutation calls the field."""
        return column.removesuffix("_id") if column in self.references else column

    def decoded(self, column: str, value: Any) -> Any:
        """The value of a content's field as the column takes it."""
        kind = getattr(self.model, column).type.python_type
        is_text_of = value is not None and issubclass(kind, UUID | Decimal | Enum)
        return kind(value) if is_text_of else value


POST = Kind(
    Post,
    "post",
    (
        *("author_id", "category_id", "slug", "title", "excerpt", "body", "featured_image_url", "featured_image_alt"),
        *(*SEO, "seo_keywords", "internal_notes"),
    ),
    references=MappingProxyType({"author_id": Author, "category_id": PostCategory}),
    rests_on=("author_id",),
    tags=post_tags,
)
PAGE = Kind(Page, "page", ("slug", "title", "body", *SEO, "internal_notes"))
AUTHOR = Kind(
    Author,
    "author",
    ("slug", "name", "job_title", "bio", "avatar_url"),
    title="name",
    needed_by=(Post.author_id,),
)
POST_CATEGORY = Kind(PostCategory, "section", ("slug", "name", "description", "position"), title="name")
CATEGORY = Kind(
    Category,
    "category",
    ("parent_id", "slug", "name", "description", "position", "is_active", *SEO),
    title="name",
    references=MappingProxyType({"parent_id": Category}),
    rests_on=("parent_id",),
    needed_by=(Category.parent_id, Product.category_id),
    rules=MappingProxyType(
        {"ck_categories_tree": InvalidField(("parent",), "A category cannot be placed below itself.")}
    ),
    is_tree=True,
)
