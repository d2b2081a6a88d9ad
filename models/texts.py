"""Texts in Markdown, with what is made of them when they are written (domain/rendering.py)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Computed, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import LongText

WORDS_PER_MINUTE = 220

WORDS = "CASE WHEN rendering = 0 THEN body ELSE plain_text END"
"""What is read and searched of a body: no marks of Markdown, once the text is rendered."""

WORDS_OF_DESCRIPTION = "CASE WHEN rendering = 0 THEN description ELSE plain_text END"
"""The same of a description."""


@dataclass(frozen=True, slots=True)
class Form:
    """The columns of a text."""

    source: str
    """The text itself; contents call it the same."""
    html: str
    beside: tuple[str, ...]

    @property
    def made(self) -> tuple[str, ...]:
        """What is made of the text."""
        return (self.html, *self.beside)


class Prose:
    """Adds what is made of a text, whatever the text is called."""

    form: ClassVar[Form]

    plain_text: Mapped[LongText] = mapped_column(server_default="", sort_order=71)
    """Its words, for searching and counting them."""
    rendering: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), sort_order=71)
    """Which rendering made this and the HTML; zero before any has."""


class Described(Prose):
    """Adds a description, and the HTML of it."""

    form = Form("description", "description_html", ("plain_text", "rendering"))

    description: Mapped[LongText] = mapped_column(server_default="", sort_order=70)
    description_html: Mapped[LongText] = mapped_column(server_default="", sort_order=71)
    """The description as HTML that is safe to show."""


class Written(Prose):
    """Adds a text, the HTML of it and its headings."""

    form = Form("body", "body_html", ("plain_text", "table_of_contents", "rendering"))

    body: Mapped[LongText] = mapped_column(server_default="", sort_order=70)
    body_html: Mapped[LongText] = mapped_column(server_default="", sort_order=71)
    """The body as HTML that is safe to show."""
    table_of_contents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"), sort_order=71)
    """Its headings: [{"level": 2, "text": "Roasting", "anchor": "s-roasting"}]."""
    reading_minutes: Mapped[int] = mapped_column(
        Computed(rf"greatest(1, ceil(regexp_count({WORDS}, '\S+') / {WORDS_PER_MINUTE}.0))::int", persisted=True),
        sort_order=72,
    )
