"""How a field is declared: one line that is its GraphQL type, its permission, its data loader and its SQL.

    @table(models.Product, "What is sold, as one page shows it.")
    class Product(Node):
        name: str = column("What the product is called.")
        category: Category | None = one(models.Product.category, "Where it stands.")
        in_stock: bool = expression(stock.product_in_stock, "Whether it can be bought.")

The kinds themselves, which both executors read, are in resolvers/declarations.py.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Self, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement
from strawberry import Info
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

import models
from auth.permissions import Permission, Requirement
from auth.viewer import Viewer
from domain.events import EventKind
from resolvers.access import require
from resolvers.context import Context
from resolvers.declarations import (
    Column,
    Computed,
    Declaration,
    Derived,
    Expression,
    Function,
    Granted,
    Held,
    Identifier,
    ListRules,
    Lookup,
    Many,
    NodeLookup,
    One,
    Own,
    Part,
    Record,
    Records,
    Root,
    Sealed,
    Search,
    Singleton,
    Written,
)
from resolvers.inputs import ARGUMENT
from resolvers.loading import Link, link_of
from resolvers.mutations import Mutation, Outcome
from resolvers.ordering import Order
from resolvers.paging import DEFAULT_PAGE_SIZE, MAXIMUM_PAGE_SIZE
from resolvers.rates import Rate
from resolvers.searching import SearchSource
from resolvers.subscriptions import Subscription
from resolvers.written_rows import WrittenRow
from schema.directives import Attempt, Requires

Declared = TypeVar("Declared", bound=type)


class DeclaredField(StrawberryField):
    """A strawberry field whose value comes from its declaration."""

    declaration: Declaration

    def get_result(
        self, source: Any, info: Info[Context, None] | None, args: list[Any], kwargs: Any
    ) -> Awaitable[Any] | Any:
        """Resolve the declaration for a viewer who may read it."""
        if info is None:
            raise RuntimeError(f"{self.name} was resolved without its info.")
        if self.declaration.requires is not None and not isinstance(source, Outcome):
            require(self.declaration.requires, info.context.viewer)
        return self.declaration.resolve(source, info, kwargs)

    def __set_name__(self, owner: type, name: str) -> None:
        """A column is by default the one with the field's name."""
        if isinstance(self.declaration, Column) and not self.declaration.attribute:
            self.declaration = Column(attribute=name, requires=self.declaration.requires)

    @property
    def is_basic_field(self) -> bool:
        """Never: strawberry gives a basic field no info."""
        return False

    def __copy__(self) -> Self:
        copied = super().__copy__()
        copied.declaration = self.declaration
        return copied


def table(model: type[models.Base], description: str) -> Callable[[Declared], Declared]:
    """Tie a type to its table."""

    def decorate(cls: Declared) -> Declared:
        def is_type_of(row: object, _info: object) -> bool:
            return row.model is model if isinstance(row, WrittenRow) else isinstance(row, model)

        cls.is_type_of = staticmethod(is_type_of)  # type: ignore[attr-defined]
        return strawberry.type(cls, description=description)

    return decorate


def column(description: str, attribute: str = "", *, requires: Permission | None = None) -> Any:
    """A column of the type's table, by default the one with the field's name."""
    return _field(description, Column(attribute=attribute, requires=requires))


def sealed(description: str, attribute: str, *, requires: Permission | None = None) -> Any:
    """A column that is encrypted in the database."""
    return _field(description, Sealed(attribute=attribute, requires=requires))


def identifier() -> Any:
    """The global id of the row."""
    return _field("Identifies the object across the whole API; opaque.", Identifier())


def granted() -> Any:
    """What the viewer may do with the row."""
    return _field("What the viewer may do with the object, of all that concerns objects of its type.", Granted())


def part(
    shape: Callable[..., Any],
    columns: Mapping[str, str],
    description: str,
    *,
    optional: bool = False,
    requires: Permission | None = None,
) -> Any:
    """An object whose fields are columns of the same row; an optional one is null when its first column is."""
    null_without = next(iter(columns.values())) if optional else None
    return _field(description, Part(shape=shape, columns=columns, null_without=null_without, requires=requires))


def records(shape: Callable[..., Any], attribute: str, description: str) -> Any:
    """A JSONB array whose objects have the fields of `shape`."""
    return _field(description, Records(shape=shape, attribute=attribute))


