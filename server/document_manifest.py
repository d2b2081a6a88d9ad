"""Manifests: JSON files that give each document of a frontend an id, as the frontends' own tools write them.

Read are objects of ids and texts, as `merkato documents`, graphql-codegen (`persistedDocuments`) and the Relay compiler
write them, and the manifests of Apollo's tools.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from server.errors import ServerError

APOLLO_FORMAT = "apollo-persisted-query-manifest"
"""https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format"""

HASH_PREFIX = "sha256:"
"""Of ids that are the hash of the text (GraphQL over HTTP, Appendix A: Persisted Documents)."""


class ManifestError(ServerError):
    """The manifest cannot be used."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"The manifest {path} {problem} Write it anew with the tool that made it.")


def document_id(text: str) -> str:
    """The id that every text has by itself."""
    return HASH_PREFIX + sha256(text.encode()).hexdigest()


def read_manifest(path: Path) -> dict[str, str]:
    """The texts of a manifest by their ids. Raises ManifestError."""
    try:
        parsed = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ManifestError(path, f"cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        problem = f"is not valid JSON: {error.msg}, at line {error.lineno}, column {error.colno}."
        raise ManifestError(path, problem) from error
    texts = _apollo_texts(parsed, path) if _is_apollo(parsed) else parsed
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise ManifestError(path, f"is neither an object of ids and texts nor of the format {APOLLO_FORMAT}.")
    if not texts:
        raise ManifestError(path, "holds no documents.")
    return texts


def write_manifest(texts: Mapping[str, str]) -> str:
    """The text of a manifest."""
    return orjson.dumps(dict(texts), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _is_apollo(parsed: Any) -> bool:  # JSON of any shape, here and below.
    return isinstance(parsed, dict) and parsed.get("format") == APOLLO_FORMAT


def _apollo_texts(manifest: dict[str, Any], path: Path) -> dict[str, str]:
    operations = manifest.get("operations")
    if manifest.get("version") != 1 or not isinstance(operations, list):
        raise ManifestError(path, f"is not version 1 of the format {APOLLO_FORMAT} with a list of operations.")
    texts: dict[str, str] = {}
    for place, operation in enumerate(operations, 1):
        match operation:
            case {"id": str(id_), "body": str(body)} if texts.setdefault(id_, body) == body:
                continue
            case {"id": str(id_), "body": str()}:
                raise ManifestError(path, f"has two documents of the id {id_!r}.")
            case _:
                raise ManifestError(path, f"has no `id` and `body` in operation {place}.")
    return texts
