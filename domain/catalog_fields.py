"""What editors give of categories, by the names that inputs use."""

from typing import Required, TypedDict
from uuid import UUID


class CategoryFields(TypedDict, total=False):
    """What may be given of a category."""

    slug: str
    parent: UUID | None
    description: str
    position: int
    is_active: bool
    seo_title: str | None
    seo_description: str | None


class NewCategory(CategoryFields, total=False):
    """What makes a category."""

    name: Required[str]


class CategoryChanges(CategoryFields, total=False):
    """What may change of one; what is left out stays as it is."""

    name: str
