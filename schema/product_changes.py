"""Making and changing products: what is asked for, and what comes of it."""

from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

import models
from domain.bulk_editing import Edited
from domain.product_rules import MOST_IMAGES
from resolvers.catalog import picture_of
from resolvers.editing import EditedItems, part_of
from resolvers.input_rules import KeyRule, NestedRule
from schema import editing
from schema.catalog import Product
from schema.editing import ItemNotFound, RevisionNotFound, SlugTaken, TrashedItems
from schema.enums import Badge
from schema.inputs import choice, items, json_object, key, mutation_input, text
from schema.payloads import payload
from schema.problems import Conflict, InvalidInput, Problem
from schema.variant_changes import NewVariantInput, ProductImageInput, SpecificationInput, UpdateVariantInput

MOST_VARIANTS = 250
"""The most that one change adds, changes or removes."""

LONGEST_ATTRIBUTES = 100_000
DEEPEST_ATTRIBUTES = 8
MOST_OPTIONS = 10
LONGEST_COLOR = 7


def category() -> Any:
    """The field for where a product stands."""
    return key("Where it stands in the catalogue; null for nowhere.", "Category", clearable=True)


def description_html() -> Any:
    """The field for what a product is."""
    return editing.long_text(
        "What it is, as HTML, of which is kept what is safe to show; or else `descriptionMarkdown`."
    )


def description_markdown() -> Any:
    """The field for the same as Markdown."""
    return editing.long_text("What it is, as Markdown, of which `descriptionHtml` is made.")


def badge() -> Any:
    """The field for the label of a product."""
    return choice("The label on its card; null for none.", clearable=True)


def badge_color() -> Any:
    """The field for the colour of the label."""
    return text("The label's colour as `#RRGGBB`; null for the usual one.", longest=LONGEST_COLOR, clearable=True)


def specifications() -> Any:
    """The field for the technical data of a product."""
    return items("Its technical data, in the order to show it.", NestedRule(makes=dict))


def attributes() -> Any:
    """The field for further data."""
    return json_object(
        "Further data for frontends: its `metadata`.", longest=LONGEST_ATTRIBUTES, deepest=DEEPEST_ATTRIBUTES
    )


def images() -> Any:
    """The field for the pictures of a product."""
    return items("Its pictures, in the order to show them.", NestedRule(makes=picture_of), most=MOST_IMAGES)


def options() -> Any:
    """The field for what the variants of a product differ in."""
    return editing.words("What its variants differ in, such as `Size`.", most=MOST_OPTIONS)


def new_variants(description: str, *, least: int) -> Any:
    """A field for variants that are new."""
    return items(description, NestedRule(makes=dict), most=MOST_VARIANTS, least=least)


@mutation_input("A new product. Visitors do not see it until it is published.")
class CreateProductInput:
    """A product."""

    name: str = editing.line("What it is called.", shortest=1)
    slug: str | None = editing.slug("Its name in addresses; made of the name when absent.")
    category: strawberry.ID | None = category()
    vendor: str | None = editing.line("Who makes it; null where that is not said.", clearable=True)
    description_html: str | None = description_html()
    description_markdown: str | None = description_markdown()
    badge: Badge | None = badge()
    badge_color: str | None = badge_color()
    features: list[str] | None = editing.words("What speaks for it, a few words each.")
    specifications: list[SpecificationInput] | None = specifications()
    attributes: JSON | None = attributes()
    is_customizable: bool | None = choice("Whether it is made to order.")
    tags: list[str] | None = editing.words("Its labels, by name. Those that are new are made.")
    images: list[ProductImageInput] | None = images()
    options: list[str] | None = options()
    variants: list[NewVariantInput] = new_variants("Its variants, of which the first is shown.", least=1)
    seo_title: str | None = editing.line("Its title for search engines; null for its own.", clearable=True)
    seo_description: str | None = editing.line("Its summary for search engines; null for none.", clearable=True)
    internal_notes: str | None = editing.long_text("What only staff should know.", clearable=True)


