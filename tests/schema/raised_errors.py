"""Which DomainErrors a function may raise, read from its code and that of all that it calls."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

from domain.errors import DomainError

OURS = ("auth", "domain", "integrations", "models", "resolvers")
"""The packages whose code is read."""

Errors = frozenset[type[DomainError]]


def raised_by(function: Callable[..., Any]) -> Errors:
    """The errors that the function names as raised, and those of the functions that it names, unless it catches them.

    Functions that are reached through attributes of values are not found. What is caught and raised again is.
    """
    return _raised(inspect.unwrap(function), frozenset())


@lru_cache
def _raised(function: FunctionType, callers: frozenset[FunctionType]) -> Errors:
    if function in callers:
        return frozenset()
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    caught = tuple(
        each
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler) and handler.type is not None and not _raises_again(handler)
        for name in ast.walk(handler.type)
        if isinstance(each := _meaning(name, function), type)
    )
    in_handlers = {
        id(name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and node.type and not _raises_again(node)
        for name in ast.walk(node.type)
    }
    found: set[type[DomainError]] = set()
    for name in ast.walk(tree):
        meant = None if id(name) in in_handlers else _meaning(name, function)
        if isinstance(meant, type) and issubclass(meant, DomainError) and meant is not DomainError:
            found.add(meant)
        elif isinstance(meant, FunctionType) and meant.__module__.partition(".")[0] in OURS:
            found |= _raised(inspect.unwrap(meant), callers | {function})
    return frozenset(error for error in found if not issubclass(error, caught))


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))


def _meaning(node: ast.AST, function: FunctionType) -> Any:
    """What a name, or a module's attribute, stands for in the function."""
    if isinstance(node, ast.Name):
        return function.__globals__.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _meaning(node.value, function)
        return getattr(owner, node.attr, None) if isinstance(owner, ModuleType) else None
    return None


def errors_below(error: type[DomainError]) -> Iterator[type[DomainError]]:
    """All subclasses that are loaded."""
    for each in error.__subclasses__():
        yield each
        yield from errors_below(each)
