"""Shopify's product export: what its rows mean, and what is said about files that are broken. No database."""

import csv
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.errors import DomainError
from domain.product_rules import find_problems
from domain.products import CategoryPath, ImageData, ProductData, VariantData
from integrations.csv_file import LONGEST_FIELD, BrokenFileError, UnreadableFileError, opened_csv
from integrations.shopify import MOST_ROWS, opened_export
from integrations.shopify_cells import Refusal
from integrations.shopify_columns import WrongHeaderError
from integrations.shopify_products import RefusedProduct, ShopifyProduct, make_sku
from models import BackorderPolicy

DATA = Path(__file__).parents[1] / "data"
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
REAL_FILES = [path for name in ("apparel", "home-and-garden") if (path := SHARED / f"shopify-{name}.csv").exists()]
HEADER = "Handle,Title,Body (HTML),Variant Price\n"
LAMP = "lamp,Lamp,A lamp,19.99\n"

JUMPER = ProductData(
    slug="wool-jumper",
    name="Wool Jumper",
    vendor="Habesha Knits",
    description_html='<p>Knitted in a "soft" blend,\nwith wide sleeves.</p>',
    category=CategoryPath(("Apparel & Accessories", "Clothing", "Tops")),
    tags=("Wool", "Winter", "wool"),
    options=("Size", "Color"),
    variants=(
        VariantData(
            sku="WJ-S-SAND",
            option_values=("Small", "Sand"),
            price=Decimal("1450.00"),
            compare_at_price=Decimal("1600.00"),
            cost_price=Decimal("900.50"),
            barcode="6291041500213",
            weight_grams=454,
            quantity=4,
            image_url="https://example.com/jumper-sand.jpg",
        ),
        VariantData(
            sku="WOOL-JUMPER-LARGE-DARK-SAND",
            option_values=("Large", "Dark Sand"),
            price=Decimal(1500),
            weight_grams=500,
            backorder_policy=BackorderPolicy.ALLOW,
            image_url="https://example.com/jumper-back.jpg",
        ),
    ),
    images=(
        ImageData("https://example.com/jumper-front.jpg", "The front"),
        ImageData("https://example.com/jumper-back.jpg", "The back"),
        ImageData("https://example.com/jumper-label.jpg"),
        ImageData("https://example.com/jumper-sand.jpg"),
    ),
    seo_title="Wool jumper | Habesha",
    seo_description="Warm and light.",
)
WRAP = ProductData(
    slug="gift-wrap",
    name="Gift Wrap",
    is_active=False,
    variants=(
        VariantData(
            sku="GIFT-WRAP",
            price=Decimal(25),
            weight_grams=0,
            tracks_stock=False,
            requires_shipping=False,
            is_taxable=False,
        ),
    ),
)


def read(path: Path) -> list[ShopifyProduct | RefusedProduct]:
    with opened_export(path) as export:
        return list(export.products())


def products(path: Path) -> list[ShopifyProduct]:
    return [item for item in read(path) if isinstance(item, ShopifyProduct)]


def refusals(path: Path) -> list[tuple[int, str, str]]:
    """What the reader and the product's own rules refuse."""
    found: list[Refusal] = []
    for item in read(path):
        if isinstance(item, RefusedProduct):
            found += item.refusals
        else:
            problems = find_problems(item.data, "ETB")
            found += [Refusal(item.line_of(each.path), item.data.slug, each.message) for each in problems]
    return [(refusal.line, refusal.handle, refusal.reason) for refusal in found]


