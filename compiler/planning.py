"""From the declarations of the selected fields to one SQL statement, and to the code that shapes its row.

A row travels as a tuple: a to-one relation is a tuple within it, a to-many one an array of tuples. Names and
structure of the response are in the shape, so that only values cross the wire.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_argument_values,
    get_named_type,
)
from graphql.execution.values import VariableValues
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Float,
    Integer,
    Text,
    Uuid,
    any_,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import aliased
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

import models
from auth.viewer import Viewer
from auth.visibility import visible
from compiler.errors import NotCompilableError, Reason
from compiler.inputs import Argument, Inputs, constant
from compiler.layout import ArrayOf, Layout
from compiler.selection import Selections
from compiler.shape import Shape, ShapeWriter
from domain.conditions import ArrayArgument
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
from resolvers.ids import decode_id, decode_id_of, encode_id
from resolvers.loading import LIST_LIMIT
from resolvers.ordering import Order, cursor_of, place_of
from resolvers.paging import MAXIMUM_PAGE_SIZE, between, ordering, window_of
from resolvers.searching import BY_RANK, hits_of
from schema.declare import DeclaredField

Nodes = list[FieldNode]


@dataclass(frozen=True, slots=True)
class Traced:
    """A statement whose one row holds the answer, and the function that shapes it."""

    statement: AnySelect
    shape: Shape


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
        self._core: GraphQLSchema = schema._schema  # noqa: SLF001 - strawberry has no public name for it
        self._selections = selections
        self._variables = variables
        self._inputs = inputs
        self._viewer = viewer
        self._writer = ShapeWriter()

    def trace(self, operation: FieldNode | Any) -> Traced:
        """The plan for the root fields of a query."""
        root = cast("GraphQLObjectType", self._core.query_type)
        layout = Layout()
        body = self._object(root, [operation], None, layout)
        shape = self._writer.compiled(self._writer.function(body))
        return Traced(select(*(layout.columns or [literal_column("1")])), shape)

    # -- objects and their fields ------------------------------------------------------------------------------

    def _object(self, kind: GraphQLObjectType, nodes: Sequence[Any], entity: Any, layout: Layout) -> str:
        fields = self._selections.fields(kind, [node.selection_set for node in nodes])
        parts = [f"{key!r}: {self._field(kind, found, entity, layout)}" for key, found in fields.items()]
        return "{" + ", ".join(parts) + "}"

    def _field(self, kind: GraphQLObjectType, nodes: Nodes, entity: Any, layout: Layout) -> str:
        name = nodes[0].name.value
        if name == "__typename":
            return repr(kind.name)
        if name.startswith("__"):
            raise NotCompilableError(Reason.INTROSPECTION, name)
        definition = kind.fields[name]
        declaration = self._declaration(definition)
        if declaration.requires is not None and not self._viewer.may(declaration.requires):
            raise NotCompilableError(Reason.PERMISSION, f"{kind.name}.{name}")
        compile_kind = self._kinds.get(type(declaration))
        if compile_kind is None:
            raise NotCompilableError(Reason.PYTHON_FIELD, f"{kind.name}.{name}")
        return compile_kind(self, _Selected(kind, definition, declaration, nodes, entity, layout))

    def _declaration(self, definition: GraphQLField) -> Declaration:
        behind: StrawberryField = definition.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        if isinstance(behind, DeclaredField):
            return behind.declaration
        return Column(attribute=behind.python_name)

    def _arguments(self, selected: "_Selected") -> dict[str, Any]:
        values = get_argument_values(selected.definition, selected.nodes[0], self._variables)
        field: StrawberryField = selected.definition.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        registry = self._schema.schema_converter.scalar_registry
        return convert_arguments(values, field.arguments, registry, self._schema.config)

    # -- values of the row -------------------------------------------------------------------------------------

    def _column(self, selected: "_Selected") -> str:
        attribute = cast("Column", selected.declaration).attribute
        return self._value(selected.definition.type, selected.entity, attribute, selected.layout)

    def _value(self, kind: GraphQLOutputType, entity: Any, attribute: str, layout: Layout) -> str:
        return _scalar(kind, getattr(entity, attribute), layout, ("column", id(entity), attribute))

    def _identifier(self, selected: "_Selected") -> str:
        place = selected.layout.place(sql_cast(selected.entity.id, Text), ("id", id(selected.entity)))
        return f"gid({selected.kind.name.encode() + b':'!r}, r[{place}])"

    def _expression(self, selected: "_Selected") -> str:
        sql = cast("Expression", selected.declaration).sql(selected.entity)
        return _scalar(selected.definition.type, sql, selected.layout, None)

    def _part(self, selected: "_Selected") -> str:
        part = cast("Part", selected.declaration)
        kind = _object_type(selected.definition.type)
        fields = self._selections.fields(kind, [node.selection_set for node in selected.nodes])
        values = []
        for key, found in fields.items():
            name = found[0].name.value
            values.append(
                f"{key!r}: {repr(kind.name) if name == '__typename' else self._part_value(part, kind, name, selected)}"
            )
        body = "{" + ", ".join(values) + "}"
        if part.null_without is None:
            return body
        column = getattr(selected.entity, part.null_without)
        place = selected.layout.place(column.is_(None), ("null", id(selected.entity), part.null_without))
        return f"(None if r[{place}] else {body})"

    def _part_value(self, part: Part, kind: GraphQLObjectType, name: str, selected: "_Selected") -> str:
        inner = kind.fields[name]
        python_name = inner.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].python_name
        return self._value(inner.type, selected.entity, part.columns[python_name], selected.layout)

    def _records(self, selected: "_Selected") -> str:
        attribute = cast("Records", selected.declaration).attribute
        column = sql_cast(getattr(selected.entity, attribute), Text)
        place = selected.layout.place(column, ("records", id(selected.entity), attribute))
        kind = _object_type(selected.definition.type)
        fields = self._selections.fields(kind, [node.selection_set for node in selected.nodes])
        names = {key: found[0].name.value for key, found in fields.items()}
        if all(key == name for key, name in names.items()) and names.keys() == kind.fields.keys():
            return f"json(r[{place}])"
        values = ", ".join(
            f"{key!r}: {kind.name!r}" if name == "__typename" else f"{key!r}: o[{name!r}]"
            for key, name in names.items()
        )
        return f"[{{{values}}} for o in loads(r[{place}])]"

    # -- relations ---------------------------------------------------------------------------------------------

    def _one(self, selected: "_Selected") -> str:
        one = cast("One", selected.declaration)
        ((local, remote),) = one.relationship.local_remote_pairs or ()
        near = getattr(selected.entity, one.relationship.parent.get_property_by_column(local).key)
        far = one.relationship.mapper.get_property_by_column(remote).key
        return self._row(
            selected, one.relationship.mapper.class_, lambda entity: getattr(entity, far) == near, owned=one.owned
        )

    def _row(
        self,
        selected: "_Selected",
        model: type[models.Base],
        condition: Callable[[Any], ColumnElement[bool]],
        *,
        owned: bool = False,
    ) -> str:
        """One row, or null, as a tuple within the row."""
        entity: Any = aliased(model)
        layout = Layout()
        body = self._object(_object_type(selected.definition.type), selected.nodes, entity, layout)
        row = (
            select(_as_row(layout))
            .select_from(entity)
            .where(condition(entity), visible(model, entity, self._viewer, owned=owned))
        )
        place = selected.layout.place(row.correlate_except(entity).scalar_subquery())
        return f"(None if r[{place}] is None else {self._writer.function(body)}(r[{place}], p))"

    def _many(self, selected: "_Selected") -> str:
        many = cast("Many", selected.declaration)
        model, parent = many.link.model, selected.entity.id

        def below(entity: Any) -> ColumnElement[bool]:
            return many.link.joins(entity, parent) & visible(model, entity, self._viewer, owned=many.owned)

        if many.paged:
            return self._connection(selected, model, many.rules, below)
        return self._short_list(selected, model, many.rules.default, below)

    def _root(self, selected: "_Selected") -> str:
        root = cast("Root", selected.declaration)
        return self._connection(
            selected, root.model, root.rules, lambda entity: visible(root.model, entity, self._viewer)
        )

    def _short_list(
        self,
        selected: "_Selected",
        model: type[models.Base],
        order: Order,
        condition: Callable[[Any], ColumnElement[bool]],
    ) -> str:
        entity: Any = aliased(model)
        layout = Layout()
        body = self._object(_object_type(selected.definition.type), selected.nodes, entity, layout)
        rows = select(_as_row(layout)).select_from(entity).where(condition(entity)).limit(LIST_LIMIT)
        rows = rows.order_by(*ordering(entity, order, None, backward=False)).correlate_except(entity)
        place = selected.layout.place(ArrayOf(rows.scalar_subquery()))
        return f"[{body} for r in r[{place}]]"

    def _connection(
        self,
        selected: "_Selected",
        model: type[models.Base],
        rules: ListRules,
        condition: Callable[[Any], ColumnElement[bool]],
    ) -> str:
        arguments = self._arguments(selected)
        entity: Any = aliased(model)
        try:
            order = rules.order(arguments)
            wanted = condition(entity) & rules.condition(entity, arguments)
        except BadInputError as error:
            raise NotCompilableError(Reason.ARGUMENT, str(error)) from error
        listed = _List(entity, order, arguments.get("search"), _object_type(selected.definition.type))
        page = self._page(arguments, order, listed)

        def count() -> ColumnElement[int]:
            counted: Any = aliased(model)
            matching = condition(counted) & rules.condition(counted, arguments)
            return select(func.count()).select_from(counted).where(matching).correlate_except(counted).scalar_subquery()

        def rows(columns: ColumnElement[Any]) -> AnySelect:
            found = (
                select(columns)
                .select_from(entity)
                .where(wanted, between(entity, order, listed.question, page.after, page.before))
            )
            found = found.order_by(*ordering(entity, order, listed.question, backward=page.backward))
            return found.limit(page.limit).correlate_except(entity)

        def item(nodes: Nodes, layout: Layout) -> str:
            return self._object(_object_type(listed.kind.fields["nodes"].type), nodes, entity, layout)

        return self._pages(selected, listed, page, rows, item, count)

    def _pages(
        self,
        selected: "_Selected",
        listed: "_List",
        page: "_Page",
        rows: Callable[[ColumnElement[Any]], AnySelect],
        item: Callable[[Nodes, Layout], str],
        count: Callable[[], ColumnElement[int]],
    ) -> str:
        fields = self._selections.fields(listed.kind, [node.selection_set for node in selected.nodes])
        layout = Layout()
        parts = []
        total = None
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name == "totalCount":
                total = selected.layout.place(count()) if total is None else total
                parts.append(f"{key!r}: t")
            elif name == "nodes":
                parts.append(f"{key!r}: [{item(nodes, layout)} for r in rows]")
            elif name == "edges":
                parts.append(f"{key!r}: [{self._edge(listed, nodes, layout, item)} for r in rows]")
            elif name == "pageInfo":
                parts.append(f"{key!r}: {self._page_info(listed, page, nodes, layout)}")
            else:
                parts.append(f"{key!r}: {listed.kind.name!r}")
        count_code = "None" if total is None else f"r[{total}]"
        if not {"nodes", "edges", "pageInfo"} & {found[0].name.value for found in fields.values()}:
            return self._writer.function("{" + ", ".join(parts) + "}", "t, p") + f"({count_code}, p)"
        place = selected.layout.place(ArrayOf(rows(_as_row(layout)).scalar_subquery()))
        statements = [
            f"more = len(rows) > {page.size}",
            f"if more: del rows[{page.size}:]",
            *(["rows.reverse()"] if page.backward else []),
            "return {" + ", ".join(parts) + "}",
        ]
        return f"{self._writer.block(chr(10).join(statements), 'rows, t, p')}(r[{place}], {count_code}, p)"

    def _edge(self, listed: "_List", nodes: Nodes, layout: Layout, item: Callable[[Nodes, Layout], str]) -> str:
        kind = _object_type(listed.kind.fields["edges"].type)
        fields = self._selections.fields(kind, [node.selection_set for node in nodes])
        parts = []
        for key, found in fields.items():
            name = found[0].name.value
            code = {
                "cursor": lambda: f"r[{listed.cursor(layout)}]",
                "highlight": lambda: f"r[{listed.highlight(layout)}]",
                "node": lambda found=found: item(found, layout),
                "__typename": lambda: repr(kind.name),
            }[name]()
            parts.append(f"{key!r}: {code}")
        return "{" + ", ".join(parts) + "}"

    def _page_info(self, listed: "_List", page: "_Page", nodes: Nodes, layout: Layout) -> str:
        kind = _object_type(listed.kind.fields["pageInfo"].type)
        fields = self._selections.fields(kind, [node.selection_set for node in nodes])
        parts = []
        for key, found in fields.items():
            name = found[0].name.value
            code = {
                "hasNextPage": lambda: repr(page.before is not None) if page.backward else "more",
                "hasPreviousPage": lambda: "more" if page.backward else repr(page.after is not None),
                "startCursor": lambda: f"rows[0][{listed.cursor(layout)}] if rows else None",
                "endCursor": lambda: f"rows[-1][{listed.cursor(layout)}] if rows else None",
                "__typename": lambda: repr(kind.name),
            }[name]()
            parts.append(f"{key!r}: {code}")
        return "{" + ", ".join(parts) + "}"

    def _page(self, arguments: Mapping[str, Any], order: Order, listed: "_List") -> "_Page":
        sizes = {name: arguments.get(name) for name in ("first", "last")}
        try:
            window = window_of(
                *(
                    None if isinstance(value, Argument) else value
                    for value in (sizes["first"], None, sizes["last"], None)
                )
            )
        except BadInputError as error:
            raise NotCompilableError(Reason.ARGUMENT, str(error)) from error
        if sizes["first"] is not None and sizes["last"] is not None:
            raise NotCompilableError(Reason.ARGUMENT, "first and last")
        backward = sizes["last"] is not None
        given = sizes["last"] if backward else sizes["first"]
        limit, size = self._limit(given) if isinstance(given, Argument) else _fixed_limit(window.size)
        after, before = (self._bound(arguments.get(name), order, listed) for name in ("after", "before"))
        return _Page(size, limit, backward, after, before)

    def _limit(self, given: Argument) -> tuple[ColumnElement[int], str]:
        limit = self._inputs.bind(given.path, Integer(), lambda size: _checked_size(size) + 1)
        return limit, self._inputs.shape_value(given.path, _checked_size)

    def _bound(self, cursor: Any, order: Order, listed: "_List") -> Any:
        if cursor is None:
            return None
        kind = order.key(listed.entity, listed.question).type
        if isinstance(cursor, Argument):
            return tuple_(
                self._inputs.bind(cursor.path, kind, lambda text: place_of(text, order, kind).key),
                self._inputs.bind(cursor.path, Uuid(), lambda text: place_of(text, order, kind).id),
            )
        try:
            place = place_of(cursor, order, kind)
        except BadInputError as error:
            raise NotCompilableError(Reason.ARGUMENT, str(error)) from error
        return tuple_(constant(place.key, kind), constant(place.id, Uuid()))

    # -- root rows ---------------------------------------------------------------------------------------------

    def _singleton(self, selected: "_Selected") -> str:
        singleton = cast("Singleton", selected.declaration)
        return self._row(selected, singleton.model, lambda entity: entity.id == constant(singleton.key, Uuid()))

    def _lookup(self, selected: "_Selected") -> str:
        lookup = cast("Lookup", selected.declaration)
        arguments = self._arguments(selected)
        given = [(name, arguments[name]) for name in lookup.by if arguments.get(name) is not None]
        if len(given) != 1:
            raise NotCompilableError(Reason.ARGUMENT, "a lookup needs one key")
        ((name, value),) = given
        key = self._key(lookup.type_name, value) if name == "id" else value
        return self._row(selected, lookup.model, lambda entity: getattr(entity, name) == key)

    def _key(self, type_name: str, value: Any) -> ColumnElement[Any]:
        if isinstance(value, Argument):
            return self._inputs.bind(value.path, Uuid(), lambda text: decode_id_of(type_name, text))
        try:
            return constant(decode_id_of(type_name, value), Uuid())
        except BadInputError as error:
            raise NotCompilableError(Reason.ARGUMENT, str(error)) from error

    def _node(self, selected: "_Selected") -> str:
        """The row of whichever type the id names: one subquery a type, of which one gets the key."""
        lookup = cast("NodeLookup", selected.declaration)
        arguments = self._arguments(selected)
        if "ids" in arguments:
            return self._several_nodes(selected, lookup, arguments["ids"])
        given = arguments["id"]
        if not isinstance(given, Argument):
            return self._known_node(selected, lookup, given)
        branches = []
        for type_name, model in lookup.types.items():
            key = self._inputs.bind(given.path, Uuid(), _key_if(type_name, lookup.types))
            branches.append(self._typed_row(selected, type_name, model, key))
        return "(" + " or ".join(branches) + ")"

    def _known_node(self, selected: "_Selected", lookup: NodeLookup, given: str) -> str:
        try:
            named = decode_id(given)
        except BadInputError as error:
            raise NotCompilableError(Reason.ARGUMENT, str(error)) from error
        if named.type_name not in lookup.types:
            raise NotCompilableError(Reason.ARGUMENT, "an id of no node type")
        model = lookup.types[named.type_name]
        return self._typed_row(selected, named.type_name, model, constant(named.key, Uuid()))

    def _several_nodes(self, selected: "_Selected", lookup: NodeLookup, given: list[Any]) -> str:
        """One array a type, put in the order of the ids."""
        found = []
        for type_name, model in lookup.types.items():
            keys = self._keys(given, type_name, lookup.types)
            found.append(self._typed_rows(selected, type_name, model, keys))
        wanted = (
            self._inputs.shape_value(given[0].path, _canonical)
            if given and isinstance(given[0], ArrayArgument)
            else repr(_canonical(given))
        )
        chained = "{" + ", ".join(f"**{each}" for each in found) + "}"
        return self._writer.function("[o.get(i) for i in ids]", "o, ids") + f"({chained}, {wanted})"

    def _keys(self, given: list[Any], type_name: str, known: Mapping[str, Any]) -> ColumnElement[Any]:
        convert = _keys_if(type_name, known)
        if given and isinstance(given[0], ArrayArgument):
            return self._inputs.bind(given[0].path, ARRAY(Uuid()), convert)
        if any(isinstance(text, Argument) for text in given):
            raise NotCompilableError(Reason.ARGUMENT, "a list of variables")
        try:
            return constant(convert(given), ARRAY(Uuid()))
        except BadInputError as error:
            raise NotCompilableError(Reason.ARGUMENT, str(error)) from error

    def _typed_rows(
        self, selected: "_Selected", type_name: str, model: type[models.Base], keys: ColumnElement[Any]
    ) -> str:
        entity: Any = aliased(model)
        layout = Layout()
        kind = cast("GraphQLObjectType", self._core.type_map[type_name])
        body = self._object(kind, selected.nodes, entity, layout)
        key = layout.place(sql_cast(entity.id, Text), ("id", id(entity)))
        rows = (
            select(_as_row(layout))
            .select_from(entity)
            .where(entity.id == any_(keys), visible(model, entity, self._viewer))
        )
        place = selected.layout.place(ArrayOf(rows.correlate_except(entity).scalar_subquery()))
        return f"{{gid({type_name.encode() + b':'!r}, r[{key}]): {body} for r in r[{place}]}}"

    def _typed_row(
        self, selected: "_Selected", type_name: str, model: type[models.Base], key: ColumnElement[Any]
    ) -> str:
        entity: Any = aliased(model)
        layout = Layout()
        kind = cast("GraphQLObjectType", self._core.type_map[type_name])
        body = self._object(kind, selected.nodes, entity, layout)
        row = select(_as_row(layout)).select_from(entity).where(entity.id == key, visible(model, entity, self._viewer))
        place = selected.layout.place(row.correlate_except(entity).scalar_subquery())
        return f"(None if r[{place}] is None else {self._writer.function(body)}(r[{place}], p))"

    def _search(self, selected: "_Selected") -> str:
        arguments = self._arguments(selected)
        declared = cast("Search", selected.declaration)
        sources = declared.wanted(arguments.get("types"))
        if not sources:
            raise NotCompilableError(Reason.ARGUMENT, "no types to search")
        question = arguments["query"]
        hits = _hits(self._viewer, sources, question)
        listed = _List(hits.c, BY_RANK, question, _object_type(selected.definition.type))
        page = self._page(arguments, BY_RANK, listed)
        found = select(hits.c.type, hits.c.id, hits.c.body, hits.c.rank)
        found = found.where(between(hits.c, BY_RANK, None, page.after, page.before))
        found = found.order_by(*ordering(hits.c, BY_RANK, None, backward=page.backward)).limit(page.limit)
        chosen = found.subquery()
        listed = _List(chosen.c, BY_RANK, question, listed.kind)

        def rows(columns: ColumnElement[Any]) -> AnySelect:
            ordered = ordering(chosen.c, BY_RANK, None, backward=page.backward)
            return select(columns).select_from(chosen).order_by(*ordered).correlate_except(chosen)

        def item(nodes: Nodes, layout: Layout) -> str:
            kind_place = layout.place(chosen.c.type, "type")
            inner = _Selected(selected.kind, selected.definition, declared, nodes, chosen.c, layout)
            branches = []
            for source in sources:
                is_source = chosen.c.type == constant(source.type_name, Text())
                code = self._hit_row(inner, source.type_name, source.model, chosen.c.id, is_source)
                branches.append(f"{code} if r[{kind_place}] == {source.type_name!r} else ")
            return "(" + "".join(branches) + "None)"

        def count() -> ColumnElement[int]:
            counted = _hits(self._viewer, sources, question)
            return select(func.count()).select_from(counted).scalar_subquery()

        return self._pages(selected, listed, page, rows, item, count)

    def _hit_row(
        self,
        selected: "_Selected",
        type_name: str,
        model: type[models.Base],
        key: ColumnElement[UUID],
        condition: ColumnElement[bool],
    ) -> str:
        entity: Any = aliased(model)
        layout = Layout()
        kind = cast("GraphQLObjectType", self._core.type_map[type_name])
        body = self._object(kind, selected.nodes, entity, layout)
        row = select(_as_row(layout)).select_from(entity).where(entity.id == key, condition)
        place = selected.layout.place(row.correlate_except(entity).scalar_subquery())
        return f"{self._writer.function(body)}(r[{place}], p)"

    _kinds: Mapping[type[Declaration], Callable[["Planner", "_Selected"], str]] = {
        Column: _column,
        Identifier: _identifier,
        Expression: _expression,
        Part: _part,
        Records: _records,
        One: _one,
        Many: _many,
        Root: _root,
        Singleton: _singleton,
        Lookup: _lookup,
        NodeLookup: _node,
        Search: _search,
    }


@dataclass(frozen=True, slots=True)
class _Selected:
    """A selected field: its type's kind, its definition and declaration, its nodes, and the row it is read from."""

    kind: GraphQLObjectType
    definition: GraphQLField
    declaration: Declaration
    nodes: Nodes
    entity: Any
    layout: Layout


