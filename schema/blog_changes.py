"""Authors and sections of the blog: what is asked for, and what comes of it."""

from typing import Annotated, Any

import strawberry

from schema import editing
from schema.content import Author, PostCategory
from schema.editing import ItemNotFound, SlugTaken, TrashedItems
from schema.inputs import LONGEST_URL, key, mutation_input, picture_address
from schema.problems import Conflict, InvalidInput

NAME = "The name."


def avatar() -> Any:
    """The field for a picture of an author."""
    return picture_address("A picture of the author", longest=LONGEST_URL)


@mutation_input("A new author.")
class CreateAuthorInput:
    """An author."""

    name: str = editing.line(NAME, shortest=1)
    slug: str | None = editing.slug("The name in addresses; made of the name when absent.")
    job_title: str | None = editing.line("What the author does.", clearable=True)
    bio: str | None = editing.long_text("Who the author is.")
    avatar_url: str | None = avatar()


@mutation_input("Changes of an author. What is left out stays as it is.")
class UpdateAuthorInput:
    """What is changed."""

    id: strawberry.ID = key("The author.", "Author")
    expected_version: int = editing.expected_version()
    name: str | None = editing.line(NAME, shortest=1)
    slug: str | None = editing.slug()
    job_title: str | None = editing.line("What the author does.", clearable=True)
    bio: str | None = editing.long_text("Who the author is.")
    avatar_url: str | None = avatar()


@mutation_input("An author as an editor has read it.")
class ReadAuthorInput:
    """An author and the version."""

    id: strawberry.ID = key("The author.", "Author")
    expected_version: int = editing.version_read()


@mutation_input("Which authors to put into the trash. Those of posts stay, unless the posts lie there too.")
class TrashAuthorsInput:
    """Authors."""

    items: list[ReadAuthorInput] = editing.read_items()


@mutation_input("Which authors to take out of the trash.")
class RestoreAuthorsInput:
    """Authors."""

    ids: list[strawberry.ID] = editing.keys("Author")


@mutation_input("A new section of the blog.")
class CreatePostCategoryInput:
    """A section."""

    name: str = editing.line(NAME, shortest=1)
    slug: str | None = editing.slug("Its name in addresses; made of the name when absent.")
    description: str | None = editing.long_text("What is found in it.")
    position: int | None = editing.position("Its place among the sections.")


@mutation_input("Changes of a section of the blog. What is left out stays as it is.")
class UpdatePostCategoryInput:
    """What is changed."""

    id: strawberry.ID = key("The section.", "PostCategory")
    expected_version: int = editing.expected_version()
    name: str | None = editing.line(NAME, shortest=1)
    slug: str | None = editing.slug()
    description: str | None = editing.long_text("What is found in it.")
    position: int | None = editing.position("Its place among the sections.")


@mutation_input("A section as an editor has read it.")
class ReadPostCategoryInput:
    """A section and its version."""

    id: strawberry.ID = key("The section.", "PostCategory")
    expected_version: int = editing.version_read()


@mutation_input("Which sections to put into the trash. Their posts stay, and are in no section.")
class TrashPostCategoriesInput:
    """Sections."""

    items: list[ReadPostCategoryInput] = editing.read_items()


@mutation_input("Which sections to take out of the trash, with their posts in them again.")
class RestorePostCategoriesInput:
    """Sections."""

    ids: list[strawberry.ID] = editing.keys("PostCategory")


CreateAuthorResult = Annotated[
    Author | InvalidInput | SlugTaken,
    strawberry.union("CreateAuthorResult", description="The new author, or why there is none."),
]
UpdateAuthorResult = Annotated[
    Author | InvalidInput | ItemNotFound | SlugTaken | Conflict,
    strawberry.union("UpdateAuthorResult", description="The author, or why nothing was changed."),
]
CreatePostCategoryResult = Annotated[
    PostCategory | InvalidInput | SlugTaken,
    strawberry.union("CreatePostCategoryResult", description="The new section, or why there is none."),
]
UpdatePostCategoryResult = Annotated[
    PostCategory | InvalidInput | ItemNotFound | SlugTaken | Conflict,
    strawberry.union("UpdatePostCategoryResult", description="The section, or why nothing was changed."),
]
TrashAuthorsResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("TrashAuthorsResult", description="What became of each."),
]
RestoreAuthorsResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("RestoreAuthorsResult", description="What became of each."),
]
TrashPostCategoriesResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("TrashPostCategoriesResult", description="What became of each."),
]
RestorePostCategoriesResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("RestorePostCategoriesResult", description="What became of each."),
]
