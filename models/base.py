"""The declarative base: naming conventions, ids, timestamps and the column kinds every table shares."""

import enum
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, MetaData, Numeric, String, Text, Uuid, func, text
from sqlalchemy import Enum as ClosedSet
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils.compat import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

SLUG_LENGTH = 255
"""An index entry holds at most 2,704 bytes; 255 characters stay below it in any script."""

Money = Annotated[Decimal, mapped_column(Numeric(12, 2))]
Fraction = Annotated[Decimal, mapped_column(Numeric(6, 4))]
"""A share from 0 to 1, such as a rate of tax."""
Currency = Annotated[str, mapped_column(String(3), server_default=text("'ETB'"))]
"""An ISO 4217 code."""
Slug = Annotated[str, mapped_column(String(SLUG_LENGTH))]
ShortText = Annotated[str, mapped_column(String(255))]
LongText = Annotated[str, mapped_column(Text)]
Url = Annotated[str, mapped_column(String(2048))]
TextList = Annotated[list[str], mapped_column(ARRAY(Text), server_default=text("'{}'"))]
Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True))]
JsonObject = Annotated[dict[str, Any], mapped_column(JSONB, server_default=text("'{}'"))]
Records = Annotated[list[dict[str, str]], mapped_column(JSONB, server_default=text("'[]'"))]
"""A JSON array of flat objects, in the order to show them."""


class Base(DeclarativeBase):
    """The base of every table; its UUIDv7 key orders rows by their creation."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads a plain dict
        enum.Enum: ClosedSet(enum.Enum, native_enum=False, create_constraint=True, length=30),
    }
    """A StrEnum is stored as text with a CHECK; its values are its names, which are its GraphQL names."""

    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True, default=uuid7, sort_order=-1)


class Timestamped:
    """Adds the time of creation and of the last change; a trigger keeps the latter."""

    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now(), sort_order=90)
    updated_at: Mapped[Timestamp] = mapped_column(server_default=func.now(), sort_order=91)


class Versioned(Timestamped, Base):
    """A row that several people change: each change of it is a revision (models/revisions.py)."""

    __abstract__ = True

    version: Mapped[int] = mapped_column(server_default=text("1"), sort_order=85)
    """Of its newest revision."""
    deleted_at: Mapped[Timestamp | None] = mapped_column(sort_order=92)
    """Since when it lies in the trash, where nobody sees it."""


class SearchEngineOptimised:
    """Adds what search engines show of a page."""

    seo_title: Mapped[str | None] = mapped_column(String(255), sort_order=80)
    seo_description: Mapped[str | None] = mapped_column(Text, sort_order=81)


def positive_version() -> CheckConstraint:
    """Versions are counted from one."""
    return CheckConstraint("version > 0", name="version")


def well_formed_slug() -> CheckConstraint:
    """A slug is lower case, in any script, without white space and without the marks that divide an address."""
    return CheckConstraint("slug <> '' AND slug !~ '[[:space:]/?#%]' AND slug = lower(slug)", name="slug")