@mutation_input("Changes of a product. What is left out stays as it is.")
class UpdateProductInput:
    """What is changed."""

    id: strawberry.ID = key("The product.", "Product")
    expected_version: int = editing.expected_version()
    name: str | None = editing.line("What it is called.", shortest=1)
    slug: str | None = editing.slug()
    category: strawberry.ID | None = category()
    vendor: str | None = editing.line("Who makes it; null where that is not said.", clearable=True)
    description_html: str | None = description_html()
    description_markdown: str | None = description_markdown()
    badge: Badge | None = badge()
    badge_color: str | None = badge_color()
    features: list[str] | None = editing.words("What speaks for it, a few words each.")
    specifications: list[SpecificationInput] | None = specifications()
    attributes: JSON | None = attributes()
    is_customizable: bool | None = choice("Whether it is made to order.")
    tags: list[str] | None = editing.words("Its labels, by name. Those that are new are made.")
    images: list[ProductImageInput] | None = images()
    options: list[str] | None = options()
    add_variants: list[NewVariantInput] | None = new_variants("Variants to add.", least=0)
    update_variants: list[UpdateVariantInput] | None = items(
        "Variants to change; the others stay as they are.", NestedRule(makes=part_of), most=MOST_VARIANTS
    )
    remove_variants: list[strawberry.ID] | None = items(
        "Variants to remove. Those with reserved stock stay.",
        KeyRule(type_name="ProductVariant"),
        most=MOST_VARIANTS,
    )
    seo_title: str | None = editing.line("Its title for search engines; null for its own.", clearable=True)
    seo_description: str | None = editing.line("Its summary for search engines; null for none.", clearable=True)
    internal_notes: str | None = editing.long_text("What only staff should know.", clearable=True)


@mutation_input("Changes of several products, each by itself.")
class UpdateProductsInput:
    """Products."""

    items: list[UpdateProductInput] = editing.changes()


@mutation_input("A product as an editor has read it.")
class ReadProductInput:
    """A product and its version."""

    id: strawberry.ID = key("The product.", "Product")
    expected_version: int = editing.version_read()


@mutation_input("Which products to put into the trash, where nobody sees them.")
class TrashProductsInput:
    """Products."""

    items: list[ReadProductInput] = editing.read_items()


@mutation_input("Which products to take out of the trash. Visitors do not see them until they are published.")
class RestoreProductsInput:
    """Products."""

    ids: list[strawberry.ID] = editing.keys("Product")


@mutation_input("Which version a product is to say again.")
class RestoreProductRevisionInput:
    """A product and one of its versions."""

    id: strawberry.ID = key("The product.", "Product")
    expected_version: int = editing.version_read()
    version: int = editing.earlier_version()


@mutation_input("Which product readers are to see.")
class PublishProductInput:
    """A product as it was read."""

    id: strawberry.ID = key("The product.", "Product")
    expected_version: int = editing.version_read()


@mutation_input("Which product readers are to see no more.")
class UnpublishProductInput:
    """A product as it was read."""

    id: strawberry.ID = key("The product.", "Product")
    expected_version: int = editing.version_read()


@payload(Edited, "What became of one product.")
class EditedProduct:
    """A product, or a problem."""

    product: Product | None = editing.edited_item(models.Product)
    problem: Problem | None = editing.edited_problem()


@payload(EditedItems, "What became of the changes of several products, each by itself.")
class EditedProducts:
    """The results."""

    results: list[EditedProduct] = strawberry.field(description="One for each change, in their order.")


CreateProductResult = Annotated[
    Product | InvalidInput | SlugTaken,
    strawberry.union("CreateProductResult", description="The new product, or why there is none."),
]
UpdateProductResult = Annotated[
    Product | InvalidInput | ItemNotFound | SlugTaken | Conflict,
    strawberry.union("UpdateProductResult", description="The product, or why it is as it was."),
]
UpdateProductsResult = Annotated[
    EditedProducts | InvalidInput,
    strawberry.union("UpdateProductsResult", description="What became of each change."),
]
TrashProductsResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("TrashProductsResult", description="What became of each."),
]
RestoreProductsResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("RestoreProductsResult", description="What became of each."),
]
RestoreProductRevisionResult = Annotated[
    Product | InvalidInput | ItemNotFound | Conflict | RevisionNotFound | SlugTaken,
    strawberry.union("RestoreProductRevisionResult", description="The product, or why it says what it said."),
]
PublishProductResult = Annotated[
    Product | InvalidInput | ItemNotFound | Conflict | SlugTaken,
    strawberry.union("PublishProductResult", description="The product, or why readers see what they saw."),
]
UnpublishProductResult = Annotated[
    Product | InvalidInput | ItemNotFound | Conflict,
    strawberry.union("UnpublishProductResult", description="The product, or why readers see it still."),
]
