"""What search engines read of a page, as SQL: JSON-LD in the vocabulary of schema.org.

It says what everybody may see, whoever asks, because it ends up in pages for everybody. Members without a value are
left out, and so are pictures whose address is not whole.
"""

from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from domain.canonical import canonical_url, shop_name
from domain.rendering import words_of_description
from domain.stock import product_in_stock
from models import Author, Category, PostCategory, ProductImage, ServiceTier

SCHEMA_ORG = "https://schema.org"
MOST_IMAGES = 10

Json = ColumnElement[Any]


def product(row: Any) -> Json:
    """A Product with its Offer, and its AggregateRating once there are reviews."""
    offer = thing(
        "Offer",
        url=canonical_url(row),
        price=cast(row.price, Text),
        priceCurrency=row.currency,
        availability=case((product_in_stock(row), f"{SCHEMA_ORG}/InStock"), else_=f"{SCHEMA_ORG}/OutOfStock"),
    )
    rating = thing("AggregateRating", ratingValue=row.rating, reviewCount=row.review_count, bestRating=5, worstRating=1)
    return page(
        "Product",
        name=row.name,
        description=func.nullif(row.description, ""),
        url=canonical_url(row),
        image=_images(row),
        brand=case((row.vendor.is_not(None), thing("Brand", name=row.vendor))),
        offers=offer,
        aggregateRating=case((row.review_count > 0, rating)),
    )


def service(row: Any) -> Json:
    """A Service with an Offer for each visible tier."""
    tier = thing(
        "Offer", name=ServiceTier.name, price=cast(ServiceTier.price, Text), priceCurrency=ServiceTier.currency
    )
    listed = func.jsonb_agg(aggregate_order_by(tier, ServiceTier.position, ServiceTier.id), type_=JSONB)
    offers = (
        select(listed).where(ServiceTier.service_id == row.id, ServiceTier.is_visible).correlate_except(ServiceTier)
    )
    return page(
        "Service",
        name=row.title,
        description=func.coalesce(func.nullif(row.short_description, ""), func.nullif(words_of_description(row), "")),
        url=canonical_url(row),
        image=whole(row.image_url),
        serviceType=row.type,
        provider=thing("Organization", name=shop_name()),
        offers=offers.scalar_subquery(),
    )


def article(row: Any) -> Json:
    """An Article with its author and its publisher."""
    author = select(thing("Person", name=Author.name, url=canonical_url(Author))).where(Author.id == row.author_id)
    section = select(PostCategory.name).where(PostCategory.id == row.category_id, PostCategory.deleted_at.is_(None))
    return page(
        "Article",
        headline=row.title,
        description=func.nullif(row.excerpt, ""),
        url=canonical_url(row),
        image=whole(row.featured_image_url),
        datePublished=moment(row.published_at),
        dateModified=moment(row.updated_at),
        author=author.correlate_except(Author).scalar_subquery(),
        articleSection=section.correlate_except(PostCategory).scalar_subquery(),
        publisher=thing("Organization", name=shop_name()),
    )


def page_of_text(row: Any) -> Json:
    """A WebPage."""
    return page(
        "WebPage",
        name=row.title,
        description=func.nullif(row.seo_description, ""),
        url=canonical_url(row),
        datePublished=moment(row.published_at),
        dateModified=moment(row.updated_at),
        publisher=thing("Organization", name=shop_name()),
    )


def breadcrumbs(row: Any) -> Json:
    """A BreadcrumbList from the top of the tree down to the category, of those that are active."""
    above = aliased(Category)
    place = func.row_number().over(order_by=func.cardinality(above.path))
    steps = (
        select(place.label("place"), above.name.label("name"), canonical_url(above).label("url"))
        .where(above.id == func.any(row.path), above.is_active)
        .correlate_except(above)
        .subquery()
    )
    step = thing("ListItem", position=steps.c.place, name=steps.c.name, item=steps.c.url)
    listed = select(func.jsonb_agg(aggregate_order_by(step, steps.c.place), type_=JSONB)).scalar_subquery()
    return page("BreadcrumbList", itemListElement=func.coalesce(listed, func.jsonb_build_array(), type_=JSONB))


def page(kind: str, **members: Any) -> Json:
    """A thing that is not a part of another."""
    return thing(kind, **{"@context": SCHEMA_ORG}, **members)


def thing(kind: str, **members: Any) -> Json:
    """A thing of that type of schema.org."""
    pairs = [each for pair in ({"@type": kind} | members).items() for each in pair]
    return func.jsonb_strip_nulls(func.jsonb_build_object(*pairs, type_=JSONB), type_=JSONB)


def whole(address: Any) -> ColumnElement[str | None]:
    """The address if it names a host."""
    return case((address.like("http%"), address))


def moment(column: Any) -> ColumnElement[str]:
    """A time as text, in UTC."""
    return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS"Z"', type_=Text)


def first_image(row: Any) -> ColumnElement[str]:
    """The address of a product's first picture, if that is whole."""
    images = select(whole(ProductImage.url)).where(ProductImage.product_id == row.id)
    first = images.order_by(ProductImage.position, ProductImage.id).limit(1)
    return first.correlate_except(ProductImage).scalar_subquery()


def _images(row: Any) -> Json:
    pictures = (
        select(ProductImage.url, ProductImage.position, ProductImage.id)
        .where(ProductImage.product_id == row.id, ProductImage.url.like("http%"))
        .order_by(ProductImage.position, ProductImage.id)
        .limit(MOST_IMAGES)
        .correlate_except(ProductImage)
        .subquery()
    )
    listed = func.jsonb_agg(aggregate_order_by(pictures.c.url, pictures.c.position, pictures.c.id), type_=JSONB)
    return select(listed).scalar_subquery()
