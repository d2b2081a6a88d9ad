"""Files that come with a request, for as long as it is answered."""

from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """A file as its client sent it.

    It has neither a name nor a type here: what a client says of either is a claim, and whoever reads the file finds out
    what it is.
    """

    file: IO[bytes]
    """On the disk if it is large: read it in a thread. Begin with `seek(0)`: several variables may have it as value."""
    size_bytes: int
