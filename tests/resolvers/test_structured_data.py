"""JSON-LD and link previews: what an outside reader makes of them, from both executors."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import extruct  # type: ignore[import-untyped]
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.paths import path_of
from models import Shop
from tests.api import data_of
from tests.factories import (
    add_author,
    add_category,
    add_image,
    add_post,
    add_post_category,
    add_product,
    add_review,
    add_service,
    add_tier,
    shared_engine,
    writing,
)

SITE = "https://shop.example"
HEAD = "canonicalUrl openGraph jsonLd"
ODD_SLUG = "እንጀራ&co'~!$()*+,;=:@\"<>"


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """One of everything, with what is hidden beside it."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            await session.execute(update(Shop).values(site_url=SITE, name="Merkato"))
            product = await add_product(
                session, slug="switch", name="Switch", price=Decimal("99.50"), vendor="Kibo", seo_title="Buy it"
            )
            await add_image(session, product, url="https://images.example/a.webp", position=1)
            await add_image(session, product, url="/media/b.webp", position=0)
            for rating in (5, 4):
                await add_review(session, product, rating=rating)
            await add_product(session, slug="bare", stock=0)
            await add_product(session, slug=ODD_SLUG)
            top = await add_category(session, slug="top", name="Top")
            hidden = await add_category(session, slug="hidden", name="Hidden", parent_id=top.id, is_active=False)
            await add_category(session, slug="low", name="Low", parent_id=hidden.id)
            service = await add_service(session, slug="help", title="Help", short_description="We help.")
            await add_tier(session, service, name="Gold", price=Decimal("500.00"))
            await add_tier(session, service, name="Secret", is_visible=False)
            author = await add_author(session, slug="selam", name="Selam")
            section = await add_post_category(session, name="News")
            picture = "https://images.example/c.webp"
            told = {"category_id": section.id, "excerpt": "In short.", "featured_image_url": picture}
            await add_post(session, author, slug="first", title="First </script>", **told)
        yield engine


async def head_of(engine: AsyncEngine, field: str, slug: str) -> Any:
    """What stands in the head of a page, the same from both executors."""
    query = f"query($slug: String!) {{ {field}(slug: $slug) {{ {HEAD} }} }}"
    return (await data_of(engine, query, {"slug": slug}))[field]


def read_back(head: Any) -> Any:
    """The JSON-LD as a search engine finds it in a page."""
    written = json.dumps(head["jsonLd"]).replace("<", "\\u003c")
    page = f'<html><head><script type="application/ld+json">{written}</script></head></html>'
    (found,) = extruct.extract(page, syntaxes=["json-ld"])["json-ld"]
    assert found == head["jsonLd"]
    return found


async def test_product_has_its_offer_and_its_rating(shop: AsyncEngine) -> None:
    head = await head_of(shop, "product", "switch")
    assert head["canonicalUrl"] == f"{SITE}/products/switch"
    assert read_back(head) == {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": "Switch",
        "url": f"{SITE}/products/switch",
        "image": ["https://images.example/a.webp"],
        "brand": {"@type": "Brand", "name": "Kibo"},
        "offers": {
            "@type": "Offer",
            "url": f"{SITE}/products/switch",
            "price": "99.50",
            "priceCurrency": "ETB",
            "availability": "https://schema.org/InStock",
        },
        "aggregateRating": {
            "@type": "AggregateRating",
            "ratingValue": 4.5,
            "reviewCount": 2,
            "bestRating": 5,
            "worstRating": 1,
        },
    }
    assert head["openGraph"] == {
        "og:type": "product",
        "og:title": "Buy it",
        "og:url": f"{SITE}/products/switch",
        "og:site_name": "Merkato",
        "product:price:amount": "99.50",
        "product:price:currency": "ETB",
    }


async def test_product_without_reviews_and_stock_says_so(shop: AsyncEngine) -> None:
    found = read_back(await head_of(shop, "product", "bare"))
    assert found["offers"]["availability"] == "https://schema.org/OutOfStock"
    assert not {"aggregateRating", "image", "brand", "description"} & set(found)


async def test_category_has_its_breadcrumbs_without_hidden_ones(shop: AsyncEngine) -> None:
    found = read_back(await head_of(shop, "category", "low"))
    assert found["@type"] == "BreadcrumbList"
    assert found["itemListElement"] == [
        {"@type": "ListItem", "position": 1, "name": "Top", "item": f"{SITE}/categories/top"},
        {"@type": "ListItem", "position": 2, "name": "Low", "item": f"{SITE}/categories/low"},
    ]


async def test_service_offers_its_visible_tiers(shop: AsyncEngine) -> None:
    found = read_back(await head_of(shop, "service", "help"))
    assert (found["@type"], found["provider"]) == ("Service", {"@type": "Organization", "name": "Merkato"})
    assert found["offers"] == [{"@type": "Offer", "name": "Gold", "price": "500.00", "priceCurrency": "ETB"}]


async def test_post_is_an_article_by_its_author(shop: AsyncEngine) -> None:
    head = await head_of(shop, "post", "first")
    found = read_back(head)
    assert (found["@type"], found["headline"], found["articleSection"]) == ("Article", "First </script>", "News")
    assert found["author"] == {"@type": "Person", "name": "Selam", "url": f"{SITE}/authors/selam"}
    assert found["datePublished"] == "2026-01-05T08:30:00Z"
    assert head["openGraph"]["og:image"] == found["image"] == "https://images.example/c.webp"
    assert head["openGraph"]["og:description"] == "In short."


async def test_addresses_are_encoded_alike_in_sql_and_in_python(shop: AsyncEngine) -> None:
    head = await head_of(shop, "product", ODD_SLUG)
    assert head["canonicalUrl"] == SITE + path_of("/products/{slug}", ODD_SLUG)
    assert head["canonicalUrl"].isascii()
