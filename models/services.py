"""Services and their pricing tiers."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing_extensions import override

from models.analytics import Popular, ServiceAnalytics, counts_rule
from models.base import (
    Base,
    Currency,
    LongText,
    Money,
    SearchEngineOptimised,
    ShortText,
    Slug,
    TextList,
    Timestamped,
    Url,
    positive_version,
    well_formed_slug,
)
from models.publishing import Switched, hidden_in_the_trash, live_version_rule
from models.search import search_vector
from models.texts import WORDS_OF_DESCRIPTION, Described


class ServiceType(StrEnum):
    """What kind of work a service is."""

    CONSULTATION = "CONSULTATION"
    IMPLEMENTATION = "IMPLEMENTATION"
    MAINTENANCE = "MAINTENANCE"
    SUPPORT = "SUPPORT"


class BillingPeriod(StrEnum):
    """How often a tier's price is due."""

    ONE_TIME = "ONE_TIME"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class Service(Described, Popular, SearchEngineOptimised, Switched):
    """Work the shop offers, priced by tiers."""

    __tablename__ = "services"
    __table_args__ = (
        well_formed_slug(),
        positive_version(),
        live_version_rule(),
        hidden_in_the_trash("is_visible"),
        counts_rule(),
        Index(None, "rendering"),
        Index(None, "position", "id"),
        Index(None, "title", "id"),
        Index(None, "created_at", "id"),
        Index(None, "search", postgresql_using="gin"),
    )

    slug: Mapped[Slug] = mapped_column(unique=True)
    title: Mapped[ShortText]
    short_description: Mapped[str] = mapped_column(String(500), server_default="")
    icon: Mapped[str | None] = mapped_column(String(50))
    type: Mapped[ServiceType]
    features: Mapped[TextList]
    image_url: Mapped[Url | None]
    gallery: Mapped[TextList]
    is_popular: Mapped[bool] = mapped_column(server_default=false())
    is_visible: Mapped[bool] = mapped_column(server_default=true())
    position: Mapped[int] = mapped_column(server_default=text("0"))
    seo_keywords: Mapped[TextList]
    internal_notes: Mapped[LongText | None]
    search: Mapped[str] = search_vector(["title"], ["short_description", WORDS_OF_DESCRIPTION])

    tiers: Mapped[list["ServiceTier"]] = relationship(back_populates="service", lazy="raise")
    analytics: Mapped[list[ServiceAnalytics]] = relationship(back_populates="service", lazy="raise")

    @property
    @override
    def is_out(self) -> bool:
        return self.is_visible

    @override
    def show(self, *, is_out: bool) -> None:
        self.is_visible = is_out


class ServiceTier(Timestamped, Base):
    """One price of a service and what it buys."""

    __tablename__ = "service_tiers"
    __table_args__ = (
        UniqueConstraint("service_id", "name"),
        CheckConstraint("price >= 0 AND price <> 'NaN'", name="price"),
        Index(None, "service_id", "position", "id"),
    )

    service_id: Mapped[UUID] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    price: Mapped[Money]
    currency: Mapped[Currency]
    billing_period: Mapped[BillingPeriod] = mapped_column(server_default=text(f"'{BillingPeriod.ONE_TIME}'"))
    features: Mapped[TextList]
    is_popular: Mapped[bool] = mapped_column(server_default=false())
    is_visible: Mapped[bool] = mapped_column(server_default=true())
    position: Mapped[int] = mapped_column(server_default=text("0"))

    service: Mapped[Service] = relationship(back_populates="tiers", lazy="raise")
