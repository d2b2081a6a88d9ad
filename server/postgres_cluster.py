"""Creates the folder that a PostgreSQL server works on, checks one that is there, and removes it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from server.file_lock import FileLock
from server.postgres_programs import MAJOR_VERSION, EmbeddedPostgresError, Installation, Launcher

DATABASE = "merkato"
SUPERUSER = "merkato"


class VersionMismatchError(EmbeddedPostgresError):
    """The data was written by another major version of PostgreSQL."""

    def __init__(self, data: Path, found: str) -> None:
        super().__init__(
            f"The data in {data} was written by PostgreSQL {found}, and Merkato brings PostgreSQL {MAJOR_VERSION}. "
            f"Dump it with PostgreSQL {found} and restore the dump, or start anew with `merkato dev --reset`, "
            "which deletes it."
        )


class DamagedClusterError(EmbeddedPostgresError):
    """The data folder is not what a server can work on."""

    def __init__(self, data: Path) -> None:
        super().__init__(
            f"{data} is not a PostgreSQL data folder: it has no readable PG_VERSION. "
            "Restore it from a backup, or start anew with `merkato dev --reset`, which deletes it."
        )


class CreationFailedError(EmbeddedPostgresError):
    """initdb did not succeed."""

    def __init__(self, program: str, output: str) -> None:
        lines = output.splitlines()
        telling = [line for line in lines if "error:" in line or "FATAL" in line] or lines[-3:] or ["nothing"]
        super().__init__(f"The database could not be created. {program} said: {' '.join(telling).rstrip('.')}.")


def is_created(data: Path) -> bool:
    """Whether there is a cluster. An empty folder, such as a fresh volume, is none."""
    return data.exists() and any(data.iterdir())


def require_usable(data: Path) -> None:
    """Refuse a cluster of another version, and a folder that is no cluster."""
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise DamagedClusterError(data) from error
    if not found:
        raise DamagedClusterError(data)
    if found != str(MAJOR_VERSION):
        raise VersionMismatchError(data, found)


def create(data: Path, installation: Installation, launcher: Launcher, lock: FileLock, *, durable: bool) -> None:
    """Create a cluster with an empty database, whole or not at all.

    It grows under another name, so that one cut off midway is never taken for a cluster. The programs inherit the
    lock: whoever finds it taken knows that they still run.
    """
    unfinished = data.with_name(f"{data.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    launcher.hand_over(unfinished)
    _run(_initdb(installation, unfinished, durable=durable), launcher, lock)
    _run(_single_user(installation, unfinished, durable=durable), launcher, lock, f"CREATE DATABASE {DATABASE}\n")
    unfinished.rename(data)


def remove(data: Path) -> None:
    """Delete a cluster, finished or not. One cut off midway is no longer taken for a cluster."""
    doomed = data.with_name(f"{data.name}.old")
    if data.exists():
        shutil.rmtree(doomed, ignore_errors=True)
        data.rename(doomed)
    for folder in (doomed, data.with_name(f"{data.name}.new")):
        if folder.exists():
            shutil.rmtree(folder)


def _initdb(installation: Installation, data: Path, *, durable: bool) -> list[str | Path]:
    return [
        installation.program("initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--auth-local=trust",
        "--auth-host=reject",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]


def _single_user(installation: Installation, data: Path, *, durable: bool) -> list[str | Path]:
    options = ["exit_on_error=on", "log_checkpoints=off", f"fsync={'on' if durable else 'off'}"]
    switches = [switch for option in options for switch in ("-c", option)]
    return [installation.program("postgres"), "--single", "-D", data, *switches, "postgres"]


def _run(command: Sequence[str | Path], launcher: Launcher, lock: FileLock, text: str = "") -> None:
    """Run a program to its end, or end it and its children with whatever cuts us off."""
    process = launcher.popen(command, keep=lock.descriptor(), output=subprocess.PIPE, source=subprocess.PIPE)
    try:
        output, _ = process.communicate(text.encode())
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode != 0:
        raise CreationFailedError(Path(command[0]).name, output.decode(errors="replace"))
