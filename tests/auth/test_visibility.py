"""A row that the viewer may not see does not exist, whichever way it is asked for; a guarded field gives null."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import is_required_argument
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.permissions import Permission
from auth.viewer import VISITOR, Viewer, viewer_with_role
from models import Base, ModerationStatus, Order, PublishingStatus, Role
from resolvers.declarations import Root
from resolvers.ids import encode_id
from schema.root import NODES
from tests.api import Json, data_of, run
from tests.factories import (
    add_author,
    add_category,
    add_image,
    add_page,
    add_post,
    add_post_category,
    add_product,
    add_review,
    add_service,
    add_shopful,
    add_tag,
    add_tier,
    add_user,
    add_variant,
    new_id,
    shared_engine,
    tag_post,
    tag_product,
    writing,
)
from tests.schema.routes import declared_as, leaf_of, named, routes
from tests.schema.walk import WalkedField, fields, is_read

CATALOG, SERVICES = Permission.CATALOG_READ, Permission.SERVICES_READ
CONTENT, REVIEWS = Permission.CONTENT_READ, Permission.REVIEWS_READ

EVERYTHING = frozenset(Permission)
DECISIVE = frozenset({CATALOG, SERVICES, CONTENT, REVIEWS})
"""The permissions that any row here needs; whoever has all others sees no more than a visitor."""

VIEWERS: Mapping[str, Viewer] = {
    "visitor": VISITOR,
    **{role.value: viewer_with_role(role) for role in Role},
    **{permission.value: Viewer(grants=frozenset({permission})) for permission in sorted(DECISIVE)},
    "all others": Viewer(grants=EVERYTHING - DECISIVE),
    "signed in": viewer_with_role(Role.CUSTOMER, new_id()),
}
viewers = pytest.mark.parametrize("viewer", VIEWERS.values(), ids=VIEWERS)


@dataclass(frozen=True, slots=True)
class Known:
    """A row, and the permissions that seeing it needs."""

    name: str
    type: str
    id: str
    slug: str
    needs: frozenset[Permission]

    def seen_by(self, viewer: Viewer) -> bool:
        """Whether the viewer should see the row."""
        return self.needs <= viewer.grants


@dataclass(frozen=True, slots=True)
class World:
    """A database with rows that everybody sees, and rows that only some see."""

    engine: AsyncEngine
    rows: dict[str, Known] = field(default_factory=dict)

    def know(self, name: str, row: Base, *needs: Permission) -> None:
        """Remember a row under a name."""
        type_name = next(key for key, model in NODES.items() if isinstance(row, model))
        key, slug = encode_id(type_name, row.id), getattr(row, "slug", "")
        self.rows[name] = Known(name, type_name, key, slug, frozenset(needs))

    def id(self, name: str) -> str:
        """The global id of a row."""
        return self.rows[name].id

    def ids(self, viewer: Viewer, type_name: str, *names: str) -> set[str]:
        """The ids of a type's rows, or of the named ones among them, that the viewer should see."""
        rows = [row for row in self.rows.values() if row.type == type_name and (not names or row.name in names)]
        return {row.id for row in rows if row.seen_by(viewer)}

    async def data(self, viewer: Viewer, query: str, **variables: Any) -> Any:
        """The data of a query without errors."""
        return await data_of(self.engine, query, variables, viewer)


@pytest.fixture(scope="module")
async def world(postgres: str, migrated: str) -> AsyncIterator[World]:
    """Every kind of hidden row, each with a name that says so."""
    async with shared_engine(postgres, migrated) as engine:
        world = World(engine)
        await add_catalog(world)
        await add_services(world)
        await add_posts(world)
        await add_pages(world)
        yield world


