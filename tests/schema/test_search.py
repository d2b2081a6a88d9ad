"""Search: what is found, in which order, how it is shown, and what is never found."""

import asyncio
import html
import random
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import get_named_type
from sqlalchemy.ext.asyncio import AsyncEngine

from models import PublishingStatus
from tests.api import Json, codes_of, data_of
from tests.factories import (
    add_author,
    add_page,
    add_post,
    add_product,
    add_service,
    add_shopful,
    shared_engine,
    writing,
)
from tests.patience import PATIENCE_SECONDS
from tests.schema.walk import fields

SEARCH = """
    query Search($query: String!, $types: [SearchType!], $first: Int, $after: String, $last: Int, $before: String) {
      search(query: $query, types: $types, first: $first, after: $after, last: $last, before: $before) {
        totalCount
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor highlight node { ...Hit } }
        nodes { ...Hit }
      }
    }
    fragment Hit on SearchResult {
      __typename
      ... on Product { id title: name }
      ... on Service { id title }
      ... on Post { id title }
      ... on Page { id title }
    }
"""


async def search(engine: AsyncEngine, query: str, *, compiles: bool = True, **arguments: Any) -> Json:
    """The search's connection."""
    found: Json = (await data_of(engine, SEARCH, {"query": query, **arguments}, compiles=compiles))["search"]
    assert [edge["node"] for edge in found["edges"]] == found["nodes"]
    return found


async def titles(engine: AsyncEngine, query: str, **arguments: Any) -> list[str]:
    """The titles found, best first."""
    return [node["title"] for node in (await search(engine, query, **arguments))["nodes"]]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A shop with a few words in titles and texts of all types."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            await add_product(session, name="Network Security Basics", description="What a firewall does.")
            await add_product(session, name="Securitywall 9000", description="A box.")
            await add_product(session, name="Plain box", description="Keeps security in mind.")
            await add_product(session, name="Ethernet switches", vendor="Nano Computing")
            await add_service(session, title="Security", short_description="We look after you.")
            await add_service(session, title="Installation", short_description="Cables and switches.")
            await add_post(session, title="Why security matters", body="Security, security and once more security.")
            await add_post(session, title="The Who", body="A band of the sixties.")
            await add_post(session, title="Injera flour", body="ጤፍ is teff.")
            await add_page(session, title="Returns", body="Send it back within a fortnight.")
        yield engine


# Which rows, in which order


@pytest.mark.parametrize("query", ["security", "SECURITY", "  Security ", "sEcUrItY"])
async def test_exact_title_comes_before_words_and_words_before_prefixes(shop: AsyncEngine, query: str) -> None:
    found = await titles(shop, query)
    assert found[0] == "Security"
    assert set(found[1:4]) == {"Network Security Basics", "Why security matters", "Plain box"}
    assert found[4:] == ["Securitywall 9000"]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
async def test_pages_go_on_from_whole_words_to_prefixes(shop: AsyncEngine, size: int) -> None:
    """The compiled executor looks for prefixes only where whole words do not fill the page."""
    everything = await titles(shop, "security")
    products = (
        'query ($first: Int, $after: String) { products(search: "security", first: $first, after: $after) { %s } }'
    )
    pages, names, found, after = [], [], None, None
    while found is None or found["pageInfo"]["hasNextPage"]:
        found = await search(shop, "security", first=size, after=found and found["pageInfo"]["endCursor"])
        pages += [node["title"] for node in found["nodes"]]
    listed = {"pageInfo": {"hasNextPage": True}}
    while listed["pageInfo"]["hasNextPage"]:
        asked = products % "nodes { name } pageInfo { endCursor hasNextPage }"
        listed = (await data_of(shop, asked, {"first": size, "after": after}))["products"]
        after = listed["pageInfo"]["endCursor"]
        names += [node["name"] for node in listed["nodes"]]
    assert pages == everything
    assert len(everything) == 5
    assert names == ["Network Security Basics", "Plain box", "Securitywall 9000"]


