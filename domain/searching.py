"""What a question finds, and how well: its words, parsed once a statement, and the conditions and ranks on them.

The SQL functions that parse a question never fail, whatever is typed (migrations 0002 and 0012).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Numeric, case, cast, func, literal_column, or_, select

RANK = Numeric(9, 6)
SPACES: ColumnElement[str] = literal_column(r"E' \t\n\r\f\v'")
MOST_WORDS_COUNT: ColumnElement[Any] = literal_column("0.999999")
"""Words weigh less than one: which of them are found tells more than how often they are."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as SQL: its title in lower case, and what finds its whole words, everything, and what is sought.

    The columns of a row that is computed once; whatever selects by them selects from that row as well.
    """

    title: ColumnElement[Any]
    whole: ColumnElement[Any]
    everything: ColumnElement[Any]
    sought: ColumnElement[Any]


def asked(text: Any, whole_words_suffice: Callable[[Question], ColumnElement[bool]] | None = None) -> Question:
    """The question that a text asks: everything is sought, beginnings of words among it, unless whole words suffice.

    Whether they do is asked with a question that seeks nothing else.
    """
    columns = _row(
        title=func.lower(func.btrim(text, SPACES)),
        whole=func.search_words(text),
        everything=func.search_query(text),
    )
    if whole_words_suffice is None:
        return Question(**columns, sought=columns["everything"])
    suffice = whole_words_suffice(Question(**columns, sought=columns["whole"]))
    sought = case((suffice, columns["whole"]), else_=columns["everything"])
    return Question(**_row(**columns, sought=sought))


def _row(**columns: ColumnElement[Any]) -> dict[str, ColumnElement[Any]]:
    """OFFSET keeps PostgreSQL from computing a column anew wherever it is used."""
    row = select(*(column.label(name) for name, column in columns.items()))
    return dict(row.offset(literal_column("0")).subquery().c)


def finds(question: Question, entity: Any) -> ColumnElement[bool]:
    """The row's words answer the question."""
    return entity.search.op("@@", is_comparison=True)(question.sought)  # type: ignore[no-any-return]


def answers(entity: Any, text: Any) -> ColumnElement[bool]:
    """The row's words answer the question, as one of several conditions."""
    everything = select(func.search_query(text)).scalar_subquery()
    return entity.search.op("@@", is_comparison=True)(everything)  # type: ignore[no-any-return]


def rank(question: Question, entity: Any, title: ColumnElement[str]) -> ColumnElement[Any]:
    """How well the row answers the question: from 2 on with an equal title, from 1 on in whole words, below with less.

    A row without all whole words ranks below 1 even if its title is equal, unless the question has none ("the").
    So whoever finds enough rows by whole words need not look for others.
    """
    has_words = entity.search.op("@@", is_comparison=True)(question.whole)
    words = case((has_words, question.whole), else_=question.everything)
    is_equal = (func.lower(title) == question.title) & or_(
        has_words, func.numnode(question.whole) == literal_column("0")
    )
    tier = case((is_equal, literal_column("2")), (has_words, literal_column("1")), else_=literal_column("0"))
    weight = func.round(cast(func.ts_rank(entity.search, words), Numeric()), literal_column("6"))
    return cast(tier + func.least(weight, MOST_WORDS_COUNT), RANK)