async def add_catalog(world: World) -> None:
    """Categories, products with variants and images, and reviews."""
    async with writing(world.engine) as session:
        tag, user = await add_tag(session), await add_user(session)
        shown = await add_category(session, slug="shown", name="Shown")
        hidden = await add_category(session, slug="secret", name="Secret", parent_id=shown.id, is_active=False)
        below = await add_category(session, slug="below", name="Below", parent_id=hidden.id)
        top = await add_category(session, slug="secret-top", name="Secret top", is_active=False)
        world.know("shown category", shown)
        world.know("hidden category", hidden, CATALOG)
        world.know("category below a hidden one", below)
        world.know("hidden top category", top, CATALOG)
        for name, category, is_active in (
            ("shown product", shown, True),
            ("hidden product", shown, False),
            ("product in a hidden category", hidden, True),
            ("hidden product in a hidden category", hidden, False),
        ):
            needs = () if is_active else (CATALOG,)
            text = "Lamp" if is_active else "Secret lamp"
            product = await add_product(
                session, category_id=category.id, is_active=is_active, name=text, description=text, vendor=text
            )
            world.know(name, product, *needs)
            await tag_product(session, product, tag)
            image = await add_image(session, product, alt_text=text)
            world.know(f"variant of {name}", await add_variant(session, product, image_id=image.id, name=text), *needs)
            await add_review(session, product, user, comment=text)
            for status in ModerationStatus:
                approved = status is ModerationStatus.APPROVED
                comment = text if approved else "Secret opinion"
                review = await add_review(session, product, rating=5, status=status, comment=comment)
                world.know(f"{status} review of {name}", review, *needs, *(() if approved else (REVIEWS,)))


async def add_services(world: World) -> None:
    """Services and tiers."""
    async with writing(world.engine) as session:
        for name, is_visible in (("shown service", True), ("hidden service", False)):
            needs = () if is_visible else (SERVICES,)
            text = "Lamp care" if is_visible else "Secret lamp care"
            service = await add_service(session, title=text, short_description=text, is_visible=is_visible)
            world.know(name, service, *needs)
            tier = await add_tier(session, service, name="Basic" if is_visible else "Secret basic")
            world.know(f"tier of {name}", tier, *needs)
            hidden = await add_tier(session, service, name="Secret", is_visible=False)
            world.know(f"hidden tier of {name}", hidden, SERVICES)


async def add_posts(world: World) -> None:
    """One author's posts in one section, in every state."""
    now = datetime.now(UTC)
    async with writing(world.engine) as session:
        author, section = await add_author(session, slug="abebe"), await add_post_category(session, slug="news")
        tag = await add_tag(session)
        world.know("author", author)
        world.know("section", section)
        past, future = now - timedelta(hours=1), now + timedelta(hours=1)
        for status, at in (
            (PublishingStatus.PUBLISHED, past),
            (PublishingStatus.PUBLISHED, future),
            (PublishingStatus.DRAFT, None),
            (PublishingStatus.DRAFT, past),
            (PublishingStatus.SCHEDULED, None),
            (PublishingStatus.SCHEDULED, past),
            (PublishingStatus.ARCHIVED, past),
        ):
            shown = status is PublishingStatus.PUBLISHED and at is past
            text = "Lamp news" if shown else "Secret lamp news"
            post = await add_post(
                session,
                author,
                category_id=section.id,
                status=status,
                published_at=at,
                scheduled_at=past,
                title=text,
                slug=text.lower().replace(" ", "-") + f"-{len(world.rows)}",
                body=text,
            )
            await tag_post(session, post, tag)
            time = "never" if at is None else "past" if at is past else "future"
            world.know(f"{status} post of {time}", post, *(() if shown else (CONTENT,)))


async def add_pages(world: World) -> None:
    """Pages of text in every state."""
    past = datetime.now(UTC) - timedelta(hours=1)
    async with writing(world.engine) as session:
        for status in PublishingStatus:
            shown = status is PublishingStatus.PUBLISHED
            text = "Lamp terms" if shown else "Secret lamp terms"
            slug = f"{text.lower().replace(' ', '-')}-{status.lower()}"
            times = {"published_at": past, "scheduled_at": past}
            page = await add_page(session, status=status, title=text, slug=slug, body=text, **times)
            world.know(f"{status} page", page, *(() if shown else (CONTENT,)))


# Each way to a row


@viewers
async def test_lookup_finds_what_the_viewer_sees(world: World, viewer: Viewer) -> None:
    types = ("Product", "Category", "Service", "Post", "Page", "Author")
    lookups = {type_name: type_name.lower() for type_name in types}
    rows = [row for row in world.rows.values() if row.type in lookups]
    by_id = [f'i{n}: {lookups[row.type]}(id: "{row.id}") {{ id }}' for n, row in enumerate(rows)]
    by_slug = [f's{n}: {lookups[row.type]}(slug: "{row.slug}") {{ id }}' for n, row in enumerate(rows)]
    found = await world.data(viewer, f"{{ {' '.join(by_id + by_slug)} }}")
    for number, row in enumerate(rows):
        expected = {"id": row.id} if row.seen_by(viewer) else None
        assert (found[f"i{number}"], found[f"s{number}"]) == (expected, expected), row.name


