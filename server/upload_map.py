"""Puts the files of a multipart request where its `map` says: in the variables, and nowhere else."""

import re
from collections.abc import Mapping
from typing import Any

from domain.errors import shown
from resolvers.uploads import Upload
from server.graphql_request import bad_request

LONGEST_PATH = 500
"""In characters. Variables are at most 32 levels deep, whatever their names are."""

PLACE = re.compile("0|[1-9][0-9]{0,8}")
"""The place of an item in a list."""


def put_files(operation: Mapping[str, Any], places: Mapping[str, Any], files: Mapping[str, Upload], most: int) -> None:
    """Put each file at its places in the operation's variables. Raises RequestRefusedError.

    A file without a place is refused, which the specification leaves open: whoever sends one has made a mistake.
    """
    for name in files.keys() - places.keys():
        raise bad_request(f"The file “{shown(name)}” has no place. Name it in `map`.")
    count = sum(len(paths) if isinstance(paths, list) else 1 for paths in places.values())
    if count > most:
        raise bad_request(f"`map` holds {count} paths; {most} are the most.")
    for name, paths in places.items():
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise bad_request(f"The paths of “{shown(name)}” in `map` must be a list of strings.")
        if name not in files:
            raise bad_request(f"`map` names the file “{shown(name)}”, which is not in the form. Send it.")
        for path in paths:
            _put(operation.get("variables"), path, files[name])


def _put(variables: Any, path: str, file: Upload) -> None:
    """Put a file where a path such as `variables.input.files.0` leads, if there is null."""
    if len(path) > LONGEST_PATH:
        raise bad_request(f"A path in `map` has {len(path)} characters; {LONGEST_PATH} are the most.")
    root, *steps = path.split(".")
    if root != "variables" or not steps:
        raise bad_request(
            f"The path “{shown(path)}” in `map` does not begin with `variables.`; files are nothing else."
        )
    holder: Any = variables
    for step in steps[:-1]:
        holder = _inside(holder, step)
    last = _key(holder, steps[-1])
    if last is None or holder[last] is not None:
        raise bad_request(f"The path “{shown(path)}” in `map` does not lead to null in `variables`. Send null there.")
    holder[last] = file


def _inside(holder: Any, step: str) -> Any:
    key = _key(holder, step)
    return None if key is None else holder[key]


def _key(holder: Any, step: str) -> str | int | None:
    """The key or the place that a step of a path means in an object or a list; None when there is no such."""
    if isinstance(holder, dict):
        return step if step in holder else None
    if isinstance(holder, list) and PLACE.fullmatch(step) and int(step) < len(holder):
        return int(step)
    return None
