"""What editors give of pages of text, by the names that inputs use."""

from typing import Required, TypedDict


class PageFields(TypedDict, total=False):
    """What may be given of a page."""

    slug: str
    body: str
    seo_title: str | None
    seo_description: str | None
    internal_notes: str | None


class NewPage(PageFields, total=False):
    """What makes a page."""

    title: Required[str]


class PageChanges(PageFields, total=False):
    """What may change of one; what is left out stays as it is."""

    title: str