@viewers
async def test_node_finds_what_the_viewer_sees(world: World, viewer: Viewer) -> None:
    rows = list(world.rows.values())
    expected = [{"id": row.id, "__typename": row.type} if row.seen_by(viewer) else None for row in rows]
    singly = " ".join(f'n{n}: node(id: "{row.id}") {{ id __typename }}' for n, row in enumerate(rows))
    query = f"query($ids: [ID!]!) {{ {singly} nodes(ids: $ids) {{ id __typename }} }}"
    found = await world.data(viewer, query, ids=[row.id for row in rows])
    assert found["nodes"] == expected
    assert [found[f"n{number}"] for number in range(len(rows))] == expected


LISTS = {"products": "Product", "categories": "Category", "services": "Service", "posts": "Post", "pages": "Page"}


@viewers
@pytest.mark.parametrize(("name", "type_name"), LISTS.items())
async def test_list_holds_what_the_viewer_sees(world: World, viewer: Viewer, name: str, type_name: str) -> None:
    expected = world.ids(viewer, type_name)
    query = (
        f"{{ {name}(first: 100) {{ totalCount nodes {{ id }} edges {{ node {{ id }} }} pageInfo {{ hasNextPage }} }} }}"
    )
    found = (await world.data(viewer, query))[name]
    assert {node["id"] for node in found["nodes"]} == {edge["node"]["id"] for edge in found["edges"]} == expected
    assert (found["totalCount"], len(found["nodes"])) == (len(expected), len(expected))
    exact = f"{{ {name}(first: {len(expected)}) {{ pageInfo {{ hasNextPage hasPreviousPage }} }} }}"
    info = (await world.data(viewer, exact))[name]["pageInfo"]
    assert info == {"hasNextPage": False, "hasPreviousPage": False}


@viewers
async def test_list_of_reviews_holds_what_the_viewer_sees(world: World, viewer: Viewer) -> None:
    """Each product has one more review, by the customer who reviewed them all."""
    seen = world.ids(viewer, "Review")
    products = world.ids(viewer, "Product")
    query = "{ reviews(first: 100) { totalCount nodes { id status product { id } } } }"
    found = (await world.data(viewer, query))["reviews"]
    known = {row.id for row in world.rows.values()}
    assert {node["id"] for node in found["nodes"]} & known == seen
    assert found["totalCount"] == len(found["nodes"]) == len(seen) + len(products)
    assert {node["product"]["id"] for node in found["nodes"]} == products
    statuses = {node["status"] for node in found["nodes"]}
    assert statuses == (set(ModerationStatus) if viewer.may(REVIEWS) else {"APPROVED"})


@viewers
async def test_search_finds_what_the_viewer_sees(world: World, viewer: Viewer) -> None:
    kinds = ("Product", "Service", "Post", "Page")
    expected = {each for kind in kinds for each in world.ids(viewer, kind)}
    query = '{ search(query: "lamp", first: 100) { totalCount edges { highlight } nodes { ... on Node { id } } } }'
    found = (await world.data(viewer, query))["search"]
    assert {node["id"] for node in found["nodes"]} == expected
    assert found["totalCount"] == len(found["edges"]) == len(expected)
    for name, type_name in (("products", "Product"), ("services", "Service"), ("posts", "Post"), ("pages", "Page")):
        searched = (await world.data(viewer, f'{{ {name}(search: "secret") {{ totalCount nodes {{ id }} }} }}'))[name]
        hidden = world.ids(viewer, type_name) - world.ids(VISITOR, type_name)
        assert {node["id"] for node in searched["nodes"]} == hidden
        assert searched["totalCount"] == len(hidden)


