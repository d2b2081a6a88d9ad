"""Operations to compare the executors by: their form is drawn from the schema, their arguments from a pool of values.

They are dressed with all that documents may have: several root fields, aliases, fragments, directives, fields selected
twice, and variables in place of literals, given, left out, or with a default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse_type,
    print_ast,
    validate,
    value_from_ast_untyped,
)
from hypothesis import assume
from hypothesis import strategies as st

from tests.api import Json
from tests.schema.walk import CORE, WalkedField, is_read

DEEPEST_SELECTION = 4
DEEPEST_FILTER = 3
OFTEN = {"filter": 4, "search": 8, "after": 6, "before": 8, "last": 4, "types": 4, "id": 3}
"""One in how many times an argument is given that may be left out; others every other time."""

ALIASES = ("a", "b", "r", "p", "rows", "None", "class", "f0", "__class__", "id", "name")
"""Among them what generated code and Python itself call something."""

TIMES: Mapping[str, list[str]] = {
    "Date": ["2026-01-01", "2026-10-15", "2030-02-28"],
    "DateTime": ["2026-01-01T00:00:00Z", "2026-10-15T12:00:00+03:00", "2030-01-01T00:00:00Z"],
}


@dataclass(frozen=True, slots=True)
class Pool:
    """Values that occur in the data.

    `strings` by the name of the argument or input field that takes them, `ids` by their type, `cursors` by the type
    of the connection and its order.
    """

    strings: Mapping[str, Sequence[str]]
    ids: Mapping[str, Sequence[str]]
    cursors: Mapping[str, Sequence[str]]

    def ids_of(self, type_name: str) -> Sequence[str]:
        """Ids of a type, or of any if none are known of it."""
        return self.ids.get(type_name) or [each for some in self.ids.values() for each in some]

    def cursors_of(self, connection: str, sort: str | None) -> Sequence[str]:
        """Cursors that a list gave in an order, or any if there are none."""
        return self.cursors.get(f"{connection} {sort or ''}") or [
            each for some in self.cursors.values() for each in some
        ]


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation and its variables."""

    query: str
    variables: Json

    def __str__(self) -> str:
        return f"{self.query}\nvariables: {self.variables}"


def operations(pool: Pool) -> st.SearchStrategy[Asked]:
    """Valid queries whose arguments mostly hit rows."""

    @st.composite
    def dressed(draw: st.DrawFn) -> Asked:
        wardrobe = Wardrobe(draw, pool)
        root = wardrobe.selection_set(cast("GraphQLObjectType", CORE.query_type), DEEPEST_SELECTION)
        document = wardrobe.document(root.selections)
        assume(not validate(CORE, document))
        return Asked(print_ast(document), wardrobe.variables)

    return dressed()


