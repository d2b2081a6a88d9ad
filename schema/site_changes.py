"""Changing where the shop's pages are: what is asked for, and what comes of it."""

from typing import Annotated, Any

import strawberry

from models.shop import PATH_LENGTH
from schema.inputs import mutation_input, text
from schema.problems import InvalidInput
from schema.shop import Shop

LONGEST_SITE_URL = 2_000


def pattern(description: str) -> Any:
    """The field of an input that says where a kind of page is."""
    return text(f"{description}, such as `/products/{{slug}}`.", longest=PATH_LENGTH)


@mutation_input("Where the pages of the front end are. What is left out stays as it is.")
class UpdateSiteInput:
    """A site."""

    site_url: str | None = text(
        "Where the shop's pages are, such as `https://shop.example`; null takes sitemap and feeds off.",
        longest=LONGEST_SITE_URL,
        clearable=True,
    )
    product_path: str | None = pattern("The path of a product")
    category_path: str | None = pattern("The path of a category")
    service_path: str | None = pattern("The path of a service")
    post_path: str | None = pattern("The path of a blog post")
    post_category_path: str | None = pattern("The path of a section of the blog")
    author_path: str | None = pattern("The path of an author")
    page_path: str | None = pattern("The path of a page of text")


UpdateSiteResult = Annotated[
    Shop | InvalidInput,
    strawberry.union("UpdateSiteResult", description="The shop, or why it is as it was."),
]
