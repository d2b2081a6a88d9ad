"""Connections: from an array of rows to edges, nodes and page info."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import ColumnElement

from compiler.layout import ArrayOf, Layout
from compiler.selection import Selections
from compiler.shape import ShapeWriter
from compiler.values import as_row, object_type
from compiler.windows import CompiledWindow, OrderedList
from resolvers.context import AnySelect

ROW_FIELDS = frozenset({"nodes", "edges", "pageInfo"})
"""The fields for which rows are read at all."""


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """A list and how it is read.

    `rows` gives the statement for a row expression, `item` the code for a row's node, `count` the length of the list.
    """

    listed: OrderedList
    window: CompiledWindow
    rows: Callable[[ColumnElement[Any]], AnySelect]
    item: Callable[[list[FieldNode], Layout], str]
    count: Callable[[], ColumnElement[int]]


def asks_for_more(selections: Selections, kind: GraphQLObjectType, nodes: list[FieldNode], *, backward: bool) -> bool:
    """Whether the connection is asked if there are rows beyond the window, on the side it reads towards."""
    wanted = "hasPreviousPage" if backward else "hasNextPage"
    page_info = object_type(kind.fields["pageInfo"].type)
    return any(
        each[0].name.value == wanted
        for found in selections.fields(kind, [node.selection_set for node in nodes]).values()
        if found[0].name.value == "pageInfo"
        for each in selections.fields(page_info, [node.selection_set for node in found]).values()
    )


class ConnectionWriter:
    """Writes the code of one connection."""

    def __init__(self, plan: ConnectionPlan, selections: Selections, writer: ShapeWriter) -> None:
        self._plan = plan
        self._selections = selections
        self._writer = writer
        self._rows = Layout()

    def write(self, nodes: list[FieldNode], layout: Layout) -> str:
        """The code of the connection, whose rows and count are placed in the layout of their parent's row."""
        kind = self._plan.listed.kind
        fields = self._selections.fields(kind, [node.selection_set for node in nodes])
        parts = [f"{key!r}: {self._part(found)}" for key, found in fields.items()]
        names = {found[0].name.value for found in fields.values()}
        count = f"r[{layout.place(self._plan.count())}]" if "totalCount" in names else "None"
        body = "{" + ", ".join(parts) + "}"
        if not names & ROW_FIELDS:
            return f"{self._writer.function(body, 't, p')}({count}, p)"
        place = layout.place(ArrayOf(self._plan.rows(as_row(self._rows)).scalar_subquery()))
        size = self._plan.window.size
        cut = [f"more = len(rows) > {size}", f"if more: del rows[{size}:]"]
        statements = cut if self._plan.window.looks_ahead else []
        if self._plan.window.backward:
            statements.append("rows.reverse()")
        block = "\n".join([*statements, f"return {body}"])
        return f"{self._writer.block(block, 'rows, t, p')}(r[{place}], {count}, p)"

    def _part(self, nodes: list[FieldNode]) -> str:
        match nodes[0].name.value:
            case "totalCount":
                return "t"
            case "nodes":
                return f"[{self._plan.item(nodes, self._rows)} for r in rows]"
            case "edges":
                return f"[{self._object('edges', nodes, self._edge_part)} for r in rows]"
            case "pageInfo":
                return self._object("pageInfo", nodes, self._page_info_part)
            case _:
                return repr(self._plan.listed.kind.name)

    def _object(self, field: str, nodes: list[FieldNode], part: Callable[[list[FieldNode]], str | None]) -> str:
        kind = object_type(self._plan.listed.kind.fields[field].type)
        fields = self._selections.fields(kind, [node.selection_set for node in nodes])
        parts = (f"{key!r}: {part(found) or repr(kind.name)}" for key, found in fields.items())
        return "{" + ", ".join(parts) + "}"

    def _edge_part(self, nodes: list[FieldNode]) -> str | None:
        match nodes[0].name.value:
            case "cursor":
                return f"r[{self._plan.listed.cursor(self._rows)}]"
            case "highlight":
                return f"r[{self._plan.listed.highlight(self._rows)}]"
            case "node":
                return self._plan.item(nodes, self._rows)
            case _:
                return None

    def _page_info_part(self, nodes: list[FieldNode]) -> str | None:
        window = self._plan.window
        match nodes[0].name.value:
            case "hasNextPage":
                return repr(window.before is not None) if window.backward else "more"
            case "hasPreviousPage":
                return "more" if window.backward else repr(window.after is not None)
            case "startCursor":
                return f"(rows[0][{self._plan.listed.cursor(self._rows)}] if rows else None)"
            case "endCursor":
                return f"(rows[-1][{self._plan.listed.cursor(self._rows)}] if rows else None)"
            case _:
                return None
