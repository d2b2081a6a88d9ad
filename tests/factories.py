"""Rows for tests: each function writes one, with defaults that are unique and that visitors see."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from uuid_utils.compat import uuid7

from domain.actors import Actor, introduce
from domain.audit_log import seal_batch
from domain.payment_methods import MARK_INDEX
from domain.rendering import render_rows
from domain.stock_moving import Cause, Why, move
from domain.vault import Place
from models import (
    ActorKind,
    Address,
    AnalyticsPeriod,
    ApiToken,
    Author,
    Base,
    Cart,
    CartLine,
    Category,
    ContentAnalytics,
    ContentFinding,
    DeadLetter,
    DiscountType,
    EventOutcome,
    ExternalIdentity,
    FindingKind,
    Fulfillment,
    FulfillmentLine,
    Menu,
    MenuItem,
    ModerationStatus,
    MovementKind,
    Order,
    OrderDiscount,
    OrderEvent,
    OrderEventKind,
    OrderLine,
    Page,
    PageComment,
    Payment,
    PaymentKind,
    PaymentMethod,
    PaymentTransaction,
    Post,
    PostCategory,
    PostComment,
    Product,
    ProductImage,
    ProductOptionSchema,
    ProductVariant,
    PromoCode,
    ProviderEvent,
    PublishingStatus,
    Release,
    ReleaseAction,
    ReleaseEvent,
    ReleaseItem,
    ReleaseStatus,
    Review,
    Revision,
    Role,
    SecurityEvent,
    Service,
    ServiceAnalytics,
    ServiceTier,
    ServiceType,
    ShippingMethod,
    ShippingRateKind,
    Shop,
    SocialProvider,
    StockLevel,
    Tag,
    TaxClass,
    TaxRate,
    TransactionKind,
    TransactionState,
    User,
    UserSecurityLog,
    UserSession,
    post_tags,
    product_tags,
    promo_code_categories,
    promo_code_products,
)
from tests.databases import copy_database, drop_database, opened
from tests.safeguards import SAFEGUARDS

NUMBERS = count(1)
LED_TO: Mapping[str, type[Base]] = MappingProxyType(
    {
        "page_id": Page,
        "post_id": Post,
        "post_category_id": PostCategory,
        "category_id": Category,
        "product_id": Product,
        "service_id": Service,
    }
)
"""What a line of a menu may lead to."""
PUBLISHED_AT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
EARLIER = datetime(2025, 1, 1, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)

STATEMENT_STATISTICS = (
    "SET LOCAL allow_system_table_mods = on",
    "CREATE SCHEMA watching",
    """
    INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    VALUES (1, 'pg_stat_statements', current_user::regrole, 'watching'::regnamespace, true, '1.12')
    """,
    """
    CREATE TABLE watching.pg_stat_statements AS
    SELECT oid AS dbid, query, calls, total_exec_time, total_exec_time / calls AS mean_exec_time, rows
    FROM pg_database, (VALUES
        ('SELECT name FROM products WHERE id = $1', 4::bigint, 8000::float8, 4::bigint),
        (' with busy AS (SELECT 1) UPDATE tags SET name = $1', 1, 9000, 2),
        ('CREATE ROLE hana PASSWORD $$secret$$', 1, 10000, 0)
    ) AS counted (query, calls, total_exec_time, rows)
    """,
)

Row = TypeVar("Row", bound=Base)


@asynccontextmanager
async def shared_engine(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty migrated database, for a module whose tests keep out of each other's way."""
    url = await copy_database(postgres, migrated)
    async with opened(url) as engine:
        yield engine
    await drop_database(url)


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session whose rows are committed when the block ends well; they stay readable afterwards."""
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        yield session


async def add_user(session: AsyncSession, **overrides: Any) -> User:
    """An account of a customer."""
    number = next(NUMBERS)
    return await _add(
        session, User, overrides, email=f"user{number}@example.com", first_name="Selam", last_name="Tesfaye"
    )


async def add_address(session: AsyncSession, user: User | None = None, **overrides: Any) -> Address:
    """An entry in an address book, of a new customer unless one is given."""
    owner = user or await add_user(session)
    defaults = {"name": "Selam Tesfaye", "line1": "Bole Road 1", "city": "Addis Ababa", "country_code": "ET"}
    return await _add(session, Address, overrides, user_id=owner.id, **defaults)


async def seal_phone(session: AsyncSession, row: User | Address, phone: str) -> None:
    """Give the account or the address a phone number, which servers in development can read."""
    row.encrypted_phone = SAFEGUARDS.vault.seal(phone, Place(row.__tablename__, "encrypted_phone", row.id))
    if isinstance(row, User):
        row.phone_index = SAFEGUARDS.vault.index(phone, "users.phone")
    await session.flush()


async def add_session(session: AsyncSession, user: User, **overrides: Any) -> UserSession:
    """A sign-in that goes on, from a device that said what it is."""
    now = datetime.now(UTC)
    defaults = {"created_at": now, "last_used_at": now, "expires_at": now + timedelta(days=30)}
    return await _add(
        session, UserSession, overrides, user_id=user.id, address="192.0.2.1", user_agent="Fox", **defaults
    )


async def add_api_token(session: AsyncSession, user: User, **overrides: Any) -> ApiToken:
    """A token that may read the catalogue, and that nobody knows."""
    number = next(NUMBERS)
    now = datetime.now(UTC)
    return await _add(
        session,
        ApiToken,
        overrides,
        user_id=user.id,
        name="Till",
        prefix=f"mk_{number}",
        token_hash=number.to_bytes(32, "big"),
        scopes=["catalog:read", "stock:read"],
        created_at=now,
        expires_at=now + timedelta(days=1),
        last_used_at=now,
    )


async def add_log_entry(session: AsyncSession, user: User, **overrides: Any) -> UserSecurityLog:
    """Something that happened to the account."""
    event, details = SecurityEvent.ROLE_CHANGED, {"from": "CUSTOMER", "to": "STAFF"}
    return await _add(session, UserSecurityLog, overrides, event=event, user_id=user.id, details=details)


async def add_category(session: AsyncSession, **overrides: Any) -> Category:
    """A category at the top of the tree; `parent_id` puts it below another."""
    number = next(NUMBERS)
    return await _add(session, Category, overrides, slug=f"category-{number}", name=f"Category {number}")


async def add_tag(session: AsyncSession, **overrides: Any) -> Tag:
    """A label on nothing yet."""
    number = next(NUMBERS)
    return await _add(session, Tag, overrides, slug=f"tag-{number}", name=f"Tag {number}")


async def add_product(session: AsyncSession, *, stock: int | None = 20, **overrides: Any) -> Product:
    """A product with its default variant, which costs the same; without a stock level when `stock` is None."""
    number = next(NUMBERS)
    defaults = {"slug": f"product-{number}", "name": f"Product {number}", "price": Decimal("100.00")}
    product = await _add(session, Product, overrides, **defaults, default_variant_id=uuid7())
    prices = {"price": product.price, "compare_at_price": product.compare_at_price, "currency": product.currency}
    await add_variant(session, product, id=product.default_variant_id, stock=stock, **prices)
    return product


async def add_variant(
    session: AsyncSession, product: Product, *, stock: int | None = 20, **overrides: Any
) -> ProductVariant:
    """A further variant of the product; without a stock level when `stock` is None."""
    number = next(NUMBERS)
    defaults = {
        "product_id": product.id,
        "sku": f"SKU-{number}",
        "name": f"Variant {number}",
        "price": Decimal("100.00"),
    }
    variant = await _add(session, ProductVariant, overrides, **defaults)
    if stock is not None:
        await add_stock(session, variant, quantity=stock)
    return variant


async def add_stock(session: AsyncSession, variant: ProductVariant, **overrides: Any) -> StockLevel:
    """The units of a variant that has no stock level yet."""
    return await _add(session, StockLevel, overrides, variant_id=variant.id)


async def add_reservation(session: AsyncSession, variant_id: UUID, user: User) -> None:
    """A unit of the variant that is promised, and a movement of which everything is known."""
    await introduce(session, Actor(ActorKind.JOB, user.id, name="checkout"))
    why = Why(MovementKind.RESERVED, Cause("orders", new_id()), "Selam's cart")
    await move(session, {variant_id: 1}, why)


async def add_cart(session: AsyncSession, owner: User | UUID | None, **overrides: Any) -> Cart:
    """An open cart without lines, of an account or of the guest with this id."""
    whose = {"user_id": owner.id} if isinstance(owner, User) else {"guest_id": owner}
    return await _add(session, Cart, overrides, **whose, expires_at=datetime.now(UTC) + timedelta(days=1))


async def add_cart_line(session: AsyncSession, cart: Cart, variant_id: UUID, **overrides: Any) -> CartLine:
    """A unit of the variant, not made to anybody's wishes."""
    defaults = {"quantity": 1, "unit_price_seen": Decimal("100.00"), "customization_hash": bytes(32)}
    return await _add(session, CartLine, overrides, cart_id=cart.id, variant_id=variant_id, **defaults)


