"""Imports into a real PostgreSQL: what lands, what does not, and what rivals and interruptions leave behind."""

import asyncio
import csv
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from domain.product_writing import put_products
from domain.products import CategoryPath, Fate, ImageData, Merge, Outcome, ProductData, VariantData
from domain.slugs import slugify
from integrations.shopify_import import Summary
from server import importing
from server.importing import import_products
from tests.patience import PATIENCE_SECONDS

DATA = Path(__file__).parents[1] / "data"
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
REAL_FILES = [path for name in ("apparel", "home-and-garden") if (path := SHARED / f"shopify-{name}.csv").exists()]
FILES = [DATA / "shopify-2024.csv", *REAL_FILES]

HEADER = (
    *("Handle", "Title", "Type", "Tags", "Option1 Name", "Option1 Value"),
    *("Variant SKU", "Variant Price", "Variant Inventory Qty", "Image Src"),
)
TABLES = ("products", "product_variants", "product_images", "product_tags", "stock_levels", "categories", "tags")

CONTENT = """
    SELECT jsonb_agg(jsonb_build_object(
        'product', to_jsonb(p) - '{id,category_id,default_variant_id,created_at,updated_at,search}'::text[],
        'category', (
            SELECT jsonb_agg(c.slug ORDER BY cardinality(c.path))
            FROM categories c JOIN categories leaf ON c.id = ANY (leaf.path) WHERE leaf.id = p.category_id
        ),
        'variants', (
            SELECT jsonb_agg(
                (to_jsonb(v) - '{id,product_id,image_id,created_at,updated_at}'::text[]) || jsonb_build_object(
                    'is_default', v.id = p.default_variant_id,
                    'quantity', s.quantity, 'minimum_level', s.minimum_level, 'image', i.url
                ) ORDER BY v.position
            )
            FROM product_variants v
            LEFT JOIN stock_levels s ON s.variant_id = v.id LEFT JOIN product_images i ON i.id = v.image_id
            WHERE v.product_id = p.id
        ),
        'images', (
            SELECT jsonb_agg(jsonb_build_array(i.url, i.alt_text, i.position) ORDER BY i.position)
            FROM product_images i WHERE i.product_id = p.id
        ),
        'tags', (
            SELECT jsonb_agg(t.slug ORDER BY t.slug)
            FROM product_tags l JOIN tags t ON t.id = l.tag_id WHERE l.product_id = p.id
        )
    ) ORDER BY p.slug)
    FROM products p
"""
"""Everything that is said of the products, without ids and times."""


def ignore(done: int, total: int) -> None:
    """Report to nobody."""


async def run(engine: AsyncEngine, path: Path, *, dry_run: bool = False) -> Summary:
    return await import_products(engine, path, dry_run=dry_run, report=ignore)


def counts(summary: Summary) -> tuple[int, ...]:
    return summary.created, summary.updated, summary.unchanged, summary.refused


async def execute(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


async def value(engine: AsyncEngine, statement: str) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(text(statement))).scalar_one()


async def rows(engine: AsyncEngine) -> dict[str, Any]:
    """Every row of the catalogue, its times of change included."""
    select = "SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY t::text), '[]') FROM {} AS t"
    return {table: await value(engine, select.format(table)) for table in TABLES}


async def content(engine: AsyncEngine) -> Any:
    return await value(engine, CONTENT)


async def put(engine: AsyncEngine, *batch: ProductData, merge: Merge | None = None) -> list[Outcome]:
    async with AsyncSession(engine) as session, session.begin():
        return await put_products(session, batch, merge=merge or Merge())


