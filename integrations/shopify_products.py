"""The rows of one product in a Shopify export, read as a product."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from domain.errors import shown
from domain.products import CategoryPath, ImageData, Path, ProductData, VariantData
from domain.slugs import slugify
from integrations.csv_file import Record
from integrations.shopify_cells import POLICIES, STATUSES, Refusal, Row
from integrations.shopify_columns import OPTIONS, Column, Header
from models import BackorderPolicy

ONLY_OPTION: Final = "Title"
ONLY_VALUE: Final = "Default Title"
"""How Shopify writes the only variant of a product without options."""

UNCATEGORISED: Final = "uncategorized"
CATEGORY_ID: Final = re.compile(r"[a-z]{2}(-[0-9]+)+|gid://.*|[0-9]+")
"""A category by its id in Shopify's taxonomy, such as `hg-15-1-2`, instead of by its names."""

OF_VARIANTS: Final = (Column.OPTION1_VALUE, Column.OPTION2_VALUE, Column.OPTION3_VALUE, Column.SKU, Column.PRICE)
"""A row with one of these is a variant; any other only adds an image."""

LAST: Final = 2**31


@dataclass(frozen=True, slots=True)
class ShopifyProduct:
    """A product of the file, with the lines that its parts come from."""

    line: int
    data: ProductData
    variant_lines: tuple[int, ...]
    image_lines: tuple[int, ...]

    def line_of(self, path: Path) -> int:
        """The line of what stands at that place of the data."""
        lines = {"variants": self.variant_lines, "images": self.image_lines}.get(str(path[0])) if path else None
        place = path[1] if len(path) > 1 else None
        return lines[place] if lines and isinstance(place, int) else self.line


@dataclass(frozen=True, slots=True)
class RefusedProduct:
    """A product of the file that cannot be taken, or a row that belongs to none."""

    handle: str
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of the product with its line and, where the file says so, its place."""

    line: int
    place: int
    data: ImageData


def read_product(header: Header, records: Sequence[Record]) -> ShopifyProduct | RefusedProduct:
    """Read the rows of one handle; refused with every reason when one of them cannot be read."""
    refusals: list[Refusal] = []
    rows = [Row(header, record, refusals) for record in records]
    for row in rows:
        row.check_length()
    if not refusals:
        product = _product(rows)
    if refusals:
        return RefusedProduct(rows[0].handle, tuple(refusals))
    return product


def _product(rows: Sequence[Row]) -> ShopifyProduct:
    first = rows[0]
    if first.flag(Column.GIFT_CARD, default=False):
        first.refuse("It is a gift card, and there is nothing here yet that redeems it.")
    variants = [first, *(row for row in rows[1:] if any(row.text(column) for column in OF_VARIANTS))]
    options = _options(first)
    pictures = _pictures(rows, variants)
    data = ProductData(
        slug=first.handle,
        name=first.text(Column.TITLE),
        vendor=first.text(Column.VENDOR) or None,
        description_html=first.text(Column.BODY),
        category=_category(first),
        tags=tuple(tag.strip() for tag in first.text(Column.TAGS).split(",") if tag.strip()),
        options=tuple(options.values()),
        variants=tuple(_variant(row, options) for row in variants),
        images=tuple(picture.data for picture in pictures),
        is_active=_is_active(first),
        seo_title=first.text(Column.SEO_TITLE) or None,
        seo_description=first.text(Column.SEO_DESCRIPTION) or None,
    )
    lines = tuple(row.line for row in variants)
    return ShopifyProduct(first.line, data, lines, tuple(picture.line for picture in pictures))


def _options(first: Row) -> dict[Column, str]:
    """The names of the options by the columns of their values; none for a product with a single variant."""
    names = {value: first.text(name) for name, value in OPTIONS if first.text(name)}
    is_single = list(names.values()) == [ONLY_OPTION] and first.text(Column.OPTION1_VALUE) in {ONLY_VALUE, ""}
    return {} if is_single else names


def _is_active(first: Row) -> bool:
    """Shown when it is published and neither a draft nor archived."""
    is_published = first.flag(Column.PUBLISHED, default=True)
    return first.choice(Column.STATUS, STATUSES, default=True) and is_published


def _category(first: Row) -> CategoryPath | None:
    """The merchant's own type, else the branch of Shopify's taxonomy."""
    if own := first.text(Column.TYPE):
        return CategoryPath((own,))
    branch = first.text(Column.CATEGORY)
    if CATEGORY_ID.fullmatch(branch):
        first.refuse(f"The category “{shown(branch)}” is an id; write its names, such as “Apparel > Shoes”.")
    names = tuple(name.strip() for name in branch.split(">") if name.strip())
    return CategoryPath(names) if names and branch.lower() != UNCATEGORISED else None


def _variant(row: Row, options: dict[Column, str]) -> VariantData:
    """The variant of a row. Oversold stock, which Shopify counts below zero, is none.

    Nor is a former price that is not above the price, which Shopify keeps and does not show.
    """
    _refuse_stray_values(row, options)
    values = tuple(row.text(column) for column in options)
    price, former_price = row.required_amount(Column.PRICE), row.amount(Column.COMPARE_AT_PRICE)
    return VariantData(
        sku=row.code(Column.SKU) or make_sku(row.handle, values),
        option_values=values,
        price=price,
        compare_at_price=None if former_price is not None and 0 <= former_price <= price else former_price,
        cost_price=row.amount(Column.COST),
        barcode=row.code(Column.BARCODE) or None,
        weight_grams=row.rounded_number(Column.GRAMS),
        tracks_stock=row.text(Column.TRACKER) != "",
        backorder_policy=row.choice(Column.POLICY, POLICIES, default=BackorderPolicy.DENY),
        requires_shipping=row.flag(Column.REQUIRES_SHIPPING, default=True),
        is_taxable=row.flag(Column.TAXABLE, default=True),
        quantity=max(row.whole_number(Column.QUANTITY) or 0, 0),
        image_url=row.text(Column.VARIANT_IMAGE) or None,
    )


def make_sku(handle: str, values: Iterable[str]) -> str:
    """The SKU of a variant without one, the same on every import: `CLASSIC-VARSITY-TOP-SMALL`."""
    return "-".join([handle, *(slugify(value) or value for value in values)]).upper()


def _refuse_stray_values(row: Row, options: dict[Column, str]) -> None:
    for number, (_, column) in enumerate(OPTIONS, start=1):
        value = row.text(column)
        if value and column not in options and value != ONLY_VALUE:
            row.refuse(f"The value “{shown(value)}” belongs to option {number}, which has no name.")


def _pictures(rows: Sequence[Row], variants: Sequence[Row]) -> list[Picture]:
    """The product's images in their order, each once; then those that only a variant names."""
    pictures = [
        Picture(row.line, _place(row), ImageData(row.text(Column.IMAGE), row.text(Column.IMAGE_ALT_TEXT)))
        for row in rows
        if row.text(Column.IMAGE)
    ]
    pictures.sort(key=lambda picture: picture.place)
    pictures += [
        Picture(row.line, LAST, ImageData(row.text(Column.VARIANT_IMAGE)))
        for row in variants
        if row.text(Column.VARIANT_IMAGE)
    ]
    first: dict[str, Picture] = {}
    for picture in pictures:
        first.setdefault(picture.data.url, picture)
    return list(first.values())


def _place(row: Row) -> int:
    place = row.whole_number(Column.IMAGE_POSITION)
    return LAST if place is None else place
