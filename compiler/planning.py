"""From the declarations of the selected fields to one SQL statement, and to the code that shapes its row.

A row travels as a tuple: a to-one relation is a tuple within it, a to-many one an array of tuples. Names and
structure of the response are in the shape, so that only values cross the wire.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

import strawberry
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_argument_values,
)
from graphql.execution.values import VariableValues
from sqlalchemy import ColumnElement, Text, Uuid, and_, any_, func, literal_column, select, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import aliased
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

import models
from auth.viewer import Viewer
from auth.visibility import visible
from compiler.connections import ConnectionPlan, ConnectionWriter, asks_for_more
from compiler.errors import NotCompilableError, Reason
from compiler.inputs import Inputs, constant
from compiler.keys import canonical_code, key_if, key_of, keys_if
from compiler.layout import ArrayOf, Layout
from compiler.selection import Selections
from compiler.shape import Shape, ShapeWriter
from compiler.values import as_row, object_type, scalar
from compiler.windows import CompiledWindow, OrderedList, compiled_window
from resolvers.context import AnySelect
from resolvers.declarations import (
    Column,
    Declaration,
    Expression,
    Identifier,
    ListRules,
    Lookup,
    Many,
    NodeLookup,
    One,
    Part,
    Records,
    Root,
    Search,
    Singleton,
)
from resolvers.errors import BadInputError
from resolvers.loading import LIST_LIMIT
from resolvers.ordering import Order
from resolvers.paging import between, ordering
from resolvers.searching import BY_RANK, SearchSource, hits_of
from schema.declare import DeclaredField

MAXIMUM_LOOKING_AHEAD = 4
"""The most lists within each other that read a row more than they give: all below that row is read for nothing."""

Declared = TypeVar("Declared", bound=Declaration)
Condition = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Traced:
    """A statement whose one row holds the answer, and the function that shapes it."""

    statement: AnySelect
    shape: Shape


@dataclass(frozen=True, slots=True)
class Selected(Generic[Declared]):
    """A selected field: the type it is on, what declares it, its nodes, and the row it is read from."""

    kind: GraphQLObjectType
    definition: GraphQLField
    declaration: Declared
    nodes: list[FieldNode]
    entity: Any
    layout: Layout


class Planner:
    """Traces one operation for one shape of its variables and one set of grants."""

    def __init__(
        self,
        schema: strawberry.Schema,
        selections: Selections,
        variables: VariableValues,
        inputs: Inputs,
        viewer: Viewer,
    ) -> None:
        self._schema = schema
        self._core = schema._schema  # noqa: SLF001 - strawberry has no public name for it
        self._selections = selections
        self._variables = variables
        self._inputs = inputs
        self._viewer = viewer
        self._writer = ShapeWriter()
        self._looking_ahead = 0

    def trace(self, operation: OperationDefinitionNode) -> Traced:
        """The plan for the root fields of a query."""
        layout = Layout()
        body = self._object(cast("GraphQLObjectType", self._core.query_type), [operation], None, layout)
        shape = self._writer.compiled(self._writer.function(body))
        return Traced(select(*(layout.columns or [literal_column("1")])), shape)

    def _object(
        self,
        kind: GraphQLObjectType,
        nodes: Sequence[FieldNode | OperationDefinitionNode],
        entity: Any,
        layout: Layout,
    ) -> str:
        fields = self._selections.fields(kind, [node.selection_set for node in nodes])
        parts = (f"{key!r}: {self._field(kind, found, entity, layout)}" for key, found in fields.items())
        return "{" + ", ".join(parts) + "}"

    def _field(self, kind: GraphQLObjectType, nodes: list[FieldNode], entity: Any, layout: Layout) -> str:
        name = nodes[0].name.value
        if name == "__typename":
            return repr(kind.name)
        if name.startswith("__"):
            raise NotCompilableError(Reason.INTROSPECTION, name)
        definition = kind.fields[name]
        declaration = _declaration(definition)
        if declaration.requires is not None and not self._viewer.may(declaration.requires):
            raise NotCompilableError(Reason.PERMISSION, f"{kind.name}.{name}")
        compile_kind = self._kinds.get(type(declaration))
        if compile_kind is None:
            raise NotCompilableError(Reason.PYTHON_FIELD, f"{kind.name}.{name}")
        return compile_kind(self, Selected(kind, definition, declaration, nodes, entity, layout))

    def _arguments(self, selected: Selected[Any]) -> dict[str, Any]:
        try:
            values = get_argument_values(selected.definition, selected.nodes[0], self._variables)
        except GraphQLError as error:
            raise NotCompilableError(Reason.ARGUMENT, error.message) from error
        field: StrawberryField = selected.definition.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        registry = self._schema.schema_converter.scalar_registry
        return convert_arguments(values, field.arguments, registry, self._schema.config)

    def _column(self, selected: Selected[Column]) -> str:
        attribute = selected.declaration.attribute
        column = getattr(selected.entity, attribute)
        return scalar(selected.definition.type, column, selected.layout, (id(selected.entity), attribute))

    def _identifier(self, selected: Selected[Identifier]) -> str:
        return f"gid({selected.kind.name.encode() + b':'!r}, r[{_key_place(selected.entity, selected.layout)}])"

    def _expression(self, selected: Selected[Expression]) -> str:
        return scalar(selected.definition.type, selected.declaration.sql(selected.entity), selected.layout)

    def _part(self, selected: Selected[Part]) -> str:
        part = selected.declaration
        kind = object_type(selected.definition.type)
        fields = self._selections.fields(kind, [node.selection_set for node in selected.nodes])
        values = (f"{key!r}: {_part_value(selected, kind, found[0].name.value)}" for key, found in fields.items())
        body = "{" + ", ".join(values) + "}"
        if part.null_without is None:
            return body
        column = getattr(selected.entity, part.null_without)
        place = selected.layout.place(column.is_(None), ("null", id(selected.entity), part.null_without))
        return f"(None if r[{place}] else {body})"

    def _records(self, selected: Selected[Records]) -> str:
        """The stored JSON as it is, when all of it is asked for under its own names and in the order of JSONB."""
        attribute = selected.declaration.attribute
        column = sql_cast(getattr(selected.entity, attribute), Text)
        place = selected.layout.place(column, ("records", id(selected.entity), attribute))
        kind = object_type(selected.definition.type)
        fields = self._selections.fields(kind, [node.selection_set for node in selected.nodes])
        names = {key: found[0].name.value for key, found in fields.items()}
        in_stored_order = sorted(kind.fields, key=lambda name: (len(name), name))
        if list(names.items()) == [(name, name) for name in in_stored_order]:
            return f"json(r[{place}])"
        values = (
            f"{key!r}: {repr(kind.name) if name == '__typename' else f'o[{name!r}]'}" for key, name in names.items()
        )
        return f"[{{{', '.join(values)}}} for o in loads(r[{place}])]"

    def _one(self, selected: Selected[One]) -> str:
        one = selected.declaration
        ((local, remote),) = one.relationship.local_remote_pairs or ()
        near = getattr(selected.entity, one.relationship.parent.get_property_by_column(local).key)
        far = one.relationship.mapper.get_property_by_column(remote).key
        model = one.relationship.mapper.class_
        kind = object_type(selected.definition.type)
        return self._row(selected, kind, model, lambda entity: getattr(entity, far) == near, owned=one.owned)

    def _row(
        self,
        selected: Selected[Any],
        kind: GraphQLObjectType,
        model: type[models.Base],
        condition: Condition,
        *,
        owned: bool = False,
    ) -> str:
        """One visible row, or null, as a tuple within the row."""
        entity: Any = aliased(model)
        layout = Layout()
        body = self._object(kind, selected.nodes, entity, layout)
        wanted = and_(condition(entity), visible(model, entity, self._viewer, owned=owned))
        row = select(as_row(layout)).select_from(entity).where(wanted).correlate_except(entity)
        place = selected.layout.place(row.scalar_subquery())
        read = self._writer.function(body)
        if isinstance(selected.definition.type, GraphQLNonNull) and object_type(selected.definition.type) is kind:
            return f"{read}(needed(r[{place}]), p)"
        return f"(None if r[{place}] is None else {read}(r[{place}], p))"

    def _many(self, selected: Selected[Many]) -> str:
        many = selected.declaration
        parent = selected.entity.id

        def below(entity: Any) -> ColumnElement[bool]:
            seen = visible(many.link.model, entity, self._viewer, owned=many.owned)
            return and_(many.link.joins(entity, parent), seen)

        if many.paged:
            return self._connection(selected, many.link.model, many.rules, below)
        return self._short_list(selected, many.link.model, many.rules, below)

    def _root(self, selected: Selected[Root]) -> str:
        model = selected.declaration.model
        rules = selected.declaration.rules
        return self._connection(selected, model, rules, lambda entity: visible(model, entity, self._viewer))

    def _short_list(
        self, selected: Selected[Any], model: type[models.Base], rules: ListRules, condition: Condition
    ) -> str:
        entity: Any = aliased(model)
        layout = Layout()
        body = self._object(object_type(selected.definition.type), selected.nodes, entity, layout)
        rows = select(as_row(layout)).select_from(entity).where(condition(entity)).limit(LIST_LIMIT)
        rows = rows.order_by(*ordering(entity, rules.default, None, backward=False)).correlate_except(entity)
        return f"[{body} for r in r[{selected.layout.place(ArrayOf(rows.scalar_subquery()))}]]"

    def _connection(
        self, selected: Selected[Any], model: type[models.Base], rules: ListRules, condition: Condition
    ) -> str:
        arguments = self._arguments(selected)
        entity: Any = aliased(model)
        order, wanted = _rules_of(rules, arguments, entity, self._viewer)
        question = arguments.get("search")
        listed = OrderedList(entity, order, question, object_type(selected.definition.type))
        window = self._window(selected, arguments, listed)

        def rows(row: ColumnElement[Any]) -> AnySelect:
            bounds = between(entity, order, question, window.after, window.before)
            found = select(row).select_from(entity).where(condition(entity), wanted, bounds)
            found = found.order_by(*ordering(entity, order, question, backward=window.backward))
            return found.limit(window.limit).correlate_except(entity)

        def item(nodes: list[FieldNode], layout: Layout) -> str:
            return self._object(object_type(listed.kind.fields["nodes"].type), nodes, entity, layout)

        def count() -> ColumnElement[int]:
            counted: Any = aliased(model)
            matching = and_(condition(counted), rules.condition(counted, arguments, self._viewer))
            return select(func.count()).select_from(counted).where(matching).correlate_except(counted).scalar_subquery()

        return self._written(selected, ConnectionPlan(listed, window, rows, item, count))

    def _window(self, selected: Selected[Any], arguments: Mapping[str, Any], listed: OrderedList) -> CompiledWindow:
        backward = arguments.get("last") is not None
        looks_ahead = asks_for_more(self._selections, listed.kind, selected.nodes, backward=backward)
        return compiled_window(arguments, listed, self._inputs, looks_ahead=looks_ahead)

    def _written(self, selected: Selected[Any], plan: ConnectionPlan) -> str:
        """The code of a connection, unless too many that look ahead stand in each other."""
        self._looking_ahead += plan.window.looks_ahead
        if self._looking_ahead > MAXIMUM_LOOKING_AHEAD:
            raise NotCompilableError(Reason.TOO_LARGE, "too many lists in each other that tell whether there are more")
        code = ConnectionWriter(plan, self._selections, self._writer).write(selected.nodes, selected.layout)
        self._looking_ahead -= plan.window.looks_ahead
        return code

    def _singleton(self, selected: Selected[Singleton]) -> str:
        key = constant(selected.declaration.key, Uuid())
        kind = object_type(selected.definition.type)
        return self._row(selected, kind, selected.declaration.model, lambda entity: entity.id == key)

    def _lookup(self, selected: Selected[Lookup]) -> str:
        lookup = selected.declaration
        arguments = self._arguments(selected)
        given = [(name, arguments[name]) for name in lookup.by if arguments.get(name) is not None]
        if len(given) != 1:
            raise NotCompilableError(Reason.ARGUMENT, "a lookup needs one key")
        ((name, value),) = given
        key = key_of(lookup.type_name, value, self._inputs) if name == "id" else value
        kind = object_type(selected.definition.type)
        return self._row(selected, kind, lookup.model, lambda entity: getattr(entity, name) == key)

    def _node(self, selected: Selected[NodeLookup]) -> str:
        """The rows of whichever types the ids name: one subquery a type, which gets the keys of its type."""
        types = selected.declaration.types
        arguments = self._arguments(selected)
        if "id" in arguments:
            rows = (self._node_row(selected, name, model, arguments["id"]) for name, model in types.items())
            return f"present({', '.join(rows)})"
        given = arguments["ids"]
        found = ", ".join(f"**{self._node_rows(selected, name, model, given)}" for name, model in types.items())
        wanted = canonical_code(given, self._inputs)
        return f"{self._writer.function('[o.get(i) for i in ids]', 'o, ids')}({{{found}}}, {wanted})"

    def _node_row(self, selected: Selected[NodeLookup], type_name: str, model: type[models.Base], given: Any) -> str:
        key = key_if(type_name, selected.declaration.types, given, self._inputs)
        return self._row(selected, self._object_named(type_name), model, lambda entity: entity.id == key)

    def _node_rows(
        self, selected: Selected[NodeLookup], type_name: str, model: type[models.Base], given: list[Any]
    ) -> str:
        keys = keys_if(type_name, selected.declaration.types, given, self._inputs)
        entity: Any = aliased(model)
        layout = Layout()
        body = self._object(self._object_named(type_name), selected.nodes, entity, layout)
        key = f"gid({type_name.encode() + b':'!r}, r[{_key_place(entity, layout)}])"
        wanted = and_(entity.id == any_(keys), visible(model, entity, self._viewer))
        rows = select(as_row(layout)).select_from(entity).where(wanted).correlate_except(entity)
        return f"{{{key}: {body} for r in r[{selected.layout.place(ArrayOf(rows.scalar_subquery()))}]}}"

    def _search(self, selected: Selected[Search]) -> str:
        arguments = self._arguments(selected)
        sources = selected.declaration.wanted(arguments.get("types"))
        if not sources:
            raise NotCompilableError(Reason.ARGUMENT, "no types to search")
        question = arguments["query"]
        kind = object_type(selected.definition.type)
        hits = self._hits(sources, question).c
        window = self._window(selected, arguments, OrderedList(hits, BY_RANK, question, kind))
        bounds = between(hits, BY_RANK, None, window.after, window.before)
        best = ordering(hits, BY_RANK, None, backward=window.backward)
        found = select(hits.type, hits.id, hits.body, hits.rank).where(bounds).order_by(*best).limit(window.limit)
        page = found.subquery()

        def rows(row: ColumnElement[Any]) -> AnySelect:
            in_order = ordering(page.c, BY_RANK, None, backward=window.backward)
            return select(row).select_from(page).order_by(*in_order).correlate_except(page)

        def item(nodes: list[FieldNode], layout: Layout) -> str:
            hit = replace(selected, nodes=nodes, entity=page.c, layout=layout)
            return f"present({', '.join(self._hit_row(hit, source) for source in sources)})"

        def count() -> ColumnElement[int]:
            return select(func.count()).select_from(self._hits(sources, question)).scalar_subquery()

        listed = OrderedList(page.c, BY_RANK, question, kind)
        return self._written(selected, ConnectionPlan(listed, window, rows, item, count))

    def _hits(self, sources: Sequence[SearchSource], question: Any) -> Any:
        return union_all(*(hits_of(self._viewer, source, question) for source in sources)).subquery()

    def _hit_row(self, hit: Selected[Search], source: SearchSource) -> str:
        is_source = hit.entity.type == constant(source.type_name, Text())
        kind = self._object_named(source.type_name)
        return self._row(hit, kind, source.model, lambda entity: and_(entity.id == hit.entity.id, is_source))

    def _object_named(self, type_name: str) -> GraphQLObjectType:
        return cast("GraphQLObjectType", self._core.type_map[type_name])

    _kinds: Mapping[type[Declaration], Callable[["Planner", Selected[Any]], str]] = {
        Column: _column,
        Expression: _expression,
        Identifier: _identifier,
        Lookup: _lookup,
        Many: _many,
        NodeLookup: _node,
        One: _one,
        Part: _part,
        Records: _records,
        Root: _root,
        Search: _search,
        Singleton: _singleton,
    }


def _declaration(definition: GraphQLField) -> Declaration:
    behind: StrawberryField = definition.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    return behind.declaration if isinstance(behind, DeclaredField) else Column(attribute=behind.python_name)


def _part_value(selected: Selected[Part], kind: GraphQLObjectType, name: str) -> str:
    if name == "__typename":
        return repr(kind.name)
    inner = kind.fields[name]
    attribute = selected.declaration.columns[inner.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].python_name]
    column = getattr(selected.entity, attribute)
    return scalar(inner.type, column, selected.layout, (id(selected.entity), attribute))


def _key_place(entity: Any, layout: Layout) -> int:
    return layout.place(sql_cast(entity.id, Text), ("key", id(entity)))


def _rules_of(
    rules: ListRules, arguments: Mapping[str, Any], entity: Any, viewer: Viewer
) -> tuple[Order, ColumnElement[bool]]:
    """The order and the condition that the arguments ask for."""
    try:
        return rules.order(arguments), rules.condition(entity, arguments, viewer)
    except BadInputError as error:
        raise NotCompilableError(Reason.ARGUMENT, str(error)) from error
