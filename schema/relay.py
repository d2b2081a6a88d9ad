"""Relay's vocabulary: nodes, connections, edges and page info."""

from typing import Generic, TypeVar

import strawberry

from resolvers.listing import Entry, Listing
from schema.declare import field, identifier

Item = TypeVar("Item")


@strawberry.interface(description="An object with a global id, by which `node` finds it again.")
class Node:
    """Every type over a table that clients may refer to."""

    id: strawberry.ID = identifier()


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """What paging forward and backward needs."""

    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows come before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the page's first row; null when it is empty.")
    end_cursor: str | None = strawberry.field(description="The cursor of the page's last row; null when it is empty.")


async def read_edges(listing: Listing, _info: object) -> list[Entry]:
    return list((await listing.page()).entries)


async def read_nodes(listing: Listing, _info: object) -> list[object]:
    return [entry.node for entry in (await listing.page()).entries]


async def read_page_info(listing: Listing, _info: object) -> PageInfo:
    page = await listing.page()
    cursors = [entry.cursor for entry in page.entries] or [None]
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=cursors[0],
        end_cursor=cursors[-1],
    )


async def read_total_count(listing: Listing, _info: object) -> int:
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
    total_count: int = field(read_total_count, "How many rows the whole list has; counted only when asked for.")
