"""Texts in Markdown, with what is made of them when they are written (domain/rendering.py)."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import Computed, SmallInteger, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import LongText

WORDS_PER_MINUTE = 220

WORDS = "CASE WHEN rendering = 0 THEN body ELSE plain_text END"
"""What is read and searched of a body: no marks of Markdown, once the text is rendered."""

WORDS_OF_DESCRIPTION = "CASE WHEN rendering = 0 THEN description ELSE plain_text END"
"""The same of a description."""

Ids = Annotated[list[UUID], mapped_column(ARRAY(Uuid), server_default=text("'{}'"))]

EMBEDDED = ("embedded_products", "embedded_posts", "rendering")


@dataclass(frozen=True, slots=True)
class Form:
    """The columns of a text."""

    source: str
    """The text itself; contents call it the same."""
    html: str
    words: str
    beside: tuple[str, ...]
    """What else is made of the text."""

    @property
    def made(self) -> tuple[str, ...]:
        """All that is made of the text."""
        return (self.html, self.words, *self.beside)

    @property
    def is_embedding(self) -> bool:
        """Whether products and posts may stand in the text."""
        return "embedded_products" in self.beside


class Prose:
    """Adds a text in Markdown, whatever it is called."""

    form: ClassVar[Form]

    rendering: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), sort_order=71)
    """Which rendering made what is beside it; zero before any has, below zero where an embed leads nowhere yet."""


class Embedding(Prose):
    """Adds what stands in a text by reference, and its words."""

    plain_text: Mapped[LongText] = mapped_column(server_default="", sort_order=71)
    """Its words, for searching and counting them."""
    embedded_products: Mapped[Ids] = mapped_column(sort_order=71)
    """The products that stand in it, whether readers see them or not."""
    embedded_posts: Mapped[Ids] = mapped_column(sort_order=71)
    """The posts that stand in it."""


class Described(Embedding):
    """Adds a description, and the HTML of it."""

    form = Form("description", "description_html", "plain_text", EMBEDDED)

    description: Mapped[LongText] = mapped_column(server_default="", sort_order=70)
    description_html: Mapped[LongText] = mapped_column(server_default="", sort_order=71)
    """The description as HTML that is safe to show."""


class Written(Embedding):
    """Adds a text, the HTML of it and its headings."""

    form = Form("body", "body_html", "plain_text", ("table_of_contents", *EMBEDDED))

    body: Mapped[LongText] = mapped_column(server_default="", sort_order=70)
    body_html: Mapped[LongText] = mapped_column(server_default="", sort_order=71)
    """The body as HTML that is safe to show."""
    table_of_contents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"), sort_order=71)
    """Its headings: [{"level": 2, "text": "Roasting", "anchor": "s-roasting"}]."""
    reading_minutes: Mapped[int] = mapped_column(
        Computed(rf"greatest(1, ceil(regexp_count({WORDS}, '\S+') / {WORDS_PER_MINUTE}.0))::int", persisted=True),
        sort_order=72,
    )
