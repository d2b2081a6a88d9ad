"""What editors give of posts, authors and sections of the blog, by the names that inputs use."""

from collections.abc import Sequence
from typing import Required, TypedDict
from uuid import UUID


class PostFields(TypedDict, total=False):
    """What may be given of a post."""

    slug: str
    category: UUID | None
    excerpt: str
    body: str
    featured_image_url: str | None
    featured_image_alt: str
    seo_title: str | None
    seo_description: str | None
    seo_keywords: Sequence[str]
    tags: Sequence[str]
    internal_notes: str | None


class NewPost(PostFields, total=False):
    """What makes a post."""

    author: Required[UUID]
    title: Required[str]


class PostChanges(PostFields, total=False):
    """What may change of one; what is left out stays as it is."""

    author: UUID
    title: str


class AuthorFields(TypedDict, total=False):
    """What may be given of an author."""

    slug: str
    job_title: str | None
    bio: str
    avatar_url: str | None


class NewAuthor(AuthorFields, total=False):
    """What makes an author."""

    name: Required[str]


class AuthorChanges(AuthorFields, total=False):
    """What may change of one; what is left out stays as it is."""

    name: str


class SectionFields(TypedDict, total=False):
    """What may be given of a section."""

    slug: str
    description: str
    position: int


class NewSection(SectionFields, total=False):
    """What makes a section."""

    name: Required[str]


class SectionChanges(SectionFields, total=False):
    """What may change of one; what is left out stays as it is."""

    name: str
