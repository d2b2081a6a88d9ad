"""Synthetic data: as much as asked for, believable, by the rules, whole or not at all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from server.seeding import load_demo
from server.synthetic import generate
from server.synthetic.data_set import DataSet
from server.synthetic.generating import BATCH, list_groups
from server.synthetic.reviews import review_rows
from server.synthetic.texts import write_texts
from tests.databases import copy_database, drop_database, opened
from tests.server.stored_data import count_rows, fetch, fetch_value, find_broken_promises

PRODUCTS = 200
COUNTS = {
    "authors": 20,
    "categories": 50,
    "post_categories": 6,
    "post_tags": 200,
    "posts": 100,
    "product_images": 333,
    "product_tags": 400,
    "product_variants": 399,
    "products": 200,
    "reviews": 2_000,
    "stock_levels": 399,
    "tags": 20,
    "users": 50,
}
NOT_GENERATED = {"shops": 1, "tax_classes": 1}


def ignore(table: str, done: int, total: int) -> None:
    """A report that nobody reads."""


def data_set(products: int, run: int = 1) -> DataSet:
    return DataSet(run, products, datetime(2026, 3, 10, tzinfo=UTC), write_texts(run))


@pytest.fixture(scope="module")
async def synthetic_engine(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a database with synthetic data. Tests that share it do not write to it."""
    url = await copy_database(postgres, migrated)
    async with opened(url) as engine:
        await generate(engine, PRODUCTS, ignore)
        yield engine
    await drop_database(url)


async def test_database_holds_what_was_asked_for(engine: AsyncEngine) -> None:
    counts = await generate(engine, PRODUCTS, ignore)

    assert counts == COUNTS
    assert await count_rows(engine) == COUNTS | NOT_GENERATED


async def test_prices_ratings_and_default_variants_are_right(synthetic_engine: AsyncEngine) -> None:
    assert await find_broken_promises(synthetic_engine) == []
    assert await fetch_value(synthetic_engine, "SELECT count(*) FROM products WHERE review_count > 0") == 180


async def test_second_run_adds_as_much_again(engine: AsyncEngine) -> None:
    await load_demo(engine)
    before = await count_rows(engine)
    await generate(engine, PRODUCTS, ignore)

    await generate(engine, PRODUCTS, ignore)

    added = {name: count - before[name] for name, count in (await count_rows(engine)).items()}
    assert {name: count for name, count in added.items() if count} == {name: 2 * n for name, n in COUNTS.items()}
    assert await find_broken_promises(engine) == []
    assert await fetch_value(engine, "SELECT count(DISTINCT slug) FROM products WHERE slug ~ '-s2-[0-9]+$'") == PRODUCTS


async def test_two_runs_at_once_wait_for_one_another(engine: AsyncEngine) -> None:
    await asyncio.gather(generate(engine, 10, ignore), generate(engine, 10, ignore))

    assert await fetch_value(engine, "SELECT count(*) FROM products") == 20


async def test_run_that_is_cut_off_leaves_nothing(engine: AsyncEngine) -> None:
    before = await count_rows(engine)

    def fail(table: str, *_: int) -> None:
        if table == "posts":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await generate(engine, PRODUCTS, fail)

    assert await count_rows(engine) == before


async def test_progress_is_reported_up_to_the_total(engine: AsyncEngine) -> None:
    reports: list[tuple[str, int, int]] = []

    await generate(engine, PRODUCTS, lambda table, done, total: reports.append((table, done, total)))

    assert {table: done for table, done, _ in reports} == COUNTS
    assert {table: total for table, _, total in reports} == COUNTS


async def test_categories_make_a_tree_of_three_levels(synthetic_engine: AsyncEngine) -> None:
    levels = await fetch(synthetic_engine, "SELECT cardinality(path), count(*) FROM categories GROUP BY 1 ORDER BY 1")

    assert [tuple(level) for level in levels] == [(1, 5), (2, 10), (3, 35)]


async def test_texts_have_believable_lengths(synthetic_engine: AsyncEngine) -> None:
    count_words = "SELECT min(n), max(n) FROM (SELECT array_length(string_to_array({}, ' '), 1) FROM {}) AS counted (n)"

    [description] = await fetch(synthetic_engine, count_words.format("description", "products"))
    [comment] = await fetch(synthetic_engine, count_words.format("comment", "reviews"))

    assert 30 <= description[0] <= description[1] <= 60
    assert 5 <= comment[0] <= comment[1] <= 40


async def test_most_is_public_and_some_is_not(synthetic_engine: AsyncEngine) -> None:
    pending = await fetch_value(synthetic_engine, "SELECT count(*) FROM reviews WHERE status = 'PENDING'")
    inactive = await fetch_value(synthetic_engine, "SELECT count(*) FROM products WHERE NOT is_active")
    good = await fetch_value(synthetic_engine, "SELECT count(*) FROM reviews WHERE rating >= 4")

    assert (pending, inactive, good) == (98, 5, 1_614)


async def test_nothing_happens_out_of_order(synthetic_engine: AsyncEngine) -> None:
    out_of_order = await fetch_value(
        synthetic_engine,
        "SELECT count(*) FROM reviews JOIN users ON users.id = user_id JOIN products ON products.id = product_id"
        " WHERE reviews.created_at < greatest(users.created_at, products.created_at) OR reviews.created_at > now()",
    )

    assert out_of_order == 0


async def test_planner_knows_the_new_rows(synthetic_engine: AsyncEngine) -> None:
    assert await fetch_value(synthetic_engine, "SELECT reltuples FROM pg_class WHERE relname = 'reviews'") == 2_000


def test_same_run_on_the_same_day_gives_the_same_rows() -> None:
    numbers = range(100, 140)

    first, second = list(review_rows(data_set(PRODUCTS), numbers)), list(review_rows(data_set(PRODUCTS), numbers))

    assert first == second


def test_another_run_gives_other_rows() -> None:
    first, second = data_set(PRODUCTS), data_set(PRODUCTS, run=2)

    for group in list_groups(first):
        for table in group.tables:
            rows_of_first, rows_of_second = (set(map(repr, table.rows(run, range(6)))) for run in (first, second))
            assert rows_of_first.isdisjoint(rows_of_second), table.name


def test_batches_cover_every_number_once() -> None:
    products = list_groups(data_set(2 * BATCH + 1))[-2]

    batches = list(products.batches())

    assert [len(batch) for batch in batches] == [BATCH, BATCH, 1]
    assert [number for batch in batches for number in batch] == list(range(2 * BATCH + 1))


def test_even_a_tiny_data_set_has_enough_people_and_posts() -> None:
    data = data_set(1)

    assert (data.users, data.posts) == (50, 10)


def test_ids_are_version_7_and_rise_with_the_number() -> None:
    identify = data_set(PRODUCTS, run=3).ids("products")

    ids = [identify(number) for number in (0, 1, 2**40)]

    assert {one.version for one in ids} == {7}
    assert ids == sorted(ids)