def record(shape: Callable[..., Any], attribute: str, description: str) -> Any:
    """A JSONB object of texts with the fields of `shape`, each of which it may lack."""
    return _field(description, Record(shape=shape, attribute=attribute))


def expression(
    sql: Callable[[Any], ColumnElement[Any]], description: str, *, requires: Permission | None = None
) -> Any:
    """A value computed in SQL from the row."""
    return _field(description, Expression(sql=sql, requires=requires))


def computed(
    shape: Callable[..., Any],
    columns: Mapping[str, str],
    numbers: Mapping[str, Callable[..., ColumnElement[Any]]],
    description: str,
    *arguments: StrawberryArgument,
) -> Any:
    """An object of columns of the row, and of numbers computed in SQL from the row and the arguments."""
    return _field(description, Computed(shape=shape, columns=columns, numbers=numbers), arguments)


def written(model: type[models.Base], key: Callable[[Any], UUID | None], description: str) -> Any:
    """A row that a mutation has written, by the key of it that the result holds."""
    return _field(description, Written(model=model, key=key))


def derived(function: Callable[..., Any], found: Callable[[Any], ColumnElement[Any]], description: str) -> Any:
    """An object that a function makes of what SQL finds: the items of a JSON array. Fields may share an array."""
    return _field(description, Derived(function=function, found=found))


def one(
    relationship: Any,
    description: str,
    *,
    kept: Mapping[str, str] = MappingProxyType({}),
    owned: bool = False,
    requires: Permission | None = None,
) -> Any:
    """The row at the other end of a to-one relationship, of whose fields columns of this row may have kept copies."""
    return _field(description, One(relationship=relationship.property, kept=kept, owned=owned, requires=requires))


def many(
    relationship: Any,
    description: str,
    *,
    order: Order | Enum,
    sort: type[Enum] | None = None,
    filter: type | None = None,  # noqa: A002 - the name of the argument it declares
    paged: bool = True,
    owned: bool = True,
    requires: Permission | None = None,
) -> Any:
    """The rows at the other end of a to-many relationship or link: a connection, or a short list."""
    link = relationship if isinstance(relationship, Link) else link_of(relationship.property)
    rules = ListRules(_order(order))
    declaration = Many(link=link, rules=rules, paged=paged, owned=owned, requires=requires)
    return _field(description, declaration, _list_arguments(sort, filter, searched=False) if paged else ())


def page(
    model: type[models.Base],
    description: str,
    *,
    order: Order | Enum,
    sort: type[Enum] | None = None,
    filter: type | None = None,  # noqa: A002 - the name of the argument it declares
    relevance: Order | Enum | None = None,
    owner: str | None = None,
    requires: Requirement | None = None,
) -> Any:
    """A root list of a table's rows; with `relevance` it can be searched, with `owner` it has the viewer's own only."""
    rules = ListRules(_order(order), _order(relevance) if relevance else None)
    arguments = _list_arguments(sort, filter, searched=relevance is not None)
    return _field(description, Root(model=model, rules=rules, owner=owner, requires=requires), arguments)


def lookup(
    model: type[models.Base],
    type_name: str,
    description: str,
    *,
    by: tuple[str, ...],
    requires: Permission | None = None,
) -> Any:
    """A root row, found by exactly one of the columns in `by`; `id` takes a global id."""
    arguments = tuple(
        _argument(name, strawberry.ID | None if name == "id" else str | None, f"The {name} to look for.") for name in by
    )
    return _field(description, Lookup(model=model, type_name=type_name, by=by, requires=requires), arguments)


def singleton(model: type[models.Base], key: UUID, description: str) -> Any:
    """The row of a table that has only one."""
    return _field(description, Singleton(model=model, key=key))


def own(model: type[models.Base], owner: str, description: str, *, while_: str) -> Any:
    """The one row whose column `owner` names the viewer's account, while its column `while_` is true; else null."""
    return _field(description, Own(model=model, owner=owner, while_=while_))


def held(model: type[models.Base], condition: Callable[[Any, Viewer], ColumnElement[bool]], description: str) -> Any:
    """The one row that the condition gives an account or a guest; null for whoever is neither."""
    return _field(description, Held(model=model, condition=condition))


def node_lookup(types: dict[str, type[models.Base]], description: str, *, several: bool) -> Any:
    """The row that a global id names, or the rows that several do."""
    argument = (
        _argument("ids", list[strawberry.ID], f"At most {MAXIMUM_PAGE_SIZE} global ids.", required=True)
        if several
        else _argument("id", strawberry.ID, "A global id.", required=True)
    )
    return _field(description, NodeLookup(types=types), (argument,))


