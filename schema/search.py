"""Search across products, services, posts and pages of text."""

from enum import Enum
from typing import Annotated

import strawberry

import models
from domain.rendering import words_of
from resolvers.searching import SearchSource
from schema.catalog import Product
from schema.content import Post
from schema.declare import field
from schema.pages import Page
from schema.relay import PageInfo, read_edges, read_nodes, read_page_info, read_total_count
from schema.services import Service

SearchResult = Annotated[
    Product | Service | Post | Page, strawberry.union("SearchResult", description="What a search may find.")
]


@strawberry.enum(description="The types that are searched.")
class SearchType(Enum):
    """Names of the members of SearchResult."""

    PRODUCT = strawberry.enum_value("Product", description="Products.")
    SERVICE = strawberry.enum_value("Service", description="Services.")
    POST = strawberry.enum_value("Post", description="Blog posts.")
    PAGE = strawberry.enum_value("Page", description="Pages of text.")


SOURCES = (
    SearchSource("Product", models.Product, lambda product: product.name, lambda product: product.description),
    SearchSource("Service", models.Service, lambda service: service.title, lambda service: service.short_description),
    SearchSource("Post", models.Post, lambda post: post.title, words_of),
    SearchSource("Page", models.Page, lambda page: page.title, words_of),
)


@strawberry.type(description="What a search found, and where.")
class SearchEdge:
    """An answer."""

    cursor: str = strawberry.field(description="Marks the place in the answers; opaque.")
    node: SearchResult = strawberry.field(description="What was found.")
    highlight: str = strawberry.field(
        description="The passage that answers, as HTML: the text is escaped, the words found stand in <mark>."
    )


@strawberry.type(description="A page of answers, the best first.")
class SearchConnection:
    """Answers to a search."""

    edges: list[SearchEdge] = field(read_edges, "The page's answers with their cursors and passages.")
    nodes: list[SearchResult] = field(read_nodes, "The page's answers.")
    page_info: PageInfo = field(read_page_info, "Where the page stands in the list.")
    total_count: int = field(read_total_count, "How many answers there are; counted only when asked for.")
