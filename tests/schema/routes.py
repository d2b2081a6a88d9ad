"""Routes through the schema: from the query to any type, by fields that need no particular argument."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)

from resolvers.declarations import Held, Own, Root
from tests.schema.walk import CORE, WalkedField, is_read

SEARCHED = 'query: "network", types: [POST]'


@dataclass(frozen=True, slots=True)
class Route:
    """Fields that lead from the query to objects of a type."""

    steps: tuple[WalkedField, ...] = ()

    @property
    def target(self) -> GraphQLObjectType:
        """The type it leads to."""
        return named(self.steps[-1]) if self.steps else CORE.query_type  # type: ignore[return-value]

    @property
    def has_list(self) -> bool:
        """Whether it leads to many objects at once."""
        return any(is_list(step) for step in self.steps)

    def then(self, step: WalkedField) -> "Route":
        """One field further."""
        return Route((*self.steps, step))

    def document(self, selection: str) -> str:
        """The operation that selects from the objects it leads to: `$first` of the first list, 1 of further ones."""
        size = "$first"
        opened = []
        for step in self.steps:
            opened.append(f"{step.name}{arguments(step, first=size)}")
            if "first" in step.field.args:
                size = "1"
        body = " { ".join([*opened, selection]) + " }" * len(opened)
        declared = "($first: Int!)" if "$first" in body else ""
        return f"query{declared} {{ {body} }}"

    def objects(self, data: Any) -> list[Any]:
        """The objects in the response that it leads to; those that are null left out."""
        found = [data]
        for step in self.steps:
            values = [each[step.name] for each in found]
            found = [item for value in values for item in (value if isinstance(value, list) else [value])]
            found = [item for item in found if item is not None]
        return found

    def __str__(self) -> str:
        return ".".join(step.name for step in self.steps)


def arguments(step: WalkedField, first: str = "2", further: str = "") -> str:
    """The arguments of a field: what it requires, the size of its page, and further ones."""
    given = [SEARCHED] if step.name == "search" else []
    given += [f"first: {first}"] if "first" in step.field.args else []
    given += [further] if further else []
    return f"({', '.join(given)})" if given else ""


def named(step: WalkedField) -> Any:
    """The type of the field without its lists and non-nulls."""
    return get_named_type(step.field.type)


def is_list(step: WalkedField) -> bool:
    """Whether the field gives a list."""
    kind = step.field.type.of_type if isinstance(step.field.type, GraphQLNonNull) else step.field.type
    return isinstance(kind, GraphQLList)


def fields_of(kind: GraphQLObjectType) -> Iterator[WalkedField]:
    """The fields of a type that are read, and can be without an account, or the ids or slugs of particular rows."""
    for name, field in kind.fields.items():
        required = {key for key, argument in field.args.items() if isinstance(argument.type, GraphQLNonNull)}
        step = WalkedField(kind, name, field)
        if required <= {"query"} and declared_as(step) != "Lookup" and not is_own(step) and is_read(step):
            yield step


def is_own(step: WalkedField) -> bool:
    """Whether the field is for those with an account or a guest's token, and gives what is theirs."""
    declaration = step.declared.declaration if step.declared else None
    return isinstance(declaration, Held | Own) or (isinstance(declaration, Root) and declaration.owner is not None)


def declared_as(step: WalkedField) -> str:
    """The kind of the field's declaration; empty when strawberry itself resolves it."""
    return type(step.declared.declaration).__name__ if step.declared else ""


def leaf_of(kind: GraphQLObjectType) -> str:
    """A field of the type that needs nothing loaded."""
    leaves = (
        step.name
        for step in fields_of(kind)
        if is_leaf_type(named(step)) and not step.field.args and not is_loading(step)
    )
    return next(leaves, "__typename")


def is_loading(step: WalkedField) -> bool:
    """Whether the field's value is not in its object's own row."""
    return declared_as(step) not in {"", "Column", "Granted", "Identifier", "Part", "Record", "Records", "Sealed"}


def routes() -> Mapping[str, Route]:
    """The shortest route to each object type, one with a list before one without."""
    found: dict[tuple[str, bool], Route] = {}
    pending = deque([Route()])
    while pending:
        route = pending.popleft()
        key = (route.target.name, route.has_list)
        if key in found:
            continue
        found[key] = route
        pending.extend(route.then(step) for step in fields_of(route.target) if is_object_type(named(step)))
    return {name: found.get((name, True)) or found[name, False] for name, _ in found}


def types_below(kind: Any) -> set[str]:
    """The names of all object types that a type leads to, itself included."""
    found: dict[str, Any] = {}
    pending = deque([kind])
    while pending:
        each = pending.popleft()
        if is_abstract_type(each):
            pending.extend(CORE.get_possible_types(each))
        elif is_object_type(each) and each.name not in found:
            found[each.name] = each
            pending.extend(get_named_type(field.type) for field in each.fields.values())
    return set(found)