async def add_order(
    session: AsyncSession, buyer: User | UUID | None = None, product: Product | None = None, **overrides: Any
) -> Order:
    """Two units of a product at 100.00, which nobody has reserved; of an account, or of the guest with this id."""
    bought, owner = product or await add_product(session), buyer or await add_user(session)
    whose = {"user_id": owner.id} if isinstance(owner, User) else {"guest_id": owner}
    email = owner.email if isinstance(owner, User) else "guest@example.com"
    as_called = {"name": "Selam Tesfaye", "email": email, "phone": "+251911000101"}
    sums = {"subtotal": Decimal(200), "total": Decimal(200)}
    order = await _add(session, Order, overrides, **whose, customer=as_called, email=email, **sums)
    named = {"variant_id": bought.default_variant_id, "product_id": bought.id, "product_name": bought.name}
    line = {"position": 1, "sku": f"SKU-{order.number}", "quantity": 2, "unit_price": Decimal(100), **named, **sums}
    await _add(session, OrderLine, {}, order_id=order.id, **line)
    return order


async def add_order_note(session: AsyncSession, order: Order, words: str) -> OrderEvent:
    """What somebody noted, for all to read."""
    said = {"kind": OrderEventKind.NOTE, "text": words, "actor_kind": ActorKind.USER, "recorded_at": EARLIER}
    return await _add(session, OrderEvent, {}, order_id=order.id, **said)


