"""Relay's vocabulary: nodes, connections, edges and page info."""

from typing import Generic, TypeVar

import strawberry

from resolvers.listing import Entry, Listing
from schema.declare import field, granted, identifier
from schema.enums import Permission

Item = TypeVar("Item")


@strawberry.interface(description="An object with a global id, by which `node` finds it again.")
class Node:
    """Every type over a table that clients may refer to."""

    id: strawberry.ID = identifier()
    viewer_can: list[Permission] = granted()


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """What paging forward and backward needs."""

    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows come before this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first row; null when it is empty."
    )
    end_cursor: str | None = strawberry.field(description="The cursor of the page's last row; null when it is empty.")


async def read_edges(listing: Listing, _info: object) -> list[Entry]:
    """The entries of the page, which serve as edges."""
    return list((await listing.page()).entries)


async def read_nodes(listing: Listing, _info: object) -> list[object]:
    """The rows of the page."""
    return [entry.node for entry in (await listing.page()).entries]


async def read_page_info(listing: Listing, _info: object) -> PageInfo:
    """Where the page stands."""
    page = await listing.page()
    first, last = (page.entries[0], page.entries[-1]) if page.entries else (None, None)
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=first.cursor if first else None,
        end_cursor=last.cursor if last else None,
    )


async def read_total_count(listing: Listing, _info: object) -> int:
    """The length of the whole list."""
    return await listing.count()


@strawberry.type(description="A row of a list and its place there.")
class Edge(Generic[Item]):
    """An entry of a connection."""

    cursor: str = strawberry.field(description="Marks the row's place in this list and order; opaque.")
    node: Item = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    """A list that is read in pages."""

    edges: list[Edge[Item]] = field(read_edges, "The page's rows with their cursors.")
    nodes: list[Item] = field(read_nodes, "The page's rows.")
    page_info: PageInfo = field(read_page_info, "Where the page stands in the list.")
    total_count: int = field(
        read_total_count, "How many rows the whole list has; counted only when asked for.", cost=10
    )