def write_products(path: Path, count: int, *, changed: bool = False) -> Path:
    """An export of products with two variants each: product n stands in lines 2n + 2 and 2n + 3."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(count):
            name, price = f"Product {number}", f"{number + 10 + changed}.50"
            tags = f"Tag {number % 7}, Tag {number % 5}"
            image = f"https://example.com/{number}.jpg"
            writer.writerow(
                [f"p-{number:04}", name, f"Type {number % 3}", tags, "Size", "S", f"S-{number}", price, number, image]
            )
            writer.writerow([f"p-{number:04}", "", "", "", "", "M", f"M-{number}", price, number, ""])
    return path


def product(slug: str, *skus: str, **changes: Any) -> ProductData:
    """A product with a variant for each SKU."""
    variants = tuple(VariantData(sku=sku, price=Decimal(10), option_values=(sku,), quantity=5) for sku in skus)
    return ProductData(slug=slug, name=slug.title(), options=("Kind",), variants=variants, **changes)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_second_import_changes_no_row(engine: AsyncEngine, path: Path) -> None:
    first = await run(engine, path)
    before = await rows(engine)

    second = await run(engine, path)

    assert counts(first) == (len(before["products"]), 0, 0, 0)
    assert counts(second) == (0, 0, len(before["products"]), 0)
    assert await rows(engine) == before


async def test_product_lands_with_all_that_belongs_to_it(engine: AsyncEngine) -> None:
    await run(engine, DATA / "shopify-2024.csv")

    wrap, jumper = await content(engine)

    assert jumper["product"]["price"] == 1450.00
    assert jumper["product"]["compare_at_price"] == 1600.00
    assert jumper["product"]["currency"] == "ETB"
    assert jumper["product"]["description"] == 'Knitted in a "soft" blend, with wide sleeves.'
    assert jumper["product"]["options"] == [
        {"name": "Size", "values": ["Small", "Large"]},
        {"name": "Color", "values": ["Sand", "Dark Sand"]},
    ]
    assert jumper["category"] == [
        "apparel-accessories",
        "apparel-accessories-clothing",
        "apparel-accessories-clothing-tops",
    ]
    assert jumper["tags"] == ["winter", "wool"]
    assert [image[0].rpartition("-")[2] for image in jumper["images"]] == [
        *("front.jpg", "back.jpg", "label.jpg", "sand.jpg"),
    ]
    assert [
        (each["sku"], each["name"], each["quantity"], each["backorder_policy"], each["image"], each["is_default"])
        for each in jumper["variants"]
    ] == [
        ("WJ-S-SAND", "Small / Sand", 4, "DENY", "https://example.com/jumper-sand.jpg", True),
        ("WOOL-JUMPER-LARGE-DARK-SAND", "Large / Dark Sand", 0, "ALLOW", "https://example.com/jumper-back.jpg", False),
    ]
    assert (wrap["product"]["is_active"], wrap["category"], wrap["images"]) == (False, None, None)
    assert wrap["variants"][0]["tracks_stock"] is False


async def test_changed_file_updates_what_it_changes(engine: AsyncEngine, tmp_path: Path) -> None:
    await run(engine, write_products(tmp_path / "old.csv", 3))
    before = await rows(engine)

    summary = await run(engine, write_products(tmp_path / "new.csv", 4, changed=True))

    after = await rows(engine)
    assert counts(summary) == (1, 3, 0, 0)
    assert [each["product"]["price"] for each in await content(engine)] == [11.5, 12.5, 13.5, 14.5]
    assert {each["id"] for each in before["product_variants"]} < {each["id"] for each in after["product_variants"]}
    assert before["product_images"] == [
        each for each in after["product_images"] if each["id"] in {image["id"] for image in before["product_images"]}
    ]


async def test_import_keeps_what_editors_added(engine: AsyncEngine) -> None:
    await run(engine, DATA / "shopify-2024.csv")
    await execute(
        engine,
        "UPDATE products SET badge = 'POPULAR', internal_notes = 'Ask Selam', metadata = '{\"a\": 1}',"
        " features = '{Warm}', is_customizable = true",
    )
    await execute(engine, "UPDATE stock_levels SET minimum_level = 3")
    before = await rows(engine)

    summary = await run(engine, DATA / "shopify-2024.csv")

    assert counts(summary) == (0, 0, 2, 0)
    assert await rows(engine) == before


async def test_refused_products_leave_nothing_behind(engine: AsyncEngine) -> None:
    summary = await run(engine, DATA / "shopify-refused.csv")

    landed = await content(engine)
    assert counts(summary) == (2, 0, 0, 14)
    assert [each["product"]["slug"] for each in landed] == ["between", "good-lamp"]
    assert {table: len(found) for table, found in (await rows(engine)).items()} == {
        "products": 2,
        "product_variants": 2,
        "product_images": 0,
        "product_tags": 0,
        "stock_levels": 2,
        "categories": 1,
        "tags": 0,
    }
    assert [(each.line, each.handle, each.reason) for each in summary.refusals if each.line == 13] == [
        (13, "stolen-sku", "The SKU LAMP-1 belongs to the product “good-lamp”.")
    ]
    assert [each.line for each in summary.refusals] == [4, 5, 6, 9, 9, 11, 13, 14, 15, 16, 18, 19, 20, 21, 22, 22]


async def test_refused_update_changes_nothing(engine: AsyncEngine) -> None:
    await put(engine, product("lamp", "A"), product("torch", "B"))
    before = await rows(engine)

    (outcome,) = await put(engine, product("lamp", "A", "B", tags=("New",), category=CategoryPath(("New",))))

    assert outcome.fate == Fate.REFUSED
    assert [each.message for each in outcome.problems] == ["The SKU B belongs to the product “torch”."]
    assert await rows(engine) == before


@pytest.mark.parametrize("batch_length", [1, 3, 200])
async def test_dry_run_counts_like_a_run_and_writes_nothing(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_length: int
) -> None:
    monkeypatch.setattr(importing, "BATCH_LENGTH", batch_length)
    path = write_products(tmp_path / "products.csv", 6)
    with path.open("a", encoding="utf-8") as file:
        file.write("last,Last,,,Size,S,S-0,5,1,\n")
    await put(engine, product("p-0001", "OLD"), product("p-0002", "OLD-2"))
    before = await rows(engine)

    rehearsed = await run(engine, path, dry_run=True)
    untouched = await rows(engine)
    real = await run(engine, path)

    assert untouched == before
    assert rehearsed == real
    assert counts(real) == (4, 2, 0, 1)
    assert [(each.line, each.reason) for each in real.refusals] == [
        (14, "The SKU S-0 belongs to the product “p-0000”.")
    ]


async def test_progress_ends_with_the_file(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_LENGTH", 100)
    path = write_products(tmp_path / "products.csv", 250)
    reports: list[tuple[int, int]] = []

    await import_products(engine, path, dry_run=False, report=lambda done, total: reports.append((done, total)))

    size = path.stat().st_size
    assert len(reports) == 3
    assert sorted(reports) == reports
    assert reports[-1] == (size, size)
    assert {total for _, total in reports} == {size}


async def test_batches_of_large_products_are_short(engine: AsyncEngine, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    body = "word " * 60_000
    path.write_text("Handle,Title,Body (HTML),Variant Price\n" + "".join(f"p{n},P,{body},5\n" for n in range(8)))
    reports: list[int] = []

    await import_products(engine, path, dry_run=False, report=lambda done, _: reports.append(done))

    assert len(reports) == 3


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from server import importing
from tests.databases import opened

def report(done, total):
    if done > total / 2:
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    importing.BATCH_LENGTH = 10
    async with opened(sys.argv[1]) as engine:
        await importing.import_products(engine, Path(sys.argv[2]), dry_run=False, report=report)

asyncio.run(main())
"""


