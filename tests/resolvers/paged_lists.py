"""The lists of the API that have pages: where each stands, who reads it, and how its rows lie in the table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import GraphQLEnumType, get_named_type
from sqlalchemy import literal, select, text
from sqlalchemy.orm import aliased

from auth.viewer import VISITOR, Viewer, viewer_with_role
from auth.visibility import visible
from models import (
    Author,
    Category,
    ContentAnalytics,
    ContentFinding,
    DeadLetter,
    OrderEvent,
    Page,
    PageComment,
    Payment,
    Post,
    PostCategory,
    PostComment,
    Product,
    ProductVariant,
    ProviderEvent,
    ReleaseEvent,
    ReleaseItem,
    Review,
    Revision,
    Role,
    Service,
    ServiceAnalytics,
    StockLevel,
    StockMovement,
)
from resolvers.declarations import Many, Root
from resolvers.loading import Link
from resolvers.ordering import Order
from tests.schema.walk import WalkedField, fields

OWNER = UUID("01900000-0000-7000-8000-000000000001")
"""The account whose own lists are walked."""
CUSTOMER = viewer_with_role(Role.CUSTOMER, OWNER)
ADMIN = viewer_with_role(Role.ADMIN)


@dataclass(frozen=True, slots=True)
class PagedList:
    """A list of the API: where it stands, its arguments, who reads it, and the statement of its rows' ids in order."""

    field: str
    sort: str | None
    path: str
    model: type[Any]
    expected: Any
    arguments: str = ""
    viewer: Viewer = VISITOR
    row: str = "... on Node { id }"
    type_name: str = ""
    """What ids say that the rows are; by default as their model is called."""
    known_by: tuple[str, ...] = ("id",)
    """The way from a row to what it is known by."""

    def __str__(self) -> str:
        return f"{self.field}-{self.sort}"

    def query(self) -> str:
        """The operation that reads a page of it."""
        sort = f" sort: {self.sort}" if self.sort else ""
        page = (
            f"(first: $first after: $after last: $last before: $before{self.arguments}{sort})"
            f"{{ totalCount nodes {{ {self.row} }} edges {{ cursor node {{ {self.row} }} }}"
            " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
        )
        return f"query Page($first: Int $after: String $last: Int $before: String) {{ {self.path.replace('*', page)} }}"


def in_order(model: type[Any], order: str, where: str = "true") -> Any:
    """The statement that gives the ids of a table's rows."""
    return text(f"SELECT id FROM {model.__tablename__} WHERE {where} ORDER BY {order}")


CATEGORY = "category_id = (SELECT id FROM categories WHERE slug = 'paged')"
PRODUCT = "product_id = (SELECT id FROM products WHERE slug = 'paged')"
AUTHOR = "author_id = (SELECT id FROM authors WHERE slug = 'paged')"
SECTION = "category_id = (SELECT id FROM post_categories WHERE slug = 'paged')"
APPROVED = "status = 'APPROVED'"
OWN = f"user_id = '{OWNER}'"

PRODUCT_ORDERS = {
    "NEWEST": "created_at DESC, id DESC",
    "OLDEST": "created_at, id",
    "RECENTLY_CHANGED": "updated_at DESC, id DESC",
    "NAME_ASC": "name, id",
    "NAME_DESC": "name DESC, id DESC",
    "PRICE_ASC": "price, id",
    "PRICE_DESC": "price DESC, id DESC",
    "RATING_ASC": "rating, id",
    "RATING_DESC": "rating DESC, id DESC",
}
CATEGORY_ORDERS = {"POSITION": "position, id", "NAME_ASC": "name, id", "NAME_DESC": "name DESC, id DESC"}
SERVICE_ORDERS = {"POSITION": "position, id", "TITLE_ASC": "title, id", "NEWEST": "created_at DESC, id DESC"}
POST_ORDERS = {
    "NEWEST": "published_at DESC, id DESC",
    "OLDEST": "published_at, id",
    "TITLE_ASC": "title, id",
    "MOST_READ": "view_count DESC, id DESC",
}
PAGE_ORDERS = {"TITLE_ASC": "title, id", "NEWEST": "created_at DESC, id DESC"}
REVIEW_ORDERS = {
    "NEWEST": "created_at DESC, id DESC",
    "OLDEST": "created_at, id",
    "RATING_DESC": "rating DESC, id DESC",
    "RATING_ASC": "rating, id",
}
FOUND = ' search: "lamp"'