@pytest.mark.parametrize("query", ["security\n", "\tSecurity"])
async def test_white_space_around_a_query_does_not_matter(shop: AsyncEngine, query: str) -> None:
    assert (await titles(shop, query))[0] == "Security"


async def test_words_in_titles_come_before_words_in_texts(shop: AsyncEngine) -> None:
    found = await titles(shop, "security", types=["PRODUCT"])
    assert found == ["Network Security Basics", "Plain box", "Securitywall 9000"]


@pytest.mark.parametrize("query", ["securi", "Securi", "s", "secur"])
async def test_prefix_finds_words(shop: AsyncEngine, query: str) -> None:
    assert {"Security", "Network Security Basics", "Securitywall 9000"} <= set(await titles(shop, query))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("switch", {"Ethernet switches", "Installation"}),
        ("switching", {"Ethernet switches", "Installation"}),
        ("ether", {"Ethernet switches"}),
        ("nano", {"Ethernet switches"}),
        ("net sec", {"Network Security Basics"}),
        ("basics network", {"Network Security Basics"}),
        ("installation or injera", {"Installation", "Injera flour"}),
        ("ጤፍ", {"Injera flour"}),
        ("fortnight", {"Returns"}),
        ("unheard-of", set()),
        ("security injera", set()),
    ],
)
async def test_words_are_found(shop: AsyncEngine, query: str, found: set[str]) -> None:
    assert set(await titles(shop, query)) == found


@pytest.mark.parametrize(("query", "found"), [("the", ["The Who"]), ("The Who", ["The Who"]), ("who", ["The Who"])])
async def test_stop_words_find_titles_that_begin_with_them(shop: AsyncEngine, query: str, found: list[str]) -> None:
    assert await titles(shop, query) == found


async def test_stop_words_beside_others_do_not_restrict(shop: AsyncEngine) -> None:
    assert set(await titles(shop, "the security of a box")) == {"Plain box"}


async def test_minus_leaves_rows_out(shop: AsyncEngine) -> None:
    """As the argument's description says: quotes, `or` and `-` work as in web search."""
    assert set(await titles(shop, "security -network")) == {"Security", "Why security matters", "Plain box"}
    assert "Security" not in await titles(shop, "-security")


async def test_quotes_ask_for_words_side_by_side(shop: AsyncEngine) -> None:
    assert await titles(shop, '"network security"') == ["Network Security Basics"]
    assert await titles(shop, '"security network"') == []


async def test_or_alone_is_a_prefix(engine: AsyncEngine) -> None:
    """Whoever types `orchid` passes through it."""
    async with writing(engine) as session:
        await add_product(session, name="Orchid")
    for query in ("o", "or", "orc"):
        assert await titles(engine, query) == ["Orchid"]


