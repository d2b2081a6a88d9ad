"""Searches that look for whole words first: what only begins like the words is looked for where these are too few.

A word's beginning stands for many words, whose rows the index gathers before it can intersect them: of a million
products that takes some ten times as long. Whatever holds all whole words ranks before what does not
(domain/searching.py), so that the page is the same.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, func, select

from compiler.windows import LIMITS, CompiledWindow
from domain.searching import Question, asked
from resolvers.context import AnySelect


def asked_for_page(text: Any, window: CompiledWindow, answers: Callable[[Question], AnySelect]) -> Question:
    """The question, sought by whole words alone if they fill the window.

    `answers` gives the rows that answer a question and lie within the window's bounds.
    """
    if window.backward:
        return asked(text)
    limit = LIMITS[window.size + window.looks_ahead]

    def fill_the_window(whole_words: Question) -> ColumnElement[bool]:
        found = answers(whole_words).limit(limit).subquery()
        return select(func.count() == limit).select_from(found).scalar_subquery()

    return asked(text, fill_the_window)