def ranked(title: str) -> str:
    """The order by relevance."""
    return f"search_rank({title}, search, 'lamp') DESC, id DESC"


def sorted_lists() -> Iterator[PagedList]:
    """Lists that can be sorted, in each of their orders."""
    for orders, field, path, model, where in (
        (PRODUCT_ORDERS, "Query.products", "list: products*", Product, "true"),
        (CATEGORY_ORDERS, "Query.categories", "list: categories*", Category, "true"),
        (SERVICE_ORDERS, "Query.services", "list: services*", Service, "true"),
        (POST_ORDERS, "Query.posts", "list: posts*", Post, "true"),
        (PAGE_ORDERS, "Query.pages", "list: pages*", Page, "true"),
        (REVIEW_ORDERS, "Query.reviews", "list: reviews*", Review, APPROVED),
        (PRODUCT_ORDERS, "Category.products", 'parent: category(slug: "paged") { list: products* }', Product, CATEGORY),
        (REVIEW_ORDERS, "Product.reviews", 'parent: product(slug: "paged") { list: reviews* }', Review, PRODUCT),
        (POST_ORDERS, "Author.posts", 'parent: author(slug: "paged") { list: posts* }', Post, AUTHOR),
    ):
        for sort, order in orders.items():
            yield PagedList(field, sort, path, model, in_order(model, order, where))
    sections = "postCategories(first: 1) { nodes { list: posts* } }"
    for sort, order in POST_ORDERS.items():
        yield PagedList("PostCategory.posts", sort, sections, Post, in_order(Post, order, SECTION))
    for sort, order in REVIEW_ORDERS.items():
        own = in_order(Review, order, OWN)
        yield PagedList("Account.reviews", sort, "parent: viewer { list: reviews* }", Review, own, viewer=CUSTOMER)


def found_lists() -> Iterator[PagedList]:
    """Lists that are searched, in the order of relevance."""
    found = "search @@ search_query('lamp')"
    for field, model, title in (
        ("products", Product, "name"),
        ("services", Service, "title"),
        ("posts", Post, "title"),
        ("pages", Page, "title"),
    ):
        expected = in_order(model, ranked(title), found)
        yield PagedList(f"Query.{field}", "RELEVANCE", f"list: {field}*", model, expected, FOUND)
    yield PagedList(
        "Query.search",
        None,
        "list: search*",
        Service,
        in_order(Service, ranked("title"), found),
        ' query: "lamp" types: [SERVICE]',
    )


def unsorted_lists() -> Iterator[PagedList]:
    """Lists with one order."""
    yield PagedList("Query.authors", None, "list: authors*", Author, in_order(Author, "name, id"))
    sections = in_order(PostCategory, "position, id")
    yield PagedList("Query.postCategories", None, "list: postCategories*", PostCategory, sections)
    variants = 'parent: product(slug: "paged") { list: variants* }'
    of_product = in_order(ProductVariant, "position, id", PRODUCT)
    yield PagedList("Product.variants", None, variants, ProductVariant, of_product)
    yield from revisions()
    yield from analytics()
    yield from findings()
    yield from comments()
    letters = in_order(DeadLetter, "failed_at DESC, id DESC")
    yield PagedList("Query.deadLetters", None, "list: deadLetters*", DeadLetter, letters, viewer=ADMIN)


