"""Literals are found in a text where graphql-core's lexer finds them."""

import re
from collections.abc import Iterator
from typing import Any

from graphql import GraphQLSyntaxError, Lexer, Source, Token, TokenKind
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from compiler.lifting import LONGEST_NUMBER, MARKS, literals_of

PIECES = (
    *('"', '""', '"""', "\\", '\\"', "\\u0041", "#", "\n", "\r", "-", "0", "1", "27", "5.5", "1e3", "-0", "-3.25E-2"),
    *(".", "...", "e", "E", "a", "_", "$", "$v1", "name2", "(", ")", ":", " ", ",", "é", "\u0661", "\t"),
    "9" * LONGEST_NUMBER,
)

READ = {TokenKind.INT: int, TokenKind.FLOAT: float, TokenKind.STRING: str}


def tokens(text: str) -> Iterator[Token]:
    """What the lexer makes of a text; raises GraphQLSyntaxError."""
    lexer = Lexer(Source(text))
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        yield token


def is_lifted(token: Token, text: str) -> bool:
    """Whether it is a string as it stands or a number that is not too long, with nothing right beside it."""
    written, after = text[token.start : token.end], text[token.end :]
    if token.kind is TokenKind.STRING:
        return "\\" not in written and not after.startswith('"')
    is_apart = not re.search(r"[\w.$-]\Z", text[: token.start]) and not re.match(r"[\w.]", after)
    return token.kind in READ and is_apart and len(written) <= LONGEST_NUMBER


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=25).map("".join))
@example('a(b:"",c:-1.5e2 d:"#" #"1"\n e:"""1""f" 2""",f:x1 g:$y2 h:007')
@example('{a(b:"1" "2",c:[0,-0,10])}')
@settings(max_examples=2000)
def test_literals_are_those_of_the_lexer(text: str) -> None:
    """Of texts that it takes. Of others the parser tells what is wrong."""
    try:
        expected = [token for token in tokens(text) if is_lifted(token, text)]
    except GraphQLSyntaxError:
        assume(False)  # noqa: FBT003 - as hypothesis has it
    found = literals_of(text)
    values: list[Any] = [READ[token.kind](token.value) for token in expected]
    if not expected:
        assert found is None
        return
    assert found is not None
    assert (list(found.values), list(found.starts)) == (values, [token.start for token in expected])
    template = text
    for token, value in zip(reversed(expected), reversed(values), strict=True):
        template = template[: token.start] + MARKS[type(value)] + template[token.end :]
    assert found.template == template