@pytest.fixture
def export(tmp_path: Path) -> Any:
    """Writes an export; gives its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "products.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("name", ["shopify-2024.csv", "shopify-2026.csv"])
def test_old_and_new_headers_say_the_same(name: str) -> None:
    jumper, wrap = products(DATA / name)

    assert jumper.data == JUMPER
    assert wrap.data == WRAP
    assert (jumper.line, jumper.variant_lines, jumper.image_lines) == (2, (2, 4), (4, 2, 5, 2))
    assert wrap.line == 6


def test_what_a_file_does_not_say_is_kept() -> None:
    with opened_export(DATA / "shopify-2024.csv") as full, opened_export(DATA / "shopify-refused.csv") as part:
        everything, some = full.merge, part.merge

    unknown = {"specifications", "features", "badge", "badge_color", "attributes", "is_customizable", "internal_notes"}
    assert everything.kept == unknown
    assert everything.kept_of_variants == {"minimum_level"}
    assert everything.sets_stock
    assert some.kept == unknown | {"vendor", "tags", "seo_title", "seo_description"}
    assert some.kept_of_variants == {
        *("minimum_level", "compare_at_price", "cost_price", "barcode", "weight_grams", "tracks_stock"),
        *("requires_shipping", "is_taxable", "image_url"),
    }


def test_quantities_are_kept_where_the_file_has_none(export: Any) -> None:
    with opened_export(export(HEADER + LAMP)) as opened:
        assert not opened.merge.sets_stock
        assert {"images", "is_active", "category"} <= opened.merge.kept
        assert "image_url" in opened.merge.kept_of_variants


@pytest.mark.parametrize(
    ("former", "kept"), [("20", Decimal(20)), ("19.99", None), ("5", None), ("0", None), ("", None)]
)
def test_former_price_is_kept_where_it_was_higher(export: Any, former: str, kept: Decimal | None) -> None:
    head = HEADER.replace("Variant Price", "Variant Price,Variant Compare At Price")
    (lamp,) = products(export(f"{head}lamp,Lamp,A lamp,19.99,{former}\n"))
    assert lamp.data.variants[0].compare_at_price == kept
    assert find_problems(lamp.data, "ETB") == []


def test_every_refusal_names_its_line() -> None:
    assert refusals(DATA / "shopify-refused.csv") == [
        (4, "minus", "The price -5 is negative."),
        (5, "euro", "Variant Price “19,99” is not an amount such as 19.99."),
        (6, "no-price", "Variant Price is empty."),
        (9, "sizes", "Variant Inventory Policy “perhaps” is none of deny, continue, false, true."),
        (9, "sizes", "Variant Inventory Qty “many” is not a whole number."),
        (11, "twice", "The SKU TWICE is there twice."),
        (14, "card", "It is a gift card, and there is nothing here yet that redeems it."),
        (15, "", "The row has no handle."),
        (16, "apart", "More rows of the product stand apart, from line 18: bring them together."),
        (18, "apart", "More rows of the product stand apart, from line 16: bring them together."),
        (19, "short", "The row has 5 cells where the first row has 15."),
        (20, "untitled", "The product has no name."),
        (
            21,
            "wrong handle",
            "“wrong handle” cannot stand in an address: use lower-case letters, digits and hyphens.",
        ),
        (22, "stray", "Image Position “one” is not a whole number."),
        (22, "stray", "Status “paused” is none of active, draft, archived, unlisted."),
    ]


def test_refused_products_do_not_hide_the_others() -> None:
    sound = [item.data.slug for item in products(DATA / "shopify-refused.csv") if not find_problems(item.data, "ETB")]

    assert sound == ["good-lamp", "stolen-sku", "between"]


@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
def test_real_exports_are_read_whole(path: Path) -> None:
    assert len(products(path)) == len(read(path)) == 20
    assert refusals(path) == []


@pytest.mark.parametrize(
    ("type_name", "branch", "category"),
    [
        ("Shirts", "Apparel > Tops", CategoryPath(("Shirts",))),
        ("", "Apparel > Tops", CategoryPath(("Apparel", "Tops"))),
        ("", "Uncategorized", None),
        ("", "", None),
    ],
)
def test_own_type_goes_before_the_taxonomy(
    export: Any, type_name: str, branch: str, category: CategoryPath | None
) -> None:
    path = export(f"Handle,Title,Type,Product Category,Variant Price\nlamp,Lamp,{type_name},{branch},5\n")

    assert products(path)[0].data.category == category


def test_category_without_its_names_is_refused(export: Any) -> None:
    path = export("Handle,Title,Product Category,Variant Price\nlamp,Lamp,hg-15-1-2,5\n")

    assert refusals(path) == [
        (2, "lamp", "The category “hg-15-1-2” is an id; write its names, such as “Apparel > Shoes”.")
    ]


@pytest.mark.parametrize(
    ("published", "status", "is_active"),
    [
        ("TRUE", "active", True),
        ("", "", True),
        ("true", "draft", False),
        ("FALSE", "active", False),
        ("true", "Archived", False),
        ("true", "unlisted", False),
    ],
)
def test_only_published_active_products_are_shown(export: Any, published: str, status: str, *, is_active: bool) -> None:
    path = export(f"Handle,Title,Published,Status,Variant Price\nlamp,Lamp,{published},{status},5\n")

    assert products(path)[0].data.is_active is is_active


def test_value_of_an_option_without_a_name_is_refused(export: Any) -> None:
    header = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Price\n"

    path = export(header + "lamp,Lamp,Size,S,,Red,5\n")

    assert refusals(path) == [(2, "lamp", "The value “Red” belongs to option 2, which has no name.")]


def test_sku_is_made_of_handle_and_options() -> None:
    assert make_sku("classic-varsity-top", ["Small"]) == "CLASSIC-VARSITY-TOP-SMALL"
    assert make_sku("lamp", []) == "LAMP"
    assert make_sku("lamp", ["Dark Blue", "+"]) == "LAMP-DARK-BLUE-+"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_make_no_difference(export: Any, end: str, mark: str) -> None:
    rows = 'first,First,"two\nlines",5\n\nsecond,Second,,6\n'

    first, second = products(export((mark + HEADER + rows).replace("\n", end)))

    assert (first.line, second.line) == (2, 5)
    assert first.data.description_html.split() == ["two", "lines"]


def test_description_may_be_a_megabyte(export: Any) -> None:
    body = "word " * 200_000

    (lamp,) = products(export(f"{HEADER}lamp,Lamp,{body},5\n"))

    assert lamp.data.description_html == body.strip()
    assert find_problems(lamp.data, "ETB") == []


def test_nul_characters_are_refused_with_their_product(export: Any) -> None:
    path = export(f"{HEADER}nul,N\0L,,5\n{LAMP}")

    assert refusals(path) == [(2, "nul", "The name cannot be stored with a NUL or half a surrogate pair in it.")]
    assert len(products(path)) == 2


def test_product_with_endless_rows_is_refused_and_skipped(export: Any) -> None:
    rows = "".join(f"endless,E,,{number}\n" for number in range(MOST_ROWS + 500))

    path = export(HEADER + rows + LAMP)

    assert refusals(path) == [(2, "endless", "The product has more than 4,000 rows.")]
    assert [item.data.slug for item in products(path)] == ["lamp"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty. Export the products again."),
        (b"\xef\xbb\xbf", "is empty. Export the products again."),
        (b"\n\n", "is empty. Export the products again."),
        ("Handle".encode("utf-16"), "is UTF-16 text, not CSV. Save it as “CSV UTF-8 (comma delimited)” and try again."),
        ("Handle".encode("utf-16-le"), "is UTF-16 text or no text at all, not CSV."),
        (b"PK\x03\x04\x14\0", "is a workbook or an archive, not CSV."),
    ],
)
def test_file_that_is_no_csv_is_refused(export: Any, content: bytes, message: str) -> None:
    path = export(content)

    with pytest.raises(UnreadableFileError) as refused:
        read(path)

    assert str(refused.value).startswith(f"{path} {message}")


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="does not exist"):
        read(tmp_path / "absent.csv")
    with pytest.raises(UnreadableFileError, match="is a folder or a device, not a file"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("name,cost\n", "the columns Handle, Title, Variant Price are missing from its first row"),
        ("Handle,Title\n", "the column Variant Price is missing from its first row"),
        ("Handle;Title;Variant Price\n", "its columns are separated by semicolons instead of commas"),
        ("Handle\tTitle\tVariant Price\n", "its columns are separated by tabs instead of commas"),
        ("Handle,Title,Variant Price,title\n", "the column Title is there twice"),
    ],
)
def test_wrong_header_says_what_is_missing(export: Any, header: str, reason: str) -> None:
    path = export(header)

    with pytest.raises(WrongHeaderError) as refused:
        read(path)

    assert str(refused.value) == (
        f"{path} is not a Shopify product export: {reason}. "
        "Export it anew in Shopify's admin under Products with “Export”, as “Plain CSV file”."
    )


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (
            (HEADER + "a,A,one,5\n" + "b,B,Caf\xe9,5\n").encode("latin-1"),
            3,
            "The byte 0xE9 after “b,B,Caf” is not UTF-8.",
        ),
        (HEADER + LAMP + 'b,B,"open,5\nc,C,,5\n', 3, "A quotation mark that opens in this row is never closed."),
        (HEADER + 'b,B,"say "hi"",5\n', 2, "A quotation mark inside a quoted field is not doubled."),
        (HEADER + f'b,B,"{"x" * (LONGEST_FIELD + 1)}",5\n', 2, "A field has more than 4,194,304 characters;"),
    ],
)
def test_broken_file_is_refused_before_its_first_product(
    export: Any, content: str | bytes, line: int, reason: str
) -> None:
    path = export(content)

    with pytest.raises(BrokenFileError) as refused, opened_export(path):
        pytest.fail("The export was opened.")

    assert str(refused.value).startswith(f"{path}, line {line}: {reason}")


def test_every_failure_of_a_file_is_expected() -> None:
    assert all(issubclass(each, DomainError) for each in (UnreadableFileError, BrokenFileError, WrongHeaderError))


def test_file_can_be_read_from_its_beginning_again(export: Any) -> None:
    with opened_csv(export("\ufeff" + HEADER + LAMP)) as file:
        first, again = [list(file.records()) for _ in range(2)]

    assert first == again
    assert first[0].cells[0] == "Handle"


def rows_of_many_products(count: int) -> Iterator[list[str]]:
    for number in range(count):
        yield [f"product-{number}", f"Product {number}", "<p>" + f"word{number} " * 150 + "</p>", "19.99"]


def test_large_file_is_read_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        csv.writer(file).writerows(rows_of_many_products(8_000))
    size = path.stat().st_size

    tracemalloc.start()
    with opened_export(path) as export:
        count = sum(1 for _ in export.products())
        position = export.position_bytes
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size > 10_000_000
    assert (count, position) == (8_000, size)
    assert peak < 1_000_000
