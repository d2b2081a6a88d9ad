"""One document that selects every field of a schema: each object type is opened where it is reached first."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from types import MappingProxyType
from typing import Any

from graphql import (
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)

from auth.permissions import Gate, Permission
from schema.directives import Requires
from tests.access.people import Person
from tests.schema.routes import declared_as, named
from tests.schema.walk import WalkedField

SHUT = 1_000
"""How far round a field is that refuses: any way without such a field is shorter."""

NARROW = 10
"""The same for a field that finds one object, or objects of several types: lists show more of each."""

CHANGED = 1_000_000
"""The same for what only mutations give."""

Arguments = Callable[[WalkedField], str]
"""The arguments of a field, with their brackets."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A selected field: its key in the response, and what is selected of the objects it gives, by their types."""

    step: WalkedField
    key: str
    arguments: str = ""
    below: Mapping[str, tuple["Selected", ...]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def requires(self) -> str | None:
        """What the SDL says that it requires."""
        return required_by(self.step)

    @property
    def is_leaf(self) -> bool:
        """Whether it gives no objects."""
        return is_leaf_type(named(self.step))

    def text(self) -> str:
        """As it stands in the document."""
        selected = f"{self.key}: {self.step.name}{self.arguments}"
        if self.is_leaf:
            return selected
        opened = (f"... on {name} {{ {text_of(fields)} }}" for name, fields in self.below.items() if fields)
        return f"{selected} {{ __typename {' '.join(opened)} }}"


def text_of(selected: Iterable[Selected]) -> str:
    """The fields of a selection."""
    return " ".join(each.text() for each in selected)


def required_by(step: WalkedField) -> str | None:
    """What the field's `@requires` says, which is what clients go by."""
    directives = step.declared.directives if step.declared else ()
    return next((each.permission for each in directives if isinstance(each, Requires)), None)


@dataclass(frozen=True, slots=True)
class Cover:
    """The way over all that a person reaches: where each type is opened, by the field that leads there."""

    schema: GraphQLSchema
    homes: Mapping[str, WalkedField]
    arguments: Arguments

    @classmethod
    def of(cls, schema: GraphQLSchema, person: Person, arguments: Arguments) -> "Cover":
        """The shortest way to each type that leads through no field that refuses the person, if there is one."""
        homes: dict[str, WalkedField] = {}
        costs = {kind.name: cost for kind, cost in ((schema.query_type, 0), (schema.mutation_type, CHANGED)) if kind}
        pending = [(cost, name) for name, cost in costs.items()]
        while pending:
            cost, name = heappop(pending)
            kind: Any = schema.type_map[name]
            for step in steps_of(kind) if cost == costs[name] else ():
                total = cost + length_of(step, person)
                for target in given_by(schema, step) if leads_on(step) else ():
                    if total < costs.get(target.name, total + 1):
                        costs[target.name], homes[target.name] = total, step
                        heappush(pending, (total, target.name))
        return cls(schema, homes, arguments)

    def selection(self, kind: GraphQLObjectType, permits: Callable[[WalkedField], bool]) -> tuple[Selected, ...]:
        """All permitted fields of a type, and of the types that are opened there."""
        return tuple(self._opened(kind, permits, ""))

    def _opened(
        self, kind: GraphQLObjectType, permits: Callable[[WalkedField], bool], prefix: str
    ) -> Iterator[Selected]:
        for step in steps_of(kind):
            if not permits(step):
                continue
            mark = is_abstract_type(named(step))
            below = {
                target.name: tuple(self._opened(target, permits, f"{target.name}_" if mark else ""))
                if self._is_opened(step, target)
                else ()
                for target in given_by(self.schema, step)
            }
            yield Selected(step, prefix + step.name, self.arguments(step), below)

    def _is_opened(self, step: WalkedField, target: GraphQLObjectType) -> bool:
        """Each mutation opens what mutations alone give, because nobody knows which one gives it first."""
        is_home = self.homes.get(target.name) == step
        return is_home or (step.type == self.schema.mutation_type and self.is_of_changes(target))

    def is_of_changes(self, kind: GraphQLObjectType) -> bool:
        """Whether mutations alone give it."""
        home = self.homes.get(kind.name)
        if home is None or home.type == self.schema.query_type:
            return False
        return home.type == self.schema.mutation_type or self.is_of_changes(home.type)


def steps_of(kind: GraphQLObjectType) -> Iterator[WalkedField]:
    """The fields of a type."""
    for name, each in kind.fields.items():
        yield WalkedField(kind, name, each)


def given_by(schema: GraphQLSchema, step: WalkedField) -> list[GraphQLObjectType]:
    """The types of the objects that a field may give."""
    kind: GraphQLNamedType = get_named_type(step.field.type)
    if is_abstract_type(kind):
        return list(schema.get_possible_types(kind))
    return [kind] if is_object_type(kind) else []


def leads_on(step: WalkedField) -> bool:
    """Whether a type may be opened there: a node is one object only, and of any type."""
    return str(named(step)) != "Node"


def length_of(step: WalkedField, person: Person) -> int:
    """How far round a field is."""
    if not is_open(step, person):
        return SHUT
    return NARROW if declared_as(step) in {"Held", "Lookup", "Own"} or is_abstract_type(named(step)) else 1


OF_BUYERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "Query.order": frozenset({Permission.ORDERS_READ}),
        "Query.orders": frozenset({Permission.ORDERS_READ, Gate.SIGNED_IN}),
    }
)
"""What is shown to whoever bought, and what else opens it: the order that is looked for is the last one of all."""


def is_open(step: WalkedField, person: Person) -> bool:
    """Whether the field has something for the person."""
    if str(step) in OF_BUYERS and not any(map(person.may, OF_BUYERS[str(step)])):
        return False
    return person.may(required_by(step)) and (declared_as(step) not in {"Held", "Own"} or person.may(Gate.SIGNED_IN))
