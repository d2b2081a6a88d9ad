"""From the declarations of the selected fields to one SQL statement, and to the code that shapes its row.

A row travels as a tuple: a to-one relation is a tuple within it, a to-many one an array of tuples. Names and
structure of the response are in the shape, so that only values cross the wire.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import strawberry
from graphql import (
    FieldNode,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationDefinitionNode,
)
from graphql.execution.values import VariableValues
from sqlalchemy import ColumnElement, Integer, Text, Uuid, and_, any_, func, literal_column, select
from sqlalchemy.sql.elements import True_

import models
from auth.areas import granted_on
from auth.row_security import GUARDED_TABLES
from auth.viewer import Viewer
from auth.visibility import visible
from compiler.aliases import Alias
from compiler.arguments import read_arguments
from compiler.connections import ConnectionPlan, ConnectionWriter, asks_for_more
from compiler.errors import NotCompilableError, Reason
from compiler.inputs import ROW, Inputs, constant
from compiler.keys import canonical_code, key_if, key_of, keys_if
from compiler.layout import Layout, RootLayout
from compiler.leaves import LEAVES, Selected, computed, copied, declaration_of, derived
from compiler.searching import asked_for_page
from compiler.selection import Selections
from compiler.shape import Shape, ShapeWriter
from compiler.values import key_place, object_type
from compiler.windows import LIMITS, CompiledWindow, OrderedList, compiled_window
from domain.searching import Question, asked
from domain.vault import Vault
from resolvers.context import AnySelect
from resolvers.declarations import (
    Computed,
    Declaration,
    Derived,
    Granted,
    Held,
    ListRules,
    Lookup,
    Many,
    NodeLookup,
    One,
    Own,
    Root,
    Search,
    Singleton,
)
from resolvers.errors import BadInputError
from resolvers.loading import LIST_LIMIT
from resolvers.ordering import Order
from resolvers.paging import between, ordering
from resolvers.searching import BY_RANK, SearchSource, hits_of

MAXIMUM_LOOKING_AHEAD = 4
"""The most lists within each other that read a row more than they give: all below that row is read for nothing."""

SHORT_LIST = literal_column(str(LIST_LIMIT), Integer())
"""As the limits of pages are (compiler/windows.py)."""

Condition = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Traced:
    """A statement whose row, or list of rows, holds the answer, and the function that shapes it."""

    statement: AnySelect
    shape: Shape
    has_many_rows: bool


@dataclass(frozen=True, slots=True)
class RowAsked:
    """What an operation selects of one row, which is no root field of its own. Equal for the same selections."""

    kind: GraphQLObjectType
    model: type[models.Base]
    nodes: tuple[FieldNode, ...] = field(compare=False)
    places: tuple[int, ...] = field(init=False)
    """Tell the nodes from all others of their document."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", tuple(map(id, self.nodes)))