async def add_order_with_all(
    session: AsyncSession, buyer: User | UUID, product: Product | None = None, **overrides: Any
) -> Order:
    """An order with a discount, a payment, a parcel, and a note for the staff alone."""
    order = await add_order(session, buyer, product, **overrides)
    await add_payment_transaction(session, await add_payment(session, order))
    await add_parcel(session, order)
    await _add(session, OrderDiscount, {}, order_id=order.id, code="WELCOME", amount=Decimal(0))
    actor = {"actor_kind": ActorKind.JOB, "actor_id": order.user_id, "actor_name": "post"}
    note = {"kind": OrderEventKind.NOTE, "text": "Call first.", "is_public": False, **actor}
    await _add(session, OrderEvent, {}, order_id=order.id, recorded_at=EARLIER, **note)
    return order


async def add_payment(session: AsyncSession, order: Order, **overrides: Any) -> Payment:
    """A payment of all that the order costs, by bank transfer, which is waited for."""
    asked = {"provider": "manual", "kind": PaymentKind.BANK_TRANSFER, "amount": order.total}
    known = {
        "provider_reference": f"transfer-{next(NUMBERS)}",
        "attention": "It is too little.",
        "failure": "None came.",
    }
    return await _add(session, Payment, overrides, order_id=order.id, currency=order.currency, **asked, **known)


async def add_payment_transaction(session: AsyncSession, payment: Payment, **overrides: Any) -> PaymentTransaction:
    """A step of the payment that was not to be: somebody has asked for it."""
    step = {"kind": TransactionKind.CANCEL, "status": TransactionState.FAILED, "amount": payment.amount}
    said = {"failure": "Not now.", "reason": "They pay at the door.", "provider_reference": "x", "settled_at": EARLIER}
    return await _add(session, PaymentTransaction, overrides, payment_id=payment.id, **step, **said)


async def add_payment_method(session: AsyncSession, user: User, **overrides: Any) -> PaymentMethod:
    """A card that the account has kept."""
    card = {"provider": "stripe", "kind": PaymentKind.CARD, "label": "Visa, ending in 4242"}
    key, mark = new_id(), SAFEGUARDS.vault.index(f"card {next(NUMBERS)}", MARK_INDEX)
    details = '{"reference": "pm_card_visa", "customer": "cus_1"}'
    sealed = SAFEGUARDS.vault.seal(details, Place(PaymentMethod.__tablename__, "encrypted_details", key))
    kept = {"id": key, "user_id": user.id, "encrypted_details": sealed, "mark_index": mark}
    return await _add(session, PaymentMethod, overrides, **kept, **card)


async def add_provider_event(session: AsyncSession, **overrides: Any) -> ProviderEvent:
    """A message of Stripe that nobody has looked at yet."""
    event_id = f"evt_{next(NUMBERS)}"
    said = {"event_id": event_id, "kind": "payment_intent.succeeded", "payload": {"id": event_id}}
    return await _add(session, ProviderEvent, overrides, provider="stripe", **said)


