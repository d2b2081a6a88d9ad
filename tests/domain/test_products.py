"""The rules that a whole product obeys, its texts, and what an update of it changes. No database."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from domain.category_paths import Branch, CategoryTree
from domain.product_conflicts import find_conflicts, match_variants
from domain.product_planning import Plan, plan
from domain.product_rules import MOST_TAGS_OF_HTML, find_problems
from domain.product_state import Row, Stored
from domain.product_texts import paragraphs, plain_text, sanitised
from domain.products import CategoryPath, Fate, ImageData, Merge, ProductData, VariantData
from domain.slugs import is_slug, slugify
from tests.domain.markup_attacks import HTML, harm_in

UNRESERVED = {"reserved": 0, "backordered": 0}
LAMP = ProductData(slug="lamp", name="Lamp", variants=(VariantData(sku="LAMP", price=Decimal("19.99"), quantity=3),))
SHIRT = ProductData(
    slug="shirt",
    name="Shirt",
    options=("Size", "Color"),
    images=(ImageData("https://example.com/red.jpg"),),
    variants=(
        VariantData(
            sku="S-RED", price=Decimal(20), option_values=("S", "Red"), image_url="https://example.com/red.jpg"
        ),
        VariantData(sku="M-RED", price=Decimal(21), option_values=("M", "Red")),
    ),
)


def problems(product: ProductData, currency: str = "ETB") -> list[tuple[tuple[str | int, ...], str]]:
    return [(problem.path, problem.message) for problem in find_problems(product, currency)]


def lamp(**changes: Any) -> ProductData:
    """The lamp with changes of its only variant."""
    return replace(LAMP, variants=(replace(LAMP.variants[0], **changes),))


def test_sound_products_have_no_problems() -> None:
    assert problems(LAMP) == []
    assert problems(SHIRT) == []


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"name": " "}, ("name",), "The product has no name."),
        ({"name": "x" * 256}, ("name",), "The name has 256 characters; 255 fit."),
        ({"name": "La\0mp"}, ("name",), "The name cannot be stored with a NUL or half a surrogate pair in it."),
        (
            {"vendor": "\ud83d"},
            ("vendor",),
            "The vendor cannot be stored with a NUL or half a surrogate pair in it.",
        ),
        (
            {"attributes": {"size": ["\0"]}},
            ("attributes", "size", 0),
            "The attributes cannot be stored with a NUL or half a surrogate pair in it.",
        ),
        ({"attributes": {"size": float("nan")}}, ("attributes",), "The attributes cannot be written as JSON."),
        ({"seo_title": "x" * 256}, ("seo_title",), "The SEO title has 256 characters; 255 fit."),
        (
            {"description_html": "x" * 1_000_001},
            ("description_html",),
            "The description HTML has 1,000,001 characters; 1,000,000 fit.",
        ),
        (
            {"description_html": "<b>" * (MOST_TAGS_OF_HTML + 1)},
            ("description_html",),
            "The description has more than 10,000 HTML elements.",
        ),
        ({"badge_color": "red"}, ("badge_color",), "“red” is not a colour such as #1F7A4D."),
        ({"category": CategoryPath(())}, ("category",), "A category has between 1 and 10 levels, not 0."),
        (
            {"category": CategoryPath(("Home", "&"))},
            ("category",),
            "The category “&” has no letters or digits in its name.",
        ),
        ({"tags": ("new", "!!")}, ("tags", 1), "The tag “!!” has no letters or digits."),
        (
            {"images": (ImageData("javascript:alert(1)"),)},
            ("images", 0, "url"),
            "“javascript:alert(1)” is not the address of an image.",
        ),
        (
            {"images": (ImageData("/a.svg"), ImageData("/b.svg"), ImageData("/a.svg"))},
            ("images", 2, "url"),
            "The image /a.svg is there twice.",
        ),
        ({"variants": ()}, ("variants",), "A product has between 1 and 2,048 variants, not 0."),
        (
            {"created_at": datetime(2026, 1, 5)},  # noqa: DTZ001 - what is refused
            ("created_at",),
            "The time of creation 2026-01-05 00:00:00 has no time zone.",
        ),
    ],
)
def test_unsound_product_is_explained(changes: dict[str, Any], path: tuple[str | int, ...], message: str) -> None:
    assert problems(replace(LAMP, **changes)) == [(path, message)]


@pytest.mark.parametrize("slug", ["", "Lamp", "la mp", "a/b", "a?b", "50%", "a#b", "a\x07b"])
def test_slug_that_no_address_can_carry_is_refused(slug: str) -> None:
    assert [path for path, _ in problems(replace(LAMP, slug=slug))] == [("slug",)]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("price", Decimal("-0.01"), "The price -0.01 is negative."),
        ("price", Decimal("1.999"), "The price 1.999 has more than two decimal places."),
        ("price", Decimal(10000000000), "The price 10000000000 is above 9999999999.99."),
        ("price", Decimal("NaN"), "The price is not a number."),
        ("compare_at_price", Decimal(-5), "The compare at price -5 is negative."),
        (
            "compare_at_price",
            Decimal("19.99"),
            "The compare at price 19.99 is not above the price 19.99. Raise it, or take it away.",
        ),
        ("cost_price", Decimal("Infinity"), "The cost price is not a number."),
        ("weight_grams", -1, "The weight grams -1 is not between 0 and 2147483647."),
        ("quantity", 2**31, "The quantity 2147483648 is not between 0 and 2147483647."),
        ("minimum_level", -1, "The minimum level -1 is not between 0 and 2147483647."),
        ("sku", " ", "The variant has no SKU."),
        ("sku", "x" * 256, "The SKU has 256 characters; 255 fit."),
        ("barcode", "1" * 65, "The barcode has 65 characters; 64 fit."),
        ("image_url", "/other.svg", "/other.svg is not among the product's images."),
    ],
)
def test_unsound_variant_is_explained(field: str, value: object, message: str) -> None:
    where = ("variants", 0, field)

    assert problems(lamp(**{field: value})) == [(where, message)]


def test_amounts_may_be_written_with_more_zeros() -> None:
    assert problems(lamp(price=Decimal("9.990"), cost_price=Decimal("1E+3"))) == []


def test_variants_differ_in_sku_and_options() -> None:
    small, medium = SHIRT.variants

    same_sku = replace(SHIRT, variants=(small, replace(medium, sku="S-RED")))
    same_options = replace(SHIRT, variants=(small, replace(medium, option_values=("S", "Red"))))
    without_options = replace(LAMP, variants=(LAMP.variants[0], replace(LAMP.variants[0], sku="LAMP-2")))

    assert problems(same_sku) == [(("variants", 1, "sku"), "The SKU S-RED is there twice.")]
    assert problems(same_options) == [(("variants", 1, "option_values"), "Two variants have the options “S / Red”.")]
    assert problems(without_options) == [
        (("variants", 1, "option_values"), "The product has several variants and no options in which they differ.")
    ]


def test_every_variant_has_a_value_for_each_option() -> None:
    small, medium = SHIRT.variants

    too_few = replace(SHIRT, variants=(small, replace(medium, option_values=("M",))))
    empty = replace(SHIRT, variants=(small, replace(medium, option_values=("M", " "))))

    assert problems(too_few) == [
        (("variants", 1, "option_values"), "The variant M-RED has 1 option values where the product has 2 options.")
    ]
    assert problems(empty) == [(("variants", 1, "option_values"), "The variant M-RED has no value for Color.")]


def test_options_have_different_names() -> None:
    assert problems(replace(SHIRT, options=("Size", "size"))) == [(("options", 1), "The option “size” is there twice.")]
    assert problems(replace(SHIRT, options=("Size", ""))) == [(("options", 1), "Option 2 has no name.")]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Home & Garden", "home-garden"),
        ("  T-Shirts  ", "t-shirts"),
        ("\uff26ull", "full"),
        ("ጫማ እና ቦርሳ", "ጫማ-እና-ቦርሳ"),
        ("Übergröße", "übergröße"),
        ("!?", ""),
    ],
)
def test_names_become_slugs_in_any_script(name: str, slug: str) -> None:
    assert slugify(name) == slug


@given(st.text())
def test_slug_of_any_name_can_stand_in_an_address(name: str) -> None:
    slug = slugify(name)

    assert slug == "" or is_slug(slug)
    assert slugify(slug) == slug


def test_html_keeps_what_formats_text() -> None:
    html = (
        '<h2>Soft</h2><p>A <strong>warm</strong> <a href="https://example.com">top</a></p><ul><li>Wool</li></ul>'
        '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table><img src="/a.jpg" alt="A">'
    )

    assert sanitised(html) == html.replace('com">', 'com" rel="noopener noreferrer">')


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<script>alert(1)</script>Hi", "Hi"),
        ('<p style="color:red" class="x" onclick="x()">Hi</p>', "<p>Hi</p>"),
        ('<a href="javascript:alert(1)">Hi</a>', '<a rel="noopener noreferrer">Hi</a>'),
        ('<iframe src="https://example.com"></iframe>Hi', "Hi"),
        ("<svg><script>alert(1)</script></svg>Hi", "Hi"),
        ("<form><input name=x>Hi</form>", "Hi"),
        ("5 < 6 & 7", "5 &lt; 6 &amp; 7"),
    ],
)
def test_html_loses_what_runs_styles_or_embeds(html: str, left: str) -> None:
    assert sanitised(html) == left


def test_nothing_that_harms_is_left_of_html() -> None:
    for attack in HTML:
        assert harm_in(sanitised(attack)) == [], attack


@given(st.text())
def test_sanitised_html_stays_as_it_is(html: str) -> None:
    once = sanitised(html)

    assert sanitised(once) == once


def test_plain_text_has_a_line_for_each_block() -> None:
    html = "<p>Fish &amp;  chips<br>with <em>peas</em></p>\n\n<ul><li>salt</li><li>vin<b>egar</b></li></ul>"

    assert plain_text(html) == "Fish & chips\nwith peas\nsalt\nvinegar"


def test_plain_text_becomes_paragraphs() -> None:
    assert paragraphs("Fish & chips\nwith peas\n\n\nSalt < vinegar") == (
        "<p>Fish &amp; chips with peas</p>\n<p>Salt &lt; vinegar</p>"
    )


def stored_rows(**changes: Any) -> Stored:
    """A database that holds nothing of the batch, with changes."""
    nothing: dict[str, Any] = {name: {} for name in ("products", "variants", "images", "product_tags", "sku_owners")}
    return Stored(**{**nothing, "tags": {}, "categories": CategoryTree(), **changes})


def as_stored(planned: Plan) -> Stored:
    """What a database holds after the plan was written to an empty one."""
    rows = planned.changes.inserted
    product: Row = rows["products"][0]
    variants = [
        {**variant, **UNRESERVED, "stock_id": stock["id"], **{k: stock[k] for k in ("quantity", "minimum_level")}}
        for variant, stock in zip(rows["product_variants"], rows["stock_levels"], strict=True)
    ]
    tree = CategoryTree()
    tree.take(Branch(**row) for row in rows["categories"])
    return stored_rows(
        products={product["slug"]: {**product, "deleted_at": None}},
        variants={product["id"]: variants},
        images={product["id"]: rows["product_images"]},
        product_tags={product["id"]: frozenset(row["tag_id"] for row in rows["product_tags"])},
        sku_owners={row["sku"]: product["slug"] for row in variants},
        tags={row["slug"]: row["id"] for row in rows["tags"]},
        categories=tree,
    )


FULL = replace(
    SHIRT,
    category=CategoryPath(("Clothing", "Tops")),
    tags=("Cotton", "New"),
    description_html="<p>Soft</p>",
    attributes={"care": ["cold", {"times": 1.5}]},
    specifications=(("Weight", "120 g"),),
)


def test_new_product_is_planned_whole() -> None:
    planned = plan([FULL], stored_rows(), Merge())

    rows = planned.changes.inserted
    assert [outcome.fate for outcome in planned.outcomes] == [Fate.CREATED]
    assert {table: len(rows[table]) for table in rows} == {
        "products": 1,
        "product_variants": 2,
        "stock_levels": 2,
        "product_images": 1,
        "tags": 2,
        "product_tags": 2,
        "categories": 2,
    }
    assert rows["products"][0]["default_variant_id"] == rows["product_variants"][0]["id"]
    assert rows["products"][0]["options"] == [
        {"name": "Size", "values": ["S", "M"]},
        {"name": "Color", "values": ["Red"]},
    ]
    assert rows["products"][0]["description"] == "Soft"
    assert rows["product_variants"][0]["image_id"] == rows["product_images"][0]["id"]
    assert [row["slug"] for row in rows["categories"]] == ["clothing", "clothing-tops"]


def test_same_product_again_changes_nothing() -> None:
    stored = as_stored(plan([FULL], stored_rows(), Merge()))

    again = plan([FULL], stored, Merge(sets_stock=True))

    assert [outcome.fate for outcome in again.outcomes] == [Fate.UNCHANGED]
    assert not any(again.changes.inserted.values())
    assert not any(again.changes.updated.values())
    assert not any(again.changes.deleted.values())


def test_change_of_a_variant_touches_its_product() -> None:
    stored = as_stored(plan([FULL], stored_rows(), Merge()))
    small, medium = FULL.variants

    planned = plan([replace(FULL, variants=(small, replace(medium, barcode="123")))], stored, Merge())

    assert planned.outcomes[0].fate == Fate.UPDATED
    assert [row["sku"] for row in planned.changes.updated["product_variants"]] == ["M-RED"]
    assert [row["slug"] for row in planned.changes.updated["products"]] == ["shirt"]


def test_change_of_stock_leaves_the_product_alone() -> None:
    stored = as_stored(plan([LAMP], stored_rows(), Merge()))

    ignored = plan([lamp(quantity=9)], stored, Merge())
    planned = plan([lamp(quantity=9)], stored, Merge(sets_stock=True))

    assert ignored.outcomes[0].fate == Fate.UNCHANGED
    assert planned.outcomes[0].fate == Fate.UPDATED
    assert [row["quantity"] for row in planned.changes.updated["stock_levels"]] == [9]
    assert not planned.changes.updated["products"]


def test_kept_fields_stay_as_they_are_stored() -> None:
    stored = as_stored(plan([FULL], stored_rows(), Merge()))
    bare = replace(SHIRT, images=(), variants=tuple(replace(each, image_url=None) for each in SHIRT.variants))
    kept = frozenset({"category", "tags", "description", "attributes", "specifications", "images"})

    planned = plan([bare], stored, Merge(kept, frozenset({"image_url"})))

    assert planned.outcomes[0].fate == Fate.UNCHANGED


def test_what_the_data_does_not_name_is_removed() -> None:
    stored = as_stored(plan([FULL], stored_rows(), Merge()))
    bare = replace(FULL, tags=("New",), images=(), variants=(replace(FULL.variants[0], image_url=None),))

    removed = plan([bare], stored, Merge()).changes.deleted

    assert {table: len(rows) for table, rows in removed.items()} == {
        "product_variants": 1,
        "product_images": 1,
        "product_tags": 1,
    }


def test_only_fields_can_be_kept() -> None:
    with pytest.raises(ValueError, match=r"No such field can be kept: colour, sku\."):
        Merge(frozenset({"colour"}), frozenset({"sku"}))
    with pytest.raises(ValueError, match="the variants' are kept as well"):
        Merge(frozenset({"images"}))


def variant_rows(*variants: tuple[str, str, int]) -> list[Row]:
    return [
        {
            "id": uuid7(),
            "sku": sku,
            "option_values": [{"name": "Size", "value": size}],
            "reserved": reserved,
            "backordered": 0,
        }
        for sku, size, reserved in variants
    ]


def sized(slug: str, *variants: tuple[str, str, int]) -> ProductData:
    return ProductData(
        slug=slug,
        name=slug,
        options=("Size",),
        variants=tuple(
            VariantData(sku=sku, price=Decimal(1), option_values=(size,), quantity=quantity)
            for sku, size, quantity in variants
        ),
    )


def test_variants_match_by_sku_and_then_by_options() -> None:
    rows = variant_rows(("A", "S", 0), ("B", "M", 0), ("C", "L", 0))

    matches = match_variants(sized("x", ("B", "S", 0), ("NEW", "L", 0), ("OTHER", "XL", 0)).variants, rows)

    assert [match and match["sku"] for match in matches] == ["B", "C", None]


def stored_product(slug: str, rows: list[Row], **owners: str) -> Stored:
    product_id: UUID = uuid7()
    return stored_rows(
        products={slug: {"id": product_id, "deleted_at": None}}, variants={product_id: rows}, sku_owners=owners
    )


def test_stock_never_falls_below_what_is_reserved() -> None:
    stored = stored_product("top", variant_rows(("A", "S", 3)))
    data = sized("top", ("A", "S", 2))

    assert find_conflicts([data], stored, Merge()) == {}
    assert [(each.path, each.message) for each in find_conflicts([data], stored, Merge(sets_stock=True))["top"]] == [
        (("variants", 0, "quantity"), "Reserved stock of A is 3: its quantity cannot become 2.")
    ]


def test_variant_with_reserved_units_is_not_removed() -> None:
    stored = stored_product("top", variant_rows(("A", "S", 0), ("B", "M", 1)))

    conflicts = find_conflicts([sized("top", ("A", "S", 0))], stored, Merge())

    assert [each.message for each in conflicts["top"]] == ["Reserved stock of B is 1: the variant cannot be removed."]


def test_sku_of_another_product_is_refused() -> None:
    conflicts = find_conflicts([sized("top", ("A", "S", 0))], stored_rows(sku_owners={"A": "shirt"}), Merge())

    assert [(each.path, each.message) for each in conflicts["top"]] == [
        (("variants", 0, "sku"), "The SKU A belongs to the product “shirt”.")
    ]


def test_first_product_of_a_batch_gets_the_sku() -> None:
    batch = [sized("first", ("A", "S", 0)), sized("second", ("A", "S", 0)), sized("third", ("B", "S", 0))]

    assert set(find_conflicts(batch, stored_rows(), Merge())) == {"second"}


def test_sku_can_move_between_products_of_a_batch() -> None:
    owners = {"A": "left", "B": "right"}
    swapped = [sized("left", ("B", "S", 0)), sized("right", ("A", "S", 0))]

    assert find_conflicts(swapped, stored_rows(sku_owners=owners), Merge()) == {}
    assert set(find_conflicts(swapped[:1], stored_rows(sku_owners=owners), Merge())) == {"left"}


def test_sku_stays_with_an_owner_that_is_refused() -> None:
    stored = stored_rows(sku_owners={"A": "left", "X": "elsewhere"})
    batch = [sized("left", ("X", "S", 0)), sized("right", ("A", "S", 0))]

    assert set(find_conflicts(batch, stored, Merge())) == {"left", "right"}


def test_unknown_category_is_refused() -> None:
    conflicts = find_conflicts([replace(LAMP, category="lamps")], stored_rows(), Merge())

    assert [each.message for each in conflicts["lamp"]] == ["There is no category “lamps”."]


def branch(slug: str, name: str, parent: Branch | None = None) -> Branch:
    return Branch(uuid7(), parent.id if parent else None, slug, name)


def tree(*branches: Branch) -> CategoryTree:
    found = CategoryTree()
    found.take(branches)
    return found


def test_path_finds_the_categories_that_there_are() -> None:
    home = branch("home", "Home")
    switches = branch("switches", "Switches", home)
    found = tree(home, switches)

    assert found.place(("Home", "switches")) == switches.id
    assert found.place(("Switches",)) == switches.id
    assert found.added == []


def test_path_finds_categories_that_were_renamed_or_moved() -> None:
    home = branch("home", "House & Home")
    renamed = branch("home-decor", "Decoration", home)
    moved = branch("home-light", "Light")
    found = tree(home, renamed, moved)

    assert found.place(("Home", "Decor")) == renamed.id
    assert found.place(("Home", "Light")) == moved.id
    assert found.added == []


def test_path_never_takes_a_category_that_only_sounds_alike() -> None:
    other = branch("home-decor", "Home Decor")
    found = tree(other)

    placed = found.place(("Home", "Decor"))

    assert placed != other.id
    assert [(each.name, each.slug.rpartition("-")[0]) for each in found.added][1] == ("Decor", "home-decor")
    assert found.place(("Home", "Decor")) == placed