@dataclass(frozen=True, slots=True)
class _Page:
    """The cut of a list: its size as Python code, its limit as SQL, its direction and bounds."""

    size: str
    limit: ColumnElement[int]
    backward: bool
    after: Any
    before: Any


@dataclass(frozen=True, slots=True)
class _List:
    """An ordered list: its rows, its order, the question it answers, and the type of its connection."""

    entity: Any
    order: Order
    question: Any
    kind: GraphQLObjectType

    def cursor(self, layout: Layout) -> int:
        """Where the row's cursor stands."""
        return layout.place(cursor_of(self.order, self.entity, self.question), "cursor")

    def highlight(self, layout: Layout) -> int:
        """Where the passage that answers stands."""
        return layout.place(func.search_highlight(self.entity.body, self.question), "highlight")


def _scalar(kind: GraphQLOutputType, column: ColumnElement[Any], layout: Layout, key: Any) -> str:
    """Places a column as it should travel; gives the code that makes the scalar's text form of it."""
    named: GraphQLNamedType = get_named_type(kind)
    is_list = isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)
    if is_list:  # asyncpg decodes no other array of strings within a row
        return f"r[{layout.place(sql_cast(column, ARRAY(Text)), key and (*key, 'text'))}]"
    if named.name == "Decimal":
        return f"r[{layout.place(sql_cast(column, Text), key and (*key, 'text'))}]"
    if named.name == "Float":
        return f"r[{layout.place(sql_cast(column, Float(53)), key and (*key, 'float'))}]"
    if named.name == "DateTime":
        return f"when(r[{layout.place(column, key)}])"
    if named.name == "JSON":
        return f"json(r[{layout.place(sql_cast(column, Text), key and (*key, 'text'))}])"
    return f"r[{layout.place(column, key)}]"


