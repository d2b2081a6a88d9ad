"""Navigation menus: trees of items that lead to pages of the shop, or elsewhere (decision 0050)."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, ShortText, Url, Versioned, positive_version
from models.catalog import Category, Product
from models.content import Post, PostCategory
from models.pages import Page
from models.services import Service

CODE_LENGTH = 40
PATTERN_OF_CODES = "^[a-z0-9]+(-[a-z0-9]+)*$"
PATTERN_OF_URLS = "^(https?://|mailto:|tel:|/|#)[^[:space:]]*$"
"""Where a link may lead without running anything."""

TARGETS = ("url", "page_id", "post_id", "post_category_id", "category_id", "product_id", "service_id")
"""The columns of which at most one says where an item leads."""


class Menu(Versioned):
    """A menu, which front ends ask for by its code. It changes as a whole."""

    __tablename__ = "menus"
    __table_args__ = (
        CheckConstraint(f"code ~ '{PATTERN_OF_CODES}'", name="code"),
        CheckConstraint("name <> ''", name="name"),
        positive_version(),
        Index(None, "name", "id"),
    )

    code: Mapped[str] = mapped_column(String(CODE_LENGTH), unique=True)
    name: Mapped[ShortText]

    items: Mapped[list["MenuItem"]] = relationship(lazy="raise", viewonly=True)


class MenuItem(Base):
    """A line of a menu, either at its top or below another line. Without a target it is a heading."""

    __tablename__ = "menu_items"
    __table_args__ = (
        CheckConstraint("num_nonnulls(menu_id, parent_id) = 1", name="place"),
        CheckConstraint(f"num_nonnulls({', '.join(TARGETS)}) <= 1", name="target"),
        CheckConstraint("label <> ''", name="label"),
        CheckConstraint("position >= 0", name="position"),
        CheckConstraint(f"url ~ '{PATTERN_OF_URLS}'", name="url"),
        UniqueConstraint("menu_id", "position"),
        UniqueConstraint("parent_id", "position"),
        *(Index(None, name, postgresql_where=text(f"{name} IS NOT NULL")) for name in TARGETS[1:]),
    )

    menu_id: Mapped[UUID | None] = mapped_column(ForeignKey("menus.id", ondelete="CASCADE"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("menu_items.id", ondelete="CASCADE"))
    position: Mapped[int]
    label: Mapped[ShortText]
    url: Mapped[Url | None]
    page_id: Mapped[UUID | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    post_id: Mapped[UUID | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    post_category_id: Mapped[UUID | None] = mapped_column(ForeignKey("post_categories.id", ondelete="CASCADE"))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    service_id: Mapped[UUID | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))

    page: Mapped[Page | None] = relationship(lazy="raise", viewonly=True)
    post: Mapped[Post | None] = relationship(lazy="raise", viewonly=True)
    post_category: Mapped[PostCategory | None] = relationship(lazy="raise", viewonly=True)
    category: Mapped[Category | None] = relationship(lazy="raise", viewonly=True)
    product: Mapped[Product | None] = relationship(lazy="raise", viewonly=True)
    service: Mapped[Service | None] = relationship(lazy="raise", viewonly=True)
    items: Mapped[list["MenuItem"]] = relationship(lazy="raise", viewonly=True)
