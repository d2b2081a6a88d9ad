"""Texts in Markdown, with what is made of them when they are written (domain/rendering.py)."""

from typing import Any

from sqlalchemy import Computed, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import LongText

WORDS_PER_MINUTE = 220

WORDS = "CASE WHEN rendering = 0 THEN body ELSE plain_text END"
"""What is read and searched: no marks of Markdown, once the text is rendered."""


class Written:
    """Adds a text, the HTML of it, its headings and its bare words."""

    body: Mapped[LongText] = mapped_column(server_default="", sort_order=70)
    body_html: Mapped[LongText] = mapped_column(server_default="", sort_order=71)
    """The body as HTML that is safe to show."""
    plain_text: Mapped[LongText] = mapped_column(server_default="", sort_order=71)
    """The words of the body, for searching and counting them."""
    table_of_contents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"), sort_order=71)
    """Its headings: [{"level": 2, "text": "Roasting", "anchor": "s-roasting"}]."""
    rendering: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), sort_order=71)
    """Which rendering made these; zero before any has."""
    reading_minutes: Mapped[int] = mapped_column(
        Computed(rf"greatest(1, ceil(regexp_count({WORDS}, '\S+') / {WORDS_PER_MINUTE}.0))::int", persisted=True),
        sort_order=72,
    )
