"""The rows of the synthetic catalogue: categories, tags, products, and what belongs to each product."""

from collections.abc import Iterator, Sequence

from models import Badge
from server.synthetic import words
from server.synthetic.data_set import DataSet, Row, SyntheticTable, scatter, turn
from server.synthetic.goods import COSTS, DISCOUNT_STEPS, PRICES, SHELVES, VARIANT_STEPS, VARIANTS, Design, design

IMAGES = (1, 2, 2)
TAGGINGS = (1, 2, 3, 2)
CHILDREN = 64
"""More than any product has of anything. The first child of product 3 has the number 3 * 64."""
ONE_INACTIVE_IN = 50
BADGES = (*(badge.value for badge in Badge), *[None] * 14)


def category_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """The tree; its names stay within their run."""
    identify = data.ids("categories")
    for number in numbers:
        shelf = SHELVES[number]
        slug = f"{shelf.name.lower().replace(' ', '-')}-s{data.run}"
        parent = None if shelf.parent is None else identify(shelf.parent)
        yield identify(number), parent, slug, shelf.name, f"{shelf.name}, made to last.", number


def tag_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """Labels that products and posts share."""
    identify = data.ids("tags")
    for number in numbers:
        yield identify(number), f"{words.TAGS[number]}-s{data.run}", words.TAGS[number]


def product_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """Products from the oldest to the newest, as they are before anybody has reviewed them."""
    identify, identify_category = data.ids("products"), data.ids("categories")
    identify_variant = data.ids("product_variants")
    random = data.random("products", numbers)
    for number in numbers:
        what = design(data.run, number)
        description = " ".join(random.sample(data.texts.descriptions, 3))
        created_at = data.at(number / data.products)
        yield (
            identify(number),
            identify_category(what.shelf),
            identify_variant(number * CHILDREN),
            f"{what.name.lower().replace(' ', '-')}-{data.name(number)}",
            what.name,
            words.VENDORS[what.step % len(words.VENDORS)],
            description,
            f"<p>{description}</p>",
            PRICES[what.step],
            PRICES[what.step + DISCOUNT_STEPS] if what.is_discounted else None,
            random.choice(BADGES),
            [what.material, what.adjective, f"{what.noun} with spare parts"],
            _specify(what, number),
            _list_options(what),
            f'{{"warranty_months": {12 * (1 + number % 4)}}}',
            scatter(number, ONE_INACTIVE_IN) > 0,
            what.name,
            data.texts.remarks[number % len(data.texts.remarks)],
            created_at,
            created_at,
        )


def _specify(what: Design, number: int) -> str:
    return (
        f'[{{"name": "Material", "value": "{what.material}"}}, {{"name": "Weight", "value": "{weight(number, 0)} g"}},'
        f' {{"name": "Series", "value": "{what.adjective}"}}]'
    )


def _list_options(what: Design) -> str:
    if len(what.values) == 1:
        return "[]"
    values = ", ".join(f'"{value}"' for value in what.values)
    return f'[{{"name": "{what.option}", "values": [{values}]}}]'


def variant_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """The variants of the products, the default one first."""
    identify, identify_product = data.ids("product_variants"), data.ids("products")
    for number in numbers:
        what, product, created_at = design(data.run, number), identify_product(number), data.at(number / data.products)
        options = len(what.values) > 1
        for position, value in enumerate(what.values):
            step = what.step + position * VARIANT_STEPS
            yield (
                identify(number * CHILDREN + position),
                product,
                f"SYN{data.run}-{number:07}-{position + 1}",
                value if options else "",
                f'[{{"name": "{what.option}", "value": "{value}"}}]' if options else "[]",
                PRICES[step],
                PRICES[step + DISCOUNT_STEPS] if what.is_discounted else None,
                COSTS[step],
                weight(number, position),
                position,
                created_at,
                created_at,
            )


def stock_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """A stock level for each variant; every tenth or so is sold out."""
    identify, identify_variant = data.ids("stock_levels"), data.ids("product_variants")
    random = data.random("stock_levels", numbers)
    for number, position in _children(VARIANTS, numbers):
        child = number * CHILDREN + position
        yield identify(child), identify_variant(child), max(0, random.randrange(-15, 150))


def image_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """Pictures; the demo shop's stand for all products."""
    identify, identify_product = data.ids("product_images"), data.ids("products")
    for number, position in _children(IMAGES, numbers):
        url = f"/demo/images/{words.PICTURES[(number + position) % len(words.PICTURES)]}.svg"
        alt_text = f"{design(data.run, number).name}, view {position + 1}"
        yield identify(number * CHILDREN + position), identify_product(number), url, alt_text, position


def product_tag_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """Up to three different tags for each product."""
    identify_product, identify_tag = data.ids("products"), data.ids("tags")
    for number, position in _children(TAGGINGS, numbers):
        yield identify_product(number), identify_tag((number // 3 + 7 * position) % len(words.TAGS))


def _children(pattern: Sequence[int], numbers: range) -> Iterator[tuple[int, int]]:
    """Each number with the place of each of its children."""
    return ((number, position) for number in numbers for position in range(turn(pattern, number)))


def weight(number: int, position: int) -> int:
    """Grams; larger variants weigh more."""
    return 100 + number * 37 % 4900 + 50 * position


CATEGORIES = SyntheticTable("categories", ("id", "parent_id", "slug", "name", "description", "position"), category_rows)
TAGS = SyntheticTable("tags", ("id", "slug", "name"), tag_rows)
PRODUCTS = SyntheticTable(
    "products",
    (
        "id",
        "category_id",
        "default_variant_id",
        "slug",
        "name",
        "vendor",
        "description",
        "description_html",
        "price",
        "compare_at_price",
        "badge",
        "features",
        "specifications",
        "options",
        "metadata",
        "is_active",
        "seo_title",
        "seo_description",
        "created_at",
        "updated_at",
    ),
    product_rows,
)
PRODUCT_VARIANTS = SyntheticTable(
    "product_variants",
    (
        "id",
        "product_id",
        "sku",
        "name",
        "option_values",
        "price",
        "compare_at_price",
        "cost_price",
        "weight_grams",
        "position",
        "created_at",
        "updated_at",
    ),
    variant_rows,
    VARIANTS,
)
STOCK_LEVELS = SyntheticTable("stock_levels", ("id", "variant_id", "quantity"), stock_rows, VARIANTS)
PRODUCT_IMAGES = SyntheticTable(
    "product_images", ("id", "product_id", "url", "alt_text", "position"), image_rows, IMAGES
)
PRODUCT_TAGS = SyntheticTable("product_tags", ("product_id", "tag_id"), product_tag_rows, TAGGINGS)
