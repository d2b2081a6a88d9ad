"""Writing and changing pages of text: what is asked for, and what comes of it."""

from typing import Annotated

import strawberry

import models
from domain.bulk_editing import Edited
from resolvers.editing import EditedItems
from schema import editing
from schema.editing import ItemNotFound, SlugTaken, TrashedItems
from schema.inputs import key, mutation_input
from schema.pages import Page
from schema.payloads import payload
from schema.problems import Conflict, InvalidInput, Problem


@mutation_input("A new page of text. It is a draft, which readers do not see.")
class CreatePageInput:
    """What is written."""

    title: str = editing.line("Its title.", shortest=1)
    slug: str | None = editing.slug("Its name in addresses; made of the title when absent.")
    body: str | None = editing.long_text("Its text, as Markdown.")
    seo_title: str | None = editing.line("Its title for search engines; null for its own.", clearable=True)
    seo_description: str | None = editing.line("Its summary for search engines; null for none.", clearable=True)
    internal_notes: str | None = editing.long_text("What only staff should know.", clearable=True)


@mutation_input("Changes of a page of text. What is left out stays as it is.")
class UpdatePageInput:
    """What is changed."""

    id: strawberry.ID = key("The page.", "Page")
    expected_version: int = editing.expected_version()
    title: str | None = editing.line("Its title.", shortest=1)
    slug: str | None = editing.slug()
    body: str | None = editing.long_text("Its text, as Markdown.")
    seo_title: str | None = editing.line("Its title for search engines; null for its own.", clearable=True)
    seo_description: str | None = editing.line("Its summary for search engines; null for none.", clearable=True)
    internal_notes: str | None = editing.long_text("What only staff should know.", clearable=True)


@mutation_input("Changes of several pages of text, each by itself.")
class UpdatePagesInput:
    """Pages."""

    items: list[UpdatePageInput] = editing.changes()


@mutation_input("A page of text as an editor has read it.")
class ReadPageInput:
    """A page and its version."""

    id: strawberry.ID = key("The page.", "Page")
    expected_version: int = editing.version_read()


@mutation_input("Which pages of text to put into the trash, where nobody sees them.")
class TrashPagesInput:
    """Pages."""

    items: list[ReadPageInput] = editing.read_items()


@mutation_input("Which pages of text to take out of the trash. Each is what it was.")
class RestorePagesInput:
    """Pages."""

    ids: list[strawberry.ID] = editing.keys("Page")


@payload(Edited, "What became of one page of text.")
class EditedPage:
    """A page, or a problem."""

    page: Page | None = editing.edited_item(models.Page)
    problem: Problem | None = editing.edited_problem()


@payload(EditedItems, "What became of the changes of several pages of text, each by itself.")
class EditedPages:
    """The results."""

    results: list[EditedPage] = strawberry.field(description="One for each change, in their order.")


CreatePageResult = Annotated[
    Page | InvalidInput | SlugTaken,
    strawberry.union("CreatePageResult", description="The new page, or why there is none."),
]
UpdatePageResult = Annotated[
    Page | InvalidInput | ItemNotFound | SlugTaken | Conflict,
    strawberry.union("UpdatePageResult", description="The page, or why it is as it was."),
]
UpdatePagesResult = Annotated[
    EditedPages | InvalidInput,
    strawberry.union("UpdatePagesResult", description="What became of each change."),
]
TrashPagesResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("TrashPagesResult", description="What became of each."),
]
RestorePagesResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("RestorePagesResult", description="What became of each."),
]