async def add_parcel(session: AsyncSession, order: Order, **overrides: Any) -> Fulfillment:
    """A parcel with a unit of each line of the order."""
    parcel = await _add(session, Fulfillment, overrides, order_id=order.id, number=next(NUMBERS))
    for line in await session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)):
        await _add(session, FulfillmentLine, {}, fulfillment_id=parcel.id, order_line_id=line, quantity=1)
        packed = (
            update(OrderLine).where(OrderLine.id == line).values(fulfilled_quantity=OrderLine.fulfilled_quantity + 1)
        )
        await session.execute(packed.execution_options(synchronize_session=False))
    return parcel


async def add_option_schema(session: AsyncSession, product: Product) -> ProductOptionSchema:
    """What may be chosen of the product: one of two sizes, the larger of which is dearer."""
    definition = {"type": "object", "additionalProperties": False, "properties": {"size": {"enum": ["S", "L"]}}}
    values = {"definition": definition, "surcharges": [{"option": "size", "value": "L", "amount": "20.00"}]}
    product.is_customizable = True
    return await _add(session, ProductOptionSchema, values, product_id=product.id)


async def add_image(session: AsyncSession, product: Product, **overrides: Any) -> ProductImage:
    """A picture of the product."""
    return await _add(session, ProductImage, overrides, product_id=product.id, url=f"/media/{next(NUMBERS)}.webp")


async def add_review(session: AsyncSession, product: Product, user: User | None = None, **overrides: Any) -> Review:
    """An approved review, by a new customer unless one is given."""
    reviewer = user or await add_user(session)
    defaults = {"product_id": product.id, "user_id": reviewer.id, "rating": 4, "status": ModerationStatus.APPROVED}
    return await _add(session, Review, overrides, **defaults)


async def add_promo_code(session: AsyncSession, **overrides: Any) -> PromoCode:
    """Ten percent off everything, for everybody, since long."""
    defaults = {"code": f"CODE-{next(NUMBERS)}", "discount_type": DiscountType.PERCENT, "amount": Decimal(10)}
    return await _add(session, PromoCode, overrides, **defaults, valid_from=EARLIER)


async def add_tax_class(session: AsyncSession, **overrides: Any) -> TaxClass:
    """Things that are taxed alike, without a rate yet."""
    number = next(NUMBERS)
    return await _add(session, TaxClass, overrides, name=f"Class {number}", code=f"class-{number}")


async def add_tax_rate(session: AsyncSession, tax_class: TaxClass, country_code: str, rate: str) -> TaxRate:
    """What the class is charged in the country."""
    given = {"tax_class_id": tax_class.id, "country_code": country_code, "rate": Decimal(rate)}
    return await _add(session, TaxRate, given)


async def add_shipping_method(session: AsyncSession, **overrides: Any) -> ShippingMethod:
    """A way to send things to wherever the shop sells, for 50.00."""
    defaults = {"name": f"Courier {next(NUMBERS)}", "rate_kind": ShippingRateKind.FLAT, "price": Decimal("50.00")}
    return await _add(session, ShippingMethod, overrides, **defaults)


async def add_service(session: AsyncSession, **overrides: Any) -> Service:
    """A visible service without tiers."""
    number = next(NUMBERS)
    defaults = {"slug": f"service-{number}", "title": f"Service {number}", "type": ServiceType.SUPPORT}
    return await _add(session, Service, overrides, **defaults)


async def add_tier(session: AsyncSession, service: Service, **overrides: Any) -> ServiceTier:
    """A price of the service."""
    number = next(NUMBERS)
    return await _add(
        session, ServiceTier, overrides, service_id=service.id, name=f"Tier {number}", price=Decimal("500.00")
    )


async def add_author(session: AsyncSession, **overrides: Any) -> Author:
    """A byline without an account."""
    number = next(NUMBERS)
    return await _add(session, Author, overrides, slug=f"author-{number}", name=f"Author {number}")


async def add_post_category(session: AsyncSession, **overrides: Any) -> PostCategory:
    """A section of the blog."""
    number = next(NUMBERS)
    return await _add(session, PostCategory, overrides, slug=f"section-{number}", name=f"Section {number}")