def search(sources: tuple[SearchSource, ...], types: type[Enum], description: str) -> Any:
    """A ranked list over several tables."""
    arguments = (
        _argument("query", str, "The words to look for; quotes, `or` and `-` work as in web search.", required=True),
        _argument("types", list[types] | None, "Only these types; all when absent."),  # type: ignore[valid-type]
        *_page_arguments(),
    )
    return _field(description, Search(sources=sources), arguments)


def field(
    function: Callable[..., Any],
    description: str,
    *arguments: StrawberryArgument,
    requires: Permission | None = None,
    cost: int = 1,
) -> Any:
    """A value computed in Python. It is not compiled: prefer to compute on write, or in SQL."""
    return _field(description, Function(function=function, requires=requires, cost=cost), arguments)


def argument(name: str, annotation: Any, description: str, *, required: bool = True) -> StrawberryArgument:
    """An argument of a field that is computed; without a value it is null, unless one has to be given."""
    return _argument(name, annotation, description, required=required)


def mutation(
    function: Callable[..., Awaitable[Any]],
    description: str,
    *,
    requires: Requirement,
    input: type | None = None,  # noqa: A002 - the name of the argument it declares
    attempt: bool = False,
) -> Any:
    """A change. The function gets the context and the fields of the input, and gives what was changed.

    An `attempt` is one that checks or sends a secret, and may be made but once in an
    operation, and less often than others.
    """
    arguments = () if input is None else (_argument(ARGUMENT, input, "What is asked for.", required=True),)
    rate = Rate.ATTEMPT if attempt else Rate.MUTATION
    return _field(description, Mutation(function=function, requires=requires, rate=rate), arguments)


def subscription(
    model: type[models.Base],
    kind: EventKind,
    description: str,
    *,
    requires: Requirement,
    one_of: str | None = None,
) -> Any:
    """The rows of a table as events of that kind concern them. Whoever may not see a row is not told of it.

    With `one_of`, the name of the type, a client may follow a single row.
    """
    declaration = Subscription(model=model, kind=kind, requires=requires, type_name=one_of)
    key = _argument("id", strawberry.ID | None, "Only this one; all when absent.")
    return _field(description, declaration, () if one_of is None else (key,))


def sort_enum(description: str) -> Callable[[type[Enum]], Any]:
    """A sort enum, whose members' values are the orders."""

    def decorate(cls: type[Enum]) -> Any:
        declared: Any = strawberry.enum(cls, description=description)
        for value in declared.__strawberry_definition__.values:
            value.description = cls[value.name].value.description
        return declared

    return decorate


def _order(order: Order | Enum) -> Order:
    return order.value if isinstance(order, Enum) else order


def _list_arguments(sort: type | None, filter_: type | None, *, searched: bool) -> tuple[StrawberryArgument, ...]:
    arguments = []
    if filter_ is not None:
        arguments.append(_argument("filter", filter_ | None, "Only the rows that meet all its conditions."))
    if searched:
        arguments.append(_argument("search", str | None, "Only the rows whose words answer this question."))
    if sort is not None:
        arguments.append(_argument("sort", sort | None, "The order of the rows."))
    return (*arguments, *_page_arguments())


def _page_arguments() -> tuple[StrawberryArgument, ...]:
    size = f"0 to {MAXIMUM_PAGE_SIZE}"
    return (
        _argument("first", int | None, f"How many rows from the start, {size}; {DEFAULT_PAGE_SIZE} when absent."),
        _argument("after", str | None, "Only the rows after this cursor."),
        _argument("last", int | None, f"How many rows from the end, {size}, instead of `first`."),
        _argument("before", str | None, "Only the rows before this cursor."),
    )


def _argument(name: str, annotation: Any, description: str, *, required: bool = False) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        default=strawberry.UNSET if required else None,
    )


def _field(description: str, declaration: Declaration, arguments: tuple[StrawberryArgument, ...] = ()) -> Any:
    directives: list[object] = [Requires(permission=declaration.requires.value)] if declaration.requires else []
    if isinstance(declaration, Mutation) and declaration.is_attempt:
        directives.append(Attempt())
    declared = DeclaredField(description=description, directives=directives)
    declared.declaration = declaration
    declared.arguments = list(arguments)
    return declared
