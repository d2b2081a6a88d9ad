"""The demo shop: what is in it, that it keeps the rules, and that it is loaded once."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from demo.calendar import Calendar
from server.seeding import load_demo
from tests.server.stored_data import count_rows, fetch, fetch_value, find_broken_promises

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


async def test_demo_shop_is_whole(demo_engine: AsyncEngine) -> None:
    counts = await count_rows(demo_engine)

    assert counts == {
        "authors": 5,
        "categories": 30,
        "menu_items": 11,
        "menus": 2,
        "pages": 3,
        "post_categories": 5,
        "post_tags": 62,
        "posts": 20,
        "product_images": 122,
        "product_option_schemas": 4,
        "product_tags": 273,
        "product_variants": 176,
        "products": 73,
        "promo_codes": 2,
        "reviews": 348,
        "revisions": 2,
        "service_tiers": 25,
        "services": 9,
        "shipping_methods": 3,
        "shops": 1,
        "stock_levels": 176,
        "tags": 249,
        "tax_classes": 2,
        "tax_rates": 14,
        "users": 40,
    }


async def test_demo_prices_ratings_and_default_variants_are_right(demo_engine: AsyncEngine) -> None:
    assert await find_broken_promises(demo_engine) == []


async def test_each_visible_service_has_three_tiers(demo_engine: AsyncEngine) -> None:
    tiers = await fetch(
        demo_engine,
        "SELECT count(*) FROM services JOIN service_tiers AS tier ON tier.service_id = services.id"
        " WHERE services.is_visible GROUP BY services.id",
    )

    assert [count for (count,) in tiers] == [3] * 8


async def test_shop_row_takes_the_demo_shops_name(demo_engine: AsyncEngine) -> None:
    [shop] = await fetch(demo_engine, "SELECT name, currency, countries FROM shops")

    assert tuple(shop) == ("Nano Computing", "ETB", ["ET", "DJ", "KE", "RW", "SO", "SS", "TZ", "UG"])


async def test_demo_categories_know_their_path(demo_engine: AsyncEngine) -> None:
    path = await fetch(
        demo_engine,
        "SELECT above.slug FROM categories AS category, unnest(category.path) WITH ORDINALITY AS step (id, place)"
        " JOIN categories AS above ON above.id = step.id WHERE category.slug = 'switches' ORDER BY step.place",
    )

    assert [slug for (slug,) in path] == ["networking", "switches"]


async def test_demo_product_has_both_forms_of_its_description(demo_engine: AsyncEngine) -> None:
    [product] = await fetch(
        demo_engine,
        "SELECT split_part(description, ' ', 3), left(description_html, 12), description_html LIKE '%</p>%<p>%'"
        " FROM products WHERE slug = 'kibo-8-port-gigabit-switch'",
    )

    assert tuple(product) == ("metal", "<p>A small m", True)


async def test_demo_images_lie_in_the_demo_folder(demo_engine: AsyncEngine) -> None:
    elsewhere = await fetch_value(
        demo_engine, "SELECT count(*) FROM product_images WHERE url !~ '^/demo/images/[a-z]+\\.svg(\\?view=[0-9])?$'"
    )

    assert elsewhere == 0


async def test_nothing_in_the_demo_shop_happens_out_of_order(demo_engine: AsyncEngine) -> None:
    out_of_order = await fetch_value(
        demo_engine,
        "SELECT count(*) FROM reviews JOIN users ON users.id = user_id JOIN products ON products.id = product_id"
        " WHERE reviews.created_at < greatest(users.created_at, products.created_at) OR reviews.created_at > now()",
    )

    assert out_of_order == 0


async def test_demo_customers_cannot_sign_in(demo_engine: AsyncEngine) -> None:
    assert await fetch_value(demo_engine, "SELECT count(password_hash) FROM users") == 0


async def test_only_the_scheduled_post_lies_ahead(demo_engine: AsyncEngine) -> None:
    ahead = await fetch(
        demo_engine, "SELECT status FROM posts WHERE greatest(published_at, scheduled_at, created_at) > now()"
    )

    assert [status for (status,) in ahead] == ["SCHEDULED"]


async def test_second_load_changes_nothing(engine: AsyncEngine) -> None:
    first = await load_demo(engine)
    stored = await fetch(engine, "SELECT id, updated_at, xmin::text FROM products ORDER BY id")
    counts = await count_rows(engine)

    second = await load_demo(engine)

    assert (first, second) == (True, False)
    assert await fetch(engine, "SELECT id, updated_at, xmin::text FROM products ORDER BY id") == stored
    assert await count_rows(engine) == counts


async def test_of_two_loads_at_once_one_does_the_work(engine: AsyncEngine) -> None:
    loaded = await asyncio.gather(load_demo(engine), load_demo(engine))

    assert sorted(loaded) == [False, True]
    assert await fetch_value(engine, "SELECT count(*) FROM products") == 73


async def test_shop_with_anything_of_its_own_is_left_alone(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO tags (id, slug, name) VALUES (gen_random_uuid(), 'poe', 'PoE')"))

    loaded = await load_demo(engine)

    assert loaded is False
    assert await fetch_value(engine, "SELECT count(*) FROM products") == 0
    assert await fetch_value(engine, "SELECT name FROM shops") == "Merkato"


async def test_accounts_do_not_keep_the_demo_shop_out(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO users (id, email, first_name, last_name, role)"
                " VALUES (gen_random_uuid(), 'admin@example.org', 'Abebe', 'Kebede', 'ADMIN')"
            )
        )

    assert await load_demo(engine) is True


def test_times_fall_into_opening_hours_of_their_day() -> None:
    moments = [Calendar(NOON).ago(7, key) for key in ("kibo", "sega", "omade")]

    assert {moment.date() for moment in moments} == {NOON.date() - timedelta(days=7)}
    assert all(6 <= moment.hour < 16 for moment in moments)
    assert len(set(moments)) == 3


def test_times_do_not_change_with_the_hour_of_loading() -> None:
    later = NOON + timedelta(hours=5)

    assert Calendar(NOON).ago(7, "kibo") == Calendar(later).ago(7, "kibo")


def test_today_is_never_later_than_now() -> None:
    before_opening = NOON.replace(hour=1)

    assert Calendar(before_opening).ago(0, "kibo") == before_opening
