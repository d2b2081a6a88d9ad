"""Orders of lists: shorthands for sorting by a column."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement

from domain.searching import rank
from resolvers.ordering import Order


def ascending(tag: str, key: Callable[[Any], ColumnElement[Any]], description: str = "") -> Order:
    """From the least key to the greatest."""
    return Order(tag, lambda entity, _question: key(entity), descending=False, description=description)


def descending(tag: str, key: Callable[[Any], ColumnElement[Any]], description: str = "") -> Order:
    """From the greatest key to the least."""
    return Order(tag, lambda entity, _question: key(entity), descending=True, description=description)


def by_relevance(tag: str, title: Callable[[Any], ColumnElement[Any]]) -> Order:
    """The best answers to the question first: an equal title, then whole words, then prefixes."""

    def key(entity: Any, question: Any) -> ColumnElement[Any]:
        return rank(question, entity, title(entity))

    return Order(tag, key, descending=True, description="The best answers to `search` first.", needs_question=True)


BY_POSITION = ascending("position", lambda entity: entity.position)
BY_NAME = ascending("name", lambda entity: entity.name)
