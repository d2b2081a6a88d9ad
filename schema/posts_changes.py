"""Writing and changing posts: what is asked for, and what comes of it."""

from typing import Annotated, Any

import strawberry

import models
from domain.bulk_editing import Edited
from resolvers.editing import EditedItems
from schema import editing
from schema.content import Post
from schema.editing import ItemNotFound, SlugTaken, TrashedItems
from schema.inputs import LONGEST_URL, key, mutation_input, picture_address, text
from schema.payloads import payload
from schema.problems import Conflict, InvalidInput, Problem


def section() -> Any:
    """The field for the section of a post."""
    return key("The section of the blog; null for none.", "PostCategory", clearable=True)


def excerpt() -> Any:
    """The field for what a post says in short."""
    return text("What it says, in a sentence or two.", longest=editing.LONGEST_SUMMARY)


def picture() -> Any:
    """The field for where the picture of a post is."""
    return picture_address("Where its picture is", longest=LONGEST_URL)


def tags() -> Any:
    """The field for the labels of a post."""
    return editing.words("Its labels, by name. Those that are new are made.")


@mutation_input("A new post. It is a draft, which readers do not see.")
class CreatePostInput:
    """What is written."""

    author: strawberry.ID = key("Under whose name.", "Author")
    title: str = editing.line("Its title.", shortest=1)
    slug: str | None = editing.slug("Its name in addresses; made of the title when absent.")
    category: strawberry.ID | None = section()
    excerpt: str | None = excerpt()
    body: str | None = editing.long_text("Its text, as Markdown.")
    featured_image_url: str | None = picture()
    featured_image_alt: str | None = editing.line("What its picture shows, for those who do not see it.")
    seo_title: str | None = editing.line("Its title for search engines; null for its own.", clearable=True)
    seo_description: str | None = editing.line("Its summary for search engines; null for none.", clearable=True)
    seo_keywords: list[str] | None = editing.words("What it is about.")
    tags: list[str] | None = tags()
    internal_notes: str | None = editing.long_text("What only staff should know.", clearable=True)


@mutation_input("Changes of a post. What is left out stays as it is.")
class UpdatePostInput:
    """What is changed."""

    id: strawberry.ID = key("The post.", "Post")
    expected_version: int = editing.expected_version()
    author: strawberry.ID | None = key("Under whose name.", "Author")
    title: str | None = editing.line("Its title.", shortest=1)
    slug: str | None = editing.slug()
    category: strawberry.ID | None = section()
    excerpt: str | None = excerpt()
    body: str | None = editing.long_text("Its text, as Markdown.")
    featured_image_url: str | None = picture()
    featured_image_alt: str | None = editing.line("What its picture shows, for those who do not see it.")
    seo_title: str | None = editing.line("Its title for search engines; null for its own.", clearable=True)
    seo_description: str | None = editing.line("Its summary for search engines; null for none.", clearable=True)
    seo_keywords: list[str] | None = editing.words("What it is about.")
    tags: list[str] | None = tags()
    internal_notes: str | None = editing.long_text("What only staff should know.", clearable=True)


@mutation_input("Changes of several posts, each by itself.")
class UpdatePostsInput:
    """Posts."""

    items: list[UpdatePostInput] = editing.changes()


@mutation_input("A post as an editor has read it.")
class ReadPostInput:
    """A post and its version."""

    id: strawberry.ID = key("The post.", "Post")
    expected_version: int = editing.version_read()


@mutation_input("Which posts to put into the trash, where nobody sees them.")
class TrashPostsInput:
    """Posts."""

    items: list[ReadPostInput] = editing.read_items()


@mutation_input("Which posts to take out of the trash. Each is what it was.")
class RestorePostsInput:
    """Posts."""

    ids: list[strawberry.ID] = editing.keys("Post")


@payload(Edited, "What became of one post.")
class EditedPost:
    """A post, or a problem."""

    post: Post | None = editing.edited_item(models.Post)
    problem: Problem | None = editing.edited_problem()


@payload(EditedItems, "What became of the changes of several posts, each by itself.")
class EditedPosts:
    """The results."""

    results: list[EditedPost] = strawberry.field(description="One for each change, in their order.")


CreatePostResult = Annotated[
    Post | InvalidInput | SlugTaken,
    strawberry.union("CreatePostResult", description="The new post, or why there is none."),
]
UpdatePostResult = Annotated[
    Post | InvalidInput | ItemNotFound | SlugTaken | Conflict,
    strawberry.union("UpdatePostResult", description="The post, or why it is as it was."),
]
UpdatePostsResult = Annotated[
    EditedPosts | InvalidInput,
    strawberry.union("UpdatePostsResult", description="What became of each change."),
]
TrashPostsResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("TrashPostsResult", description="What became of each."),
]
RestorePostsResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("RestorePostsResult", description="What became of each."),
]