@viewers
async def test_category_leads_to_what_the_viewer_sees(world: World, viewer: Viewer) -> None:
    query = """
        query($id: ID!) { category(id: $id) {
          parent { id } ancestors { id } children { id }
          products(first: 100) { totalCount nodes { id } }
        } }
    """
    shown = (await world.data(viewer, query, id=world.id("shown category")))["category"]
    products = world.ids(viewer, "Product", "shown product", "hidden product")
    assert {node["id"] for node in shown["products"]["nodes"]} == products
    assert shown["products"]["totalCount"] == len(products)
    hidden = world.ids(viewer, "Category", "hidden category")
    assert {child["id"] for child in shown["children"]} == hidden
    below = (await world.data(viewer, query, id=world.id("category below a hidden one")))["category"]
    assert below["parent"] == ({"id": world.id("hidden category")} if hidden else None)
    assert {above["id"] for above in below["ancestors"]} == hidden | {world.id("shown category")}


@viewers
async def test_product_leads_to_what_the_viewer_sees(world: World, viewer: Viewer) -> None:
    query = """
        query($id: ID!) { product(id: $id) {
          category { id }
          variants { totalCount nodes { id product { id } } }
          defaultVariant { product { id } }
          reviews(first: 100) { totalCount nodes { id product { id } } }
          images { altText } tags { slug }
        } }
    """
    for name in ("shown product", "hidden product", "product in a hidden category"):
        row = world.rows[name]
        found = (await world.data(viewer, query, id=row.id))["product"]
        assert (found is not None) is row.seen_by(viewer)
        if found is None:
            continue
        category = "hidden category" if "category" in name else "shown category"
        shown = world.ids(viewer, "Category", category)
        assert found["category"] == ({"id": world.id(category)} if shown else None)
        assert found["variants"]["totalCount"] == len(found["variants"]["nodes"]) == 2
        owner = {"id": row.id}
        assert [variant["product"] for variant in found["variants"]["nodes"]] == [owner] * 2
        assert found["defaultVariant"] == {"product": owner}
        reviews = world.ids(viewer, "Review", *(f"{status} review of {name}" for status in ModerationStatus))
        assert found["reviews"]["totalCount"] == len(found["reviews"]["nodes"]) == len(reviews) + 1
        assert {review["product"]["id"] for review in found["reviews"]["nodes"]} == {row.id}
        assert (len(found["images"]), len(found["tags"])) == (1, 1)


@viewers
async def test_service_leads_to_the_tiers_the_viewer_sees(world: World, viewer: Viewer) -> None:
    query = "query($id: ID!) { service(id: $id) { tiers { id service { id } } } }"
    for name in ("shown service", "hidden service"):
        row = world.rows[name]
        found = (await world.data(viewer, query, id=row.id))["service"]
        tiers = world.ids(viewer, "ServiceTier", f"tier of {name}", f"hidden tier of {name}")
        assert {tier["id"] for tier in (found or {"tiers": []})["tiers"]} == tiers
        assert (found is None) is (tiers == set())
    tier = (await world.data(viewer, "{ services { nodes { tiers { service { id } } } } }"))["services"]["nodes"]
    assert {each["service"]["id"] for service in tier for each in service["tiers"]} == world.ids(viewer, "Service")


@viewers
async def test_author_and_section_lead_to_the_posts_the_viewer_sees(world: World, viewer: Viewer) -> None:
    posts = world.ids(viewer, "Post")
    page = "posts(first: 100) { totalCount nodes { id author { id } category { id } tags { slug } } }"
    data = await world.data(viewer, f'{{ author(slug: "abebe") {{ {page} }} postCategories {{ nodes {{ {page} }} }} }}')
    for found in (data["author"]["posts"], data["postCategories"]["nodes"][0]["posts"]):
        assert {node["id"] for node in found["nodes"]} == posts
        assert found["totalCount"] == len(posts)
        assert {node["author"]["id"] for node in found["nodes"]} == {world.id("author")}
        assert {node["category"]["id"] for node in found["nodes"]} == {world.id("section")}
        assert {len(node["tags"]) for node in found["nodes"]} == {1}


