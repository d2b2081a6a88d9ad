"""Multipart forms as GraphQL clients send them, and as they should not."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

BOUNDARY = "----merkato"
PREFLIGHT = {"apollo-require-preflight": "true"}
HEADERS = {
    "content-type": f"multipart/form-data; boundary={BOUNDARY}",
    "accept": "application/graphql-response+json",
    **PREFLIGHT,
}

Part: TypeAlias = tuple[str, bytes]
"""The head of a part and its content."""


def text_part(name: str, content: str | bytes) -> Part:
    """A field of text."""
    return f'name="{name}"', content.encode() if isinstance(content, str) else content


def file_part(name: str, content: bytes, file_name: str = "a.csv") -> Part:
    """A file."""
    return f'name="{name}"; filename="{file_name}"\r\nContent-Type: text/csv', content


def form(parts: Sequence[Part]) -> bytes:
    """The body of a form."""
    begin = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode()
    bodies = [begin + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts]
    return b"".join(bodies) + f"--{BOUNDARY}--\r\n".encode()


def operation_form(operations: Any, places: Any, files: Mapping[str, bytes]) -> bytes:
    """The form of an operation with files by their names."""
    texts = [text_part("operations", json.dumps(operations)), text_part("map", json.dumps(places))]
    return form([*texts, *(file_part(name, content) for name, content in files.items())])


def sent(operation: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """What an HTTP client posts for an operation: JSON, or a form when bytes stand in the variables as files."""
    files: dict[str, bytes] = {}
    variables = _lifted(operation.get("variables"), "variables", files)
    if not files:
        return {"json": operation, "headers": headers}
    body = operation_form(operation | {"variables": variables}, {path: [path] for path in files}, files)
    return {"content": body, "headers": {**HEADERS, **headers}}


def _lifted(value: Any, path: str, files: dict[str, bytes]) -> Any:
    """The value with null for files, which are put down by their paths."""
    if isinstance(value, bytes):
        files[path] = value
        return None
    if isinstance(value, dict):
        return {name: _lifted(each, f"{path}.{name}", files) for name, each in value.items()}
    if isinstance(value, list):
        return [_lifted(each, f"{path}.{place}", files) for place, each in enumerate(value)]
    return value