async def add_post(session: AsyncSession, author: Author | None = None, **overrides: Any) -> Post:
    """A published post, by a new author unless one is given."""
    number = next(NUMBERS)
    writer = author or await add_author(session)
    defaults = {"author_id": writer.id, "slug": f"post-{number}", "title": f"Post {number}"}
    return await _add(
        session, Post, overrides, **defaults, status=PublishingStatus.PUBLISHED, published_at=PUBLISHED_AT
    )


async def add_page(session: AsyncSession, **overrides: Any) -> Page:
    """A published page of text."""
    number = next(NUMBERS)
    defaults = {"slug": f"page-{number}", "title": f"Page {number}"}
    return await _add(
        session, Page, overrides, **defaults, status=PublishingStatus.PUBLISHED, published_at=PUBLISHED_AT
    )


async def add_menu(session: AsyncSession, **overrides: Any) -> Menu:
    """A menu without lines."""
    number = next(NUMBERS)
    return await _add(session, Menu, overrides, code=f"menu-{number}", name=f"Menu {number}")


async def add_menu_item(session: AsyncSession, above: Menu | MenuItem, **overrides: Any) -> MenuItem:
    """A line of a menu, or below another line; a heading unless it is said where it leads."""
    number = next(NUMBERS)
    place = {"menu_id" if isinstance(above, Menu) else "parent_id": above.id}
    return await _add(session, MenuItem, overrides, **place, position=number, label=f"Line {number}")


async def add_release(session: AsyncSession, **overrides: Any) -> Release:
    """A release without items."""
    return await _add(session, Release, overrides, title=f"Release {next(NUMBERS)}")


async def add_release_item(session: AsyncSession, release: Release, **overrides: Any) -> ReleaseItem:
    """An item of a release that comes out; it is said which."""
    return await _add(session, ReleaseItem, overrides, release_id=release.id, action=ReleaseAction.PUBLISH)


async def add_release_event(session: AsyncSession, release: Release, **overrides: Any) -> ReleaseEvent:
    """An entry of a release's history."""
    return await _add(session, ReleaseEvent, overrides, release_id=release.id, status=ReleaseStatus.OPEN)


async def add_comment(session: AsyncSession, row: Post | Page, commenter: User, **overrides: Any) -> Base:
    """Something that was said of the title, and seen to."""
    said = {"field": "title", "body": "Shorter, please.", "version": 1, "resolved_at": PUBLISHED_AT}
    if isinstance(row, Post):
        return await _add(session, PostComment, overrides, **said, post_id=row.id, commenter_id=commenter.id)
    return await _add(session, PageComment, overrides, **said, page_id=row.id, commenter_id=commenter.id)


async def add_analytics(session: AsyncSession, row: Post | Service, **overrides: Any) -> Base:
    """What was counted of it on a day of its own."""
    day = date.fromordinal(700_000 + next(NUMBERS))
    counts: dict[str, Any] = {"period": AnalyticsPeriod.DAILY, "date": day, "view_count": 3, "share_count": 1}
    if isinstance(row, Post):
        return await _add(session, ContentAnalytics, overrides, post_id=row.id, **counts)
    return await _add(session, ServiceAnalytics, overrides, service_id=row.id, **counts)


async def add_finding(session: AsyncSession, row: Base, **overrides: Any) -> ContentFinding:
    """Something that is wrong with it."""
    wrong = {"kind": FindingKind.BROKEN_LINK, "title": "Lamps", "detail": f"/blog/gone-{next(NUMBERS):05}"}
    return await _add(session, ContentFinding, overrides, type_name=type(row).__name__, item_id=row.id, **wrong)


async def add_revision(session: AsyncSession, row: Base, **overrides: Any) -> Revision:
    """A version that the row had."""
    defaults = {"table_name": row.__tablename__, "row_id": row.id, "version": 1, "content": {"slug": "old"}}
    return await _add(session, Revision, overrides, **defaults)


async def tag_product(session: AsyncSession, product: Product, *tags: Tag) -> None:
    """Put the labels on the product."""
    await session.execute(product_tags.insert(), [{"product_id": product.id, "tag_id": tag.id} for tag in tags])


async def tag_post(session: AsyncSession, post: Post, *tags: Tag) -> None:
    """Put the labels on the post."""
    await session.execute(post_tags.insert(), [{"post_id": post.id, "tag_id": tag.id} for tag in tags])