class Planner:
    """Traces one operation for one shape of its variables and one set of grants."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that a statement is made from; only the compiler calls it
        self,
        schema: strawberry.Schema,
        selections: Selections,
        variables: VariableValues,
        inputs: Inputs,
        viewer: Viewer,
        alias: Alias,
        vault: Vault | None,
    ) -> None:
        self._schema = schema
        self._core = schema._schema  # noqa: SLF001 - strawberry has no public name for it
        self._selections = selections
        self._variables = variables
        self._inputs = inputs
        self._viewer = viewer
        self._alias = alias
        self._writer = ShapeWriter(vault)
        self._looking_ahead = 0
        self._parents: dict[tuple[Any, str], Any] = {}
        """The parents of lists' rows, by the rows and their foreign keys: whoever asks a row for its parent has it."""

    def trace(self, operation: OperationDefinitionNode) -> Traced:
        """The plan for the root fields of a query."""
        kind = cast("GraphQLObjectType", self._core.query_type)
        layout = RootLayout(is_sole=self._is_sole(kind, operation))
        body = self._object(kind, [operation], None, layout)
        shape = self._writer.compiled(self._writer.function(body))
        return Traced(layout.statement(), shape, layout.has_many_rows)

    def trace_row(self, asked: RowAsked) -> Traced:
        """The plan for one row, whose key arrives with each request; null where the viewer may not see it."""
        key, layout = self._inputs.bind((ROW,), Uuid()), RootLayout(is_sole=True)
        read, row = self._found(asked.kind, asked.nodes, layout, asked.model, lambda entity: entity.id == key)
        shape = self._writer.compiled(self._writer.function(f"(None if {row} is None else {read}({row}, p))"))
        return Traced(layout.statement(), shape, has_many_rows=False)

    def _is_sole(self, kind: GraphQLObjectType, operation: OperationDefinitionNode) -> bool:
        """Whether the operation has one field alone, all of which is one row or one list of rows."""
        fields = self._selections.fields(kind, [operation.selection_set])
        ((nodes),) = fields.values() if len(fields) == 1 else ([],)
        if not nodes or nodes[0].name.value.startswith("__"):
            return False
        definition = kind.fields[nodes[0].name.value]
        match declaration_of(definition):
            case Held() | Lookup() | Own() | Singleton():
                return True
            case Root():
                inner = self._selections.fields(object_type(definition.type), [node.selection_set for node in nodes])
                return "totalCount" not in {found[0].name.value for found in inner.values()}
            case _:
                return False

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
        declaration = declaration_of(definition)
        if declaration.requires is not None and not self._viewer.may(declaration.requires):
            raise NotCompilableError(Reason.PERMISSION, f"{kind.name}.{name}")
        selected = Selected(kind, definition, declaration, nodes, entity, layout)
        if (leaf := LEAVES.get(type(declaration))) is not None:
            return leaf(selected, self._selections)
        compile_kind = self._kinds.get(type(declaration))
        if compile_kind is None:
            raise NotCompilableError(Reason.PYTHON_FIELD, f"{kind.name}.{name}")
        return compile_kind(self, selected)

    def _arguments(self, selected: Selected[Any]) -> dict[str, Any]:
        return read_arguments(self._schema, selected.definition, selected.nodes[0], self._variables)

    def _computed(self, selected: Selected[Computed]) -> str:
        return computed(selected, self._selections, self._arguments(selected))

    def _derived(self, selected: Selected[Derived]) -> str:
        return derived(selected, self._selections, self._writer)

    def _one(self, selected: Selected[One]) -> str:
        one = selected.declaration
        ((local, remote),) = one.relationship.local_remote_pairs or ()
        key = one.relationship.parent.get_property_by_column(local).key
        if remote.primary_key and (selected.entity, key) in self._parents:
            return self._object(
                object_type(selected.definition.type),
                selected.nodes,
                self._parents[selected.entity, key],
                selected.layout,
            )
        near = getattr(selected.entity, key)
        far = one.relationship.mapper.get_property_by_column(remote).key
        model = one.relationship.mapper.class_
        kind = object_type(selected.definition.type)
        entity: Any = self._alias(model)
        seen = visible(model, entity, self._viewer, owned=one.owned)
        is_certain = _is_certain(one, seen)
        if is_certain and (copies := copied(selected, self._selections)) is not None:
            return copies
        if selected.layout.has_room and (remote.primary_key or remote.unique):
            is_certain = is_certain and not selected.layout.may_lack(selected.entity)
            return self._joined(selected, kind, entity, and_(getattr(entity, far) == near, seen), is_certain=is_certain)
        return self._row(selected, kind, model, lambda entity: getattr(entity, far) == near, owned=one.owned)

    def _joined(
        self,
        selected: Selected[One],
        kind: GraphQLObjectType,
        entity: Any,
        condition: ColumnElement[bool],
        *,
        is_certain: bool,
    ) -> str:
        """One visible row, or null, whose columns are joined to those of its owner's row."""
        selected.layout.join(entity, condition, is_certain=is_certain)
        body = self._object(kind, selected.nodes, entity, selected.layout)
        if is_certain:
            return body
        absent = selected.layout.place(entity.id.is_(None), ("absent", id(entity)))
        without = "needed(None)" if isinstance(selected.definition.type, GraphQLNonNull) else "None"
        return f"({without} if r[{absent}] else {body})"

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
        read, row = self._found(kind, selected.nodes, selected.layout, model, condition, owned=owned)
        if isinstance(selected.definition.type, GraphQLNonNull) and object_type(selected.definition.type) is kind:
            return f"{read}(needed({row}), p)"
        return f"(None if {row} is None else {read}({row}, p))"

    def _found(  # noqa: PLR0913 - all that tells one row from others, and where it goes
        self,
        kind: GraphQLObjectType,
        nodes: Sequence[FieldNode],
        place: Layout,
        model: type[models.Base],
        condition: Condition,
        *,
        owned: bool = False,
    ) -> tuple[str, str]:
        """The function that shapes one visible row, and the code that reads its tuple, or None."""
        entity: Any = self._alias(model)
        layout = Layout()
        body = self._object(kind, nodes, entity, layout)
        wanted = and_(condition(entity), visible(model, entity, self._viewer, owned=owned))
        row = place.row(layout, lambda *columns: layout.select_from(select(*columns), entity).where(wanted))
        return self._writer.function(body), row

    def _many(self, selected: Selected[Many]) -> str:
        many = selected.declaration
        parent = selected.entity.id
        entity = self._alias(many.link.model)
        if many.link.foreign_key is not None:
            self._parents[entity, many.link.foreign_key] = selected.entity

        def below(entity: Any) -> ColumnElement[bool]:
            seen = visible(many.link.model, entity, self._viewer, owned=many.owned)
            return and_(many.link.joins(entity, parent), seen)

        write = self._connection if many.paged else self._short_list
        return write(selected, entity, many.rules, below)

    def _root(self, selected: Selected[Root]) -> str:
        root = selected.declaration
        entity = self._alias(root.model)
        return self._connection(selected, entity, root.rules, lambda entity: root.seen(entity, self._viewer))

    def _short_list(self, selected: Selected[Any], entity: Any, rules: ListRules, condition: Condition) -> str:
        layout = Layout()
        body = self._object(object_type(selected.definition.type), selected.nodes, entity, layout)
        in_order = ordering(entity, rules.default, None, backward=False)

        def rows(*columns: ColumnElement[Any]) -> AnySelect:
            found = layout.select_from(select(*columns), entity).where(condition(entity))
            return found.order_by(*in_order).limit(SHORT_LIST)

        listed = self._writer.function(f"[{body} for r in rows]", "rows, p")
        return f"{listed}({selected.layout.rows(layout, rows)}, p)"

    def _connection(self, selected: Selected[Any], entity: Any, rules: ListRules, condition: Condition) -> str:
        arguments = self._arguments(selected)
        model = entity.model
        order, question = _order_of(rules, arguments), rules.question(arguments)
        listed = OrderedList(entity, order, question, object_type(selected.definition.type))
        window = self._window(selected, arguments, listed)

        def matching(entity: Any, question: Question | None) -> ColumnElement[bool]:
            wanted = _condition_of(rules, arguments, entity, self._viewer, question)
            return and_(condition(entity), wanted, between(entity, order, question, window.after, window.before))

        if order.needs_question:
            first: Any = self._alias(model)
            question = asked_for_page(
                arguments["search"],
                window,
                lambda asked: select(first.id).where(matching(first, asked)).correlate_except(first),
            )
            listed = replace(listed, question=question)

        def rows(layout: Layout, limit: int, *columns: ColumnElement[Any]) -> AnySelect:
            chosen = layout.select_from(select(*columns), entity).where(matching(entity, question))
            return chosen.order_by(*ordering(entity, order, question, backward=window.backward)).limit(LIMITS[limit])

        def item(nodes: list[FieldNode], layout: Layout) -> str:
            return self._object(object_type(listed.kind.fields["nodes"].type), nodes, entity, layout)

        def count() -> ColumnElement[int]:
            counted: Any = self._alias(model)
            wanted = rules.condition(counted, arguments, self._viewer, rules.question(arguments))
            whole = select(func.count()).select_from(counted).where(condition(counted), wanted)
            return whole.correlate_except(counted).scalar_subquery()

        is_filtered = any(arguments.get(name) is not None for name in ("filter", "search"))
        return self._written(selected, ConnectionPlan(listed, window, rows, item, count, is_filtered))

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

    def _own(self, selected: Selected[Own]) -> str:
        own = selected.declaration
        if self._viewer.user_id is None:
            return "None"
        kind = object_type(selected.definition.type)

        def owned(entity: Any) -> ColumnElement[bool]:
            return and_(self._viewer.owns(getattr(entity, own.owner)), getattr(entity, own.while_))

        return self._row(selected, kind, own.model, owned)

    def _held(self, selected: Selected[Held]) -> str:
        held = selected.declaration
        kind = object_type(selected.definition.type)
        return self._row(selected, kind, held.model, lambda entity: held.condition(entity, self._viewer))

    def _granted(self, selected: Selected[Granted]) -> str:
        """The grants are structure, so that the list stands in the code."""
        model = selected.entity.model
        return repr([permission.name for permission in granted_on(model, self._viewer)])

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
        entity: Any = self._alias(model)
        layout = Layout()
        body = self._object(self._object_named(type_name), selected.nodes, entity, layout)
        key = f"gid({type_name.encode() + b':'!r}, r[{key_place(entity, layout)}])"
        wanted = and_(entity.id == any_(keys), visible(model, entity, self._viewer))
        rows = selected.layout.rows(layout, lambda *columns: layout.select_from(select(*columns), entity).where(wanted))
        return f"{{{key}: {body} for r in {rows}}}"

    def _search(self, selected: Selected[Search]) -> str:
        arguments = self._arguments(selected)
        sources = selected.declaration.wanted(arguments.get("types"))
        if not sources:
            raise NotCompilableError(Reason.ARGUMENT, "no types to search")
        question = arguments["query"]
        kind = object_type(selected.definition.type)
        hits = self._hits(sources, asked(question)).c
        window = self._window(selected, arguments, OrderedList(hits, BY_RANK, question, kind))

        def within(hits: Any) -> AnySelect:
            bounds = between(hits, BY_RANK, None, window.after, window.before)
            return select(hits.type, hits.id, hits.body, hits.rank).where(bounds)

        sought = asked_for_page(question, window, lambda asked: within(self._hits(sources, asked).c))
        hits = self._hits(sources, sought).c
        found = within(hits).order_by(*ordering(hits, BY_RANK, None, backward=window.backward))
        page = found.limit(LIMITS[window.size + window.looks_ahead]).subquery()

        def rows(layout: Layout, limit: int, *columns: ColumnElement[Any]) -> AnySelect:
            in_order = ordering(page.c, BY_RANK, None, backward=window.backward)
            return layout.select_from(select(*columns), page).order_by(*in_order).limit(LIMITS[limit])

        def item(nodes: list[FieldNode], layout: Layout) -> str:
            hit = replace(selected, nodes=nodes, entity=page.c, layout=layout)
            return f"present({', '.join(self._hit_row(hit, source) for source in sources)})"

        def count() -> ColumnElement[int]:
            return select(func.count()).select_from(self._hits(sources, asked(question))).scalar_subquery()

        listed = OrderedList(page.c, BY_RANK, question, kind)
        return self._written(selected, ConnectionPlan(listed, window, rows, item, count))

    def _hits(self, sources: Sequence[SearchSource], question: Question) -> Any:
        return hits_of(self._viewer, sources, question).subquery()

    def _hit_row(self, hit: Selected[Search], source: SearchSource) -> str:
        is_source = hit.entity.type == constant(source.type_name, Text())
        kind = self._object_named(source.type_name)
        return self._row(hit, kind, source.model, lambda entity: and_(entity.id == hit.entity.id, is_source))

    def _object_named(self, type_name: str) -> GraphQLObjectType:
        return cast("GraphQLObjectType", self._core.type_map[type_name])

    _kinds: Mapping[type[Declaration], Callable[["Planner", Selected[Any]], str]] = {
        Computed: _computed,
        Derived: _derived,
        Granted: _granted,
        Held: _held,
        Lookup: _lookup,
        Many: _many,
        NodeLookup: _node,
        One: _one,
        Own: _own,
        Root: _root,
        Search: _search,
        Singleton: _singleton,
    }


def _is_certain(one: One, seen: ColumnElement[bool]) -> bool:
    """Whether the database vouches for the row, and everybody sees it."""
    ((local, remote),) = one.relationship.local_remote_pairs or ()
    is_vouched_for = not local.nullable and any(key.references(remote.table) for key in local.foreign_keys)
    return is_vouched_for and isinstance(seen, True_) and remote.table.name not in GUARDED_TABLES


def _order_of(rules: ListRules, arguments: Mapping[str, Any]) -> Order:
    try:
        return rules.order(arguments)
    except BadInputError as error:
        raise NotCompilableError(Reason.ARGUMENT, str(error)) from error


def _condition_of(
    rules: ListRules, arguments: Mapping[str, Any], entity: Any, viewer: Viewer, question: Question | None
) -> ColumnElement[bool]:
    try:
        return rules.condition(entity, arguments, viewer, question)
    except BadInputError as error:
        raise NotCompilableError(Reason.ARGUMENT, str(error)) from error
