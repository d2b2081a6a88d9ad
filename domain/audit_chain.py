"""The chain of hashes over the audit log, and what is found when it was tampered with (decision 0028).

Each entry's digest is the SHA-256 of what it says. Its hash is the SHA-256 of the hash before it, of that digest and of
the entry's place: so whoever alters, removes, inserts or moves an entry has to compute every later hash anew, and the
newest hash, which somebody keeps elsewhere, then differs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

BEGINNING = bytes(32)
"""The hash before that of the first entry."""

CONTENT = """
    jsonb_build_array(
        id, extract(epoch FROM recorded_at), table_name, row_key, action, old_values, new_values, withheld, actor_kind,
        actor_id, token_id, actor_name, database_role, address, user_agent, request_id
    )::text
"""
"""What an entry says, in SQL; `audit_content` of migration 0021 is the same."""

PLACE = "concat_ws(' ', position, id, table_name, extract(epoch FROM sealed_at))"
"""Where it stands; `audit_place` of migration 0021 is the same."""


@dataclass(frozen=True, slots=True)
class Link:
    """A sealed entry, as it is stored."""

    position: int
    entry_id: UUID
    subject: str
    """What the entry is about, to be shown."""
    content: str | None
    """None when its retention has emptied it."""
    place: str
    digest: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class End:
    """An end of the chain: a position, and the hash of the entry there."""

    position: int
    hash: bytes


class Tampering(StrEnum):
    """What is wrong with an entry."""

    ALTERED = "altered"
    """It says something else than what was sealed."""
    REMOVED = "removed"
    INSERTED = "inserted"
    """It claims a place that another entry has, or one beyond the end."""
    EMPTIED = "emptied"
    """It was emptied before its table's retention had passed."""
    UNLINKED = "unlinked"
    """Its hash does not follow from the one before it: one of the two was altered, moved or sealed anew."""
    CUT_OFF = "cut off"
    """The chain ends otherwise than is written down."""
    UNKNOWN_HEAD = "unknown head"
    """The hash that somebody has kept is nowhere in the chain."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sign of tampering, and a sentence that says where."""

    tampering: Tampering
    message: str


class ChainCheck:
    """Follows the chain link by link, in the order of their positions."""

    def __init__(self, beginning: End, head: bytes | None = None) -> None:
        """`head` is a hash that was kept elsewhere and has to come along."""
        self.last = beginning
        self._head = head
        self._met_head = head is None or beginning.hash == head

    def follow(self, link: Link) -> Iterator[Finding]:
        """What is wrong with the next link."""
        if link.position <= self.last.position:
            yield Finding(Tampering.INSERTED, f"{_named(link)} claims a place that another entry has.")
            return
        is_next = link.position == self.last.position + 1
        if not is_next:
            yield Finding(Tampering.REMOVED, _missing(self.last.position + 1, link.position - 1))
        if link.content is not None and sha256(link.content.encode()).digest() != link.digest:
            yield Finding(Tampering.ALTERED, f"{_named(link)} says something else than what was sealed.")
        if is_next and sha256(self.last.hash + link.digest + link.place.encode()).digest() != link.hash:
            before = f"entry {self.last.position}: one of them was altered or moved"
            yield Finding(Tampering.UNLINKED, f"{_named(link)} does not follow from {before}.")
        self._met_head = self._met_head or link.hash == self._head
        self.last = End(link.position, link.hash)

    def end(self, written: End) -> Iterator[Finding]:
        """What is wrong with the end, which was written down when it was sealed."""
        if self.last.position < written.position:
            yield Finding(Tampering.REMOVED, _missing(self.last.position + 1, written.position))
        elif self.last.position > written.position:
            message = f"Entries after {written.position}, where the chain was last sealed, were inserted."
            yield Finding(Tampering.INSERTED, message)
        elif self.last.hash != written.hash:
            message = f"Entry {written.position}, the newest, does not have the hash that was written down for it."
            yield Finding(Tampering.CUT_OFF, message)
        if not self._met_head:
            message = "No entry has the hash of --head: the log was rewritten, or that entry is kept no longer."
            yield Finding(Tampering.UNKNOWN_HEAD, message)


def _named(link: Link) -> str:
    return f"Entry {link.position} ({link.entry_id}, {link.subject})"


def _missing(first: int, last: int) -> str:
    return f"Entry {first} was removed." if first == last else f"Entries {first} to {last} were removed."
