"""The whole demo shop as rows that nobody has stored yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from demo import catalog, content
from demo.calendar import Calendar
from demo.files import Table, read_posts, read_products, read_table
from demo.services import build_service
from models import Base, PostCategory, Shop, Tag, User
from models.shop import SHOP_ID


@dataclass(frozen=True, slots=True)
class DemoShop:
    """The shop's own row, which every database has already, and the rows to add: what hangs on them comes along."""

    shop: Shop
    rows: list[Base]


def build_demo_shop(now: datetime) -> DemoShop:
    """Read every file and tie the rows together."""
    calendar = Calendar(now)
    products, posts = read_products(), read_posts()
    tags = _build_tags(read_table("tags.toml"), (*products, *posts))
    customers = _build_customers(read_table("customers.toml")["customer"], calendar)
    categories = catalog.build_categories(read_table("categories.toml")["category"])
    product_references = catalog.References(categories, customers, tags)
    post_references = _build_post_references(tags)
    return DemoShop(
        Shop(id=SHOP_ID, **read_table("shop.toml")),
        [
            *categories.values(),
            *customers.values(),
            *(catalog.build_product(table, product_references, calendar) for table in products),
            *(build_service(table) for table in read_table("services.toml")["service"]),
            *(content.build_post(table, post_references, calendar) for table in posts),
        ],
    )


def _build_tags(names: Mapping[str, str], tagged: Iterable[Table]) -> dict[str, Tag]:
    """A tag for every slug in use. Most are named like their slug; `names` has the others."""
    slugs = sorted({slug for table in tagged for slug in table["tags"]})
    return {slug: Tag(slug=slug, name=names.get(slug, slug.replace("-", " "))) for slug in slugs}


def _build_customers(tables: Iterable[Table], calendar: Calendar) -> dict[str, User]:
    """The customers by the keys that reviews use. They have no passwords, so nobody signs in as them."""
    return {table.pop("key"): _build_customer(table, calendar) for table in tables}


def _build_customer(table: Table, calendar: Calendar) -> User:
    joined_at = calendar.ago(table.pop("joined_days_ago"), table["email"])
    return User(is_email_verified=True, created_at=joined_at, updated_at=joined_at, **table)


def _build_post_references(tags: Mapping[str, Tag]) -> content.References:
    authors = [content.build_author(table) for table in read_table("authors.toml")["author"]]
    categories = [PostCategory(**table) for table in read_table("post_categories.toml")["category"]]
    return content.References(
        {author.slug: author for author in authors}, {category.slug: category for category in categories}, tags
    )
