"""A lock that the operating system releases when its last holder dies."""

import contextlib
import errno
import fcntl
import os
from pathlib import Path

from server.errors import ServerError


class LockingUnsupportedError(ServerError):
    """The file system has no flock."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The file system of {path} cannot lock files. Put DATA_DIRECTORY on a local disk.")


class FileLock:
    """An flock on a file. It belongs to the open descriptor, so a child that inherits the descriptor holds it too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False when somebody else holds it."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_flock(descriptor, self.path):
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let go of the lock. Whoever inherited the descriptor keeps it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_free(self) -> bool:
        """Whether nobody holds the lock at this moment."""
        if not self.path.exists():
            return True
        if not self.acquire():
            return False
        self.release()
        return True

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def descriptor(self) -> int:
        """The open descriptor, to be passed to a child."""
        if self._descriptor is None:
            message = f"{self.path} is not locked."
            raise RuntimeError(message)
        return self._descriptor

    def sign(self) -> None:
        """Leave the number of this process in the file, for whoever finds it locked."""
        os.ftruncate(self.descriptor(), 0)
        os.pwrite(self.descriptor(), f"{os.getpid()}\n".encode(), 0)

    def holder(self) -> int | None:
        """The process that signed the lock; None when it did not."""
        with contextlib.suppress(OSError, ValueError):
            return int(self.path.read_text())
        return None

    def is_orphaned(self) -> bool:
        """Whether the process that signed the lock has died, so that only a child of it can hold the lock."""
        holder = self.holder()
        if holder is None:
            return False
        with contextlib.suppress(PermissionError):
            try:
                os.kill(holder, 0)
            except ProcessLookupError:
                return True
        return False


def _try_flock(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        os.close(descriptor)
        if error.errno in {errno.ENOLCK, errno.ENOTSUP, errno.EINVAL}:
            raise LockingUnsupportedError(path) from error
        raise
    return True
