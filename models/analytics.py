"""How often posts and services were looked at and shared: counts by day, week, month and year."""

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Timestamp

if TYPE_CHECKING:
    from models.content import Post
    from models.services import Service


class AnalyticsPeriod(StrEnum):
    """The length of time that a row counts for."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class Popular:
    """Adds what everybody is shown of the counts: all that was counted, but for the last minutes."""

    view_count: Mapped[int] = mapped_column(server_default=text("0"), sort_order=75)
    share_count: Mapped[int] = mapped_column(server_default=text("0"), sort_order=75)


def counts_rule() -> CheckConstraint:
    """Nothing is looked at less than never."""
    return CheckConstraint("view_count >= 0 AND share_count >= 0", name="counts")


class Counted(Base):
    """What was counted of something in a period, which `date` is the first day of, in UTC."""

    __abstract__ = True

    period: Mapped[AnalyticsPeriod]
    date: Mapped[dt.date] = mapped_column(Date)
    view_count: Mapped[int] = mapped_column(server_default=text("0"))
    share_count: Mapped[int] = mapped_column(server_default=text("0"))
    shown_views: Mapped[int] = mapped_column(server_default=text("0"))
    """Of a year: how many of its views are among those that the thing itself shows."""
    shown_shares: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now(), sort_order=90)


class ContentAnalytics(Counted):
    """How often a post was looked at and shared in a period."""

    __tablename__ = "content_analytics"
    __table_args__ = (
        UniqueConstraint("post_id", "period", "date"),
        CheckConstraint("shown_views BETWEEN 0 AND view_count", name="views"),
        CheckConstraint("shown_shares BETWEEN 0 AND share_count", name="shares"),
        Index(None, "post_id", "date", "id"),
        Index(None, "period", "date"),
    )

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))

    post: Mapped["Post"] = relationship(back_populates="analytics", lazy="raise")


class ServiceAnalytics(Counted):
    """How often a service was looked at and shared in a period."""

    __tablename__ = "service_analytics"
    __table_args__ = (
        UniqueConstraint("service_id", "period", "date"),
        CheckConstraint("shown_views BETWEEN 0 AND view_count", name="views"),
        CheckConstraint("shown_shares BETWEEN 0 AND share_count", name="shares"),
        Index(None, "service_id", "date", "id"),
        Index(None, "period", "date"),
    )

    service_id: Mapped[UUID] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))

    service: Mapped["Service"] = relationship(back_populates="analytics", lazy="raise")
