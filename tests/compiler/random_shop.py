"""A shop of random rows: NULLs, odd texts, empty lists, equal sort keys, deep trees, and what visitors must not see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import (
    Author,
    BackorderPolicy,
    Badge,
    BillingPeriod,
    Category,
    ModerationStatus,
    Post,
    PostCategory,
    Product,
    PublishingStatus,
    Service,
    ServiceType,
    ShippingRateKind,
    Tag,
)
from tests.factories import (
    add_author,
    add_category,
    add_image,
    add_post,
    add_post_category,
    add_product,
    add_review,
    add_service,
    add_shipping_method,
    add_tag,
    add_tier,
    add_user,
    add_variant,
    tag_post,
    tag_product,
)

ODD_TEXTS = (
    "",
    " ",
    "O'Brien's \"quoted\" \\ back\\slash",
    "emoji 🛒🇪🇹👩‍👩‍👧 and\ttab\nline\r\nend",
    "مرحبا بالعالم \u202e backwards",
    "ሰላም % _ $1 :param",
    "{json: [1, 2]}, (row), NULL",
    '","\\"}]',
    "\u0001\u001f\u007f\u0085\u2028\ufeff\uffff",
    "e\u0301 é ﬁ ǆ",
    "network switch security",
    "x" * 240,
)
MOMENTS = tuple(
    datetime(2026, 10, 1, 12, 30, tzinfo=UTC) + step
    for step in (
        timedelta(),
        timedelta(microseconds=1),
        timedelta(microseconds=999),
        timedelta(days=1),
        -timedelta(days=20_000),
    )
)
PRICES = tuple(map(Decimal, ("0", "0.01", "100.00", "100.00", "4250.00", "9999999999.99")))
JSON: tuple[Any, ...] = (
    {},
    {"text": ODD_TEXTS[2], "deep": [1, None, {"x": 1.5, "": []}], "b": True},
    {"z": 1, "a": 1e30, "big": 2**63, "bigger": 2**80, "small": 5e-324, "minus": -0.0, "zero": 1.10},
    {"🛒": "\u2028", "nested": {"a": {"b": {"c": [[[]]]}}}},
)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class RandomShop:
    """What is random about it, and where its rows go."""

    random: Random
    session: AsyncSession

    async def fill(self) -> None:
        """Add all rows."""
        tags = [await add_tag(self.session, name=f"{self.text()[:200]} {number}") for number in range(6)]
        categories = await self._categories()
        users = [await self._user() for _ in range(8)]
        for _ in range(30):
            await self._product(categories, tags, users)
        for _ in range(8):
            await self._service()
            await self._shipping_method()
        authors = [
            await add_author(self.session, name=self.text() or "-", job_title=self.maybe(self.text()), bio=self.text())
            for _ in range(4)
        ]
        sections = [
            await add_post_category(self.session, name=self.text() or "-", position=self.random.randint(0, 1))
            for _ in range(3)
        ]
        for _ in range(25):
            await self._post(authors, sections, tags)
        await self._embed()

    def text(self) -> str:
        """An odd text."""
        return self.random.choice(ODD_TEXTS)

    def texts(self) -> list[str]:
        """Some of them."""
        return [self.text() for _ in range(self.random.choice((0, 0, 1, 3)))]

    def maybe(self, value: Item) -> Item | None:
        """The value or NULL."""
        return self.random.choice((value, None))

    def some(self, items: Sequence[Item]) -> list[Item]:
        """Some of the items, or none."""
        return self.random.sample(items, self.random.choice((0, 0, 1, 2, min(4, len(items)))))

    def is_common(self) -> bool:
        """Yes, four times out of five."""
        return self.random.random() < 0.8

    async def _categories(self) -> list[Category]:
        """A chain eight deep with twigs on the way, some of it hidden."""
        found: list[Category] = []
        for number in range(14):
            parent = found[-1] if found and number < 8 else self.maybe(self.random.choice(found)) if found else None
            category = await add_category(
                self.session,
                parent_id=parent.id if parent else None,
                name=self.text() or "-",
                description=self.text(),
                position=self.random.randint(0, 2),
                is_active=self.is_common(),
                seo_title=self.maybe(self.text()),
            )
            found.append(category)
        return found

    async def _user(self) -> Any:
        return await add_user(
            self.session,
            first_name=self.text()[:100],
            last_name=self.text()[:100],
            avatar_url=self.maybe("/media/a.webp"),
        )

    async def _product(self, categories: list[Category], tags: list[Tag], users: list[Any]) -> None:
        category = self.maybe(self.random.choice(categories))
        product = await add_product(
            self.session,
            stock=self.maybe(self.random.randint(0, 30)),
            name=self.text() or "-",
            category_id=category.id if category else None,
            vendor=self.maybe(self.text()),
            description=self.text(),
            description_html=self.text(),
            price=self.random.choice(PRICES),
            compare_at_price=self.maybe(self.random.choice(PRICES)),
            badge=self.maybe(self.random.choice(list(Badge))),
            badge_color=self.maybe("#12abEF"),
            features=self.texts(),
            specifications=[{"value": text, "name": self.text()} for text in self.texts()],
            options=[{"values": self.texts(), "name": self.text()} for _ in self.texts()],
            attributes=self.random.choice(JSON),
            is_active=self.is_common(),
            is_customizable=self.is_common(),
            internal_notes=self.maybe(self.text()),
            seo_title=self.maybe(self.text()),
            seo_description=self.maybe(self.text()),
            created_at=self.random.choice(MOMENTS),
        )
        images = [await add_image(self.session, product, alt_text=self.text(), position=0) for _ in self.texts()]
        for _ in self.texts():
            image = self.maybe(self.random.choice(images)) if images else None
            await add_variant(
                self.session,
                product,
                stock=self.maybe(self.random.randint(0, 30)),
                name=self.text(),
                option_values=[{"name": "Size", "value": text} for text in self.texts()],
                price=self.random.choice(PRICES),
                compare_at_price=self.maybe(self.random.choice(PRICES)),
                cost_price=self.maybe(self.random.choice(PRICES)),
                barcode=self.maybe("123"),
                weight_grams=self.maybe(self.random.choice((0, 2**31 - 1))),
                position=self.random.randint(0, 1),
                tracks_stock=self.is_common(),
                backorder_policy=self.random.choice(list(BackorderPolicy)),
                image_id=image.id if image else None,
            )
        if chosen := self.some(tags):
            await tag_product(self.session, product, *chosen)
        for user in self.some(users):
            await add_review(
                self.session,
                product,
                user,
                rating=self.random.randint(1, 5),
                title=self.text(),
                comment=self.text(),
                **self._moderation(),
                is_verified_purchase=self.is_common(),
                moderation_note=self.maybe(self.text()),
                created_at=self.random.choice(MOMENTS),
            )

    def _moderation(self) -> dict[str, Any]:
        status = self.random.choice(list(ModerationStatus))
        return {
            "status": status,
            "is_published_unseen": status is ModerationStatus.APPROVED and self.random.random() < 0.5,
            "rejection_reason": self.maybe(self.text()) if status is ModerationStatus.REJECTED else None,
            "moderated_at": self.maybe(self.random.choice(MOMENTS)),
            "version": self.random.randint(1, 3),
        }

    async def _shipping_method(self) -> None:
        by_weight = self.is_common()
        await add_shipping_method(
            self.session,
            name=self.text() or "-",
            description=self.text(),
            countries=self.some(("ET", "KE", "US")),
            rate_kind=ShippingRateKind.WEIGHT if by_weight else ShippingRateKind.FLAT,
            price=self.random.choice(PRICES),
            free_over=self.maybe(self.random.choice(PRICES)) if by_weight else None,
            price_per_kg=self.random.choice(PRICES) if by_weight else None,
            is_active=self.is_common(),
            position=self.random.randint(0, 1),
        )

    async def _service(self) -> None:
        service = await add_service(
            self.session,
            title=self.text() or "-",
            short_description=self.text(),
            description=self.text(),
            icon=self.maybe("bolt"),
            type=self.random.choice(list(ServiceType)),
            features=self.texts(),
            image_url=self.maybe("/media/s.webp"),
            gallery=self.texts(),
            is_visible=self.is_common(),
            position=self.random.randint(0, 1),
            seo_keywords=self.texts(),
            internal_notes=self.maybe(self.text()),
        )
        for _ in self.texts():
            await add_tier(
                self.session,
                service,
                price=self.random.choice(PRICES),
                billing_period=self.random.choice(list(BillingPeriod)),
                features=self.texts(),
                is_visible=self.is_common(),
                position=self.random.randint(0, 1),
            )

    async def _post(self, authors: list[Author], sections: list[PostCategory], tags: list[Tag]) -> None:
        section = self.maybe(self.random.choice(sections))
        status = self.random.choice((PublishingStatus.PUBLISHED, *PublishingStatus))
        post = await add_post(
            self.session,
            self.random.choice(authors),
            title=self.text() or "-",
            excerpt=self.text(),
            body=self.text(),
            category_id=section.id if section else None,
            featured_image_url=self.maybe("/media/p.webp"),
            status=status,
            published_at=self.random.choice((*MOMENTS[:4], datetime(2999, 1, 1, tzinfo=UTC))),
            scheduled_at=datetime(2999, 1, 1, tzinfo=UTC),
            view_count=self.random.choice((0, 5, 2**31 - 1)),
            seo_keywords=self.texts(),
            internal_notes=self.maybe(self.text()),
            created_at=self.random.choice(MOMENTS),
        )
        if chosen := self.some(tags):
            await tag_post(self.session, post, *chosen)

    async def _embed(self) -> None:
        """Let products and posts stand in texts."""
        products = (await self.session.scalars(select(Product.id).order_by(Product.id))).all()
        posts = (await self.session.scalars(select(Post.id).order_by(Post.id))).all()
        texts: list[Post | Service] = [*await self.session.scalars(select(Post).order_by(Post.id))]
        texts += await self.session.scalars(select(Service).order_by(Service.id))
        for text in texts:
            text.embedded_products, text.embedded_posts = self.some(products), self.some(posts)
