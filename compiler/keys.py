"""Global ids that arrive with a request, as keys of the tables they name."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid
from sqlalchemy.dialects.postgresql import array

from compiler.errors import NotCompilableError, Reason
from compiler.inputs import Argument, Inputs, constant
from domain.conditions import ArrayArgument
from resolvers.errors import BadInputError
from resolvers.ids import decode_id, decode_id_of, encode_id
from resolvers.paging import MAXIMUM_PAGE_SIZE


def key_of(type_name: str, given: Any, inputs: Inputs) -> ColumnElement[UUID]:
    """The key in a global id of this very type."""
    return _one(given, inputs, lambda text: decode_id_of(type_name, text))


def key_if(type_name: str, known: Collection[str], given: Any, inputs: Inputs) -> ColumnElement[UUID]:
    """The key in a global id of one of the known types: NULL unless it is this one."""
    return _one(given, inputs, _converter(type_name, known))


def keys_if(type_name: str, known: Collection[str], given: list[Any], inputs: Inputs) -> ColumnElement[Any]:
    """The keys of this type in a list of global ids of the known types."""
    convert = _converter(type_name, known)

    def keys(texts: list[str]) -> list[UUID]:
        if len(texts) > MAXIMUM_PAGE_SIZE:
            raise BadInputError(f"There are {len(texts)} ids; {MAXIMUM_PAGE_SIZE} are the most.")
        return [key for key in map(convert, texts) if key is not None]

    if is_arriving(given):
        return inputs.bind(given[0].path, ARRAY(Uuid()), keys)
    if len(given) > MAXIMUM_PAGE_SIZE:
        raise NotCompilableError(Reason.ARGUMENT, "too many ids")
    if any(isinstance(text, Argument) for text in given):
        return array([_one(text, inputs, convert) for text in given], type_=Uuid())
    try:
        return constant(keys(given), ARRAY(Uuid()))
    except BadInputError as error:
        raise NotCompilableError(Reason.ARGUMENT, str(error)) from error


def canonical(texts: list[str]) -> list[str]:
    """The ids as this API writes them; what a client sends may be padded or cased otherwise."""
    return [encode_id(named.type_name, named.key) for named in map(decode_id, texts)]


def canonical_code(given: list[Any], inputs: Inputs) -> str:
    """The code that gives the ids of a list as this API writes them."""
    if is_arriving(given):
        return inputs.shape_value(given[0].path, canonical)
    parts = (
        inputs.shape_value(text.path, lambda one: canonical([one])[0])
        if isinstance(text, Argument)
        else repr(canonical([text])[0])
        for text in given
    )
    return f"[{', '.join(parts)}]"


def is_arriving(given: list[Any]) -> bool:
    """Whether the list comes whole with each request."""
    return len(given) == 1 and isinstance(given[0], ArrayArgument)


def _one(given: Any, inputs: Inputs, convert: Callable[[str], UUID | None]) -> ColumnElement[UUID]:
    if isinstance(given, Argument):
        return inputs.bind(given.path, Uuid(), convert)
    try:
        return constant(convert(given), Uuid())
    except BadInputError as error:
        raise NotCompilableError(Reason.ARGUMENT, str(error)) from error


def _converter(type_name: str, known: Collection[str]) -> Callable[[str], UUID | None]:
    def convert(text: str) -> UUID | None:
        named = decode_id(text)
        if named.type_name not in known:
            raise BadInputError(f"The id names a {named.shown_type}, which is no type with ids.")
        return named.key if named.type_name == type_name else None

    return convert
