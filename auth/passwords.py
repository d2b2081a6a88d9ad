"""Passwords: which are accepted, how they are hashed (argon2id), and how a given one is compared with its hash.

Before all that a password is brought into Unicode's form NFC, as RFC 8265 (OpaqueString) asks: keyboards differ in how
they write the same letter. NFKC would also make different letters one, and so passwords weaker.
"""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import TypeVar

import bcrypt
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from auth.errors import TooManyAttemptsError
from auth.secrets import new_token
from domain.errors import invalid

SHORTEST = 8
LONGEST = 128

MEMORY_KIB = 19_456
ITERATIONS = 2
LANES = 1
"""OWASP's first choice of parameters for argon2id (Password Storage Cheat Sheet)."""

AT_ONCE = 2
"""Each takes a core for some 25 ms, and memory. More at once would only make everything else wait.

Their threads are as urgent as the event loop's. Nicer ones make it wait, on a busy machine for half a second: they are
put aside while they hold Python's lock, which each needs to come back from C.
"""

UNDER_WAY = 2 * AT_ONCE
"""How many flows work at once that hash or compare: as one is hashed, another is read or written. Of hundreds at once
each would do a little in every turn of the event loop, and nothing else would get its turn."""

MOST_WAITING = 500
"""Some twenty seconds of work. Whoever comes later is better off told so."""

PATIENCE = timedelta(seconds=20)
BCRYPT_PREFIXES = ("$2a$", "$2b$", "$2y$")
BCRYPT_BYTES = 72
"""As much as bcrypt ever looked at."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was right; if it was, and its hash is of another time, the hash to store from now on."""

    is_right: bool
    renewed_hash: str | None = None


WRONG = Verdict(is_right=False)


class Passwords:
    """Hashes and compares on threads of its own, two at once, so that the event loop goes on."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(ITERATIONS, MEMORY_KIB, LANES, type=Type.ID)
        self._threads = ThreadPoolExecutor(AT_ONCE, "passwords")
        self._places = asyncio.Semaphore(UNDER_WAY)
        self._waiting = 0
        self._common = frozenset(files("auth").joinpath("common_passwords.txt").read_text("utf-8").split("\n"))
        self._nobodys_hash = self._hasher.hash(new_token())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one of the few places of flows that hash or compare, in the order of coming.

        Raises TooManyAttemptsError when too many wait.
        """
        if self._waiting >= MOST_WAITING:
            raise TooManyAttemptsError(PATIENCE)
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False)

    def require_good(self, password: str, *personal: str, field: str = "password") -> None:
        """Refuse what is too short, too long, known to everybody, or one of the `personal` texts (InvalidInputError).

        Nothing is asked of its composition: rules of that kind make passwords worse (NIST SP 800-63B, 3.1.1.2).
        """
        length = len(normalised(password))
        if not SHORTEST <= length <= LONGEST:
            raise invalid(field, f"It has {length} characters; a password has {SHORTEST} to {LONGEST}.")
        if not _is_storable(password):
            raise invalid(field, "It must not hold the NUL character (U+0000) or a lone surrogate. Remove it.")
        folded = normalised(password).casefold()
        if folded in self._common or folded in {text.casefold() for text in personal}:
            raise invalid(field, "It is one of the first that anybody would try. Choose another.")

    async def hash(self, password: str) -> str:
        """The hash to store. The password was found good before."""
        return await self._on_a_thread(lambda: self._hasher.hash(normalised(password)))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Whether it is the password of that hash. Without a hash it takes as long, and the answer is no."""
        return await self._on_a_thread(lambda: self._verdict(stored, password))

    def _verdict(self, stored: str | None, password: str) -> Verdict:
        if stored is not None and stored.startswith(BCRYPT_PREFIXES) and _is_possible(password):
            return self._imported_verdict(stored, password)
        if stored is None or not _is_possible(password):
            self._matches(self._nobodys_hash, "")
            return WRONG
        if not self._matches(stored, password):
            return WRONG
        is_current = not self._hasher.check_needs_rehash(stored)
        return Verdict(is_right=True, renewed_hash=None if is_current else self._hasher.hash(normalised(password)))

    def _imported_verdict(self, stored: str, password: str) -> Verdict:
        """A hash of another system, which gives way to ours as soon as the password is known."""
        try:
            is_right = bcrypt.checkpw(normalised(password).encode()[:BCRYPT_BYTES], stored.encode())
        except ValueError:
            is_right = False
        return Verdict(is_right=True, renewed_hash=self._hasher.hash(normalised(password))) if is_right else WRONG

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, normalised(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _on_a_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def guesses(email: str, first_name: str, last_name: str) -> tuple[str, ...]:
    """What whoever knows the person would try first, besides what everybody tries."""
    return email, email.partition("@")[0], first_name, last_name


def normalised(password: str) -> str:
    """The password as it is counted and hashed."""
    return unicodedata.normalize("NFC", password)


def _is_possible(password: str) -> bool:
    """Whether somebody's password could be that. What is longer is not worth the work."""
    return len(password) <= LONGEST and _is_storable(password)


def _is_storable(password: str) -> bool:
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in password)
