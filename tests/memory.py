"""Where the tests keep their files: in memory, if the machine has room there."""

import os
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
"""Where Linux keeps files in memory."""

ROOM_BYTES = 4 * 2**30
"""More than all processes' databases take at once, several times over."""


def has_room() -> bool:
    """Whether files fit into memory, and programs among them may be run there."""
    if not os.access(MEMORY, os.W_OK):
        return False
    found = os.statvfs(MEMORY)
    return found.f_bavail * found.f_frsize >= ROOM_BYTES and not found.f_flag & os.ST_NOEXEC


def keep_files_in_memory(config: pytest.Config) -> None:
    """Have `tmp_path` lead there until the tests end, unless they were told where, as processes that share them are.

    A database is some 600 small files, which are copied for each test with one of its own: a disk that is busy with
    other things takes a second for them.
    """
    if config.option.basetemp is None and has_room():
        folder = config.option.basetemp = mkdtemp(prefix="m", dir=MEMORY)  # a socket's path has 103 bytes
        config.add_cleanup(lambda: rmtree(folder, ignore_errors=True))