async def add_dead_letter(session: AsyncSession, **overrides: Any) -> DeadLetter:
    """A job that was given up."""
    told = {"to": "selam@example.com", "values": {"token": "hush"}}
    defaults = {"name": "send_mail", "payload": told, "attempts": 12, "error": "OSError: away"}
    return await _add(session, DeadLetter, overrides, **defaults, enqueued_at=PUBLISHED_AT)


async def add_audited_change(session: AsyncSession) -> User:
    """A change of an account of which everything is on record; everything later in the transaction is too."""
    user = await add_user(session)
    actor = Actor(ActorKind.API_TOKEN, user.id, new_id(), "till", "192.0.2.1", "Fox", f"request-{next(NUMBERS)}")
    await introduce(session, actor)
    user.role, user.first_name = Role.STAFF, "Hana"
    await session.flush()
    return user


async def add_statement_statistics(session: AsyncSession) -> None:
    """What stands for the extension pg_stat_statements, which the embedded PostgreSQL does not have.

    Its entry in the catalogue, and a table with the columns that are read of its view. It takes a superuser.
    """
    for statement in STATEMENT_STATISTICS:
        await session.execute(text(statement))


async def add_belongings(session: AsyncSession, user: User) -> None:
    """A row of every table whose rows are an account's own: the lists of `viewer` have one more each."""
    await add_address(session, user, company="Kibo", line2="Floor 2", region="Oromia", postal_code="1000")
    await add_session(session, user)
    await add_api_token(session, user)
    await add_log_entry(session, user, actor_id=user.id, address="196.188.1.1", user_agent="Firefox on Linux")
    await add_full_order(session, user, 0)
    await add_payment_method(session, user)
    await add_provider_event(session, applied_at=EARLIER, outcome=EventOutcome.APPLIED)


async def add_identity(session: AsyncSession, user: User) -> ExternalIdentity:
    """Somebody at Google with whom the account can be signed in to; there is one of each provider at most."""
    identity = {"provider": SocialProvider.GOOGLE, "subject": f"{next(NUMBERS)}"}
    return await _add(session, ExternalIdentity, identity, user_id=user.id)


async def add_shopful(session: AsyncSession, size: int) -> None:
    """`size` rows of every table, or twice as many, each with one of every relation it can have.

    The categories that come first have a parent and children; two more that have not come last.
    """
    await session.execute(update(Shop).values(site_url="https://shop.example"))
    top = await add_category(session, position=1_000)
    for number in range(size):
        category = await add_category(session, parent_id=top.id, position=number)
        await add_category(session, parent_id=category.id, position=2_000)
        for version in (1, 2):
            await add_revision(session, category, version=version, editor_id=(await add_user(session)).id)
        await _add_full_product(session, category, number)
        await _add_full_author(session, number)
        await _add_full_service(session, number)
        await _add_full_page(session)
        await _add_full_menu(session)
        await _add_full_release(session, number)
        await _add_full_account(session, number)
    for number in range(size):
        buyer = await add_user(session)
        await add_full_cart(session, buyer)
        await add_full_order(session, buyer, number)
        await _add_full_promo_code(session)
        await _add_full_shipping_method(session)
        await add_dead_letter(session)
    for _ in range(size):
        await add_audited_change(session)
    while await seal_batch(session):
        pass  # it seals so many at once


async def _add_full_product(session: AsyncSession, category: Category, number: int) -> None:
    at = PUBLISHED_AT + timedelta(hours=number)
    product = await add_product(
        session,
        category_id=category.id,
        tax_class_id=(await _add_full_tax_class(session)).id,
        description_markdown=f"A network switch with {number} ports.",
        compare_at_price=Decimal("120.00"),
        internal_notes="Handle with care.",
        specifications=[{"name": "Ports", "value": str(number)}],
        features=["Quiet"],
        options=[{"name": "Colour", "values": ["Black", "White"]}],
        created_at=at,
        version=2,
    )
    await render_rows(session, [product])
    for version in (1, 2):
        await add_revision(session, product, version=version, editor_id=(await add_user(session)).id)
    image = await add_image(session, product)
    await add_option_schema(session, product)
    await add_variant(session, product, position=1)
    default = await session.get_one(ProductVariant, product.default_variant_id)
    default.image_id = image.id
    default.cost_price = Decimal("60.00")
    default.option_values = [{"name": "Colour", "value": "White"}]
    await tag_product(session, product, await add_tag(session), await add_tag(session))
    await add_reservation(session, default.id, await add_user(session))
    moderator = await add_user(session)
    seen: dict[str, Any] = {"moderation_note": "Friendly.", "moderated_at": at, "moderated_by_id": moderator.id}
    for rating in (5, 3):
        await add_review(session, product, rating=rating, created_at=at, **seen)


