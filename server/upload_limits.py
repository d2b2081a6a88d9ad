"""What a request with files may bring at most."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """The most of each."""

    file_bytes: int = 10_000_000
    body_bytes: int = 25_000_000
    files: int = 20
    field_bytes: int = 1_000_000
    """Of `operations`, and of `map`."""
    paths: int = 20
    """In so many places of the variables may files stand."""
    at_once: int = 20
    """So many forms are read or answered at once."""
