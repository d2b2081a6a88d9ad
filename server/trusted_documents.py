"""Trusted documents: those that were known when the process started, by every id that clients may send.

A document has the id of its manifest and, as the specification wants it, `sha256:` with the hash of its text; the bare
hash is what the tools of Apollo and graphql-codegen send.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.document_manifest import HASH_PREFIX, ManifestError, document_id, read_manifest
from server.operation_documents import built_in_documents

LONGEST_ID = 500


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """Texts by id. They stay as they are for as long as the process lives."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """As the manifest has them."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """The same, by every id that each may be asked for."""

    def text(self, document_id: str) -> str | None:
        """The document of that id."""
        return self.ids.get(document_id)


def load_trusted_documents(manifest: Path | None) -> TrustedDocuments:
    """The documents of a manifest, or those of `queries/`.

    Raises ManifestError or DocumentSourceError. The texts are not parsed yet.
    """
    if manifest is None:
        built_in = built_in_documents()
        return TrustedDocuments(built_in, {id_: text for text in built_in.values() for id_ in _hashes(text)})
    texts = read_manifest(manifest)
    ids: dict[str, str] = {}
    for given, text in texts.items():
        if not 0 < len(given) <= LONGEST_ID:
            raise ManifestError(manifest, f"has an id of {len(given)} characters; 1 to {LONGEST_ID} are allowed.")
        if given.startswith(HASH_PREFIX) and given != document_id(text):
            raise ManifestError(manifest, f"has a text under {given} whose hash is another.")
        for id_ in (given, *_hashes(text)):
            if ids.setdefault(id_, text) != text:
                raise ManifestError(manifest, f"has two documents of the id {id_!r}.")
    return TrustedDocuments(texts, ids)


def _hashes(text: str) -> tuple[str, str]:
    """The ids that a text has by itself."""
    prefixed = document_id(text)
    return prefixed, prefixed.removeprefix(HASH_PREFIX)
