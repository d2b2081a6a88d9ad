"""One document along every field of the schema that leads to what may have a draft, and what it finds there."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType, is_abstract_type, is_leaf_type, is_object_type

from auth.permissions import Gate
from auth.viewer import Viewer
from tests.access.cover import given_by, steps_of
from tests.schema.routes import declared_as, named, types_below
from tests.schema.walk import CORE, WalkedField, is_read

DRAFTED = frozenset({"Page", "Post", "Product", "ProductImage", "ProductVariant", "Service", "ServiceTier", "Tag"})
"""The types whose texts drafts change."""

HISTORY = frozenset({"revisions", "comments"})
"""Fields that tell of drafts by what they are; who may read them is tested elsewhere."""

Arguments = Callable[[WalkedField], str | None]
"""The arguments of a field, with their brackets; None for one that is not walked."""


@dataclass(slots=True)
class Edge:
    """A field on the way, and what is selected of the objects that it gives, by their types."""

    step: WalkedField
    key: str
    """Its key in the response."""
    arguments: str
    name: str
    """What it is called in findings; the rows of a connection are those of the field that gave it."""
    leaves: dict[str, list[str]] = field(default_factory=dict)
    below: dict[str, list["Edge"]] = field(default_factory=dict)

    def text(self) -> str:
        """As it stands in the document."""
        opened = (
            f"... on {name} {{ __typename {' '.join(leaves)} {' '.join(each.text() for each in self.below[name])} }}"
            for name, leaves in self.leaves.items()
        )
        return f"{self.key}: {self.step.name}{self.arguments} {{ {' '.join(opened)} }}"

    def found(self, value: Any) -> Iterator[tuple[str, str]]:
        """Each field from here on with what it gave by itself, as JSON."""
        objects = [each for each in (value if isinstance(value, list) else [value]) if each is not None]
        for given in objects:
            edges = self.below[given["__typename"]]
            beside = {each.key for each in edges}
            own = {key: said for key, said in given.items() if key not in beside}
            yield self.name, json.dumps(own)
            for edge in edges:
                yield from edge.found(given[edge.key])


@dataclass(frozen=True, slots=True)
class Walk:
    """The way of one viewer."""

    roots: list[Edge]

    @property
    def document(self) -> str:
        """All of it."""
        return f"{{ {' '.join(each.text() for each in self.roots)} }}"

    def found(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What the fields gave, in the order of the response."""
        return [pair for root in self.roots for pair in root.found(data[root.key])]

    @property
    def edges(self) -> set[str]:
        """The fields that give objects with texts of drafts."""
        pending, names = deque(self.roots), set()
        while pending:
            edge = pending.popleft()
            names |= {edge.name} if any(each.name in DRAFTED for each in given_by(CORE, edge.step)) else set()
            pending.extend(each for edges in edge.below.values() for each in edges)
        return names


def walk_of(viewer: Viewer, arguments: Arguments) -> Walk:
    """Every field that the viewer may read: once, below the place where its type is first met, in breadth.

    Where an object may be of several types, none is met: it is one object, and lists show more of each.
    """
    roots = list(_edges(CORE.query_type, viewer, arguments))  # type: ignore[arg-type]
    pending, opened = deque(roots), set[str]()
    while pending:
        edge = pending.popleft()
        for kind in given_by(CORE, edge.step):
            is_one_of_several = is_abstract_type(named(edge.step))
            mark = f"{kind.name}_" if is_one_of_several else ""
            is_open = kind.name not in opened and not is_one_of_several
            edge.leaves[kind.name] = list(_leaves(kind, viewer, mark, brief=not is_open))
            if kind.name.endswith("Connection"):
                edge.below[kind.name] = [_rows_of(kind, edge)]
            else:
                edge.below[kind.name] = list(_edges(kind, viewer, arguments)) if is_open else []
            opened |= {kind.name} if is_open else set()
            pending.extend(edge.below[kind.name])
    return Walk(roots)


def _edges(kind: GraphQLObjectType, viewer: Viewer, arguments: Arguments) -> Iterator[Edge]:
    for step in steps_of(kind):
        given = arguments(step)
        if given is not None and step.name not in HISTORY and is_permitted(step, viewer) and is_leading(step):
            yield Edge(step, step.name, given, str(step))


def _rows_of(connection: GraphQLObjectType, edge: Edge) -> Edge:
    return Edge(WalkedField(connection, "nodes", connection.fields["nodes"]), "nodes", "", edge.name)


def _leaves(kind: GraphQLObjectType, viewer: Viewer, mark: str = "", *, brief: bool = False) -> Iterator[str]:
    """Fields that hold no more objects that may have drafts, with what they consist of; in `brief` columns alone.

    Below a type that may be one of several they are marked, because those may share names.
    """
    for step in steps_of(kind):
        if not is_permitted(step, viewer) or is_leading(step) or step.name in HISTORY or has_required(step):
            continue
        key = f"{mark}{step.name}: {step.name}" if mark else step.name
        if is_leaf_type(named(step)) and (not brief or declared_as(step) in {"", "Column"}):
            yield key
        elif not brief and is_object_type(named(step)) and kind.name in DRAFTED:
            yield f"{key} {{ __typename {' '.join(_leaves(named(step), viewer))} }}"


def is_permitted(step: WalkedField, viewer: Viewer) -> bool:
    """Whether it is read in the database, and the viewer may."""
    requires = step.declared.declaration.requires if step.declared else None
    return is_read(step) and viewer.may(requires or Gate.PUBLIC)


def is_leading(step: WalkedField) -> bool:
    """Whether it leads to what may have a draft."""
    kind = named(step)
    return (is_object_type(kind) or is_abstract_type(kind)) and leads(kind.name)


@cache
def leads(name: str) -> bool:
    """The same of a type."""
    return bool(types_below(CORE.type_map[name]) & DRAFTED)


def has_required(step: WalkedField) -> bool:
    """Whether it cannot be asked without arguments."""
    return any(isinstance(each.type, GraphQLNonNull) for each in step.field.args.values())
