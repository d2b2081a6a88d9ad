"""Paging: every row once and in order, in both directions, while rows come and go, and below many parents at once."""

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import getitem
from typing import Any, cast
from uuid import UUID

import pytest
from graphql import GraphQLEnumType, get_named_type
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from uuid_utils.compat import uuid7

from models import Category, ModerationStatus, Product
from resolvers.ids import encode_id
from tests.api import Json, codes_of, data_of, run
from tests.factories import (
    add_analytics,
    add_author,
    add_belongings,
    add_cart,
    add_category,
    add_comment,
    add_dead_letter,
    add_finding,
    add_menu,
    add_order,
    add_order_note,
    add_page,
    add_payment,
    add_post,
    add_post_category,
    add_product,
    add_promo_code,
    add_provider_event,
    add_release,
    add_release_event,
    add_release_item,
    add_review,
    add_revision,
    add_service,
    add_shipping_method,
    add_stock,
    add_tax_class,
    add_user,
    add_variant,
    new_id,
    shared_engine,
    writing,
)
from tests.resolvers.paged_lists import LISTS, OWNER, PRODUCT_ORDERS, PagedList
from tests.schema.walk import fields
from tests.statements import execute

ROWS = 7
START = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
SIZES = (1, 2, 7, 100)
SIZES_BELOW_PARENTS = (2, 7)


def page_of(data: Any) -> Any:
    """The page in the data of a PagedList's query."""
    if "postCategories" in data:
        return data["postCategories"]["nodes"][0]["list"]
    parent = data.get("parent") or data
    return (parent["nodes"][0] if "nodes" in parent else parent)["list"]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A shop in which every list has rows with equal and with different sort keys."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            await fill(session)
        for number in range(3):
            changed = select(Product.id).where(Product.name == f"Lamp {number}").limit(2)
            await execute(engine, update(Product).where(Product.id.in_(changed)).values(vendor="Nano"))
        yield engine


