"""The whole demo shop as rows that nobody has stored yet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from demo.calendar import Calendar
from demo.catalog import DemoProduct, build_categories, build_product
from demo.charges import build_promo_code, build_shipping_method, build_tax_class
from demo.content import References, build_author, build_page, build_post
from demo.files import Table, read_pages, read_posts, read_products, read_table
from demo.options import DemoOptions, build_options
from demo.services import build_service
from models import Base, PostCategory, Shop, Tag, User
from models.shop import SHOP_ID


@dataclass(frozen=True, slots=True)
class DemoShop:
    """What there is to store, in the order in which it can be."""

    shop: Shop
    """Takes the place of the row that every database has."""
    rows: list[Base]
    """Everything but the products; what hangs on a row comes along with it."""
    products: list[DemoProduct]
    options: list[DemoOptions]
    """What may be chosen of some of them."""
    menus: list[Table]


def build_demo_shop(now: datetime) -> DemoShop:
    """Read every file and tie the rows together."""
    calendar = Calendar(now)
    products, posts = read_products(), read_posts()
    tags = _build_tags(read_table("tags.toml"), (*products, *posts))
    customers = _build_customers(read_table("customers.toml")["customer"], calendar)
    references = _build_references(tags)
    return DemoShop(
        Shop(id=SHOP_ID, **read_table("shop.toml")),
        [
            *tags.values(),
            *customers.values(),
            *_build_charges(calendar),
            *build_categories(read_table("categories.toml")["category"]),
            *(build_service(table) for table in read_table("services.toml")["service"]),
            *(build_post(table, references, calendar) for table in posts),
            *(build_page(table, calendar) for table in read_pages()),
        ],
        [build_product(table, customers, calendar) for table in products],
        build_options(read_table("option_schemas.toml")["option_schema"]),
        read_table("menus.toml")["menu"],
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


def _build_charges(calendar: Calendar) -> Iterator[Base]:
    for table in read_table("tax_rates.toml")["tax_class"]:
        yield from build_tax_class(table)
    for position, table in enumerate(read_table("shipping_methods.toml")["shipping_method"]):
        yield build_shipping_method(table, position)
    for table in read_table("promo_codes.toml")["promo_code"]:
        yield build_promo_code(table, calendar)


def _build_references(tags: Mapping[str, Tag]) -> References:
    authors = [build_author(table) for table in read_table("authors.toml")["author"]]
    categories = [PostCategory(**table) for table in read_table("post_categories.toml")["category"]]
    return References(
        {author.slug: author for author in authors}, {category.slug: category for category in categories}, tags
    )
