"""Posts, authors and sections are edited in versions, which lose nothing and hide nothing from their editors."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.viewer import VISITOR, Viewer
from domain.rendering import render_texts
from models import Author, Post, PublishingStatus, Revision, Role, Tag
from resolvers.ids import decode_id_of, encode_id
from tests.api import codes_of, data_of
from tests.editors import document, edited, editor
from tests.factories import (
    PUBLISHED_AT,
    add_author,
    add_post,
    add_post_category,
    add_tag,
    new_id,
    shared_engine,
    tag_post,
    writing,
)
from tests.mutations import answer_to
from tests.statements import count_rows, scalar

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def blog(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has posts of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(blog: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(blog)


async def new_post(engine: AsyncEngine, **overrides: Any) -> str:
    """The id of a draft."""
    async with writing(engine) as session:
        return encode_id("Post", (await add_post(session, **{"status": PublishingStatus.DRAFT, **overrides})).id)


async def stored(engine: AsyncEngine, post: str, viewer: Viewer) -> Json:
    """The post as the viewer reads it, with its newest revision."""
    query = """query($id: ID!) { post(id: $id) { title excerpt version hasDraft tags { slug }
        revisions(first: 5) { nodes { version content } } } }"""
    found: Json = (await data_of(engine, query, {"id": post}, viewer))["post"]
    return found


async def test_new_post_is_a_draft_with_a_revision(blog: AsyncEngine, almaz: Viewer) -> None:
    async with writing(blog) as session:
        author = await add_author(session)
        await add_tag(session, slug="coffee", name="Coffee")
    given = {"author": encode_id("Author", author.id), "title": "How we roast", "tags": ["Fresh ground", "COFFEE"]}

    made = await edited(blog, almaz, "CreatePost", **given)

    assert made == {
        **made,
        "slug": "how-we-roast",
        "status": "DRAFT",
        "version": 1,
        "hasDraft": False,
    }
    post = await stored(blog, made["id"], almaz)
    assert [tag["slug"] for tag in post["tags"]] == ["coffee", "fresh-ground"]
    (revision,) = post["revisions"]["nodes"]
    assert revision["content"] == {
        **revision["content"],
        "title": "How we roast",
        "tags": ["coffee", "fresh-ground"],
        "author_id": str(author.id),
        "seo_keywords": [],
    }
    assert await scalar(blog, select(Tag.name).where(Tag.slug == "fresh-ground")) == "Fresh ground"
    assert (await edited(blog, almaz, "CreatePost", **given))["__typename"] == "SlugTaken"


async def test_changes_of_different_fields_are_merged(blog: AsyncEngine, almaz: Viewer) -> None:
    post = await new_post(blog, title="Old", excerpt="Old")
    first = await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, title="New")
    second = await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, excerpt="New", tags=["Merged"])
    assert (first["version"], second["version"]) == (2, 3)
    row = await stored(blog, post, almaz)
    assert (row["title"], row["excerpt"], row["tags"]) == ("New", "New", [{"slug": "merged"}])
    titles = [(each["version"], each["content"]["title"]) for each in row["revisions"]["nodes"]]
    assert titles == [(3, "New"), (2, "New"), (1, "Old")]


async def test_changes_of_one_field_are_a_conflict(blog: AsyncEngine, almaz: Viewer) -> None:
    post = await new_post(blog, title="Old")
    await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, title="Hers", seoTitle="Hers")
    mine = {"title": "Mine", "seoTitle": "Mine", "excerpt": "Mine"}
    conflict = await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, **mine)
    assert conflict == {
        "__typename": "Conflict",
        "expectedVersion": 1,
        "currentVersion": 2,
        "conflictingFields": ["seoTitle", "title"],
        "message": "This was changed by somebody else: it is at version 2, not 1 any more.",
    }
    assert (await stored(blog, post, almaz))["excerpt"] == ""
    same = await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, title="Hers")
    assert (same["__typename"], same["version"]) == ("Post", 2), "Both wished the same, so that nothing is to change."
    ahead = await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=9, excerpt="Ahead")
    assert (ahead["__typename"], ahead["conflictingFields"]) == ("Conflict", ["excerpt"])


async def test_editors_at_the_same_moment_lose_nothing(blog: AsyncEngine, almaz: Viewer) -> None:
    """Each of ten changes a field of its own, or the one field that all want: of those one wins."""
    post = await new_post(blog)
    fields = ("excerpt", "body", "seoTitle", "seoDescription", "internalNotes")
    own = [edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, **{name: "Mine"}) for name in fields]
    rivals = [edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, title=f"Of {each}") for each in range(5)]
    results = await asyncio.gather(*own, *rivals)
    kinds = [result["__typename"] for result in results]
    assert kinds[:5] == ["Post"] * 5
    assert sorted(kinds[5:]) == ["Conflict"] * 4 + ["Post"]
    row = await stored(blog, post, almaz)
    newest = row["revisions"]["nodes"][0]
    assert (row["version"], newest["version"], row["excerpt"]) == (7, 7, "Mine")
    names = ("excerpt", "body", "seo_title", "seo_description", "internal_notes")
    assert {newest["content"][name] for name in names} == {"Mine"}


async def test_readers_see_nothing_of_a_change_of_what_is_out(blog: AsyncEngine, almaz: Viewer) -> None:
    async with writing(blog) as session:
        row = await add_post(session, title="Out", excerpt="Out")
        await tag_post(session, row, await add_tag(session, slug="out"))
    post = encode_id("Post", row.id)
    query = "query($id: ID!) { post(id: $id) { title excerpt slug tags { slug } updatedAt openGraph jsonLd } }"
    seen = (await data_of(blog, query, {"id": post}))["post"]
    wish = {"title": "Secret", "tags": [], "slug": "secret"}
    changed = await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, **wish)
    assert (changed["version"], changed["hasDraft"]) == (2, True)
    again = await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, excerpt="Secret too")
    assert again["version"] == 3

    assert (await data_of(blog, query, {"id": post}))["post"] == seen
    draft = (await stored(blog, post, almaz))["revisions"]["nodes"][0]["content"]
    assert (draft["title"], draft["excerpt"], draft["tags"], draft["slug"]) == ("Secret", "Secret too", [], "secret")
    revisions = "query($id: ID!) { post(id: $id) { revisions { nodes { content } } } }"
    assert (await data_of(blog, "{ posts { nodes { title } } }", viewer=VISITOR))["posts"]["nodes"].count(
        {"title": "Secret"}
    ) == 0
    assert await codes_of(blog, revisions, {"id": post}) == ["FORBIDDEN"]


async def test_slug_that_ten_want_is_given_once(blog: AsyncEngine, almaz: Viewer) -> None:
    posts = [await new_post(blog) for _ in range(10)]
    wishes = [edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, slug="wanted") for post in posts]
    kinds = [result["__typename"] for result in await asyncio.gather(*wishes)]
    assert sorted(kinds) == ["Post"] + ["SlugTaken"] * 9
    taken = select(func.count()).select_from(Revision).where(Revision.content["slug"].astext == "wanted")
    assert await scalar(blog, taken) == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"slug": "With Space"}, "slug"),
        ({"slug": "a/b"}, "slug"),
        ({"slug": ".."}, "slug"),
        ({"slug": "a\x7fb"}, "slug"),
        ({"title": " "}, "title"),
        ({"body": "a\x00b"}, "body"),
        ({"author": encode_id("Author", new_id())}, "author"),
        ({"category": encode_id("PostCategory", new_id())}, "category"),
        ({"tags": ["🎂"]}, "tags"),
        ({"title": None}, "title"),
    ],
)
async def test_values_without_sense_are_refused(blog: AsyncEngine, almaz: Viewer, given: Json, path: str) -> None:
    post = await new_post(blog)
    refused = await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, **given)
    assert [field["path"] for field in refused["fields"]] == [["input", path]]
    assert (await stored(blog, post, almaz))["version"] == 1


async def test_each_of_many_changes_stands_by_itself(blog: AsyncEngine, almaz: Viewer) -> None:
    fit, unfit = await new_post(blog), await new_post(blog)
    gone = encode_id("Post", new_id())
    items = [
        {"id": unfit, "expectedVersion": 1, "slug": "not one", "title": "Unfit"},
        {"id": gone, "expectedVersion": 1, "title": "Gone"},
        {"id": fit, "expectedVersion": 1, "title": "Fit"},
    ]
    results = (await edited(blog, almaz, "UpdatePosts", items=items))["results"]
    problems = [result["problem"] and result["problem"]["__typename"] for result in results]
    assert problems == ["InvalidInput", "ItemNotFound", None]
    assert [result["post"] and result["post"]["version"] for result in results] == [1, None, 2]


async def test_what_lies_in_the_trash_is_there_for_nobody(blog: AsyncEngine, almaz: Viewer) -> None:
    async with writing(blog) as session:
        section = await add_post_category(session)
        row = await add_post(session, title="Rubbish heap", slug="rubbish", category_id=section.id)
        author = await session.get_one(Author, row.author_id)
    post, byline = encode_id("Post", row.id), encode_id("Author", author.id)
    read = [{"id": post, "expectedVersion": 1}]
    stale = await edited(blog, almaz, "TrashPosts", items=[{"id": post, "expectedVersion": 2}])
    used = await edited(blog, almaz, "TrashAuthors", items=[{"id": byline, "expectedVersion": 1}])
    done = await edited(blog, almaz, "TrashPosts", items=read)
    again = await edited(blog, almaz, "TrashPosts", items=read)
    outcomes = [each["results"][0]["outcome"] for each in (stale, used, done, again)]
    assert outcomes == ["CHANGED_MEANWHILE", "IN_USE", "DONE", "NOT_FOUND"]

    query = """query($id: ID!, $author: ID!) {
        post(slug: "rubbish") { id } node(id: $id) { id } search(query: "rubbish heap") { totalCount }
        author(id: $author) { posts { totalCount } } }"""
    for viewer in (VISITOR, almaz):
        found = await data_of(blog, query, {"id": post, "author": byline}, viewer)
        assert found == {
            "post": None,
            "node": None,
            "search": {"totalCount": 0},
            "author": {"posts": {"totalCount": 0}},
        }
    late = await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, title="Late")
    assert late["__typename"] == "ItemNotFound"

    await edited(blog, almaz, "TrashAuthors", items=[{"id": byline, "expectedVersion": 1}])
    needs = await edited(blog, almaz, "RestorePosts", ids=[post])
    await edited(blog, almaz, "RestoreAuthors", ids=[byline])
    back = await edited(blog, almaz, "RestorePosts", ids=[post])
    assert [each["results"][0]["outcome"] for each in (needs, back)] == ["IN_USE", "DONE"]
    assert (await data_of(blog, '{ post(slug: "rubbish") { title } }'))["post"] == {"title": "Rubbish heap"}


async def test_author_goes_to_the_trash_or_gets_a_post_at_the_same_moment(blog: AsyncEngine, almaz: Viewer) -> None:
    """Never both: a post would stand under a name that is not there."""
    for _ in range(5):
        async with writing(blog) as session:
            author = await add_author(session)
        key = encode_id("Author", author.id)
        written, put = await asyncio.gather(
            edited(blog, almaz, "CreatePost", author=key, title=f"Of {author.slug}"),
            edited(blog, almaz, "TrashAuthors", items=[{"id": key, "expectedVersion": 1}]),
        )
        outcomes = (written["__typename"], put["results"][0]["outcome"])
        assert outcomes in {("Post", "IN_USE"), ("InvalidInput", "DONE")}


async def test_sections_and_authors_change_for_everybody_at_once(blog: AsyncEngine, almaz: Viewer) -> None:
    author = await edited(blog, almaz, "CreateAuthor", name="Selam Tesfaye", jobTitle="Roaster")
    changed = await edited(blog, almaz, "UpdateAuthor", id=author["id"], expectedVersion=1, jobTitle=None)
    assert (changed["slug"], changed["jobTitle"], changed["version"]) == ("selam-tesfaye", None, 2)
    section = await edited(blog, almaz, "CreatePostCategory", name="Guides", position=3)
    other = await edited(blog, almaz, "UpdatePostCategory", id=section["id"], expectedVersion=1, slug="how-to")
    assert (other["slug"], other["position"]) == ("how-to", 3)
    put = await edited(blog, almaz, "TrashPostCategories", items=[{"id": section["id"], "expectedVersion": 2}])
    assert put["results"] == [{"outcome": "DONE"}]
    back = await edited(blog, almaz, "RestorePostCategories", ids=[section["id"]])
    assert back["results"] == [{"outcome": "DONE"}]
    versions = select(func.count()).where(Revision.row_id == decode_id_of("Author", author["id"]))
    assert await scalar(blog, versions) == 2


async def test_section_in_the_trash_is_there_by_no_way(blog: AsyncEngine, almaz: Viewer) -> None:
    """Neither beside its posts, nor in what search engines read of them, nor as a condition of lists."""
    async with writing(blog) as session:
        section = await add_post_category(session, slug="gossip", name="Gossip")
        post = await add_post(session, category_id=section.id, title="Overheard")
    query = """
        query($id: ID!) {
            post(id: $id) { category { name } jsonLd }
            posts(filter: { categories: ["gossip"] }) { totalCount nodes { title } }
        }
    """
    asked = {"id": encode_id("Post", post.id)}
    before = await data_of(blog, query, asked)
    assert (before["post"]["jsonLd"]["articleSection"], before["posts"]["totalCount"]) == ("Gossip", 1)
    put = {"id": encode_id("PostCategory", section.id), "expectedVersion": 1}
    await edited(blog, almaz, "TrashPostCategories", items=[put])

    for viewer in (VISITOR, almaz):
        found = await data_of(blog, query, asked, viewer)
        assert (found["post"]["category"], "articleSection" in found["post"]["jsonLd"]) == (None, False)
        assert found["posts"] == {"totalCount": 0, "nodes": []}


async def test_post_of_a_section_in_the_trash_is_edited_and_archived(blog: AsyncEngine, almaz: Viewer) -> None:
    """It is in none meanwhile, and nobody has to say so; it may be put into no other that lies in the trash."""
    async with writing(blog) as session:
        gone, other = [await add_post_category(session, deleted_at=PUBLISHED_AT) for _ in range(2)]
        out = await add_post(session, category_id=gone.id)
        waits = await add_post(session, category_id=gone.id, status=PublishingStatus.DRAFT)
    keys = [encode_id("Post", post.id) for post in (out, waits)]
    for key in keys:
        elsewhere = encode_id("PostCategory", other.id)
        refused = await edited(blog, almaz, "UpdatePost", id=key, expectedVersion=1, category=elsewhere)
        assert [field["path"] for field in refused["fields"]] == [["input", "category"]]
        assert (await edited(blog, almaz, "UpdatePost", id=key, expectedVersion=1, title="Anew"))["version"] == 2
    assert (await edited(blog, almaz, "ArchivePost", id=keys[0], expectedVersion=2))["status"] == "ARCHIVED"

    await edited(blog, almaz, "RestorePostCategories", ids=[encode_id("PostCategory", gone.id)])
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Post { title category { slug } } } }"
    found = (await data_of(blog, query, {"ids": keys}, almaz))["nodes"]
    assert found == [{"title": "Anew", "category": {"slug": gone.slug}}] * 2


async def test_authors_write_and_put_nothing_into_the_trash(blog: AsyncEngine) -> None:
    author = await editor(blog, Role.AUTHOR)
    post = await new_post(blog)
    assert (await edited(blog, author, "UpdatePost", id=post, expectedVersion=1, title="Mine"))["version"] == 2
    before = await count_rows(blog, Post)
    given = {"input": {"items": [{"id": post, "expectedVersion": 2}]}}
    answer = (await answer_to(blog, document("TrashPosts"), given, author)).body()
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await count_rows(blog, Post) == before


async def test_text_is_shown_as_html_that_follows_it(blog: AsyncEngine, almaz: Viewer) -> None:
    post = await new_post(blog)
    await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, body="# Slowly\n\n<b>Beans</b>")
    query = "query($id: ID!) { post(id: $id) { bodyHtml tableOfContents { level text anchor } } }"
    found = (await data_of(blog, query, {"id": post}, almaz))["post"]
    assert found == {
        "bodyHtml": '<h1 id="s-slowly">Slowly</h1>\n<p>&lt;b&gt;Beans&lt;/b&gt;</p>',
        "tableOfContents": [{"level": 1, "text": "Slowly", "anchor": "s-slowly"}],
    }


async def test_words_are_found_and_marks_are_not(blog: AsyncEngine, almaz: Viewer) -> None:
    post = await new_post(blog, title="Sums")
    text = "Twelve **quinces** at [market](https://hidden.example/kumquat)."
    await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, body=text)
    query = "query($q: String!) { search(query: $q) { edges { highlight } } }"

    found = await data_of(blog, query, {"q": "quince"}, almaz)

    assert found == {"search": {"edges": [{"highlight": "Twelve <mark>quinces</mark> at market."}]}}
    assert await data_of(blog, query, {"q": "kumquat"}, almaz) == {"search": {"edges": []}}


async def test_worker_renders_what_nobody_has_rendered(blog: AsyncEngine) -> None:
    post = decode_id_of("Post", await new_post(blog, body="*Old*"))
    assert await scalar(blog, select(Post.reading_minutes).where(Post.id == post)) == 1
    async with AsyncSession(blog) as session, session.begin():
        await render_texts(session)
    assert await scalar(blog, select(Post.body_html).where(Post.id == post)) == "<p><em>Old</em></p>"
    async with AsyncSession(blog) as session:
        assert await render_texts(session) is False
