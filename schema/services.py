"""Services and their pricing tiers."""

from datetime import datetime
from enum import Enum

from strawberry.scalars import JSON

import models
from auth.permissions import Permission
from domain import conditions, open_graph, searching, structured_data
from domain.canonical import canonical_url
from schema.analytics import AnalyticsFilter, AnalyticsSort, ServiceAnalytics
from schema.catalog import Product
from schema.content import Post
from schema.declare import column, expression, many, one, part, sort_enum, table
from schema.embeds import posts_in, products_in
from schema.enums import BillingPeriod, ServiceType
from schema.filters import condition, filter_input
from schema.orders import BY_POSITION, ascending, by_relevance, descending
from schema.relay import Connection, Node
from schema.revisions import Revision, revisions_of
from schema.values import CANONICAL, KEYWORD_SEO, OPEN_GRAPH, PRICE, KeywordSeo, Money


@sort_enum("How services are sorted.")
class ServiceSort(Enum):
    """Orders of service lists."""

    POSITION = ascending("service:position", lambda service: service.position, "As the shop arranged them.")
    TITLE_ASC = ascending("service:title-asc", lambda service: service.title, "By title.")
    NEWEST = descending("service:newest", lambda service: service.created_at, "The newest first.")
    RELEVANCE = by_relevance("service:relevance", lambda service: service.title)


@filter_input("Conditions on services, which must all hold.")
class ServiceFilter:
    """What services are filtered by."""

    types: list[ServiceType] | None = condition(
        lambda service, types: conditions.one_of(service.type, types), "Of one of these types."
    )
    is_popular: bool | None = condition(
        lambda service, wanted: service.is_popular.is_(wanted), "Whether it is often asked for."
    )
    text: str | None = condition(searching.answers, "The words answer this question.")


@table(models.ServiceTier, "One price of a service and what it buys.")
class ServiceTier(Node):
    """A pricing tier."""

    name: str = column("The tier's name, such as `Essential`.")
    price: Money = part(Money, PRICE, "What it costs each billing period.")
    billing_period: BillingPeriod = column("How often the price is due.")
    features: list[str] = column("What the price buys.")
    is_popular: bool = column("Whether most customers choose it.")
    position: int = column("Its place among the service's tiers.")
    service: "Service" = one(models.ServiceTier.service, "The service it is a price of.", owned=True)


@table(models.Service, "Work the shop offers, priced by tiers.")
class Service(Node):
    """A service."""

    slug: str = column("Its name in addresses; unique.")
    title: str = column("What it is called.")
    short_description: str = column("What it is, in a sentence or two.")
    description: str = column("What it is, as Markdown.")
    description_html: str = column("What it is, as HTML that is safe to show, with coloured code (classes `hl-…`).")
    embedded_products: list[Product] = products_in(models.Service)
    embedded_posts: list[Post] = posts_in(models.Service)
    icon: str | None = column("The name of an icon.")
    type: ServiceType = column("What kind of work it is.")
    features: list[str] = column("What it includes.")
    image_url: str | None = column("Where its picture is.")
    gallery: list[str] = column("Where further pictures are.")
    is_popular: bool = column("Whether it is often asked for.")
    is_visible: bool | None = column("Whether visitors see it.", requires=Permission.SERVICES_READ)
    position: int = column("Its place among the services.")
    view_count: int = column("How often it was looked at, but for the last minutes.")
    share_count: int = column("How often it was shared, but for the last minutes.")
    internal_notes: str | None = column("What only staff should know.", requires=Permission.SERVICES_READ)
    seo: KeywordSeo = part(KeywordSeo, KEYWORD_SEO, "What search engines show.")
    canonical_url: str | None = expression(canonical_url, CANONICAL)
    open_graph: JSON = expression(open_graph.service, OPEN_GRAPH)
    json_ld: JSON = expression(structured_data.service, "It as JSON-LD (Service with an Offer for each tier).")
    version: int | None = column(
        "Of its newest revision: what `expectedVersion` is compared with.", requires=Permission.SERVICES_READ
    )
    has_draft: bool | None = expression(
        lambda service: service.live_version < service.version,
        "Whether its newest revision waits beside what visitors see.",
        requires=Permission.SERVICES_READ,
    )
    revisions: Connection[Revision] | None = revisions_of(models.Service, Permission.SERVICES_READ)
    analytics: Connection[ServiceAnalytics] | None = many(
        models.Service.analytics,
        "How often it was looked at and shared in each period.",
        order=AnalyticsSort.NEWEST,
        filter=AnalyticsFilter,
        requires=Permission.ANALYTICS_READ,
    )
    created_at: datetime = column("When it was created.")
    updated_at: datetime = column("When it was last changed.")
    tiers: list[ServiceTier] = many(models.Service.tiers, "Its prices in order.", order=BY_POSITION, paged=False)