@pytest.mark.parametrize("words", ["lamp ", "lamp or ", "a ", '"lamp" '])
async def test_long_queries_are_answered_soon(shop: AsyncEngine, words: str) -> None:
    """Refused or not: PostgreSQL would take time by the square of the words, and at some length fail."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        for length in (10_000, 100_000, 900_000):
            text = (words * length)[:length]
            assert await codes_of(shop, SEARCH, {"query": text}) in ([], ["BAD_USER_INPUT"])


@pytest.mark.parametrize(
    "query",
    ["", " ", "%", "_", "'", '"', "\\", "&", "|", "!", "()", "(", ":*", "<->", "<2>", "a & | b", "'a", "-", "--", "or",
     "a:*b", "\x1f", "\u200d", "👩‍🚀", "é" * 500, "security \\", "''", '""', '"open', "x" * 100_000,
     "http://x/?a=1&b=2", "a@b.c", "-1.5e3", "\ufeff", "\u202e"],
    ids=lambda query: repr(query[:20]),
)  # fmt: skip
async def test_nothing_typed_makes_search_fail(shop: AsyncEngine, query: str) -> None:
    found = await search(shop, query, first=100)
    assert found["totalCount"] == len(found["nodes"])


@pytest.mark.parametrize("query", ["", " ", "&", "%", "!!", "()"])
async def test_query_without_words_finds_nothing(shop: AsyncEngine, query: str) -> None:
    assert await search(shop, query) == {
        "totalCount": 0,
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
        "edges": [],
        "nodes": [],
    }


# Types


@pytest.mark.parametrize(
    ("types", "names"),
    [
        (["PRODUCT"], {"Product"}),
        (["SERVICE"], {"Service"}),
        (["POST"], {"Post"}),
        (["POST", "SERVICE", "POST"], {"Post", "Service"}),
        (None, {"Product", "Service", "Post"}),
        ([], set()),
    ],
)
async def test_types_choose_what_is_searched(shop: AsyncEngine, types: list[str] | None, names: set[str]) -> None:
    found = await search(shop, "security", types=types, compiles=types != [])
    assert {node["__typename"] for node in found["nodes"]} == names
    assert found["totalCount"] == len(found["nodes"])


@pytest.mark.parametrize("types", [["AUTHOR"], "Product", [None]])
async def test_unknown_types_are_refused(shop: AsyncEngine, types: Any) -> None:
    assert (await codes_of(shop, SEARCH, {"query": "x", "types": types}))[:1] in (["BAD_USER_INPUT"], [])


# Highlights


async def highlight_of(engine: AsyncEngine, query: str) -> str:
    """The passage of the first answer."""
    highlight: str = (await search(engine, query))["edges"][0]["highlight"]
    return highlight


async def test_highlight_marks_the_words_found(shop: AsyncEngine) -> None:
    assert await highlight_of(shop, "firewall") == "What a <mark>firewall</mark> does."
    assert await highlight_of(shop, "mind box") == "Keeps security in <mark>mind</mark>."


async def test_highlight_without_words_in_the_text_is_its_beginning(shop: AsyncEngine) -> None:
    assert await highlight_of(shop, "installation") == "Cables and switches."


async def test_highlight_marks_prefixes(shop: AsyncEngine) -> None:
    assert await highlight_of(shop, "firew") == "What a <mark>firewall</mark> does."


@pytest.mark.parametrize(
    ("body", "highlight"),
    [
        ("<b>lamp</b>", "&lt;b&gt;<mark>lamp</mark>&lt;/b&gt;"),
        ("<script>alert('bed')</script> lamp", "&lt;script&gt;alert('bed')&lt;/script&gt; <mark>lamp</mark>"),
        ("<mark>bed</mark> lamp", "&lt;mark&gt;bed&lt;/mark&gt; <mark>lamp</mark>"),
        ("bed & lamp", "bed &amp; <mark>lamp</mark>"),
        ("&lt; lamp &amp;", "&amp;lt; <mark>lamp</mark> &amp;amp;"),
        ("<!-- lamp --> lamp", "&lt;!-- <mark>lamp</mark> --&gt; <mark>lamp</mark>"),
        ("1 < 2 > 1 lamp", "1 &lt; 2 &gt; 1 <mark>lamp</mark>"),
    ],
)
async def test_highlight_escapes_the_text(engine: AsyncEngine, body: str, highlight: str) -> None:
    async with writing(engine) as session:
        await add_post(session, title="Light", body=body)
    assert await highlight_of(engine, "lamp") == highlight


@pytest.mark.parametrize("query", ["lamp", "amp", "lt", "gt", "mark", "quot", "b", "script", "http", "x.com"])
async def test_highlight_is_a_passage_of_the_text_whatever_it_holds(engine: AsyncEngine, query: str) -> None:
    """Unescaped and without its marks, each passage stands in the text; nothing else looks like a tag."""
    chance = random.Random(query)  # noqa: S311 - the same texts on every run
    parts = [*"<>&;'\"/-é\n  ", "&amp;", "&lt", "<mark>", "</mark>", "<b>", "lamp", "lt", "amp", "gt", "mark", "script"]
    parts += ["http://x.com/?a=1&b=<2>", "a@x.com", query]
    bodies: dict[str, str] = {}
    async with writing(engine) as session:
        author = await add_author(session)
        for number in range(20):
            body = "".join(chance.choices(parts, k=60)) + " " + query
            post = await add_post(session, author, title=f"Post {number}", body=body)
            bodies[post.title] = body
    found = await search(engine, query, types=["POST"], first=100)
    assert found["totalCount"] > 0
    for edge in found["edges"]:
        without_marks = re.sub("</?mark>", "", edge["highlight"])
        assert not re.search("[<>]|&(?!amp;|lt;|gt;)", without_marks), edge["highlight"]
        assert edge["highlight"].count("<mark>") == edge["highlight"].count("</mark>")
        assert html.unescape(without_marks) in bodies[edge["node"]["title"]]


async def test_highlights_are_short(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_post(session, title="Long", body="word " * 3000 + "lamp " + "word " * 3000)
    highlight = await highlight_of(engine, "lamp")
    assert "<mark>lamp</mark>" in highlight
    assert len(highlight.split()) <= 40


# Pages


@pytest.fixture(scope="module")
async def many(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """Eight answers of each type, most of equal rank."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            for number in range(8):
                await add_product(session, name=f"Lamp {number % 2}", description="lamp " * (number % 3))
                await add_service(session, title="Lamp care")
                await add_post(session, title="On lamps", body="lamp" if number % 2 else "")
        yield engine