def comments() -> Iterator[PagedList]:
    """What is said of a post and a page."""
    said: tuple[tuple[str, type[Any]], ...] = (("post", PostComment), ("page", PageComment))
    for field, model in said:
        of_item = in_order(model, "created_at, id", f"{field}_id = (SELECT id FROM {field}s WHERE slug = 'paged')")
        parent = f'parent: {field}(slug: "paged") {{ list: comments* }}'
        yield PagedList(f"{field.title()}.comments", None, parent, model, of_item, viewer=ADMIN)


OF_ITEMS = (
    *(("post", "posts", "slug"), ("page", "pages", "slug"), ("menu", "menus", "code")),
    *(("category", "categories", "slug"), ("product", "products", "slug"), ("service", "services", "slug")),
)
"""What is edited in versions: its lookup, its table, and what it is looked up by."""


def revisions() -> Iterator[PagedList]:
    """What is edited in versions, which are known by their numbers."""
    for field, table, key in OF_ITEMS:
        of_item = f"row_id = (SELECT id FROM {table} WHERE {key} = 'paged')"
        yield PagedList(
            f"{field.title()}.revisions",
            None,
            f'parent: {field}({key}: "paged") {{ list: revisions* }}',
            Revision,
            text(f"SELECT version FROM revisions WHERE {of_item} ORDER BY version DESC"),
            viewer=ADMIN,
            row="version",
            known_by=("version",),
        )


def analytics() -> Iterator[PagedList]:
    """What was counted of a post and a service, which is known by its days."""
    counts: tuple[tuple[str, type[Any]], ...] = (("post", ContentAnalytics), ("service", ServiceAnalytics))
    for field, model in counts:
        owner = f"{field}_id = (SELECT id FROM {field}s WHERE slug = 'paged')"
        yield PagedList(
            f"{field.title()}.analytics",
            None,
            f'parent: {field}(slug: "paged") {{ list: analytics* }}',
            model,
            text(f"SELECT date::text FROM {model.__tablename__} WHERE {owner} ORDER BY date DESC"),
            viewer=ADMIN,
            row="date",
            known_by=("date",),
        )


def findings() -> Iterator[PagedList]:
    """What is wrong with what is out, which is known by what it is."""
    every = text("SELECT detail FROM content_findings ORDER BY detail, id")
    listed = "list: contentFindings*"
    yield PagedList(
        "Query.contentFindings", None, listed, ContentFinding, every, viewer=ADMIN, row="detail", known_by=("detail",)
    )


def stock_lists() -> Iterator[PagedList]:
    """Stock levels, which are known by their variants, and the movements of one, by the number that each left."""
    for sort, order in (("SCARCEST", "available, id"), ("MOST_PLENTIFUL", "available DESC, id DESC")):
        yield PagedList(
            "Query.stockLevels",
            sort,
            "list: stockLevels*",
            StockLevel,
            text(f"SELECT variant_id FROM stock_levels ORDER BY {order}"),
            viewer=ADMIN,
            row="variant { id }",
            type_name="ProductVariant",
            known_by=("variant", "id"),
        )
    busiest = "(SELECT id FROM stock_levels ORDER BY available DESC LIMIT 1)"
    yield PagedList(
        "StockLevel.movements",
        None,
        "parent: stockLevels(first: 1 sort: MOST_PLENTIFUL) { nodes { list: movements* } }",
        StockMovement,
        text(f"SELECT quantity_after FROM stock_movements WHERE stock_level_id = {busiest} ORDER BY number DESC"),
        viewer=ADMIN,
        row="quantityAfter",
        known_by=("quantityAfter",),
    )


def payment_lists() -> Iterator[PagedList]:
    """Payments, and what providers say of them, which the staff sees."""
    for sort, order in (("NEWEST", "created_at DESC, id DESC"), ("OLDEST", "created_at, id")):
        every = in_order(Payment, order)
        yield PagedList("Query.payments", sort, "list: payments*", Payment, every, viewer=ADMIN)
    for sort, order in (("NEWEST", "received_at DESC, id DESC"), ("OLDEST", "received_at, id")):
        every = in_order(ProviderEvent, order)
        yield PagedList("Query.providerEvents", sort, "list: providerEvents*", ProviderEvent, every, viewer=ADMIN)