async def _add_full_promo_code(session: AsyncSession, *, is_restricted: bool = True) -> PromoCode:
    code = await add_promo_code(session, minimum_subtotal=Decimal(5), usage_limit=9, is_restricted=is_restricted)
    for _ in range(2):
        product, category = await add_product(session, created_at=EARLIER), await add_category(session, position=3_000)
        await session.execute(promo_code_products.insert(), {"promo_code_id": code.id, "product_id": product.id})
        await session.execute(promo_code_categories.insert(), {"promo_code_id": code.id, "category_id": category.id})
    return code


async def add_full_order(session: AsyncSession, buyer: User | UUID, number: int) -> None:
    """An order that says all that it can, with two of everything; the note of its history is the staff's."""
    at = LATER + timedelta(hours=number)
    address = {"name": "Selam Tesfaye", "line1": "Bole Road 1", "city": "Addis Ababa", "country_code": "ET"}
    product = await add_product(session, created_at=EARLIER)
    order = await add_order_with_all(
        session,
        buyer,
        product,
        placed_at=at,
        shipping_address=address,
        billing_address=address,
        shipping_method_name="Courier",
        country_code="ET",
        customer_note="Ring twice.",
        expires_at=at,
    )
    await add_parcel(session, order, carrier="Post", tracking_number="1", tracking_url="https://post.example/1")
    await _add(session, OrderDiscount, {}, order_id=order.id, code="AGAIN", amount=Decimal(0))


async def add_full_cart(session: AsyncSession, owner: User | UUID) -> None:
    """A cart that cannot be bought as it is, for every reason that there is."""
    address = {"name": "Selam Tesfaye", "line1": "Bole Road 1", "city": "Addis Ababa", "country_code": "ET"}
    codes = ["TEN", (await _add_full_promo_code(session, is_restricted=False)).code]
    method = await _add_full_shipping_method(session)
    details: dict[str, Any] = {"email": "selam@example.com", "country_code": "ET", "promo_codes": codes}
    details["shipping_method_id"] = method.id
    places = {"shipping_address": address, "billing_address": address}
    cart = await add_cart(session, owner, **details, **places, created_at=EARLIER)
    gone, scarce = [await add_product(session, created_at=EARLIER) for _ in range(2)]
    gone.is_active = False
    unlike: dict[str, Any] = {"customization": {"message": "Melkam"}, "unit_price_seen": Decimal("99.00")}
    await add_cart_line(session, cart, scarce.default_variant_id, quantity=21, **unlike)
    await add_cart_line(session, cart, gone.default_variant_id)


async def _add_full_tax_class(session: AsyncSession) -> TaxClass:
    tax_class = await add_tax_class(session)
    for country in ("ET", "KE"):
        await add_tax_rate(session, tax_class, country, "0.15")
    return tax_class


async def _add_full_shipping_method(session: AsyncSession) -> ShippingMethod:
    costs: dict[str, Any] = {"free_over": Decimal(500), "price_per_kg": Decimal(10)}
    goes: dict[str, Any] = {"countries": ["ET", "KE"], "days_min": 1, "days_max": 3}
    tax_class = await _add_full_tax_class(session)
    return await add_shipping_method(
        session, rate_kind=ShippingRateKind.WEIGHT, **costs, **goes, tax_class_id=tax_class.id
    )


async def _add_full_service(session: AsyncSession, number: int) -> None:
    service = await add_service(
        session,
        position=number,
        description=f"Network care {number}.{await _embeds(session)}",
        features=["Quick"],
        gallery=["/media/care.webp"],
        seo_keywords=["network"],
        internal_notes="Two days.",
        version=2,
    )
    await render_rows(session, [service])
    for version in (1, 2):
        await add_analytics(session, service)
        await add_revision(session, service, version=version, editor_id=(await add_user(session)).id)
    await add_tier(session, service, features=["By phone"])
    await add_tier(session, service, features=["On site"], position=1)


async def _embeds(session: AsyncSession) -> str:
    """Lines that embed products and posts which everybody sees."""
    products = select(Product.slug).where(Product.is_active).order_by(Product.id).limit(2)
    posts = select(Post.slug).where(Post.status == PublishingStatus.PUBLISHED).order_by(Post.id).limit(2)
    lines = [f"::product[{slug}]" for slug in await session.scalars(products)]
    return "\n\n" + "\n".join([*lines, *(f"::post[{slug}]" for slug in await session.scalars(posts))])


