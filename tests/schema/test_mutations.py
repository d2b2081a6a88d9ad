"""What holds for every mutation of the schema."""

import inspect
import re
from typing import Any, cast, get_args

import pytest
from graphql import GraphQLNonNull, GraphQLUnionType, get_named_type, is_union_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

from auth import profiles
from domain.errors import DomainError, InvalidInputError
from resolvers.inputs import ARGUMENT
from resolvers.mutations import Mutation
from schema.declare import mutation
from schema.root import schema
from tests.schema.raised_errors import raised_by
from tests.schema.walk import CORE, WalkedField, fields

MUTATIONS = [walked for walked in fields() if walked.type.name == "Mutation"]
SECRETS = {"password", "current_password", "code", "token", "challenge"}
WITH_CODES_THAT_ARE_NAMES = {
    *("createPromoCode", "createTaxClass", "removePromoCode", "setMenu", "updateTaxClass"),
}
"""Whose code is no secret that proves anything."""
every = pytest.mark.parametrize("walked", MUTATIONS, ids=str)


def declaration_of(walked: WalkedField) -> Mutation:
    """What declares the mutation."""
    assert walked.declared is not None
    assert isinstance(walked.declared.declaration, Mutation)
    return walked.declared.declaration


def result_of(walked: WalkedField) -> GraphQLUnionType:
    """The union that it gives."""
    return cast("GraphQLUnionType", get_named_type(walked.field.type))


def origin_of(kind: Any) -> Any:
    """The class behind a type."""
    return kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].origin


def input_fields(walked: WalkedField) -> set[str]:
    """The keywords that the function gets from the input."""
    if ARGUMENT not in walked.field.args:
        return set()
    origin = origin_of(get_named_type(walked.field.args[ARGUMENT].type))
    return set(origin.__dataclass_fields__)


@every
def test_mutation_says_who_may_do_it_and_the_sdl_shows_it(walked: WalkedField) -> None:
    requires = declaration_of(walked).requires
    assert requires is not None
    line = next(line for line in schema.as_str().splitlines() if line.endswith(f'@requires(permission: "{requires}")'))
    assert line


@every
def test_whoever_guesses_a_secret_makes_an_attempt(walked: WalkedField) -> None:
    """A refresh token is as long as a key: nobody guesses it, and there may be several."""
    is_attempt = declaration_of(walked).is_attempt
    assert is_attempt or not input_fields(walked) & SECRETS or walked.name in WITH_CODES_THAT_ARE_NAMES
    shown = re.search(rf"\n  {walked.name}(?:\(.*?\n  \))?: ([^\n]+)", schema.as_str(), re.DOTALL)
    assert shown is not None
    assert shown[1].endswith(" @attempt") == is_attempt


def test_mutation_without_a_permission_is_none() -> None:
    with pytest.raises(TypeError, match="requires"):
        mutation(profiles.update_profile, "Nobody said who may.")  # type: ignore[call-arg]


@every
def test_result_is_a_nullable_union_of_objects_and_problems(walked: WalkedField) -> None:
    """A failure that is nobody's business must not take the answers of other mutations with it."""
    assert not isinstance(walked.field.type, GraphQLNonNull)
    assert is_union_type(get_named_type(walked.field.type))
    problems = {kind.name for kind in result_of(walked).types if "Problem" in {each.name for each in kind.interfaces}}
    assert result_of(walked).name == f"{walked.name[0].upper()}{walked.name[1:]}Result"
    assert ("InvalidInput" in problems) == (ARGUMENT in walked.field.args)
    assert len(problems) < len(result_of(walked).types)


@every
def test_every_refusal_has_its_twin_in_the_result(walked: WalkedField) -> None:
    twins = {origin_of(kind).error for kind in result_of(walked).types if hasattr(origin_of(kind), "error")}
    possible: set[type[DomainError]] = set(raised_by(declaration_of(walked).function))
    if ARGUMENT in walked.field.args:
        possible.add(InvalidInputError)
    assert {error.__name__ for error in possible} == {error.__name__ for error in twins}


def test_problems_are_called_as_their_errors() -> None:
    problems = CORE.get_possible_types(CORE.type_map["Problem"])  # type: ignore[arg-type]
    assert len(problems) >= 3
    for kind in problems:
        assert origin_of(kind).error.__name__ == f"{kind.name}Error"


@every
def test_function_takes_the_fields_of_its_input(walked: WalkedField) -> None:
    _context, *parameters = inspect.signature(declaration_of(walked).function).parameters.values()
    keywords: set[str] = set()
    for parameter in parameters:
        assert parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD}, parameter
        if parameter.kind is parameter.VAR_KEYWORD:
            keywords |= set(get_args(parameter.annotation)[0].__annotations__)
        else:
            keywords.add(parameter.name)
    assert keywords == input_fields(walked)


def test_errors_are_found_through_calls() -> None:
    """What the test above rests on."""
    assert {error.__name__ for error in raised_by(profiles.update_profile)} == {
        "AccountGoneError",
        "InvalidInputError",
        "UsernameTakenError",
    }