def release_lists() -> Iterator[PagedList]:
    """The items and the history of the newest release."""
    newest = "(SELECT id FROM releases ORDER BY created_at DESC, id DESC LIMIT 1)"
    items = in_order(ReleaseItem, "id", f"release_id = {newest}")
    path = "parent: releases(first: 1) { nodes { list: %s* } }"
    yield PagedList("Release.items", None, path % "items", ReleaseItem, items, viewer=ADMIN)
    yield PagedList(
        "Release.events",
        None,
        path % "events",
        ReleaseEvent,
        text(f"SELECT note FROM release_events WHERE release_id = {newest} ORDER BY recorded_at DESC, id DESC"),
        viewer=ADMIN,
        row="note",
        known_by=("note",),
    )


def order_lists() -> Iterator[PagedList]:
    """The history of the order that was placed last, whose notes are numbered."""
    last = "(SELECT id FROM orders ORDER BY placed_at DESC, id DESC LIMIT 1)"
    yield PagedList(
        "Order.events",
        None,
        "parent: orders(first: 1) { nodes { list: events* } }",
        OrderEvent,
        text(f"SELECT text FROM order_events WHERE order_id = {last} ORDER BY number DESC"),
        viewer=ADMIN,
        row="text",
        known_by=("text",),
    )


def derived_lists(known: set[str]) -> Iterator[PagedList]:
    """The lists of `Query` and `viewer` beside those, ordered as they are declared, which is no proof of that order.

    Their rows are those of `add_belongings`.
    """
    for walked in fields():
        if str(walked) in known or "after" not in walked.field.args or walked.declared is None:
            continue
        kind = row_type(walked)
        if "id" not in kind.fields:
            continue
        declaration = walked.declared.declaration
        for sort, order in orders_of(walked).items():
            if isinstance(declaration, Root) and walked.type.name == "Query":
                path, model = f"list: {walked.name}*", declaration.model
                viewer = CUSTOMER if declaration.owner else ADMIN
                expected = derived(model, order, viewer)
            elif isinstance(declaration, Many) and walked.type.name == "Account":
                path, model, viewer = f"parent: viewer {{ list: {walked.name}* }}", declaration.link.model, CUSTOMER
                expected = derived(model, order, viewer, declaration.link)
            else:
                continue
            yield PagedList(str(walked), sort, path, model, expected, "", viewer, "id", kind.name)


def row_type(walked: WalkedField) -> Any:
    """The type of a list's rows."""
    connection: Any = get_named_type(walked.field.type)
    return get_named_type(connection.fields["nodes"].type)


def derived(model: type[Any], order: Order, viewer: Viewer, link: Link | None = None) -> Any:
    """The statement that gives the ids of the rows that the viewer sees, below OWNER when there is a link."""
    entity = aliased(model)
    keys = (order.key(entity, None), entity.id)
    statement = select(entity.id).where(visible(model, entity, viewer, owned=link is not None))
    if link is not None:
        statement = statement.where(link.joins(entity, literal(OWNER)))
    return statement.order_by(*(key.desc() if order.descending else key for key in keys))


def orders_of(walked: WalkedField) -> Mapping[str | None, Order]:
    """The orders of a list by their names, of which the only one of a list has none."""
    sort = walked.field.args.get("sort")
    if sort is None:
        declaration: Any = walked.declared.declaration if walked.declared else None
        return {None: declaration.rules.default} if isinstance(declaration, Root | Many) else {}
    kind = get_named_type(sort.type)
    assert isinstance(kind, GraphQLEnumType)
    orders = {name: member.value for name, member in kind.values.items()}
    return {name: order for name, order in orders.items() if not order.needs_question}


WRITTEN = [
    *(*sorted_lists(), *found_lists(), *unsorted_lists(), *stock_lists(), *payment_lists()),
    *(*order_lists(), *release_lists()),
]
LISTS = [*WRITTEN, *derived_lists({paged.field for paged in WRITTEN})]