@pytest.mark.parametrize("size", [1, 2, 7, 100])
async def test_paging_through_answers_gives_each_once_in_order(many: AsyncEngine, size: int) -> None:
    whole = [node["id"] for node in (await search(many, "lamp", first=100))["nodes"]]
    assert len(set(whole)) == 24
    forward: list[str] = []
    backward: list[str] = []
    page = await search(many, "lamp", first=size)
    while True:
        forward += [node["id"] for node in page["nodes"]]
        assert page["totalCount"] == 24
        if not page["pageInfo"]["hasNextPage"]:
            break
        page = await search(many, "lamp", first=size, after=page["pageInfo"]["endCursor"])
    page = await search(many, "lamp", last=size)
    while True:
        backward = [node["id"] for node in page["nodes"]] + backward
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        page = await search(many, "lamp", last=size, before=page["pageInfo"]["startCursor"])
    assert forward == backward == whole


@pytest.mark.parametrize("window", [{"first": 101}, {"first": -1}, {"first": 1, "last": 1}, {"after": "x"}])
@pytest.mark.parametrize("types", [None, ["POST"]])
async def test_impossible_windows_are_refused(many: AsyncEngine, window: Json, types: list[str] | None) -> None:
    assert await codes_of(many, SEARCH, {"query": "lamp", "types": types, **window}) == ["BAD_USER_INPUT"]


# What visitors may not see


async def test_invisible_rows_are_never_found(engine: AsyncEngine) -> None:
    future = datetime.now(UTC) + timedelta(days=1)
    async with writing(engine) as session:
        await add_product(session, name="Hidden lamp", is_active=False)
        await add_service(session, title="Hidden lamp", is_visible=False)
        await add_post(session, title="Hidden lamp", status=PublishingStatus.DRAFT)
        await add_post(session, title="Hidden lamp", status=PublishingStatus.ARCHIVED)
        await add_post(session, title="Hidden lamp", status=PublishingStatus.SCHEDULED, scheduled_at=future)
        await add_post(session, title="Hidden lamp", published_at=future)
        await add_product(session, name="Lamp")
    found = await search(engine, "lamp")
    assert ([node["title"] for node in found["nodes"]], found["totalCount"]) == (["Lamp"], 1)
    assert found["pageInfo"]["hasNextPage"] is False