@viewers
async def test_filters_find_what_the_viewer_sees(world: World, viewer: Viewer) -> None:
    async def found(name: str, type_name: str, filter_: Json) -> set[str]:
        query = (
            f"query($f: {type_name}Filter) {{ list: {name}(filter: $f, first: 100) {{ totalCount nodes {{ id }} }} }}"
        )
        page = (await world.data(viewer, query, f=filter_))["list"]
        assert page["totalCount"] == len(page["nodes"])
        return {node["id"] for node in page["nodes"]}

    every = [row.id for row in world.rows.values() if row.type == "Product"]
    assert await found("products", "Product", {"ids": every}) == world.ids(viewer, "Product")
    assert await found("products", "Product", {"vendors": ["Secret lamp"]}) == world.ids(
        viewer, "Product", "hidden product", "hidden product in a hidden category"
    )
    assert await found("products", "Product", {"not": {"text": "nothing"}}) == world.ids(viewer, "Product")
    assert await found("categories", "Category", {"slugs": ["secret"]}) == world.ids(
        viewer, "Category", "hidden category"
    )
    assert await found("services", "Service", {"text": "secret"}) == world.ids(viewer, "Service", "hidden service")
    unpublished = [status for status in PublishingStatus if status is not PublishingStatus.PUBLISHED]
    assert await found("posts", "Post", {"status": unpublished}) == {
        row.id
        for row in world.rows.values()
        if row.type == "Post" and row.seen_by(viewer) and "PUBLISHED" not in row.name
    }
    assert await found("posts", "Post", {"publishedAt": {"from": datetime.now(UTC).isoformat()}}) == world.ids(
        viewer, "Post", "PUBLISHED post of future"
    )
    unapproved = await found("reviews", "Review", {"not": {"status": ["APPROVED"]}})
    assert unapproved == {
        row.id
        for row in world.rows.values()
        if row.type == "Review" and row.seen_by(viewer) and not row.name.startswith("APPROVED")
    }
    of_hidden = await found("reviews", "Review", {"products": [world.id("hidden product")]})
    names = (f"{status} review of hidden product" for status in ModerationStatus)
    assert len(of_hidden) == len(world.ids(viewer, "Review", *names)) + viewer.may(CATALOG)


@pytest.mark.parametrize(("viewer", "count"), [(VISITOR, 0), (viewer_with_role(Role.EDITOR), 2)])
async def test_filter_by_a_hidden_category_is_met_by_nothing(world: World, viewer: Viewer, count: int) -> None:
    """Its slug must not tell a visitor which of the products they see are in it."""
    query = '{ products(filter: {categories: ["secret"]}) { totalCount } }'
    assert await world.data(viewer, query) == {"products": {"totalCount": count}}


async def test_nothing_that_a_visitor_can_select_holds_a_secret(world: World) -> None:
    """Every text of every row that visitors may not see holds the word."""
    for route in routes().values():
        if any(is_guarded(step) for step in route.steps):
            continue
        leaves = " ".join(
            name
            for name, field in route.target.fields.items()
            if not field.args and is_open_leaf(route.target.name, name)
        )
        for size in (1, 100):
            document = (
                route.document(leaves or "__typename").replace(", types: [POST]", "").replace('"network"', '"lamp"')
            )
            variables = {"first": size} if "$first" in document else None
            body = await run(world.engine, document, variables)
            assert "errors" not in body, body
            assert "secret" not in json.dumps(body, default=str).lower(), document


def is_open_leaf(type_name: str, name: str) -> bool:
    """Whether the field is a plain value that visitors may read."""
    return any(
        each.type.name == type_name and each.name == name and not is_guarded(each) and is_leaf(each)
        for each in fields()
    )


def is_leaf(walked: WalkedField) -> bool:
    """Whether the field's value is no object."""
    return not hasattr(named(walked), "fields") and not hasattr(named(walked), "types")


def is_guarded(walked: WalkedField) -> bool:
    """Whether the field can be read, and asks for a permission."""
    is_event = walked.type.name in {"Mutation", "Subscription"}
    return not is_event and walked.declared is not None and isinstance(walked.declared.declaration.requires, Permission)


def is_of_buyers(walked: WalkedField) -> bool:
    """Whether it lists what only those see who bought it, and permitted staff."""
    declaration = walked.declared.declaration if walked.declared else None
    return isinstance(declaration, Root) and declaration.model is Order


# Guarded fields