@dataclass(slots=True)
class Wardrobe:
    """What an operation is made and dressed with, gathered while its parts are drawn."""

    draw: st.DrawFn
    pool: Pool
    variables: Json = field(default_factory=dict)
    declared: list[VariableDefinitionNode] = field(default_factory=list)
    fragments: list[FragmentDefinitionNode] = field(default_factory=list)

    def selection_set(self, kind: Any, depth: int) -> SelectionSetNode:
        """Some fields of the type, objects among them as long as there is depth left."""
        if is_abstract_type(kind):
            return self._of_members(kind, depth)
        read = [name for name, each in kind.fields.items() if is_read(WalkedField(kind, name, each))]
        leaves = [name for name in read if is_leaf_type(get_named_type(kind.fields[name].type))]
        objects = [name for name in read if name not in leaves] if depth > 0 else []
        is_list = "nodes" in kind.fields
        chosen = self.draw(st.lists(st.sampled_from([*leaves, "__typename"]), max_size=3, unique=True))
        if objects:
            chosen += self.draw(st.lists(st.sampled_from(objects), min_size=1, max_size=2, unique=True))
        below = depth if is_list or "node" in kind.fields else depth - 1
        return self._dressed([self._selected(kind, name, below) for name in chosen or ["__typename"]], kind.name)

    def _of_members(self, kind: Any, depth: int) -> SelectionSetNode:
        members = CORE.get_possible_types(kind)
        chosen = self.draw(st.lists(st.sampled_from(members), min_size=1, max_size=3, unique_by=lambda each: each.name))
        fragments: list[SelectionNode] = [
            InlineFragmentNode(
                type_condition=NamedTypeNode(name=NameNode(value=member.name)),
                directives=(),
                selection_set=self.selection_set(member, depth - 1),
            )
            for member in chosen
        ]
        common = [name for name in getattr(kind, "fields", {}) if self.once_in(2)]
        return self._dressed(
            [*(self._selected(kind, name, 0) for name in ["__typename", *common]), *fragments], kind.name
        )

    def _selected(self, kind: Any, name: str, depth: int) -> FieldNode:
        if name == "__typename":
            return FieldNode(name=NameNode(value=name), arguments=(), directives=())
        definition = kind.fields[name]
        inner = get_named_type(definition.type)
        selection_set = None if is_leaf_type(inner) else self.selection_set(inner, depth)
        return self._field(name, definition, selection_set, is_at_root=kind.name == "Query")

    def document(self, selections: Sequence[SelectionNode]) -> DocumentNode:
        """The whole."""
        operation = OperationDefinitionNode(
            operation=OperationType.QUERY,
            variable_definitions=tuple(self.declared),
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(selections)),
        )
        return DocumentNode(definitions=(operation, *self.fragments))

    def once_in(self, times: int) -> bool:
        """Whether it is this time. Shrinks to no."""
        return self.draw(st.integers(0, times - 1)) == times - 1

    def _field(
        self, name: str, definition: GraphQLField, selection_set: SelectionSetNode | None, *, is_at_root: bool
    ) -> FieldNode:
        """The field with arguments from the pool, and perhaps an alias and directives."""
        given: dict[str, ValueNode] = {}
        for argument, each in definition.args.items():
            value = self._argument(argument, each.type, get_named_type(definition.type).name, given)
            if value is not None:
                given[argument] = value
        if "first" in definition.args and not given.keys() & {"first", "last"} and not is_at_root:
            given["first"] = self._size()
        if {"id", "slug"} <= definition.args.keys() and not given.keys() & {"id", "slug"} and not self.once_in(12):
            given["id"] = self._id(get_named_type(definition.type).name)
        return FieldNode(
            alias=NameNode(value=self.draw(st.sampled_from(ALIASES))) if self.once_in(8) else None,
            name=NameNode(value=name),
            arguments=tuple(
                ArgumentNode(name=NameNode(value=key), value=self._varied(value, definition.args[key].type))
                for key, value in _without_conflict(given).items()
            ),
            directives=self._directives(12),
            selection_set=selection_set,
        )

    def _dressed(self, selections: Sequence[SelectionNode], kind: str) -> SelectionSetNode:
        """The selections, the last of them perhaps in a fragment, and one of them perhaps again."""
        if self.once_in(6):
            selections = [*selections, self.draw(st.sampled_from(selections))]
        if self.once_in(5):
            kept = self.draw(st.integers(0, len(selections) - 1))
            selections = [*selections[:kept], *self._wrapped(selections[kept:], kind)]
        return SelectionSetNode(selections=tuple(selections))

    def _wrapped(self, selections: Sequence[SelectionNode], kind: str) -> list[SelectionNode]:
        inner = SelectionSetNode(selections=tuple(selections))
        condition = NamedTypeNode(name=NameNode(value=kind))
        form = self.draw(st.sampled_from(("inline", "untyped", "named", "named twice")))
        if form in {"inline", "untyped"}:
            typed = condition if form == "inline" else None
            return [InlineFragmentNode(type_condition=typed, directives=self._directives(3), selection_set=inner)]
        name = NameNode(value=f"F{len(self.fragments)}")
        self.fragments.append(
            FragmentDefinitionNode(name=name, type_condition=condition, directives=(), selection_set=inner)
        )
        times = 2 if form == "named twice" else 1
        return [FragmentSpreadNode(name=name, directives=self._directives(3)) for _ in range(times)]

    def _directives(self, times: int) -> tuple[DirectiveNode, ...]:
        if not self.once_in(times):
            return ()
        kind = GraphQLNonNull(CORE.type_map["Boolean"])  # type: ignore[type-var]
        condition = self._varied(BooleanValueNode(value=self.draw(st.booleans())), kind)
        name = self.draw(st.sampled_from(("include", "skip")))
        argument = ArgumentNode(name=NameNode(value="if"), value=condition)
        return (DirectiveNode(name=NameNode(value=name), arguments=(argument,)),)

    def _argument(
        self, name: str, kind: GraphQLInputType, connection: str, given: Mapping[str, ValueNode]
    ) -> ValueNode | None:
        if not isinstance(kind, GraphQLNonNull) and not self.once_in(OFTEN.get(name, 2)):
            return None
        if name == "id":
            return self._id(connection)
        if name in {"first", "last"}:
            return NullValueNode() if self.once_in(12) else self._size()
        if name not in {"after", "before"}:
            return self._value(name, kind, 0)
        sort = given.get("sort")
        order = sort.value if isinstance(sort, EnumValueNode) else None
        if order is None and isinstance(given.get("search"), StringValueNode):
            order = "RELEVANCE"
        return StringValueNode(value=self.draw(st.sampled_from(self.pool.cursors_of(connection, order))))

    def _id(self, type_name: str) -> StringValueNode:
        return StringValueNode(value=self.draw(st.sampled_from(self.pool.ids_of(type_name))))

    def _size(self) -> IntValueNode:
        return IntValueNode(value=str(self.draw(st.sampled_from((3, 1, 2, 5, 0)))))

    def _value(self, name: str, kind: Any, depth: int) -> ValueNode:
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        elif self.draw(st.integers(0, 9)) == 0:
            return NullValueNode()
        if isinstance(kind, GraphQLList):
            size = self.draw(st.integers(0, 2 if depth < DEEPEST_FILTER else 0))
            return ListValueNode(values=tuple(self._value(name, kind.of_type, depth + 1) for _ in range(size)))
        if isinstance(kind, GraphQLEnumType):
            return EnumValueNode(value=self.draw(st.sampled_from(sorted(kind.values))))
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind, depth)
        return self._scalar(name, kind, depth)

    def _object(self, kind: GraphQLInputObjectType, depth: int) -> ObjectValueNode:
        names = [name for name in kind.fields if depth < DEEPEST_FILTER or name not in {"and", "or", "not"}]
        required = [name for name in names if isinstance(kind.fields[name].type, GraphQLNonNull)]
        chosen = self.draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
        fields = [
            ObjectFieldNode(name=NameNode(value=name), value=self._value(name, kind.fields[name].type, depth + 1))
            for name in dict.fromkeys([*required, *chosen])
        ]
        return ObjectValueNode(fields=tuple(fields))

    def _scalar(self, name: str, kind: GraphQLScalarType, depth: int) -> ValueNode:
        if kind.name == "Boolean":
            return BooleanValueNode(value=self.draw(st.booleans()))
        if kind.name == "Int":
            return IntValueNode(value=str(self.draw(st.integers(0, 6))))
        if kind.name == "ID":
            below_filter = depth > 1
            return StringValueNode(
                value=self.draw(st.sampled_from(self.pool.ids_of("Product" if below_filter else "")))
            )
        if kind.name == "Decimal":
            return StringValueNode(
                value=self.draw(st.sampled_from(["0", "1.5", "4", "4.5", "900", "4250.00", "25000"]))
            )
        if kind.name in TIMES:
            return StringValueNode(value=self.draw(st.sampled_from(TIMES[kind.name])))
        return StringValueNode(value=self.draw(st.sampled_from(self.pool.strings.get(name, self.pool.strings[""]))))

    def _varied(self, value: ValueNode, kind: Any) -> ValueNode:
        """The value, or parts of it, perhaps as a variable."""
        if self.once_in(5):
            return self._variable(value, kind)
        nullable = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(value, ListValueNode):
            return ListValueNode(values=tuple(self._varied(item, nullable.of_type) for item in value.values))
        if isinstance(value, ObjectValueNode):
            return ObjectValueNode(
                fields=tuple(
                    ObjectFieldNode(
                        name=each.name, value=self._varied(each.value, nullable.fields[each.name.value].type)
                    )
                    for each in value.fields
                )
            )
        return value

    def _variable(self, value: ValueNode, kind: GraphQLInputType) -> VariableNode:
        """A variable with the value: sent, or by default. A null may also be left out."""
        variable = VariableNode(name=NameNode(value=f"v{len(self.declared)}"))
        way = self.draw(st.sampled_from(("sent", "default", "sent despite a default")))
        if way != "default" and not (isinstance(value, NullValueNode) and self.draw(st.booleans())):
            self.variables[variable.name.value] = value_from_ast_untyped(value)
        default: Any = None if way == "sent" else value if way == "default" else self._other(value)
        self.declared.append(
            VariableDefinitionNode(variable=variable, type=parse_type(str(kind)), default_value=default, directives=())
        )
        return variable

    def _other(self, value: Any) -> Any:
        """Another value of the type, where that is simple."""
        return BooleanValueNode(value=not value.value) if isinstance(value, BooleanValueNode) else value


def _without_conflict(arguments: Mapping[str, ValueNode]) -> dict[str, ValueNode]:
    """Keep one of two arguments that exclude each other, as clients do; the odd ones are tested apart."""
    dropped = {"last"} if {"first", "last"} <= arguments.keys() else set()
    dropped |= {"slug"} if {"id", "slug"} <= arguments.keys() else set()
    sort, question = arguments.get("sort"), arguments.get("search", NullValueNode())
    if isinstance(sort, EnumValueNode) and sort.value == "RELEVANCE" and isinstance(question, NullValueNode):
        dropped.add("sort")
    return {name: value for name, value in arguments.items() if name not in dropped}
