"""Making and changing categories: what is asked for, and what comes of it."""

from typing import Annotated, Any

import strawberry

import models
from domain.bulk_editing import Edited
from resolvers.editing import EditedItems
from schema import editing
from schema.catalog import Category
from schema.editing import ItemNotFound, RevisionNotFound, SlugTaken, TrashedItems
from schema.inputs import choice, key, mutation_input
from schema.payloads import payload
from schema.problems import Conflict, InvalidInput, Problem

NAME = "Its name."


def parent() -> Any:
    """The field for where a category stands."""
    return key("The category above it; null for the top.", "Category", clearable=True)


def is_active() -> Any:
    """The field for whether visitors see a category."""
    return choice("Whether visitors see it.")


@mutation_input("A new category.")
class CreateCategoryInput:
    """A category."""

    name: str = editing.line(NAME, shortest=1)
    slug: str | None = editing.slug("Its name in addresses; made of the name when absent.")
    parent: strawberry.ID | None = parent()
    description: str | None = editing.long_text("What is found in it.")
    position: int | None = editing.position("Its place among its siblings.")
    is_active: bool | None = is_active()
    seo_title: str | None = editing.line("Its title for search engines; null for its own.", clearable=True)
    seo_description: str | None = editing.line("Its summary for search engines; null for none.", clearable=True)


@mutation_input("Changes of a category. What is left out stays as it is.")
class UpdateCategoryInput:
    """What is changed."""

    id: strawberry.ID = key("The category.", "Category")
    expected_version: int = editing.expected_version()
    name: str | None = editing.line(NAME, shortest=1)
    slug: str | None = editing.slug()
    parent: strawberry.ID | None = parent()
    description: str | None = editing.long_text("What is found in it.")
    position: int | None = editing.position("Its place among its siblings.")
    is_active: bool | None = is_active()
    seo_title: str | None = editing.line("Its title for search engines; null for its own.", clearable=True)
    seo_description: str | None = editing.line("Its summary for search engines; null for none.", clearable=True)


@mutation_input("Changes of several categories, each by itself.")
class UpdateCategoriesInput:
    """Categories."""

    items: list[UpdateCategoryInput] = editing.changes()


@mutation_input("A category as an editor has read it.")
class ReadCategoryInput:
    """A category and its version."""

    id: strawberry.ID = key("The category.", "Category")
    expected_version: int = editing.version_read()


@mutation_input("Which categories to put into the trash. Those with products or categories in them stay.")
class TrashCategoriesInput:
    """Categories."""

    items: list[ReadCategoryInput] = editing.read_items()


@mutation_input("Which categories to take out of the trash, those above others first.")
class RestoreCategoriesInput:
    """Categories."""

    ids: list[strawberry.ID] = editing.keys("Category")


@mutation_input("Which version a category is to say again.")
class RestoreCategoryRevisionInput:
    """A category and one of its versions."""

    id: strawberry.ID = key("The category.", "Category")
    expected_version: int = editing.version_read()
    version: int = editing.earlier_version()


@payload(Edited, "What became of one category.")
class EditedCategory:
    """A category, or a problem."""

    category: Category | None = editing.edited_item(models.Category)
    problem: Problem | None = editing.edited_problem()


@payload(EditedItems, "What became of the changes of several categories, each by itself.")
class EditedCategories:
    """The results."""

    results: list[EditedCategory] = strawberry.field(description="One for each change, in their order.")


CreateCategoryResult = Annotated[
    Category | InvalidInput | SlugTaken,
    strawberry.union("CreateCategoryResult", description="The new category, or why there is none."),
]
UpdateCategoryResult = Annotated[
    Category | InvalidInput | ItemNotFound | SlugTaken | Conflict,
    strawberry.union("UpdateCategoryResult", description="The category, or why it is as it was."),
]
UpdateCategoriesResult = Annotated[
    EditedCategories | InvalidInput,
    strawberry.union("UpdateCategoriesResult", description="What became of each change."),
]
TrashCategoriesResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("TrashCategoriesResult", description="What became of each."),
]
RestoreCategoriesResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("RestoreCategoriesResult", description="What became of each."),
]
RestoreCategoryRevisionResult = Annotated[
    Category | InvalidInput | ItemNotFound | Conflict | RevisionNotFound | SlugTaken,
    strawberry.union("RestoreCategoryRevisionResult", description="The category, or why it says what it said."),
]
