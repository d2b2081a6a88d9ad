"""The columns of a Shopify product export, by their names of today and of earlier years.

Sources: https://help.shopify.com/en/manual/products/import-export/using-csv and the sample file
https://help.shopify.com/csv/product_template.csv (2026), older exports of 2016 to 2024. Columns that are not named
here (markets, metafields, Google Shopping, tax codes, unit prices, linked options) are ignored.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import DomainError
from domain.products import Merge


class Column(StrEnum):
    """What a column says, by the name that most exports give it."""

    HANDLE = "Handle"
    TITLE = "Title"
    BODY = "Body (HTML)"
    VENDOR = "Vendor"
    TYPE = "Type"
    CATEGORY = "Product Category"
    TAGS = "Tags"
    PUBLISHED = "Published"
    STATUS = "Status"
    GIFT_CARD = "Gift Card"
    SEO_TITLE = "SEO Title"
    SEO_DESCRIPTION = "SEO Description"
    OPTION1_NAME = "Option1 Name"
    OPTION1_VALUE = "Option1 Value"
    OPTION2_NAME = "Option2 Name"
    OPTION2_VALUE = "Option2 Value"
    OPTION3_NAME = "Option3 Name"
    OPTION3_VALUE = "Option3 Value"
    SKU = "Variant SKU"
    PRICE = "Variant Price"
    COMPARE_AT_PRICE = "Variant Compare At Price"
    COST = "Cost per item"
    BARCODE = "Variant Barcode"
    GRAMS = "Variant Grams"
    TRACKER = "Variant Inventory Tracker"
    QUANTITY = "Variant Inventory Qty"
    POLICY = "Variant Inventory Policy"
    REQUIRES_SHIPPING = "Variant Requires Shipping"
    TAXABLE = "Variant Taxable"
    VARIANT_IMAGE = "Variant Image"
    IMAGE = "Image Src"
    IMAGE_POSITION = "Image Position"
    IMAGE_ALT_TEXT = "Image Alt Text"


OTHER_NAMES = {
    Column.HANDLE: ("URL handle",),
    Column.BODY: ("Body HTML", "Description"),
    Column.TYPE: ("Custom Product Type",),
    Column.CATEGORY: ("Standardized Product Type",),
    Column.PUBLISHED: ("Published on online store",),
    Column.SKU: ("SKU",),
    Column.PRICE: ("Price",),
    Column.COMPARE_AT_PRICE: ("Compare-at price",),
    Column.BARCODE: ("Barcode", "Barcodes"),
    Column.GRAMS: ("Weight value (grams)",),
    Column.TRACKER: ("Inventory tracker",),
    Column.QUANTITY: ("Inventory quantity",),
    Column.POLICY: ("Continue selling when out of stock",),
    Column.REQUIRES_SHIPPING: ("Requires shipping",),
    Column.TAXABLE: ("Charge tax",),
    Column.VARIANT_IMAGE: ("Variant image URL",),
    Column.IMAGE: ("Product image URL",),
}
"""What columns were called earlier or are called today. Case does not matter."""

OPTIONS = (
    (Column.OPTION1_NAME, Column.OPTION1_VALUE),
    (Column.OPTION2_NAME, Column.OPTION2_VALUE),
    (Column.OPTION3_NAME, Column.OPTION3_VALUE),
)
REQUIRED = (Column.HANDLE, Column.TITLE, Column.PRICE)

UNKNOWN_TO_SHOPIFY = frozenset({"specifications", "features", "badge", "badge_color", "attributes"}) | {
    *("is_customizable", "internal_notes")
}
SOURCES = {
    "vendor": (Column.VENDOR,),
    "description": (Column.BODY,),
    "category": (Column.TYPE, Column.CATEGORY),
    "tags": (Column.TAGS,),
    "images": (Column.IMAGE,),
    "is_active": (Column.PUBLISHED, Column.STATUS),
    "seo_title": (Column.SEO_TITLE,),
    "seo_description": (Column.SEO_DESCRIPTION,),
}
"""The columns that fill a field of the product; any of them does."""

SOURCES_OF_VARIANTS = {
    "compare_at_price": Column.COMPARE_AT_PRICE,
    "cost_price": Column.COST,
    "barcode": Column.BARCODE,
    "weight_grams": Column.GRAMS,
    "tracks_stock": Column.TRACKER,
    "backorder_policy": Column.POLICY,
    "requires_shipping": Column.REQUIRES_SHIPPING,
    "is_taxable": Column.TAXABLE,
    "image_url": Column.VARIANT_IMAGE,
}


class WrongHeaderError(DomainError):
    """The first row does not name the columns of a product export."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} is not a Shopify product export: {reason}. "
            "Export it anew in Shopify's admin under Products with “Export”, as “Plain CSV file”."
        )


@dataclass(frozen=True, slots=True)
class Header:
    """Which columns the file has, and where."""

    names: Sequence[str]
    places: Mapping[Column, int]

    def name(self, column: Column) -> str:
        """What the file calls the column."""
        return self.names[self.places[column]] if column in self.places else column.value

    def without(self, columns: Collection[Column]) -> "Header":
        """The same as if those columns were not there."""
        return Header(self.names, {column: place for column, place in self.places.items() if column not in columns})

    @property
    def merge(self) -> Merge:
        """As in Shopify, a column that is not there keeps what is stored, and an empty cell erases it."""
        absent = {field for field, columns in SOURCES.items() if not self.places.keys() & set(columns)}
        absent_of_variants = {field for field, column in SOURCES_OF_VARIANTS.items() if column not in self.places}
        if "images" in absent:
            absent_of_variants.add("image_url")
        return Merge(
            kept=UNKNOWN_TO_SHOPIFY | absent,
            kept_of_variants=frozenset({"minimum_level"} | absent_of_variants),
            sets_stock=Column.QUANTITY in self.places,
        )


def read_header(file_name: str, cells: Sequence[str]) -> Header:
    """Find the columns. Raises WrongHeaderError where one that is needed is missing or stands there twice."""
    names = [cell.strip() for cell in cells]
    folded = [name.casefold() for name in names]
    places = {}
    for column in Column:
        known = [alias.casefold() for alias in (column, *OTHER_NAMES.get(column, ())) if alias.casefold() in folded]
        if known:
            places[column] = folded.index(known[0])
        if known and folded.count(known[0]) > 1:
            raise WrongHeaderError(file_name, f"the column {names[places[column]]} is there twice")
    missing = [column.value for column in REQUIRED if column not in places]
    if missing:
        raise WrongHeaderError(file_name, _explain(missing, cells))
    return Header(names, places)


def _explain(missing: Sequence[str], cells: Sequence[str]) -> str:
    for separator, plural in ((";", "semicolons"), ("\t", "tabs")):
        if len(cells) == 1 and separator in cells[0]:
            return f"its columns are separated by {plural} instead of commas"
    columns = "column" if len(missing) == 1 else "columns"
    return f"the {columns} {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing from its first row"