GUARDED = [walked for walked in fields() if is_guarded(walked)]
ON_AN_OPEN_ROUTE = [
    walked
    for walked in GUARDED
    if declared_as(walked) != "Lookup"
    and not any(map(is_required_argument, walked.field.args.values()))
    and not any(is_guarded(step) or is_of_buyers(step) for step in routes()[walked.type.name].steps)
]
"""Those that need neither the id of a row nor a way through another of them; tests/access/ asks for those too."""


@pytest.fixture(scope="module")
async def open_shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """Rows that everybody sees, whose guarded fields all have a value."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            await add_shopful(session, 3)
        yield engine


def permission_of(walked: WalkedField) -> Permission:
    """The permission that the field asks for."""
    requires = walked.declared.declaration.requires if walked.declared else None
    assert isinstance(requires, Permission)
    return requires


@pytest.mark.parametrize("granted", ["nothing", "it alone", "all others"])
@pytest.mark.parametrize("walked", ON_AN_OPEN_ROUTE, ids=str)
async def test_guarded_field_is_null_and_forbidden_without_its_permission(
    open_shop: AsyncEngine, walked: WalkedField, granted: str
) -> None:
    own = frozenset({permission_of(walked)})
    viewer = Viewer(
        grants={"nothing": frozenset[Permission](), "it alone": own, "all others": EVERYTHING - own}[granted]
    )
    route, permission = routes()[walked.type.name], permission_of(walked)
    inner = "" if is_leaf(walked) else f" {{ {leaf_of(named(walked))} }}"
    document = route.document(f"__typename {walked.name}{inner}")
    body = await run(open_shop, document, {"first": 2}, viewer, compiles=is_read(walked))
    objects = route.objects(body["data"])
    assert len(objects) >= (1 if walked.type.name == "Query" else 2)
    assert {each["__typename"] for each in objects} == {walked.type.name}
    errors = body.get("errors", [])
    if viewer.may(permission):
        assert errors == []
        assert [each for each in objects if each[walked.name] is None] == []
        return
    assert [each[walked.name] for each in objects] == [None] * len(objects)
    assert len(errors) == len(objects)
    for error in errors:
        assert error["message"] == f"This field needs the permission {permission}."
        assert error["extensions"] == {"code": "FORBIDDEN"}
        assert error["path"][-1] == walked.name
        assert value_at(body["data"], error["path"][:-1]) in objects


def value_at(data: Any, path: list[str | int]) -> Any:
    """The value at an error's path."""
    for step in path:
        data = data[step]
    return data