async def fill(session: AsyncSession) -> None:
    """Rows whose keys repeat every few rows, in an order other than that of their ids."""
    category, author = await add_category(session, slug="paged"), await add_author(session, slug="paged", name="Lamp 1")
    section = await add_post_category(session, slug="paged", position=-1)
    product = await add_product(session, slug="paged", name="lamp")
    post, page = await add_post(session, slug="paged"), await add_page(session, slug="paged")
    service = await add_service(session, slug="paged", title="lamp", created_at=START)
    menu = await add_menu(session, code="paged")
    release = await add_release(session, created_at=datetime(2200, 1, 1, tzinfo=UTC))
    owner = await add_user(session, id=OWNER)
    await session.execute(text("SELECT set_config('merkato.order_reason', 'Note', true)"))
    order = await add_order(session, placed_at=datetime(2200, 1, 1, tzinfo=UTC))
    plenty = await add_stock(session, await add_variant(session, product, stock=None), quantity=1000)
    for number in range(ROWS):
        shuffled = number * 3 % ROWS
        at = START - timedelta(microseconds=shuffled // 3)
        name, price = f"Lamp {shuffled % 4}", Decimal(10 + shuffled % 3)
        rated = await add_product(session, category_id=category.id, name=name, price=price, created_at=at)
        written = ModerationStatus.PENDING if number else ModerationStatus.REJECTED
        await add_review(session, rated, owner, rating=1 + shuffled % 3, created_at=at, status=written)
        await add_belongings(session, owner)
        for _ in range(shuffled % 2):
            await add_review(session, rated, rating=1 + shuffled % 5)
        await add_review(session, product, rating=1 + shuffled % 3, created_at=at)
        await add_variant(session, product, position=shuffled % 4 - 2, stock=shuffled % 3)
        await add_category(session, name=name, position=shuffled % 3 - 1)
        await add_service(session, title=name if number else "LAMP", position=shuffled % 3, created_at=at)
        await add_post(session, author, category_id=section.id, title=name, published_at=at, view_count=shuffled % 2)
        await add_page(session, title=name, created_at=at)
        await add_menu(session, name=name)
        await add_release(session, title=name, created_at=at)
        await add_release_item(session, release, product_id=rated.id)
        await add_release_event(session, release, note=f"Note {number}", recorded_at=at)
        for counted in (post, service):
            await add_analytics(session, counted)
            await add_finding(session, counted)
        for revised in (post, page, category, product, service, menu):
            await add_revision(session, revised, version=number + 1)
        for discussed in (post, page):
            await add_comment(session, discussed, owner, created_at=at)
        await add_author(session, name=name)
        await add_post_category(session, name=name, position=shuffled % 3)
        await add_dead_letter(session, failed_at=at)
        await add_promo_code(session, created_at=at)
        await add_shipping_method(session, position=shuffled % 3)
        await add_tax_class(session, name=name)
        await add_order_note(session, order, f"Note {number}")
        await add_cart(session, new_id(), updated_at=at)
        await add_payment(session, order, created_at=at)
        await add_provider_event(session, received_at=at)
        plenty.quantity += 1
        await session.flush()


async def ids_in_order(engine: AsyncEngine, paged: PagedList) -> list[str]:
    """The global ids of the list's rows as SQL orders them."""
    name = paged.type_name or paged.model.__name__
    async with engine.connect() as connection:
        keys = [key for (key,) in await connection.execute(paged.expected)]
    return [encode_id(name, key) if isinstance(key, UUID) else key for key in keys]


def known_by(row: Any, paged: PagedList) -> str:
    """What a row of the list is known by."""
    return cast("str", reduce(getitem, paged.known_by, row))


async def walk(engine: AsyncEngine, paged: PagedList, size: int, *, backward: bool = False) -> list[str]:
    """The ids that paging through the whole list gives, in the list's order."""
    ids: list[str] = []
    cursor = None
    while True:
        window = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        page = page_of(await data_of(engine, paged.query(), window, paged.viewer))
        found = [known_by(node, paged) for node in page["nodes"]]
        assert found == [known_by(edge["node"], paged) for edge in page["edges"]]
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        assert len({edge["cursor"] for edge in page["edges"]}) == len(found)
        ids = found + ids if backward else ids + found
        behind, ahead = ("hasNextPage", "hasPreviousPage") if backward else ("hasPreviousPage", "hasNextPage")
        assert page["pageInfo"][behind] is (cursor is not None)
        if not page["pageInfo"][ahead]:
            return ids
        cursor = page["pageInfo"]["startCursor" if backward else "endCursor"]
        assert len(found) == size


@pytest.mark.parametrize("paged", LISTS, ids=str)
async def test_paging_gives_every_row_once_in_order(shop: AsyncEngine, paged: PagedList) -> None:
    expected = await ids_in_order(shop, paged)
    assert len(expected) >= ROWS
    for size in SIZES if paged.field.startswith("Query.") else SIZES_BELOW_PARENTS:
        assert await walk(shop, paged, size) == expected
        assert await walk(shop, paged, size, backward=True) == expected
    assert page_of(await data_of(shop, paged.query(), {"first": 1}, paged.viewer))["totalCount"] == len(expected)


def test_every_order_of_every_list_is_walked() -> None:
    walked = {(paged.field, paged.sort) for paged in LISTS}
    declared: set[tuple[str, str | None]] = set()
    for field in fields():
        if "after" not in field.field.args:
            continue
        sort = field.field.args.get("sort")
        kind = get_named_type(sort.type) if sort else None
        names = [None] if kind is None else list(kind.values) if isinstance(kind, GraphQLEnumType) else []
        declared |= {(str(field), name) for name in names}
    nested_relevance = {(field, "RELEVANCE") for field in ("Category.products", "Author.posts", "PostCategory.posts")}
    assert declared - walked == nested_relevance, "Those cannot be searched; test_search.py shows that they refuse."


def products_in(sort: str) -> PagedList:
    """The list of all products in that order."""
    return next(paged for paged in LISTS if (paged.field, paged.sort) == ("Query.products", sort))


PRODUCTS = products_in("NAME_ASC")


async def test_first_0_gives_no_rows_but_the_flags(shop: AsyncEngine) -> None:
    page = page_of(await data_of(shop, PRODUCTS.query(), {"first": 0}))
    assert page == {
        "totalCount": len(await ids_in_order(shop, PRODUCTS)),
        "nodes": [],
        "edges": [],
        "pageInfo": {"hasNextPage": True, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


async def test_last_0_gives_no_rows_but_the_flags(shop: AsyncEngine) -> None:
    info = page_of(await data_of(shop, PRODUCTS.query(), {"last": 0}))["pageInfo"]
    assert info == {"hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None}


async def test_empty_list_has_no_pages(engine: AsyncEngine) -> None:
    page = page_of(await data_of(engine, PRODUCTS.query(), {"first": 5}))
    none = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert page == {"totalCount": 0, "nodes": [], "edges": [], "pageInfo": none}


async def test_last_without_before_gives_the_end(shop: AsyncEngine) -> None:
    page = page_of(await data_of(shop, PRODUCTS.query(), {"last": 3}))
    assert [node["id"] for node in page["nodes"]] == (await ids_in_order(shop, PRODUCTS))[-3:]
    assert page["pageInfo"]["hasPreviousPage"] is True
    assert page["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize(
    ("window", "cut", "previous", "following"),
    [
        ({"first": 2}, slice(4, 6), True, True),
        ({"first": 3}, slice(4, 7), True, False),
        ({"first": 50}, slice(4, 7), True, False),
        ({"last": 2}, slice(5, 7), True, True),
        ({"last": 50}, slice(4, 7), False, True),
    ],
)
async def test_both_cursors_bound_a_page(
    shop: AsyncEngine, window: Json, cut: slice, previous: bool, following: bool
) -> None:
    """`hasNextPage` of `first` and `hasPreviousPage` of `last` speak of the rows between the cursors, as Relay says."""
    expected = await ids_in_order(shop, PRODUCTS)
    edges = page_of(await data_of(shop, PRODUCTS.query(), {"first": 100}))["edges"]
    window = {**window, "after": edges[3]["cursor"], "before": edges[7]["cursor"]}
    page = page_of(await data_of(shop, PRODUCTS.query(), window))
    assert [node["id"] for node in page["nodes"]] == expected[cut]
    assert page["pageInfo"]["hasPreviousPage"] is previous
    assert page["pageInfo"]["hasNextPage"] is following
    assert page["totalCount"] == len(expected)


async def test_page_has_20_rows_when_nothing_is_said(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product = await add_product(session)
        for _ in range(21):
            await add_variant(session, product)
    data = await data_of(engine, "{ products { nodes { variants { totalCount nodes { id } } } } }")
    (variants,) = [node["variants"] for node in data["products"]["nodes"]]
    assert (len(variants["nodes"]), variants["totalCount"]) == (20, 22)


@pytest.mark.parametrize(
    "window",
    [{"first": -1}, {"first": 101}, {"last": -1}, {"last": 101}, {"first": 1, "last": 1}, {"first": 2**31 - 1}],
)
@pytest.mark.parametrize("paged", [PRODUCTS, *(paged for paged in LISTS if paged.sort is None)], ids=str)
async def test_impossible_windows_are_refused(shop: AsyncEngine, paged: PagedList, window: Json) -> None:
    assert await codes_of(shop, paged.query(), window, paged.viewer) == ["BAD_USER_INPUT"]


# Rows that come and go


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("sort", sorted(PRODUCT_ORDERS))
async def test_rows_that_stay_are_given_once_while_others_come_and_go(
    engine: AsyncEngine, sort: str, backward: bool
) -> None:
    paged = products_in(sort)
    async with writing(engine) as session:
        for number in range(18):
            at = START + timedelta(hours=number % 4)
            await add_product(
                session, name=f"Lamp {number % 4}", price=Decimal(number % 4), created_at=at, updated_at=at
            )
    stayed = await ids_in_order(engine, paged)
    given: list[str] = []
    cursor, more, changes = None, True, 3
    while more:
        window = {"last": 4, "before": cursor} if backward else {"first": 4, "after": cursor}
        page = page_of(await data_of(engine, paged.query(), window, paged.viewer))
        found = [node["id"] for node in page["nodes"]]
        given = found + given if backward else given + found
        cursor = page["pageInfo"]["startCursor" if backward else "endCursor"]
        more = page["pageInfo"]["hasPreviousPage" if backward else "hasNextPage"]
        if changes:
            ahead = [key for key in stayed if key not in given]
            at_cursor, next_row = (found[0], ahead[-1]) if backward else (found[-1], ahead[0])
            await come_and_go(engine, {at_cursor, next_row})
            stayed.remove(next_row)
            changes -= 1
    assert changes == 0
    assert len(given) == len(set(given))
    assert [key for key in given if key in stayed] == stayed
    assert len(stayed) == 15


async def come_and_go(engine: AsyncEngine, gone: set[str]) -> None:
    """Add a row at each key that there is, and one beyond them on either side; delete the given ones."""
    async with writing(engine) as session:
        for number in (-1, 0, 1, 2, 3, 4):
            at = START + timedelta(hours=number)
            price = Decimal(max(number, 0))
            await add_product(session, name=f"Lamp {number}", price=price, created_at=at, updated_at=at)
        ids = await session.scalars(select(Product.id))
        doomed = [key for key in ids if encode_id("Product", key) in gone]
        await session.execute(delete(Product).where(Product.id.in_(doomed)))


async def test_times_within_one_millisecond_are_told_apart(engine: AsyncEngine) -> None:
    microseconds = (998, 1, 500, 2, 499, 999, 500)
    async with writing(engine) as session:
        for offset in microseconds:
            await add_product(session, created_at=START + timedelta(microseconds=offset))
    for sort in ("NEWEST", "OLDEST"):
        paged = products_in(sort)
        expected = await ids_in_order(engine, paged)
        for size in (1, 2, 3):
            assert await walk(engine, paged, size) == expected
            assert await walk(engine, paged, size, backward=True) == expected


@pytest.mark.parametrize(
    "moment", ["0001-01-02T00:00:00Z", "1969-12-31T23:59:59.999999Z", "9999-12-30T23:59:59.999999Z"]
)
async def test_cursors_hold_every_time(engine: AsyncEngine, moment: str) -> None:
    async with writing(engine) as session:
        for _ in range(3):
            await add_product(session, created_at=datetime.fromisoformat(moment))
    paged = products_in("NEWEST")
    assert await walk(engine, paged, 1) == await ids_in_order(engine, paged)


@pytest.mark.parametrize(
    "name", ["", " ", "a\x1fb", "\x1f", "👩‍🚀", "été", "e\u0301te\u0301", "%_", "'\"\\", "x" * 255]
)
async def test_cursors_hold_every_text(engine: AsyncEngine, name: str) -> None:
    async with writing(engine) as session:
        for _ in range(3):
            await add_product(session, name=name)
    assert await walk(engine, PRODUCTS, 1) == await ids_in_order(engine, PRODUCTS)


# Cursors that no such list gave


@pytest.fixture(scope="module")
async def cursors(shop: AsyncEngine) -> dict[str, str]:
    """A cursor of each order, by the order's tag."""
    pages = [page_of(await data_of(shop, paged.query(), {"first": 1}, paged.viewer)) for paged in LISTS]
    return {tag_of(cursor): cursor for page in pages for cursor in [page["edges"][0]["cursor"]]}


def tag_of(cursor: str) -> str:
    """The order that made the cursor; clients have no business to know."""
    return b64decode(cursor).decode().split("\x1f")[0]


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("Query.products-NAME_ASC", "product:name-asc"),
        ("Query.products-NEWEST", "product:newest"),
        ("Query.services-POSITION", "service:position"),
        ("Query.posts-RELEVANCE", "post:relevance"),
        ("Query.search-None", "search"),
        ("Category.products-PRICE_ASC", "product:price-asc"),
        ("Product.variants-None", "position"),
    ],
)
async def test_cursors_of_another_order_are_refused(
    shop: AsyncEngine, cursors: dict[str, str], path: str, own: str
) -> None:
    assert len(cursors) == 71
    (asked,) = [paged for paged in LISTS if str(paged) == path]
    for tag, cursor in cursors.items():
        refused = [] if tag == own else ["BAD_USER_INPUT"]
        assert await codes_of(shop, asked.query(), {"first": 1, "after": cursor}, asked.viewer) == refused, tag


def forged(*parts: str) -> str:
    """A cursor made by hand."""
    return b64encode("\x1f".join(parts).encode()).decode()


KEY = "01900000-0000-7000-8000-000000000000"
FORGED = {
    "empty": ("NAME_ASC", ""),
    "no base64": ("NAME_ASC", "%%%"),
    "not ascii": ("NAME_ASC", "é"),
    "not UTF-8": ("NAME_ASC", b64encode(b"\xff\xfe").decode()),
    "no key": ("NAME_ASC", forged("product:name-asc")),
    "no id": ("NAME_ASC", forged("product:name-asc", "Lamp")),
    "no UUID": ("NAME_ASC", forged("product:name-asc", "Lamp", "1")),
    "NUL": ("NAME_ASC", forged("product:name-asc", "La\x00mp", KEY)),
    "no number": ("PRICE_ASC", forged("product:price-asc", "cheap", KEY)),
    "not a number": ("PRICE_ASC", forged("product:price-asc", "NaN", KEY)),
    "infinite": ("PRICE_ASC", forged("product:price-asc", "-Infinity", KEY)),
    "too great": ("PRICE_ASC", forged("product:price-asc", "1e10", KEY)),
    "too long an exponent": ("PRICE_ASC", forged("product:price-asc", "1e999999999", KEY)),
    "no time": ("NEWEST", forged("product:newest", "today", KEY)),
    "beyond all times": ("NEWEST", forged("product:newest", "9" * 30, KEY)),
    "digits without end": ("NEWEST", forged("product:newest", "9" * 5000, KEY)),
}


@pytest.mark.parametrize(("sort", "cursor"), FORGED.values(), ids=FORGED)
async def test_forged_cursors_are_refused(shop: AsyncEngine, sort: str, cursor: str) -> None:
    paged = products_in(sort)
    assert await codes_of(shop, paged.query(), {"first": 1, "after": cursor}) == ["BAD_USER_INPUT"]
    assert await codes_of(shop, paged.query(), {"last": 1, "before": cursor}) == ["BAD_USER_INPUT"]


HARMLESS = {
    "rounds up to too many digits": ("products", "PRICE_ASC", forged("product:price-asc", "9999999999.999", KEY)),
    "smaller than any number": ("products", "PRICE_ASC", forged("product:price-asc", "1e-99999", KEY)),
    "no such rating": ("products", "RATING_ASC", forged("product:rating-asc", "10", KEY)),
    "no such rank": ("products", "RELEVANCE", forged("product:relevance", "99999", KEY)),
    "no small integer": ("reviews", "RATING_ASC", forged("review:rating-asc", "40000", KEY)),
    "no integer": ("categories", "POSITION", forged("category:position", str(2**31), KEY)),
}


@pytest.mark.parametrize(("field", "sort", "cursor"), HARMLESS.values(), ids=HARMLESS)
async def test_keys_that_no_row_can_have_do_no_harm(shop: AsyncEngine, field: str, sort: str, cursor: str) -> None:
    """Refused or not, they are the client's doing: no error of the server's own."""
    search = 'search: "lamp" ' if sort == "RELEVANCE" else ""
    query = f"query($after: String) {{ {field}({search}sort: {sort}, after: $after) {{ nodes {{ id }} }} }}"
    assert await codes_of(shop, query, {"after": cursor}) in ([], ["BAD_USER_INPUT"])


# Below many parents


@pytest.fixture(scope="module")
async def branches(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """Five categories with 0 to 4 products, each product with as many reviews; five authors and sections likewise."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            users = [await add_user(session) for _ in range(5)]
            section = await add_post_category(session)
            for number in range(5):
                category = await add_category(session, position=number)
                author = await add_author(session, name=f"Author {number}")
                for place in range(number):
                    at = START + timedelta(hours=-place if number % 2 else place)
                    name = f"Lamp {number}.{place}"
                    product = await add_product(session, category_id=category.id, name=name, created_at=at)
                    for user in users[:number]:
                        await add_review(session, product, user, rating=5 - place)
                    await add_post(session, author, title=name, published_at=at, category_id=section.id)
        yield engine


async def names_below(engine: AsyncEngine, arguments: str, variables: Json | None = None) -> list[list[str]]:
    """The names of each category's products, asked for all at once."""
    products = f"products({arguments} after: $after) {{ nodes {{ name }} }}"
    query = f"query($after: String) {{ categories {{ nodes {{ {products} }} }} }}"
    data = await data_of(engine, query, variables)
    return [[node["name"] for node in category["products"]["nodes"]] for category in data["categories"]["nodes"]]


async def test_parents_share_arguments_but_not_rows(branches: AsyncEngine) -> None:
    assert await names_below(branches, "first: 2, sort: NAME_ASC") == [
        [],
        ["Lamp 1.0"],
        ["Lamp 2.0", "Lamp 2.1"],
        ["Lamp 3.0", "Lamp 3.1"],
        ["Lamp 4.0", "Lamp 4.1"],
    ]
    assert await names_below(branches, "last: 2, sort: NAME_ASC") == [
        [],
        ["Lamp 1.0"],
        ["Lamp 2.0", "Lamp 2.1"],
        ["Lamp 3.1", "Lamp 3.2"],
        ["Lamp 4.2", "Lamp 4.3"],
    ]
    assert await names_below(branches, "first: 1, sort: NEWEST") == [
        [],
        ["Lamp 1.0"],
        ["Lamp 2.1"],
        ["Lamp 3.0"],
        ["Lamp 4.3"],
    ]
    assert await names_below(branches, "first: 0") == [[], [], [], [], []]


async def test_one_cursor_bounds_every_parents_page(branches: AsyncEngine) -> None:
    query = "{ products(sort: NAME_ASC first: 5) { pageInfo { endCursor } } }"
    after = (await data_of(branches, query))["products"]["pageInfo"]["endCursor"]
    assert await names_below(branches, "first: 3, sort: NAME_ASC", {"after": after}) == [
        [],
        [],
        [],
        ["Lamp 3.2"],
        ["Lamp 4.0", "Lamp 4.1", "Lamp 4.2"],
    ]


async def test_flags_and_counts_of_each_parent(branches: AsyncEngine) -> None:
    page = "products(first: 2) { totalCount pageInfo { hasNextPage hasPreviousPage } }"
    data = await data_of(branches, f"{{ categories {{ nodes {{ {page} }} }} }}")
    pages = [category["products"] for category in data["categories"]["nodes"]]
    assert [page["totalCount"] for page in pages] == [0, 1, 2, 3, 4]
    assert [page["pageInfo"]["hasNextPage"] for page in pages] == [False, False, False, True, True]
    assert [page["pageInfo"]["hasPreviousPage"] for page in pages] == [False] * 5


async def test_aliases_keep_their_arguments_apart(branches: AsyncEngine) -> None:
    data = await data_of(
        branches,
        """
        { categories(first: 2, after: null) { totalCount }
          all: categories { nodes {
            first: products(first: 1, sort: NAME_ASC) { totalCount nodes { name } }
            last: products(last: 1, sort: NAME_ASC) { totalCount nodes { name } }
            some: products(filter: {options: [], text: "lamp"}, sort: NAME_DESC, first: 1) { totalCount nodes { name } }
            none: products(filter: {vendors: ["Nobody"]}) { totalCount nodes { name } }
          } } }
        """,
    )
    fourth = data["all"]["nodes"][4]
    assert data["categories"] == {"totalCount": 5}
    assert fourth == {
        "first": {"totalCount": 4, "nodes": [{"name": "Lamp 4.0"}]},
        "last": {"totalCount": 4, "nodes": [{"name": "Lamp 4.3"}]},
        "some": {"totalCount": 4, "nodes": [{"name": "Lamp 4.3"}]},
        "none": {"totalCount": 0, "nodes": []},
    }


async def test_lists_three_levels_down(branches: AsyncEngine) -> None:
    data = await data_of(
        branches,
        """
        { categories(last: 2) { nodes { products(first: 2, sort: NAME_DESC) { nodes {
            name reviews(first: 2, sort: RATING_ASC) { totalCount nodes { rating product { name } } }
        } } } } }
        """,
    )
    assert [
        [(product["name"], product["reviews"]) for product in category["products"]["nodes"]]
        for category in data["categories"]["nodes"]
    ] == [
        [
            (
                f"Lamp {number}.{place}",
                {
                    "totalCount": number,
                    "nodes": [{"rating": 5 - place, "product": {"name": f"Lamp {number}.{place}"}}] * 2,
                },
            )
            for place in (number - 1, number - 2)
        ]
        for number in (3, 4)
    ]


async def test_lists_in_fragments_on_the_search_union(branches: AsyncEngine) -> None:
    data = await data_of(
        branches,
        """
        { search(query: "lamp", first: 100) { nodes {
            __typename
            ... on Product { name list: reviews(first: 1) { totalCount nodes { rating } } }
            ... on Post { title by: author { name list: posts(first: 1, sort: OLDEST) { totalCount nodes { title } } } }
        } } }
        """,
    )
    nodes = data["search"]["nodes"]
    products = {node["name"]: node["list"] for node in nodes if node["__typename"] == "Product"}
    posts = {node["title"]: node["by"] for node in nodes if node["__typename"] == "Post"}
    assert len(products) == len(posts) == 10
    assert products["Lamp 3.1"] == {"totalCount": 3, "nodes": [{"rating": 4}]}
    assert posts["Lamp 2.1"] == {"name": "Author 2", "list": {"totalCount": 2, "nodes": [{"title": "Lamp 2.0"}]}}
    assert posts["Lamp 3.0"]["list"] == {"totalCount": 3, "nodes": [{"title": "Lamp 3.2"}]}


async def test_same_field_below_different_types_keeps_its_arguments(branches: AsyncEngine) -> None:
    """The two `c` never meet in one object, so GraphQL lets their arguments differ."""
    ids = await data_of(
        branches, '{ categories(last: 1) { nodes { id } } products(search: "4.0", first: 1) { nodes { id } } }'
    )
    child = uuid7()
    async with writing(branches) as session:
        parent = await session.scalar(select(Product.category_id).where(Product.name == "Lamp 4.0"))
        session.add(Category(id=child, slug="child", name="Child", parent_id=parent, position=-1))
    try:
        data = await data_of(
            branches,
            """
            query($ids: [ID!]!) { nodes(ids: $ids) {
                ... on Product { c: category { list: products(first: 1, sort: NAME_ASC) { nodes { name } } } }
                ... on Category { c: parent { list: products(first: 3, sort: NAME_DESC) { nodes { name } } } }
            } }
            """,
            {"ids": [ids["products"]["nodes"][0]["id"], encode_id("Category", child)]},
        )
    finally:
        await execute(branches, delete(Category).where(Category.id == child))
    of_product, of_category = data["nodes"]
    assert [node["name"] for node in of_product["c"]["list"]["nodes"]] == ["Lamp 4.0"]
    assert [node["name"] for node in of_category["c"]["list"]["nodes"]] == ["Lamp 4.3", "Lamp 4.2", "Lamp 4.1"]


async def test_counts_below_different_types_keep_their_filters(branches: AsyncEngine) -> None:
    query = "{ authors(last: 1) { nodes { id } } postCategories { nodes { id } } }"
    ids = await data_of(branches, query)
    data = await data_of(
        branches,
        """
        query($ids: [ID!]!) { nodes(ids: $ids) {
            ... on Author { posts(first: 1) { nodes { author { posts(filter: {text: "4.0"}) { totalCount } } } } }
            ... on PostCategory { posts(filter: {text: "4.0"}) { nodes { author { posts { totalCount } } } } }
        } }
        """,
        {"ids": [ids["authors"]["nodes"][0]["id"], ids["postCategories"]["nodes"][0]["id"]]},
    )
    author, section = data["nodes"]
    assert author["posts"]["nodes"] == [{"author": {"posts": {"totalCount": 1}}}]
    assert section["posts"]["nodes"] == [{"author": {"posts": {"totalCount": 4}}}]


async def test_errors_of_one_list_leave_its_siblings(branches: AsyncEngine) -> None:
    """The refused connection takes its own category with it, and no more."""
    body = await run(
        branches,
        """
        { categories(first: 5) { totalCount }
          category(slug: "nowhere") { id }
          other: author(slug: "nowhere") { posts(first: 101) { totalCount } } }
        """,
        compiles=False,
    )
    assert body == {"data": {"categories": {"totalCount": 5}, "category": None, "other": None}}