async def _add_full_account(session: AsyncSession, number: int) -> None:
    """An account made after all others, so that it comes first."""
    at = LATER + timedelta(hours=number)
    user = await add_user(session, username=f"user-{next(NUMBERS)}", avatar_url="/media/me.webp", created_at=at)
    await seal_phone(session, user, "+251911000101")
    await add_identity(session, user)
    for _ in range(2):
        await add_belongings(session, user)
        seen: dict[str, Any] = {"moderated_at": at, "moderated_by_id": user.id}
        await add_review(session, await add_product(session, created_at=EARLIER), user, created_at=EARLIER, **seen)


async def _add_full_author(session: AsyncSession, number: int) -> None:
    at = PUBLISHED_AT + timedelta(hours=number)
    author = await add_author(session, email="byline@example.com")
    editor = await add_user(session)
    section = await add_post_category(session, position=number)
    for title in ("# Network news", "# Network views"):
        post = await add_post(
            session,
            author,
            category_id=section.id,
            body=f"{title}{await _embeds(session)}",
            published_at=at,
            scheduled_at=at,
            seo_keywords=["network"],
            internal_notes="Check the facts.",
            version=3,
            live_version=2,
            draft_status=PublishingStatus.SCHEDULED,
            unpublish_at=LATER,
            schedule_time_zone="Africa/Addis_Ababa",
            schedule_error="The slug is taken.",
            submitted_by_id=editor.id,
        )
        await render_rows(session, [post])
        await tag_post(session, post, await add_tag(session), await add_tag(session))
        for version in (1, 2):
            await add_comment(session, post, editor)
            await add_finding(session, post)
            await add_analytics(session, post)
            await add_revision(session, post, version=version, editor_id=editor.id)
        await add_revision(session, post, version=3, editor_id=editor.id, content={"slug": "newer"})


async def _add_full_page(session: AsyncSession) -> None:
    editor = await add_user(session)
    page = await add_page(
        session,
        body=f"# Network terms{await _embeds(session)}",
        scheduled_at=PUBLISHED_AT,
        internal_notes="Ask the lawyer.",
        version=3,
        live_version=2,
        draft_status=PublishingStatus.SCHEDULED,
        unpublish_at=LATER,
        schedule_time_zone="Africa/Addis_Ababa",
        schedule_error="The slug is taken.",
        submitted_by_id=editor.id,
    )
    await render_rows(session, [page])
    for version in (1, 2):
        await add_comment(session, page, editor)
        await add_revision(session, page, version=version, editor_id=editor.id)


async def _add_full_menu(session: AsyncSession) -> None:
    menu = await add_menu(session)
    leads: list[dict[str, Any]] = [{"url": "https://network.example"}]
    for column, model in LED_TO.items():
        leads.append({column: (await session.scalars(select(model.id).order_by(model.id).limit(1))).one()})
    for target in leads:
        line = await add_menu_item(session, menu, **target)
        for _ in range(2):
            await add_menu_item(session, line, url="/network")
    for version in (1, 2):
        await add_revision(session, menu, version=version, editor_id=(await add_user(session)).id)


async def _add_full_release(session: AsyncSession, number: int) -> None:
    """With an item of each kind, each of which is among the first two in one release out of two."""
    plan = {"status": ReleaseStatus.SCHEDULED, "scheduled_at": LATER, "schedule_time_zone": "Africa/Addis_Ababa"}
    said = {"notes": "With the new prices.", "last_error": "The slug is taken.", "published_at": PUBLISHED_AT}
    release = await add_release(session, **plan, **said)
    left = {"was_out": True, "version_before": 1, "version_after": 2}
    kinds = (Post, Page, Product, Service)
    first = (2 * number + number // 2) % len(kinds)
    for model in (*kinds[first:], *kinds[:first]):
        key = (await session.scalars(select(model.id).order_by(model.id).limit(1))).one()
        await add_release_item(session, release, **{f"{model.__name__.lower()}_id": key}, **left)
    for _ in range(2):
        await add_release_event(session, release, note="Not yet.", actor_id=(await add_user(session)).id)


async def _add(session: AsyncSession, model: type[Row], overrides: dict[str, Any], **defaults: Any) -> Row:
    row = model(**{**defaults, **overrides})
    session.add(row)
    await session.flush()
    return row


def new_id() -> UUID:
    """The id of no row."""
    return uuid7()
