"""Filters: each field alone, and trees of `and`, `or` and `not`, against the same rules written in Python."""

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLInputObjectType
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.viewer import viewer_with_role
from models import (
    BackorderPolicy,
    Badge,
    Category,
    ModerationStatus,
    Product,
    PublishingStatus,
    Role,
    ServiceType,
    StockLevel,
)
from resolvers.ids import encode_id
from tests.api import Json, codes_of, data_of
from tests.factories import (
    add_author,
    add_category,
    add_page,
    add_post,
    add_post_category,
    add_product,
    add_review,
    add_service,
    add_tag,
    add_variant,
    shared_engine,
    tag_post,
    tag_product,
    writing,
)
from tests.schema.walk import CORE

ADMIN = viewer_with_role(Role.ADMIN)
DAY = timedelta(days=1)
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WORDS = ("alpha", "bravo", "carbon", "delta")
PREFIXES = (*WORDS, "alph", "b", "carbon del", "delta alpha", "zulu")
COLOURS = ("Black", "White")
CAPACITIES = ("1 TB", "2 TB")
UNKNOWN = UUID("01900000-0000-7000-8000-000000000000")
"""The key of no row, the same with each run, as the names of tests must be."""

Chance = random.Random
Rule = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Fact:
    """What the Python side knows of a row."""

    id: str
    words: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    group: str | None = None
    groups: frozenset[str] = frozenset()
    kind: str | None = None
    vendor: str | None = None
    amount: Decimal = Decimal(0)
    rating: Decimal = Decimal(0)
    at: datetime | None = None
    flag: bool = False
    in_stock: bool = False
    variants: tuple[frozenset[tuple[str, str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Filtered:
    """A list of the API, the rules of its filter in Python, and how to think up values for each field."""

    field: str
    type_name: str
    rules: Mapping[str, Rule]
    values: Mapping[str, Callable[[Chance], Any]]

    def __str__(self) -> str:
        return self.field


def starts_any(fact: Fact, text: str) -> bool:
    """Every word of the text begins a word of the row."""
    return all(any(word.startswith(wanted) for word in fact.words) for wanted in text.split())


def in_range(value: Decimal, bounds: Json) -> bool:
    """The value lies between the bounds."""
    low, high = bounds.get("min"), bounds.get("max")
    return (low is None or value >= Decimal(low)) and (high is None or value <= Decimal(high))


def in_span(at: datetime | None, span: Json) -> bool:
    """The time lies in the span; no time lies in one that is bounded."""
    begin, end = span.get("from"), span.get("to")
    if at is None:
        return begin is None and end is None
    return (begin is None or at >= datetime.fromisoformat(begin)) and (end is None or at < datetime.fromisoformat(end))


def meets(filtered: Filtered, fact: Fact, tree: Json) -> bool:
    """The row meets the filter."""
    own = all(
        filtered.rules[name](fact, value)
        for name, value in tree.items()
        if name in filtered.rules and value is not None
    )
    every = all(meets(filtered, fact, branch) for branch in tree.get("and") or ())
    some = any(meets(filtered, fact, branch) for branch in tree["or"]) if tree.get("or") else True
    return own and every and some and not (tree.get("not") is not None and meets(filtered, fact, tree["not"]))


def some_of(pool: Sequence[Any]) -> Callable[[Chance], list[Any]]:
    """Thinks up a list, now and then an empty one."""
    return lambda chance: chance.sample(pool, k=chance.randint(0, min(3, len(pool))))


def range_up_to(most: int) -> Callable[[Chance], Json]:
    """Thinks up a range of amounts, open or contradictory at times."""

    def think(chance: Chance) -> Json:
        bounds = {"min": f"{chance.randint(0, most)}.00", "max": f"{chance.randint(0, most)}"}
        return {name: bound for name, bound in bounds.items() if chance.random() < 0.7}

    return think


def span(chance: Chance) -> Json:
    """Thinks up a span of time around the rows' days."""
    ends = {name: (START + DAY * chance.randint(-1, 8)).isoformat() for name in ("from", "to")}
    return {name: end for name, end in ends.items() if chance.random() < 0.7}


def truth(chance: Chance) -> bool:
    """Thinks up a boolean."""
    return chance.random() < 0.5


def options(chance: Chance) -> list[Json]:
    """Thinks up wanted option values."""
    wanted = {"Colour": COLOURS, "Capacity": CAPACITIES, "Nothing": ("1",)}
    names = chance.sample(sorted(wanted), k=chance.randint(0, 2))
    return [{"name": name, "values": some_of((*wanted[name], "Other"))(chance)} for name in names]


PRODUCTS = Filtered(
    "products",
    "ProductFilter",
    rules={
        "ids": lambda fact, ids: fact.id in ids,
        "categories": lambda fact, slugs: bool(fact.groups & set(slugs)),
        "tags": lambda fact, slugs: bool(fact.tags & set(slugs)),
        "vendors": lambda fact, vendors: fact.vendor in vendors,
        "price": lambda fact, bounds: in_range(fact.amount, bounds),
        "rating": lambda fact, bounds: in_range(fact.rating, bounds),
        "inStock": lambda fact, wanted: fact.in_stock is wanted,
        "badges": lambda fact, badges: fact.kind in badges,
        "options": lambda fact, wanted: all(
            any((option["name"], value) in variant for value in option["values"] for variant in fact.variants)
            for option in wanted
        ),
        "isCustomizable": lambda fact, wanted: fact.flag is wanted,
        "createdAt": lambda fact, span: in_span(fact.at, span),
        "text": starts_any,
    },
    values={
        "categories": some_of(("top", "middle", "leaf", "other", "nowhere")),
        "tags": some_of(("red", "green", "blue", "nothing")),
        "vendors": some_of(("Nano", "Omade", "Nobody")),
        "price": range_up_to(6),
        "rating": range_up_to(5),
        "inStock": truth,
        "badges": some_of(("POPULAR", "SECURITY", "ENTERPRISE")),
        "options": options,
        "isCustomizable": truth,
        "createdAt": span,
        "text": lambda chance: chance.choice(PREFIXES),
    },
)
CATEGORIES = Filtered(
    "categories",
    "CategoryFilter",
    rules={
        "slugs": lambda fact, slugs: fact.group in slugs,
        "isRoot": lambda fact, wanted: fact.flag is wanted,
    },
    values={"slugs": some_of(("top", "middle", "leaf", "other", "nowhere")), "isRoot": truth},
)
SERVICES = Filtered(
    "services",
    "ServiceFilter",
    rules={
        "types": lambda fact, types: fact.kind in types,
        "isPopular": lambda fact, wanted: fact.flag is wanted,
        "text": starts_any,
    },
    values={
        "types": some_of(tuple(ServiceType)),
        "isPopular": truth,
        "text": lambda chance: chance.choice(PREFIXES),
    },
)
POSTS = Filtered(
    "posts",
    "PostFilter",
    rules={
        "categories": lambda fact, slugs: fact.group in slugs,
        "authors": lambda fact, slugs: fact.vendor in slugs,
        "tags": lambda fact, slugs: bool(fact.tags & set(slugs)),
        "status": lambda fact, statuses: fact.kind in statuses,
        "publishedAt": lambda fact, span: in_span(fact.at, span),
        "text": starts_any,
    },
    values={
        "categories": some_of(("guides", "news", "nowhere")),
        "authors": some_of(("abebe", "sara", "nobody")),
        "tags": some_of(("red", "green", "blue", "nothing")),
        "status": some_of(tuple(PublishingStatus)),
        "publishedAt": span,
        "text": lambda chance: chance.choice(PREFIXES),
    },
)
PAGES = Filtered(
    "pages",
    "PageFilter",
    rules={"status": lambda fact, statuses: fact.kind in statuses, "text": starts_any},
    values={
        "status": some_of(tuple(PublishingStatus)),
        "text": lambda chance: chance.choice(PREFIXES),
    },
)
REVIEWS = Filtered(
    "reviews",
    "ReviewFilter",
    rules={
        "ratings": lambda fact, ratings: fact.rating in ratings,
        "products": lambda fact, ids: fact.group in ids,
        "isVerifiedPurchase": lambda fact, wanted: fact.flag is wanted,
        "status": lambda fact, statuses: fact.kind in statuses,
        "awaitsModeration": lambda fact, wanted: (fact.vendor != "seen") is wanted,
        "createdAt": lambda fact, span: in_span(fact.at, span),
    },
    values={
        "ratings": some_of((1, 2, 3, 4, 5, 0, 99_999)),
        "isVerifiedPurchase": truth,
        "status": some_of(tuple(ModerationStatus)),
        "awaitsModeration": truth,
        "createdAt": span,
    },
)
ALL = (PRODUCTS, CATEGORIES, SERVICES, POSTS, PAGES, REVIEWS)


@dataclass(frozen=True, slots=True)
class Shop:
    """A database of random rows and what Python knows of them."""

    engine: AsyncEngine
    facts: Mapping[str, list[Fact]]

    async def compare(self, filtered: Filtered, tree: Json | None) -> None:
        """Both sides find the same rows."""
        query = (
            f"query($filter: {filtered.type_name})"
            f"{{ {filtered.field}(filter: $filter, first: 100) {{ totalCount nodes {{ id }} }} }}"
        )
        found = (await data_of(self.engine, query, {"filter": tree}, ADMIN))[filtered.field]
        facts = self.facts[filtered.field]
        expected = {fact.id for fact in facts if tree is None or meets(filtered, fact, tree)}
        ids = [node["id"] for node in found["nodes"]]
        assert set(ids) == expected, tree
        assert found["totalCount"] == len(ids) == len(expected), tree

    def think(self, chance: Chance, filtered: Filtered, name: str) -> Any:
        """A value for a field of the filter."""
        if name in ("ids", "products"):
            return some_of([fact.id for fact in self.facts["products"]][:6])(chance)
        return filtered.values[name](chance)

    def tree(self, chance: Chance, filtered: Filtered, depth: int = 3) -> Json:
        """A random filter."""
        names = chance.sample(sorted(filtered.rules), k=chance.choice((0, 1, 1, 1, 2)))
        tree: Json = {name: self.think(chance, filtered, name) for name in names}
        for joint, odds in (("and", 0.3), ("or", 0.5)):
            if depth and chance.random() < odds:
                tree[joint] = [self.tree(chance, filtered, depth - 1) for _ in range(chance.randint(1, 3))]
        if depth and chance.random() < 0.5:
            tree["not"] = self.tree(chance, filtered, depth - 1)
        return tree


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[Shop]:
    """Forty products and a few dozen of everything else, random but the same on every run."""
    async with shared_engine(postgres, migrated) as engine:
        chance = random.Random(4)  # noqa: S311 - the same rows on every run
        async with writing(engine) as session:
            categories = await fill_categories(session)
            tags = {slug: await add_tag(session, slug=slug) for slug in ("red", "green", "blue")}
            products = [await ProductRow(session, chance, categories).add(tags) for _ in range(40)]
            facts = {"categories": [fact for fact, _ in categories.values()]}
            facts["services"] = [await service_fact(session, chance) for _ in range(20)]
            facts["posts"] = [fact async for fact in post_facts(session, chance, tags)]
            facts["pages"] = [await page_fact(session, chance) for _ in range(20)]
            facts["reviews"] = []
            facts["products"] = [
                await rate(session, chance, fact, product, facts["reviews"]) for fact, product in products
            ]
        yield Shop(engine, facts)


async def fill_categories(session: AsyncSession) -> dict[str | None, tuple[Fact, Category]]:
    """A tree of three levels, and a category beside it."""
    categories: dict[str | None, tuple[Fact, Category]] = {}
    for slug, above in (("top", None), ("middle", "top"), ("leaf", "middle"), ("other", None)):
        parent = categories[above][1].id if above else None
        row = await add_category(session, slug=slug, parent_id=parent)
        groups = frozenset({slug}) | (categories[above][0].groups if above else frozenset())
        categories[slug] = (Fact(encode_id("Category", row.id), group=slug, groups=groups, flag=above is None), row)
    return categories


@dataclass(frozen=True, slots=True)
class ProductRow:
    """Writes a random product."""

    session: AsyncSession
    chance: Chance
    categories: Mapping[str | None, tuple[Fact, Category]]

    async def add(self, tags: Mapping[str, Any]) -> tuple[Fact, Product]:
        """The product with variants and tags."""
        chance, slug = self.chance, self.chance.choice((None, *self.categories))
        fact, category = self.categories[slug] if slug else (Fact(""), None)
        name, text = chance.sample(WORDS, k=chance.randint(1, 2)), chance.sample(WORDS, k=chance.randint(0, 2))
        vendor, badge = chance.choice((None, "Nano", "Omade")), chance.choice((None, Badge.POPULAR, Badge.SECURITY))
        price, at, flag = Decimal(chance.randint(0, 6)), START + DAY * chance.randint(0, 7), truth(chance)
        product = await add_product(
            self.session,
            stock=None,
            category_id=category.id if category else None,
            name=" ".join(name).title(),
            description=" ".join(text),
            vendor=vendor,
            badge=badge,
            price=price,
            created_at=at,
            is_customizable=flag,
        )
        carried = chance.sample(sorted(tags), k=chance.randint(0, 2))
        if carried:
            await tag_product(self.session, product, *(tags[slug] for slug in carried))
        variants = [await self._variant(product) for _ in range(chance.randint(0, 2))]
        return Fact(
            encode_id("Product", product.id),
            words=frozenset({*name, *text, *([vendor.lower()] if vendor else ())}),
            tags=frozenset(carried),
            groups=fact.groups,
            kind=badge,
            vendor=vendor,
            amount=price,
            at=at,
            flag=flag,
            in_stock=any(sold for _, sold in variants),
            variants=tuple(chosen for chosen, _ in variants),
        ), product

    async def _variant(self, product: Product) -> tuple[frozenset[tuple[str, str]], bool]:
        """The variant's option values, and whether it can be sold."""
        chosen = {"Colour": self.chance.choice(COLOURS), "Capacity": self.chance.choice(CAPACITIES)}
        tracks, policy = (
            self.chance.random() < 0.9,
            self.chance.choice((BackorderPolicy.DENY,) * 9 + (BackorderPolicy.ALLOW,)),
        )
        quantity, reserved = self.chance.choice(((0, 0), (0, 0), (3, 3), (3, 1), (0, 0), (None, 0)))
        variant = await add_variant(
            self.session,
            product,
            stock=None,
            option_values=[{"name": name, "value": value} for name, value in chosen.items()],
            tracks_stock=tracks,
            backorder_policy=policy,
        )
        if quantity is not None:
            self.session.add(StockLevel(variant_id=variant.id, quantity=quantity, reserved=reserved))
        sold = not tracks or policy is BackorderPolicy.ALLOW or (quantity or 0) > reserved
        return frozenset(chosen.items()), sold


async def rate(session: AsyncSession, chance: Chance, fact: Fact, product: Product, reviews: list[Fact]) -> Fact:
    """The product with reviews; only approved ones make its rating."""
    stars = []
    for _ in range(chance.randint(0, 2)):
        rating, status, flag = chance.randint(1, 5), chance.choice(tuple(ModerationStatus)), truth(chance)
        at, is_out_unseen = START + DAY * chance.randint(0, 7), status is ModerationStatus.APPROVED and truth(chance)
        known: dict[str, Any] = {"rating": rating, "status": status, "created_at": at}
        review = await add_review(
            session, product, **known, is_verified_purchase=flag, is_published_unseen=is_out_unseen
        )
        seen = "" if is_out_unseen or status is ModerationStatus.PENDING else "seen"
        key = encode_id("Review", review.id)
        reviews.append(Fact(key, group=fact.id, kind=status, rating=Decimal(rating), at=at, flag=flag, vendor=seen))
        stars += [rating] if status is ModerationStatus.APPROVED else []
    await session.refresh(product, ["rating"])
    assert product.rating == (Decimal(sum(stars)) / len(stars) if stars else 0)
    copied = {name: getattr(fact, name) for name in Fact.__dataclass_fields__}
    return Fact(**{**copied, "rating": product.rating})


async def service_fact(session: AsyncSession, chance: Chance) -> Fact:
    """A random service."""
    name, text = chance.sample(WORDS, k=1), chance.sample(WORDS, k=chance.randint(0, 2))
    kind, flag = chance.choice(tuple(ServiceType)), truth(chance)
    service = await add_service(
        session, title=" ".join(name), short_description=" ".join(text), type=kind, is_popular=flag
    )
    return Fact(encode_id("Service", service.id), words=frozenset({*name, *text}), kind=kind, flag=flag)


async def post_facts(session: AsyncSession, chance: Chance, tags: Mapping[str, Any]) -> AsyncIterator[Fact]:
    """Random posts; drafts were never published."""
    authors = {slug: await add_author(session, slug=slug) for slug in ("abebe", "sara")}
    sections = {slug: await add_post_category(session, slug=slug) for slug in ("guides", "news")}
    for _ in range(25):
        author, section = chance.choice(sorted(authors)), chance.choice((None, *sections))
        status = chance.choice((PublishingStatus.DRAFT, PublishingStatus.PUBLISHED, PublishingStatus.ARCHIVED))
        at = None if status is PublishingStatus.DRAFT else START + DAY * chance.randint(0, 7)
        name, text = chance.sample(WORDS, k=1), chance.sample(WORDS, k=chance.randint(0, 2))
        post = await add_post(
            session,
            authors[author],
            category_id=sections[section].id if section else None,
            title=" ".join(name),
            body=" ".join(text),
            status=status,
            published_at=at,
        )
        carried = chance.sample(sorted(tags), k=chance.randint(0, 2))
        if carried:
            await tag_post(session, post, *(tags[slug] for slug in carried))
        yield Fact(
            encode_id("Post", post.id),
            words=frozenset({*name, *text}),
            tags=frozenset(carried),
            group=section,
            vendor=author,
            kind=status,
            at=at,
        )


async def page_fact(session: AsyncSession, chance: Chance) -> Fact:
    """A random page of text."""
    status = chance.choice((PublishingStatus.DRAFT, PublishingStatus.PUBLISHED, PublishingStatus.ARCHIVED))
    name, text = chance.sample(WORDS, k=1), chance.sample(WORDS, k=chance.randint(0, 2))
    page = await add_page(session, title=" ".join(name), body=" ".join(text), status=status)
    return Fact(encode_id("Page", page.id), words=frozenset({*name, *text}), kind=status)


@pytest.mark.parametrize("filtered", ALL, ids=str)
def test_every_field_of_every_filter_has_a_rule_here(filtered: Filtered) -> None:
    kind = CORE.type_map[filtered.type_name]
    assert isinstance(kind, GraphQLInputObjectType)
    assert set(kind.fields) == {*filtered.rules, "and", "or", "not"}


def test_every_filter_is_compared_here() -> None:
    filters = {name for name, kind in CORE.type_map.items() if name.endswith("Filter") and hasattr(kind, "fields")}
    of_accounts = {"AccountFilter", "AuditFilter", "SessionFilter", "SecurityLogFilter"}
    elsewhere = of_accounts | {
        "AnalyticsFilter",
        "CartFilter",
        "ContentFindingFilter",
        "OptionFilter",
        "OrderFilter",
        "PaymentFilter",
        "PromoCodeFilter",
        "ProviderEventFilter",
        "ReleaseFilter",
        "ShippingMethodFilter",
        "StockFilter",
    }
    assert filters - elsewhere == {filtered.type_name for filtered in ALL}, (
        "See test_account_filters.py, test_audit.py, test_cart_filters.py, tests/resolvers/test_content_report.py, "
        "test_counting.py, test_orders.py, test_promo_codes.py, test_releases.py and test_shipping.py, "
        "tests/payments/test_payments_api.py, tests/server/test_stock.py."
    )


FIELDS = [(filtered, name) for filtered in ALL for name in filtered.rules]


@pytest.mark.parametrize(("filtered", "name"), FIELDS, ids=[f"{filtered}-{name}" for filtered, name in FIELDS])
async def test_field_alone(shop: Shop, filtered: Filtered, name: str) -> None:
    chance = random.Random(name)  # noqa: S311 - the same values on every run
    for _ in range(5):
        await shop.compare(filtered, {name: shop.think(chance, filtered, name)})


@pytest.mark.parametrize(("filtered", "name"), FIELDS, ids=[f"{filtered}-{name}" for filtered, name in FIELDS])
async def test_not_turns_a_field_around(shop: Shop, filtered: Filtered, name: str) -> None:
    """Rows without a badge, vendor, category or date meet the opposite of every condition on it."""
    chance = random.Random(name)  # noqa: S311 - the same values on every run
    for _ in range(4):
        await shop.compare(filtered, {"not": {name: shop.think(chance, filtered, name)}})


@pytest.mark.parametrize("filtered", ALL, ids=str)
async def test_null_and_empty_filters_do_not_restrict(shop: Shop, filtered: Filtered) -> None:
    nothing: Json = dict.fromkeys([*filtered.rules, "and", "or", "not"])
    trees: list[Json | None] = [None, {}, nothing, {"and": []}, {"or": []}, {"and": [{}], "or": [{}, nothing]}]
    trees.append({"not": {"not": {}}})
    for tree in trees:
        await shop.compare(filtered, tree)


@pytest.mark.parametrize("filtered", ALL, ids=str)
async def test_not_of_an_empty_filter_finds_nothing(shop: Shop, filtered: Filtered) -> None:
    query = f"query($filter: {filtered.type_name}) {{ {filtered.field}(filter: $filter) {{ totalCount }} }}"
    data = await data_of(shop.engine, query, {"filter": {"not": {}}}, ADMIN)
    assert data == {filtered.field: {"totalCount": 0}}


@pytest.mark.parametrize(
    ("filtered", "name"),
    [
        (filtered, name)
        for filtered, name in FIELDS
        if name.endswith("s") and name not in ("inStock", "options", "status")
    ]
    + [(POSTS, "status"), (REVIEWS, "status")],
    ids=str,
)
async def test_empty_list_is_met_by_nothing(shop: Shop, filtered: Filtered, name: str) -> None:
    query = f"query($filter: {filtered.type_name}) {{ {filtered.field}(filter: $filter) {{ totalCount }} }}"
    assert await data_of(shop.engine, query, {"filter": {name: []}}, ADMIN) == {filtered.field: {"totalCount": 0}}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("filtered", ALL, ids=str)
async def test_random_trees_find_what_python_finds(shop: Shop, filtered: Filtered, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same trees on every run
    for _ in range(30 if filtered is PRODUCTS else 10):
        await shop.compare(filtered, shop.tree(chance, filtered))


async def test_filters_of_nested_lists(shop: Shop) -> None:
    query = """
        query($products: ProductFilter, $reviews: ReviewFilter) {
          categories { nodes { slug products(filter: $products, first: 100) { totalCount nodes {
            id reviews(filter: $reviews) { totalCount nodes { id } }
          } } } } }
    """
    wanted = {"or": [{"badges": ["POPULAR"]}, {"price": {"max": "3"}}], "and": [{"inStock": True}]}
    best = {"ratings": [4, 5], "status": ["APPROVED", "PENDING"]}
    data = await data_of(shop.engine, query, {"products": wanted, "reviews": best}, ADMIN)
    found = {
        product["id"]: {review["id"] for review in product["reviews"]["nodes"]}
        for category in data["categories"]["nodes"]
        for product in category["products"]["nodes"]
    }
    assert found == {
        fact.id: {
            review.id for review in shop.facts["reviews"] if review.group == fact.id and meets(REVIEWS, review, best)
        }
        for fact in shop.facts["products"]
        if fact.groups and meets(PRODUCTS, fact, wanted)
    }
    assert len(found) > 3
    assert any(found.values())


# Values as they are


async def names_found(engine: AsyncEngine, filter_: Json) -> list[str]:
    """The names of the products that meet the filter."""
    query = "query($filter: ProductFilter) { products(filter: $filter, sort: NAME_ASC) { nodes { name } } }"
    return [node["name"] for node in (await data_of(engine, query, {"filter": filter_}))["products"]["nodes"]]


STRANGE = (
    "%",
    "_",
    "'",
    '"',
    "\\",
    "a%",
    "O'Neil",
    'The "Best"',
    "{a,b}",
    "NULL",
    "ሰላም",
    "👩‍🚀",
    "été",
    "e\u0301te\u0301",
    " ",
    "",
)


@pytest.fixture(scope="module")
async def strange(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """Products whose vendor, option and name are a text that SQL might read in its own way."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            for text in (*STRANGE, "abc", "x" * 255):
                product = await add_product(session, name=text, vendor=text)
                await add_variant(session, product, option_values=[{"name": text, "value": text}])
        yield engine


@pytest.mark.parametrize("text", STRANGE)
async def test_texts_are_compared_letter_by_letter(strange: AsyncEngine, text: str) -> None:
    assert await names_found(strange, {"vendors": [text]}) == [text]
    assert await names_found(strange, {"options": [{"name": text, "values": [text]}]}) == [text]
    assert await names_found(strange, {"tags": [text]}) == []
    assert await names_found(strange, {"categories": [text]}) == []


@pytest.mark.parametrize(
    "text",
    [*STRANGE, "&", "|", "!", "(", ")", ":*", "<->", "<3>", "a & | b", "'a", "a:*b", "\n", "--", "\\'", "-", "or"],
)
async def test_any_text_can_be_asked_for(strange: AsyncEngine, text: str) -> None:
    await names_found(strange, {"text": text})


@pytest.mark.parametrize(
    ("text", "names"), [("ሰላ", ["ሰላም"]), ("ÉTÉ", ["été"]), ("neil", ["O'Neil"]), ("a", ["a%", "abc", "{a,b}"])]
)
async def test_words_are_found_in_any_script(strange: AsyncEngine, text: str, names: list[str]) -> None:
    assert await names_found(strange, {"text": text}) == names


async def test_long_texts_are_compared_whole(strange: AsyncEngine) -> None:
    """Columns hold 255 characters; a longer text equals none of them."""
    assert await names_found(strange, {"vendors": ["x" * 255]}) == ["x" * 255]
    assert await names_found(strange, {"vendors": ["x" * 256]}) == []
    assert await names_found(strange, {"text": "x" * 100_000}) == []


async def test_long_slugs_are_compared_whole(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_product(session, slug="x" * 255)
    query = "query($slug: String) { product(slug: $slug) { slug } }"
    assert await data_of(engine, query, {"slug": "x" * 255}) == {"product": {"slug": "x" * 255}}
    assert await data_of(engine, query, {"slug": "x" * 256}) == {"product": None}


async def test_option_name_and_value_belong_together(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product = await add_product(session, name="Cake")
        for size, taste in (("Large", "Coffee"), ("Small", "Lemon")):
            await add_variant(
                session, product, option_values=[{"name": "Size", "value": size}, {"name": "Taste", "value": taste}]
            )

    async def finds(*wanted: Json) -> bool:
        return await names_found(engine, {"options": list(wanted)}) == ["Cake"]

    assert await finds({"name": "Size", "values": ["Large", "Huge"]})
    assert await finds({"name": "Size", "values": ["Large"]}, {"name": "Taste", "values": ["Lemon"]})
    assert not await finds({"name": "Taste", "values": ["Large"]})
    assert not await finds({"name": "size", "values": ["Large"]})
    assert not await finds({"name": "Size", "values": ["Large"]}, {"name": "Size", "values": ["Huge"]})
    assert not await finds({"name": "Size", "values": []})


@pytest.mark.parametrize(
    ("stock", "variant", "in_stock", "status"),
    [
        ((12, 0), {}, True, "IN_STOCK"),
        ((10, 0), {}, True, "IN_STOCK"),
        ((9, 0), {}, True, "LOW_STOCK"),
        ((12, 3), {}, True, "LOW_STOCK"),
        ((12, 12), {}, False, "OUT_OF_STOCK"),
        ((0, 0), {}, False, "OUT_OF_STOCK"),
        (None, {}, False, "OUT_OF_STOCK"),
        ((0, 0), {"backorder_policy": BackorderPolicy.ALLOW}, True, "LOW_STOCK"),
        ((4, 4), {"backorder_policy": BackorderPolicy.ALLOW}, True, "LOW_STOCK"),
        ((0, 0), {"tracks_stock": False}, True, "IN_STOCK"),
        (None, {"tracks_stock": False}, True, "IN_STOCK"),
    ],
)
async def test_stock_of_variant_and_product_agree(
    engine: AsyncEngine, stock: tuple[int, int] | None, variant: Json, in_stock: bool, status: str
) -> None:
    async with writing(engine) as session:
        product = await add_product(session, stock=0)
        row = await add_variant(session, product, stock=None, **variant)
        if stock:
            session.add(StockLevel(variant_id=row.id, quantity=stock[0], reserved=stock[1]))
    query = """
        query($in: Boolean) { products(filter: {inStock: $in}) { nodes {
          inStock stockStatus variants { nodes { inStock stockStatus } }
        } } }
    """
    found = (await data_of(engine, query, {"in": in_stock}))["products"]["nodes"]
    states = [{"inStock": False, "stockStatus": "OUT_OF_STOCK"}, {"inStock": in_stock, "stockStatus": status}]
    assert found == [{**states[1], "variants": {"nodes": states}}]
    assert (await data_of(engine, query, {"in": not in_stock}))["products"]["nodes"] == []


async def test_spans_begin_with_and_end_before(engine: AsyncEngine) -> None:
    moment = datetime(2026, 3, 1, 12, 0, 0, 500, tzinfo=UTC)
    async with writing(engine) as session:
        for offset in range(3):
            await add_product(session, name=str(offset), created_at=moment + timedelta(microseconds=offset))
    begin, end = moment.isoformat(), (moment + timedelta(microseconds=2)).isoformat()
    assert await names_found(engine, {"createdAt": {"from": begin, "to": end}}) == ["0", "1"]
    assert await names_found(engine, {"createdAt": {"from": end, "to": begin}}) == []
    assert await names_found(engine, {"createdAt": {"from": "2026-03-01T15:00:00.0005+03:00"}}) == ["0", "1", "2"]


async def test_bounds_may_be_written_at_length(engine: AsyncEngine) -> None:
    """However many zeros follow: refused or not, they are no error of the server's own."""
    query = "query($filter: ProductFilter) { products(filter: $filter) { totalCount } }"
    for zeros in (3, 100, 20_000):
        wanted = {"price": {"min": "1." + "0" * zeros}}
        assert await codes_of(engine, query, {"filter": wanted}) in ([], ["BAD_USER_INPUT"])


async def test_ranges_hold_their_bounds(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        for cents in range(3):
            await add_product(session, name=str(cents), price=Decimal(cents) / 100)
    assert await names_found(engine, {"price": {"min": "0.01", "max": 0.02}}) == ["1", "2"]
    assert await names_found(engine, {"price": {"min": "0.01", "max": "0.01"}}) == ["1"]
    assert await names_found(engine, {"price": {"max": 0}}) == ["0"]
    assert await names_found(engine, {"price": {"min": "9999999999.99"}}) == []
    assert await names_found(engine, {"rating": {"min": "9999999999.99"}}) == []
    assert await names_found(engine, {"rating": {"max": "-0.01"}}) == []


@pytest.mark.parametrize(
    "filter_",
    [
        {"ids": [encode_id("Category", UNKNOWN)]},
        {"ids": ["nonsense"]},
        {"ids": [""]},
        {"price": {"min": "0.001"}},
        {"price": {"min": "NaN"}},
        {"price": {"min": "1e10"}},
        {"price": {"min": True}},
        {"createdAt": {"from": "2026-03-01T12:00:00"}},
        {"createdAt": {"from": "yesterday"}},
        {"createdAt": {"from": 5}},
        {"badges": ["SHINY"]},
        {"badges": [None]},
        {"vendors": [None]},
        {"unknown": 1},
        {"options": [{"name": "Size"}]},
        {"text": "\x00"},
        {"and": [{"not": {"vendors": ["a\x00"]}}]},
        {"not": {"ids": [encode_id("Post", UNKNOWN)]}},
    ],
    ids=repr,
)
async def test_impossible_filters_are_refused(shop: Shop, filter_: Json) -> None:
    query = "query($filter: ProductFilter) { products(filter: $filter) { totalCount } }"
    assert await codes_of(shop.engine, query, {"filter": filter_}) == ["BAD_USER_INPUT"]
