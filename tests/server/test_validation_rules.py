"""The rules that remember their methods find the same ones as graphql-core's own."""

import pytest
from graphql import ASTValidationRule, TypeInfo, ValidationContext, parse, specified_rules, validate
from graphql.language import ast

from server.input_text import NoNulInStringsRule
from server.validation_rules import RULES, remembering
from tests.schema.walk import CORE

KINDS = [
    each.kind for each in vars(ast).values() if isinstance(each, type) and issubclass(each, ast.Node) and each.kind
]

INVALID = """
query Wrong($unused: Int, $slug: Strin, $first: Int = "one") @nowhere {
  product(slug: $slug) { name { x } nothing price ...Missing ...on Post { title } }
  products(first: $first, last: "\\u0000", first: 2) { nodes }
  a: product(slug: 1) { name } a: post(slug: 2) { title }
  ...F
}
fragment F on Query { ...F }
fragment Unused on Product { name }
query Wrong { __typename }
subscription Two { a: __typename b: __typename }
"""


@pytest.mark.parametrize("rule", [*specified_rules, NoNulInStringsRule], ids=lambda rule: rule.__name__)
def test_methods_are_those_of_the_rule(rule: type[ASTValidationRule]) -> None:
    context = ValidationContext(CORE, parse("{ __typename }"), TypeInfo(CORE), lambda _: None)
    own, remembered = rule(context), remembering(rule)(context)
    for _ in range(2):
        for kind in KINDS:
            mine, theirs = remembered.get_enter_leave_for_kind(kind), own.get_enter_leave_for_kind(kind)
            assert [getattr(each, "__name__", None) for each in mine] == [
                getattr(each, "__name__", None) for each in theirs
            ]


def test_errors_are_those_of_the_rules() -> None:
    def told(rules: list[type[ASTValidationRule]]) -> list[str]:
        return [error.message for error in validate(CORE, parse(INVALID), rules)]

    remembered = told([remembering(rule) for rule in specified_rules])
    assert remembered == told(list(specified_rules))
    assert len(remembered) > 12
    assert len(RULES) > len(specified_rules)
