"""The kinds of field declarations, and how the reference executor resolves each.

A declaration says where a field's value comes from, once: the reference executor follows it row by row through
the data loaders, the compiler reads it to build one statement. The strawberry side is schema/declare.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import RelationshipProperty
from strawberry import Info
from typing_extensions import override

import models
from auth.areas import granted_on
from auth.permissions import Permission, Requirement
from auth.viewer import Viewer
from auth.visibility import visible
from domain.searching import Question, asked, finds
from domain.vault import Place
from resolvers.context import AnySelect, Context
from resolvers.entities import entity_of, withholding
from resolvers.errors import BadInputError
from resolvers.ids import decode_id, decode_id_of, encode_id, shown
from resolvers.listing import Entry, Listing, Page, page_of
from resolvers.loading import Children, Link, load_expression, load_row
from resolvers.ordering import Order, cursor_of
from resolvers.paging import MAXIMUM_PAGE_SIZE, Window, window_of, windowed
from resolvers.rates import Rate
from resolvers.searching import SearchSource, search
from resolvers.written_rows import WrittenRow

Arguments = Mapping[str, Any]
MergedInfo = Info[Context, None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Declaration:
    """Where a field's value comes from, and the permission that reading it needs."""

    requires: Requirement | None = None
    cost: int = 1
    """What a client's budget is charged for each object that the field is asked of."""
    rate: Rate = Rate.READ
    """Of a root field: which limit the requests for it are counted against."""

    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        """The value, or an awaitable of it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column(Declaration):
    """A column of the type's table."""

    attribute: str

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        return getattr(row, self.attribute)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sealed(Declaration):
    """A column that the vault has sealed, in plain text."""

    attribute: str

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> str | None:
        sealed = getattr(row, self.attribute)
        if sealed is None:
            return None
        return info.context.safeguards.vault.open(sealed, Place(row.__tablename__, self.attribute, row.id))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Identifier(Declaration):
    """The global id of the row."""

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> str:
        return encode_id(info._raw_info.parent_type.name, row.id)  # noqa: SLF001 - strawberry's Info hides the type


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Granted(Declaration):
    """What the viewer may do with the row, of the permissions that concern its table."""

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> list[Permission]:
        return granted_on(type(row), info.context.viewer)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part(Declaration):
    """An object made of columns of the same row; null when the column `null_without` is."""

    shape: Callable[..., Any]
    columns: Mapping[str, str]
    null_without: str | None = None

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        if self.null_without is not None and getattr(row, self.null_without) is None:
            return None
        return self.shape(**{name: getattr(row, attribute) for name, attribute in self.columns.items()})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records(Declaration):
    """A JSONB array of flat objects whose keys are the fields of `shape`."""

    shape: Callable[..., Any]
    attribute: str

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        return [self.shape(**record) for record in getattr(row, self.attribute)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record(Declaration):
    """A JSONB object of texts whose keys are the fields of `shape`; what it lacks is null, as it is itself."""

    shape: Callable[..., Any]
    attribute: str

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        stored = getattr(row, self.attribute)
        names = (each.name for each in fields(cast("Any", self.shape)))
        return None if stored is None else self.shape(**{name: stored.get(name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expression(Declaration):
    """A value computed in SQL from the row."""

    cost: int = 2
    sql: Callable[[Any], ColumnElement[Any]]

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        return load_expression(info.context, type(row), self.sql, row.id)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Computed(Declaration):
    """An object of columns of the row, and of numbers computed in SQL from the row and the field's arguments."""

    cost: int = 2
    shape: Callable[..., Any]
    columns: Mapping[str, str]
    numbers: Mapping[str, Callable[..., ColumnElement[Any]]]

    @override
    async def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        sql = NumbersOf(tuple(self.numbers.values()), tuple(arguments.items()))
        found = await load_expression(info.context, type(row), sql, row.id)
        stored = {name: getattr(row, attribute) for name, attribute in self.columns.items()}
        return self.shape(**stored, **dict(zip(self.numbers, found, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Derived(Declaration):
    """An object that Python works out from values which SQL finds for the row, each as JSON has it."""

    cost: int = 2
    function: Callable[..., Any]
    found: Callable[[Any], ColumnElement[Any]]
    """The SQL of a JSON array, whose items are the arguments of the function."""

    @override
    async def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        return self.function(*await load_expression(info.context, type(row), self.found, row.id))


@dataclass(frozen=True, slots=True)
class NumbersOf:
    """Several expressions with the same arguments as one, an array. Those that are equal share a statement."""

    numbers: tuple[Callable[..., ColumnElement[Any]], ...]
    arguments: tuple[tuple[str, Any], ...]

    def __call__(self, entity: Any) -> ColumnElement[Any]:
        """The array of their values."""
        return array([number(entity, **dict(self.arguments)) for number in self.numbers])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class One(Declaration):
    """The row at the other end of a to-one relationship; null when the viewer may not see it."""

    relationship: RelationshipProperty[Any]
    kept: Mapping[str, str]
    """The columns of this row that hold what fields of the other one give, kept by triggers. Only the compiler reads
    them, so that its comparison with this executor checks the triggers too."""
    owned: bool = False

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        ((local, remote),) = self.relationship.local_remote_pairs or ()
        key = getattr(row, self.relationship.parent.get_property_by_column(local).key)
        if key is None:
            return None
        attribute = self.relationship.mapper.get_property_by_column(remote).key
        return load_row(info.context, self.relationship.mapper.class_, attribute, key, owned=self.owned)


MAXIMUM_CONDITIONS = 200
"""The most conditions of a filter. Each may be a join, and thousands of them keep PostgreSQL planning for minutes."""


def _refuse_large(size: int) -> None:
    if size > MAXIMUM_CONDITIONS:
        raise BadInputError(f"The filter holds {size} conditions; {MAXIMUM_CONDITIONS} are the most. Ask for less.")


@dataclass(frozen=True, slots=True, eq=False)
class ListRules:
    """How a list is ordered, filtered and searched. With `relevance` it can be searched."""

    default: Order
    relevance: Order | None = None

    def order(self, arguments: Arguments) -> Order:
        """The order asked for; by relevance when there is a question and no other order is asked for."""
        question = arguments.get("search")
        chosen = arguments["sort"].value if arguments.get("sort") is not None else None
        if chosen is None:
            return self.relevance if self.relevance and question is not None else self.default
        if chosen.needs_question and question is None:
            raise BadInputError("The sort RELEVANCE needs `search`.")
        return cast("Order", chosen)

    def condition(
        self, entity: Any, arguments: Arguments, viewer: Viewer, question: Question | None = None
    ) -> ColumnElement[bool]:
        """What the arguments filter by, and that the row answers the question."""
        condition: ColumnElement[bool] = true()
        if arguments.get("filter") is not None:
            _refuse_large(arguments["filter"].size())
            condition &= arguments["filter"].where(entity, viewer)
        return condition if question is None else condition & finds(question, entity)

    def question(self, arguments: Arguments) -> Question | None:
        """What is searched for."""
        return None if arguments.get("search") is None else asked(arguments["search"])

    def window(self, arguments: Arguments) -> Window:
        """The rows asked for."""
        return window_of(*(arguments.get(name) for name in ("first", "after", "last", "before")))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Many(Declaration):
    """The rows linked to this one: a connection, or a plain list when it is not `paged`."""

    link: Link
    rules: ListRules
    paged: bool
    owned: bool = True

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        place = (id(self), id(info._raw_info.field_nodes[0]))  # noqa: SLF001 - the selection, whose arguments are one
        children = Children(
            info.context,
            self.link,
            lambda entity: self.rules.condition(entity, arguments, info.context.viewer),
            owned=self.owned,
        )
        if not self.paged:
            return children.all(place, row.id, self.rules.default)
        order, window = self.rules.order(arguments), self.rules.window(arguments)
        return Listing(lambda: children.page(place, row.id, order, window), lambda: children.count(place, row.id))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Root(Declaration):
    """A root list of a table's rows; with `owner` only of those whose column of that name is the viewer's account."""

    model: type[models.Base]
    rules: ListRules
    owner: str | None = None

    def seen(self, entity: Any, viewer: Viewer) -> ColumnElement[bool]:
        """The condition on a row that the list has it for the viewer."""
        rows = visible(self.model, entity, viewer)
        return rows if self.owner is None else and_(rows, viewer.owns(getattr(entity, self.owner)))

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Listing:
        order, window = self.rules.order(arguments), self.rules.window(arguments)
        question = self.rules.question(arguments)
        entity = entity_of(self.model)
        viewer = info.context.viewer

        def matching(statement: AnySelect) -> AnySelect:
            wanted = self.rules.condition(entity, arguments, viewer, question)
            return statement.where(self.seen(entity, viewer), wanted)

        async def read_page() -> Page:
            rows = matching(select(entity, cursor_of(order, entity, question)).options(*withholding(self.model)))
            found_rows = await info.context.reading.rows(windowed(rows, entity, order, window, question))
            return page_of([Entry(row, cursor) for row, cursor, _ in found_rows], window)

        async def read_count() -> int:
            ((count,),) = await info.context.reading.rows(matching(select(func.count()).select_from(entity)))
            return count  # type: ignore[no-any-return]

        return Listing(read_page, read_count)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lookup(Declaration):
    """A root row, found by exactly one of the arguments; null when there is none that the viewer may see."""

    model: type[models.Base]
    type_name: str
    by: tuple[str, ...]

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        given = [(name, arguments[name]) for name in self.by if arguments.get(name) is not None]
        if len(given) != 1:
            raise BadInputError(f"Pass exactly one of {', '.join(f'`{name}`' for name in self.by)}.")
        ((name, value),) = given
        key = decode_id_of(self.type_name, value) if name == "id" else value
        return load_row(info.context, self.model, name, key)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Singleton(Declaration):
    """The row of a table that has only one."""

    model: type[models.Base]
    key: UUID

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        return load_row(info.context, self.model, "id", self.key)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Own(Declaration):
    """The one row whose column `owner` names the viewer's account, while its column `while_` is true.

    Null for visitors, and for those whose account was taken from them since their token was written.
    """

    model: type[models.Base]
    owner: str
    while_: str

    @override
    async def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        viewer = info.context.viewer
        if viewer.user_id is None:
            return None
        found = await load_row(info.context, self.model, self.owner, viewer.user_id)
        return found if found is not None and getattr(found, self.while_) else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held(Declaration):
    """The one row that is the viewer's, as an account or as a guest, by a condition; null for whoever is neither."""

    model: type[models.Base]
    condition: Callable[[Any, Viewer], ColumnElement[bool]]

    @override
    async def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        viewer, entity = info.context.viewer, entity_of(self.model)
        if viewer.user_id is None and viewer.guest_id is None:
            return None
        wanted = and_(self.condition(entity, viewer), visible(self.model, entity, viewer))
        found = await info.context.reading.rows(select(entity).options(*withholding(self.model)).where(wanted))
        return found[0][0] if found else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NodeLookup(Declaration):
    """The rows that global ids name, whatever their type; null for those that the viewer may not see."""

    types: Mapping[str, type[models.Base]]

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        if "ids" in arguments:
            if len(arguments["ids"]) > MAXIMUM_PAGE_SIZE:
                raise BadInputError(f"`ids` holds {len(arguments['ids'])} ids; {MAXIMUM_PAGE_SIZE} are the most.")
            wanted = [self._wanted(text) for text in arguments["ids"]]  # all, before the first is asked for
            return [load_row(info.context, model, "id", key) for model, key in wanted]
        model, key = self._wanted(arguments["id"])
        return load_row(info.context, model, "id", key)

    def _wanted(self, text: str) -> tuple[type[models.Base], UUID]:
        named = decode_id(text)
        model = self.types.get(named.type_name)
        if model is None:
            raise BadInputError(f"The id {shown(text)} names a {named.shown_type}, which is no type with ids.")
        return model, named.key


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search(Declaration):
    """Rows of several tables that answer a question, the best first."""

    cost: int = 10
    rate: Rate = Rate.SEARCH
    sources: tuple[SearchSource, ...]

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Listing:
        window = window_of(*(arguments.get(name) for name in ("first", "after", "last", "before")))
        return search(info.context, self.wanted(arguments.get("types")), arguments["query"], window)

    def wanted(self, types: Sequence[Enum] | None) -> list[SearchSource]:
        """The sources of these types, or all."""
        names = None if types is None else {kind.value for kind in types}
        return [source for source in self.sources if names is None or source.type_name in names]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Written(Declaration):
    """A row that a mutation has written, by the key of it that the result holds; null where it holds none."""

    model: type[models.Base]
    key: Callable[[Any], UUID | None]

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> WrittenRow | None:
        return self.named_by(row)

    def named_by(self, result: Any) -> WrittenRow | None:
        """The row that the result names."""
        key = self.key(result)
        return None if key is None else WrittenRow(self.model, key)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Function(Declaration):
    """A value computed in Python from the row, the info and the arguments."""

    function: Callable[..., Any]

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        return self.function(row, info, **arguments)