async def test_internal_notes_are_not_searched(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_product(session, internal_notes="secretword", seo_title="secretword")
        await add_post(session, internal_notes="secretword")
        await add_service(session, internal_notes="secretword")
    assert (await search(engine, "secretword"))["totalCount"] == 0


# Lists sorted by relevance


@pytest.mark.parametrize(("field", "title"), [("products", "name"), ("services", "title"), ("posts", "title")])
async def test_searched_lists_come_by_relevance(engine: AsyncEngine, field: str, title: str) -> None:
    names = ["Lampshade", "A lamp for you", "Lamp", "Bed"]
    async with writing(engine) as session:
        author = await add_author(session)
        for name in names:
            await add_product(session, name=name)
            await add_service(session, title=name)
            await add_post(session, author, title=name)
    for arguments in ("", ", sort: RELEVANCE"):
        page = f'{field}(search: "lamp"{arguments}) {{ totalCount nodes {{ title: {title} }} }}'
        found = (await data_of(engine, f"{{ {page} }}"))[field]
        assert found == {
            "totalCount": 3,
            "nodes": [{"title": "Lamp"}, {"title": "A lamp for you"}, {"title": "Lampshade"}],
        }
    sort = {"products": "NAME_ASC", "services": "TITLE_ASC", "posts": "TITLE_ASC"}[field]
    page = f'{field}(search: "lamp", sort: {sort}) {{ nodes {{ title: {title} }} }}'
    assert [node["title"] for node in (await data_of(engine, f"{{ {page} }}"))[field]["nodes"]] == [
        "A lamp for you",
        "Lamp",
        "Lampshade",
    ]


async def test_search_and_filter_both_restrict(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_product(session, name="Lamp", vendor="Nano")
        await add_product(session, name="Lamp", vendor="Omade")
        await add_product(session, name="Bed", vendor="Nano")
    query = '{ products(search: "lamp", filter: {vendors: ["Nano"]}) { totalCount nodes { name vendor } } }'
    assert await data_of(engine, query) == {
        "products": {"totalCount": 1, "nodes": [{"name": "Lamp", "vendor": "Nano"}]}
    }


BY_RELEVANCE = [
    str(field)
    for field in fields()
    if "sort" in field.field.args
    and "RELEVANCE" in getattr(get_named_type(field.field.args["sort"].type), "values", ())
]
PARENTS = {
    "Query": "{ *(sort: RELEVANCE) { totalCount nodes { id } } }",
    "Category": "{ categories { nodes { *(sort: RELEVANCE) { totalCount nodes { id } } } } }",
    "Author": "{ authors { nodes { *(sort: RELEVANCE) { totalCount nodes { id } } } } }",
    "PostCategory": "{ postCategories { nodes { *(sort: RELEVANCE) { totalCount nodes { id } } } } }",
}


def test_lists_that_take_relevance_are_known() -> None:
    assert {"Query.products", "Query.services", "Query.posts"} <= set(BY_RELEVANCE)


@pytest.mark.parametrize("path", BY_RELEVANCE)
async def test_relevance_without_a_search_is_refused(engine: AsyncEngine, path: str) -> None:
    parent, _, name = path.partition(".")
    async with writing(engine) as session:
        await add_shopful(session, 1)
    codes = await codes_of(engine, PARENTS[parent].replace("*", name))
    assert set(codes) == {"BAD_USER_INPUT"}


async def test_relevance_without_a_search_names_what_is_missing(engine: AsyncEngine) -> None:
    assert await codes_of(engine, "{ products(sort: RELEVANCE, search: null) { totalCount } }") == ["BAD_USER_INPUT"]
    async with writing(engine) as session:
        await add_product(session, name="Lamp")
    data = await data_of(engine, '{ products(sort: RELEVANCE, search: "") { totalCount } }')
    assert data == {"products": {"totalCount": 0}}


async def test_long_texts_can_be_stored_and_found(engine: AsyncEngine) -> None:
    """A tsvector holds 1 MB; longer texts are searched in their beginning."""
    async with writing(engine) as session:
        words = " ".join(f"word{number}" for number in range(200_000))
        await add_post(session, title="Long", body="lamp " + words + " torch")
        await add_product(session, name="Lamp", description=words)
    assert set(await titles(engine, "lamp")) == {"Long", "Lamp"}
    assert await titles(engine, "torch") == []