def test_guarded_fields_are_these() -> None:
    """A guard that gets lost is an error that no other test would see."""
    assert {str(walked): permission_of(walked).value for walked in GUARDED} == {
        "AuditEntry.actor": "accounts:read",
        "Author.email": "accounts:read",
        "Cart.account": "accounts:read",
        "Category.isActive": "catalog:read",
        "Category.revisions": "catalog:read",
        "Menu.revisions": "content:read",
        "Page.comments": "content:read",
        "Page.draftStatus": "content:read",
        "Page.hasDraft": "content:read",
        "Page.version": "content:read",
        "Page.internalNotes": "content:read",
        "Page.revisions": "content:read",
        "Page.scheduleError": "content:read",
        "Page.scheduleTimeZone": "content:read",
        "Page.scheduledAt": "content:read",
        "Page.unpublishAt": "content:read",
        "Post.comments": "content:read",
        "Post.draftStatus": "content:read",
        "Post.hasDraft": "content:read",
        "Post.version": "content:read",
        "Order.account": "accounts:read",
        "Order.metadata": "orders:read",
        "OrderEvent.actor": "accounts:read",
        "OrderEvent.actorKind": "orders:read",
        "OrderEvent.actorName": "orders:read",
        "OrderEvent.isPublic": "orders:read",
        "Payment.attention": "payments:read",
        "Payment.provider": "payments:read",
        "Payment.providerReference": "payments:read",
        "PaymentTransaction.actor": "accounts:read",
        "PaymentTransaction.actorKind": "payments:read",
        "PaymentTransaction.failure": "payments:read",
        "PaymentTransaction.providerReference": "payments:read",
        "PaymentTransaction.reason": "payments:read",
        "Post.analytics": "analytics:read",
        "Post.internalNotes": "content:read",
        "Post.revisions": "content:read",
        "Post.scheduleError": "content:read",
        "Post.scheduleTimeZone": "content:read",
        "Post.scheduledAt": "content:read",
        "Post.unpublishAt": "content:read",
        "PageComment.commenter": "accounts:read",
        "PostComment.commenter": "accounts:read",
        "Product.internalNotes": "catalog:read",
        "Product.hasDraft": "catalog:read",
        "Product.version": "catalog:read",
        "Product.isActive": "catalog:read",
        "Product.revisions": "catalog:read",
        "Product.taxClass": "catalog:read",
        "ProductVariant.costPrice": "costs:read",
        "ProductVariant.stock": "stock:read",
        "Query.auditLog": "audit:read",
        "Query.carts": "carts:read",
        "Query.contentFindings": "content:read",
        "Query.databaseHealth": "database:read",
        "Query.deadLetters": "jobs:read",
        "Query.promoCode": "promotions:read",
        "Query.payments": "payments:read",
        "Query.promoCodes": "promotions:read",
        "Query.providerEvents": "payments:read",
        "Query.release": "content:read",
        "Query.releases": "content:read",
        "Query.revisionChanges": "content:read",
        "Query.stockLevels": "stock:read",
        "Query.taxClasses": "catalog:read",
        "Query.user": "accounts:read",
        "Query.users": "accounts:read",
        "ReleaseEvent.actor": "accounts:read",
        "Review.moderatedAt": "reviews:read",
        "Review.moderationNote": "reviews:read",
        "Review.moderator": "reviews:read",
        "Reviewer.email": "accounts:read",
        "Revision.editor": "accounts:read",
        "SecurityLogEntry.actorEmail": "accounts:read",
        "Service.analytics": "analytics:read",
        "Service.hasDraft": "services:read",
        "Service.version": "services:read",
        "Service.internalNotes": "services:read",
        "Service.isVisible": "services:read",
        "Service.revisions": "services:read",
        "ShippingMethod.isActive": "shop:read",
        "ShippingMethod.taxClass": "shop:read",
        "StockLevel.movements": "stock:read",
        "StockMovement.actor": "accounts:read",
    }


async def test_forbidden_fields_load_nothing(open_shop: AsyncEngine) -> None:
    """Aliases do not get around the guard, and siblings keep their values."""
    query = """
        { products(first: 1) { nodes {
            name a: internalNotes ...Guarded defaultVariant { sku costPrice { amount } stock { quantity } }
        } } }
        fragment Guarded on Product { b: internalNotes }
    """
    body = await run(open_shop, query)
    (product,) = body["data"]["products"]["nodes"]
    assert product["name"].startswith("Product ")
    assert (product["a"], product["b"]) == (None, None)
    assert product["defaultVariant"]["sku"].startswith("SKU-")
    assert product["defaultVariant"] == {**product["defaultVariant"], "costPrice": None, "stock": None}
    assert sorted(error["path"][-1] for error in body["errors"]) == ["a", "b", "costPrice", "stock"]


def test_visitors_and_customers_are_granted_nothing_and_riders_one_thing() -> None:
    for viewer in (VISITOR, viewer_with_role(Role.CUSTOMER, new_id())):
        assert [permission for permission in Permission if viewer.may(permission)] == []
    assert viewer_with_role(Role.RIDER).grants == {Permission.DELIVERY_CARRY}
    assert viewer_with_role(Role.ADMIN).grants == frozenset(Permission)


# The accounts behind reviews


async def test_reviewers_show_only_their_public_name(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        user = await add_user(session, first_name="Selam", last_name="Tesfaye", email="selam@example.com")
        await add_review(session, await add_product(session), user)
    body = await run(engine, "{ reviews { nodes { author { __typename name avatarUrl } } } }")
    assert body["data"]["reviews"]["nodes"] == [
        {"author": {"__typename": "Reviewer", "name": "Selam T.", "avatarUrl": None}}
    ]


async def test_accounts_are_no_nodes(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        user = await add_user(session)
    for name in ("User", "Reviewer", "StockLevel", "Tag", "ProductImage", "Shop"):
        body = await run(engine, "query($id: ID!) { node(id: $id) { id } }", {"id": encode_id(name, user.id)})
        assert body["data"] == {"node": None}
        assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]