async def test_import_killed_midway_is_completed_by_another(
    engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    path = write_products(tmp_path / "products.csv", 400)

    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED, database_url, str(path)],
        check=False,
        cwd=Path(__file__).parents[2],
    )
    left = await value(engine, "SELECT count(*) FROM products")
    summary = await run(engine, path)
    resumed = await content(engine)
    await execute(engine, "TRUNCATE products, categories, tags CASCADE")
    await run(engine, path)

    assert killed.returncode == -signal.SIGKILL
    assert 200 <= left < 400
    assert counts(summary) == (400 - left, 0, left, 0)
    assert resumed == await content(engine)


async def test_two_imports_of_a_file_at_once_end_like_one(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_LENGTH", 20)
    path = write_products(tmp_path / "products.csv", 200)

    first, second = await asyncio.gather(run(engine, path), run(engine, path))
    together = await content(engine)
    await execute(engine, "TRUNCATE products, categories, tags CASCADE")
    await run(engine, path)

    assert (first.created + second.created, first.unchanged + second.unchanged) == (200, 200)
    assert (first.updated, first.refused, second.updated, second.refused) == (0, 0, 0, 0)
    assert together == await content(engine)


async def test_rivals_that_ask_for_the_same_things_in_any_order_land(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_LENGTH", 7)
    path = write_products(tmp_path / "products.csv", 100)
    backwards = tmp_path / "backwards.csv"
    header, *lines = path.read_text().splitlines(keepends=True)
    pairs = [lines[place : place + 2] for place in range(0, len(lines), 2)]
    backwards.write_text(header + "".join(line for pair in reversed(pairs) for line in pair))

    summaries = await asyncio.gather(run(engine, path), run(engine, backwards), run(engine, path))

    assert sum(each.created for each in summaries) == 100
    assert sum(each.unchanged for each in summaries) == 200
    assert len(await content(engine)) == 100


async def test_deadlock_is_tried_again(engine: AsyncEngine, tmp_path: Path) -> None:
    await execute(engine, "CREATE SEQUENCE tries")
    await execute(
        engine,
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('tries') = 1 THEN"
        " RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END IF; RETURN NULL; END $$",
    )
    await execute(engine, "CREATE TRIGGER lose AFTER INSERT ON stock_levels EXECUTE FUNCTION lose()")

    summary = await run(engine, write_products(tmp_path / "products.csv", 5))

    assert counts(summary) == (5, 0, 0, 0)
    assert await value(engine, "SELECT last_value FROM tries") == 2


async def test_what_only_the_database_refuses_costs_one_product(engine: AsyncEngine, tmp_path: Path) -> None:
    await execute(engine, "ALTER TABLE products ADD CONSTRAINT ck_lucky CHECK (name <> 'Product 13')")

    summary = await run(engine, write_products(tmp_path / "products.csv", 40))

    assert counts(summary) == (39, 0, 0, 1)
    assert [(each.line, each.handle, each.reason) for each in summary.refusals] == [
        (
            28,
            "p-0013",
            "The database refuses the product by its rule ck_lucky; perhaps somebody else is changing it right now.",
        )
    ]


@asynccontextmanager
async def rival(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """The connection of somebody else, whose transaction is open."""
    async with engine.connect() as connection:
        yield connection
        await connection.rollback()


async def until_it_waits(engine: AsyncEngine, task: "asyncio.Task[list[Outcome]]") -> None:
    """Wait until another transaction keeps the task waiting."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await value(engine, waiting):
            assert not task.done()
            await asyncio.sleep(0.01)


async def put_against(
    engine: AsyncEngine, statements: Sequence[str], *batch: ProductData, merge: Merge | None = None
) -> list[Outcome]:
    """Write the batch while a rival has run the statements, who commits as soon as the writer waits."""
    async with rival(engine) as connection:
        for statement in statements:
            await connection.execute(text(statement))
        task = asyncio.create_task(put(engine, *batch, merge=merge))
        await until_it_waits(engine, task)
        await connection.commit()
        return await task


RIVAL_PRODUCT = "01900000-0000-7000-8000-00000000000a"
RIVAL_VARIANT = "01900000-0000-7000-8000-00000000000b"


async def test_product_that_a_rival_creates_meanwhile_is_updated(engine: AsyncEngine) -> None:
    await put(engine, product("other", "X"))
    its_product = f"""
        INSERT INTO products (id, slug, name, price, default_variant_id)
        VALUES ('{RIVAL_PRODUCT}', 'lamp', 'Rival', 5, '{RIVAL_VARIANT}')
    """
    its_variant = f"""
        INSERT INTO product_variants (id, product_id, sku, name, price)
        VALUES ('{RIVAL_VARIANT}', '{RIVAL_PRODUCT}', 'R', '', 5)
    """

    outcomes = await put_against(engine, [its_product, its_variant], product("alone", "C"), product("lamp", "A"))

    assert [outcome.fate for outcome in outcomes] == [Fate.CREATED, Fate.UPDATED]
    assert [each["product"]["name"] for each in await content(engine)] == ["Alone", "Lamp", "Other"]


async def test_sku_that_a_rival_takes_meanwhile_is_refused(engine: AsyncEngine) -> None:
    await put(engine, product("other", "X"))

    outcomes = await put_against(
        engine, ["UPDATE product_variants SET sku = 'A'"], product("alone", "C"), product("lamp", "A")
    )

    assert [outcome.fate for outcome in outcomes] == [Fate.CREATED, Fate.REFUSED]
    assert outcomes[1].problems[0].message == "The SKU A belongs to the product “other”."


@pytest.mark.parametrize("skus", [("A", "B"), ("A",)], ids=["quantity", "removal"])
async def test_units_that_a_rival_reserves_meanwhile_stay(engine: AsyncEngine, skus: tuple[str, ...]) -> None:
    await put(engine, product("lamp", "A", "B"), product("torch", "C"))
    reserve = (
        "UPDATE stock_levels SET reserved = 3 WHERE variant_id = (SELECT id FROM product_variants WHERE sku = 'B')"
    )
    lamp = product("lamp", *skus)
    lamp = replace(lamp, variants=tuple(replace(each, quantity=2) for each in lamp.variants))

    outcomes = await put_against(
        engine, [reserve], lamp, product("torch", "C", vendor="Selam"), merge=Merge(sets_stock=True)
    )

    assert [outcome.fate for outcome in outcomes] == [Fate.REFUSED, Fate.UPDATED]
    assert outcomes[0].problems[0].message.startswith("Reserved stock of B is 3:")
    assert await value(engine, "SELECT sum(quantity) FROM stock_levels") == 15


async def test_skus_move_between_variants_and_products(engine: AsyncEngine) -> None:
    await put(engine, product("lamp", "A", "B"), product("torch", "C"))
    lamp, torch = product("lamp", "A", "B"), product("torch", "C")
    first, second = lamp.variants
    (only,) = torch.variants

    outcomes = await put(
        engine,
        replace(lamp, variants=(replace(first, sku="C"), second)),
        replace(torch, variants=(replace(only, sku="A"),)),
    )

    assert [outcome.fate for outcome in outcomes] == [Fate.UPDATED, Fate.UPDATED]
    assert [[each["sku"] for each in found["variants"]] for found in await content(engine)] == [["C", "B"], ["A"]]


async def test_new_products_take_the_currency_of_the_shop(engine: AsyncEngine) -> None:
    await execute(engine, "UPDATE shops SET currency = 'USD'")
    created_at = datetime(2025, 3, 1, 12, tzinfo=UTC)

    await put(engine, product("lamp", "A", created_at=created_at))
    await execute(engine, "UPDATE shops SET currency = 'EUR'")
    await put(engine, product("lamp", "A", "B", created_at=datetime.now(UTC)))

    (lamp,) = await content(engine)
    assert lamp["product"]["currency"] == "USD"
    assert [each["currency"] for each in lamp["variants"]] == ["USD", "USD"]
    assert await value(engine, "SELECT created_at FROM products") == created_at


async def test_paths_of_new_categories_lead_to_the_root(engine: AsyncEngine) -> None:
    names = ("Home", "Kitchen", "Cups")
    batch = [product(f"cup-{level}", f"C{level}", category=CategoryPath(names[:level])) for level in (3, 1, 2)]

    await put(engine, *batch)

    found = {each["product"]["slug"]: each["category"] for each in await content(engine)}
    assert found == {
        "cup-1": ["home"],
        "cup-2": ["home", "home-kitchen"],
        "cup-3": ["home", "home-kitchen", "home-kitchen-cups"],
    }


async def test_same_product_twice_in_a_batch_is_refused_once(engine: AsyncEngine) -> None:
    outcomes = await put(engine, product("lamp", "A"), product("lamp", "B"))

    assert [outcome.fate for outcome in outcomes] == [Fate.CREATED, Fate.REFUSED]
    assert outcomes[0].product_id is not None
    assert outcomes[1].problems[0].message == "The product is there twice."


@asynccontextmanager
async def counted(engine: AsyncEngine) -> AsyncIterator[Callable[[], int]]:
    """Counts the statements of the block."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield lambda: len(statements)
    event.remove(engine.sync_engine, "before_cursor_execute", note)


async def statements_for(engine: AsyncEngine, size: int) -> list[int]:
    """The statements that it takes to create, change and leave alone so many products."""
    named = [
        product(
            f"lamp-{size}-{number}",
            *(f"{size}-{number}-{letter}" for letter in "AB"),
            tags=(f"Tag {size} {number}",),
            category=CategoryPath((f"Type {size} {number}", "Sub")),
            images=(ImageData(f"/{number}.svg"),),
        )
        for number in range(size)
    ]
    other: dict[str, Any] = {"tags": (f"Other {size}",), "images": (ImageData("/x.svg"),)}
    changed = [replace(each, **other, variants=each.variants[:1]) for each in named]
    taken = []
    for batch in (named, changed, changed):
        async with counted(engine) as count:
            await put(engine, *batch)
            taken.append(count())
    return taken


async def test_statements_do_not_grow_with_the_batch(engine: AsyncEngine) -> None:
    few = await statements_for(engine, 2)
    many = await statements_for(engine, 60)

    assert few == many
    assert max(few) <= 20


ANY_TEXT = st.text(max_size=12)
NAMES = st.text(min_size=1, max_size=8).map(lambda name: f"n{name}")
SLUGS = NAMES.map(lambda name: slugify(name)[:60])
MONEY = st.decimals(0, 10_000, places=2)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(ANY_TEXT, parts, max_size=3),
    max_leaves=6,
)


@st.composite
def any_products(draw: st.DrawFn) -> ProductData:
    """A product that may say anything."""
    slug = draw(SLUGS)
    options = draw(st.lists(NAMES, max_size=2, unique_by=str.casefold))
    images = draw(st.lists(NAMES.map(lambda name: f"/{name.strip()}"), max_size=3, unique=True))
    variants = [
        VariantData(
            sku=f"{slug} {place}",
            option_values=tuple(f"{value}{place}" for value in draw(st.tuples(*[ANY_TEXT] * len(options)))),
            price=draw(MONEY),
            cost_price=draw(st.none() | MONEY),
            barcode=draw(st.none() | ANY_TEXT),
            weight_grams=draw(st.none() | st.integers(0, 2**31 - 1)),
            quantity=draw(st.integers(0, 2**31 - 1)),
            image_url=draw(st.sampled_from([None, *images])),
        )
        for place in range(draw(st.integers(1, 3)) if options else 1)
    ]
    return ProductData(
        slug=slug,
        name=draw(NAMES),
        vendor=draw(st.none() | ANY_TEXT),
        description=draw(ANY_TEXT),
        description_html=draw(st.text(alphabet="<>/abp&;\"'= \n", max_size=40)),
        category=draw(st.none() | st.lists(NAMES, min_size=1, max_size=3).map(lambda path: CategoryPath(tuple(path)))),
        tags=tuple(draw(st.lists(NAMES, max_size=3))),
        options=tuple(options),
        variants=tuple(variants),
        images=tuple(ImageData(url, draw(ANY_TEXT)) for url in images),
        specifications=tuple(draw(st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=2))),
        features=tuple(draw(st.lists(ANY_TEXT, max_size=2))),
        attributes=draw(st.dictionaries(ANY_TEXT, JSON, max_size=3)),
        seo_description=draw(st.none() | ANY_TEXT),
    )


ODD_NUMBERS = (2**64, -(2**63) - 1, 2**70, 1.8446744073709552e19, 5.3e16, 2**64 - 1, 1e300, -0.0, 0.1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(any_products(), min_size=1, max_size=4))
@example(batch=[product("odd", "ODD-1", attributes={"all": list(ODD_NUMBERS)})])
async def test_database_takes_what_the_rules_let_pass_and_keeps_it_as_it_is(
    engine: AsyncEngine, batch: list[ProductData]
) -> None:
    first = await put(engine, *batch)
    second = await put(engine, *batch)

    assert not [problem for outcome in first for problem in outcome.problems if problem.path == ()]
    assert [outcome.fate for outcome in second] == [
        Fate.REFUSED if outcome.fate == Fate.REFUSED else Fate.UNCHANGED for outcome in first
    ]