def _as_row(layout: Layout) -> ColumnElement[Any]:
    return func.row(*(layout.columns or [literal_column("1")]))


def _object_type(kind: GraphQLOutputType) -> GraphQLObjectType:
    return cast("GraphQLObjectType", get_named_type(kind))


def _fixed_limit(size: int) -> tuple[ColumnElement[int], str]:
    return constant(size + 1, Integer()), str(size)


def _checked_size(size: int) -> int:
    if not 0 <= size <= MAXIMUM_PAGE_SIZE:
        raise BadInputError("page size")
    return size


def _key_if(type_name: str, known: Mapping[str, Any]) -> Callable[[str], UUID | None]:
    def key(text: str) -> UUID | None:
        named = decode_id(text)
        if named.type_name not in known:
            raise BadInputError("an id of no node type")
        return named.key if named.type_name == type_name else None

    return key


def _keys_if(type_name: str, known: Mapping[str, Any]) -> Callable[[list[str]], list[UUID]]:
    key = _key_if(type_name, known)

    def keys(texts: list[str]) -> list[UUID]:
        if len(texts) > MAXIMUM_PAGE_SIZE:
            raise BadInputError("too many ids")
        return [found for found in map(key, texts) if found is not None]

    return keys


def _canonical(texts: list[str]) -> list[str]:
    """The ids as this API writes them; what a client sends may be padded or cased otherwise."""
    return [encode_id(named.type_name, named.key) for named in map(decode_id, texts)]


def _hits(viewer: Viewer, sources: Sequence[Any], question: Any) -> Any:
    return union_all(*(hits_of(viewer, source, question) for source in sources)).subquery()
