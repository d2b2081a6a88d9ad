"""Installs the Node servers, and tells which versions take part."""

import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import orjson

from benchmarks.contestants import NODE_FOLDER, Contestant
from benchmarks.errors import AbsentError

INSTALLED = Path("node_modules") / ".package-lock.json"


def install(contestant: Contestant) -> None:
    """Bring the packages of a Node server to its lock file, and the Node that runs it."""
    if contestant.is_node:
        for folder in (NODE_FOLDER, contestant.folder):
            _install(folder)


def versions_of(contestant: Contestant) -> dict[str, str]:
    """The version of each package that the contestant is known by."""
    if not contestant.is_node:
        return {name: version(name) for name in contestant.packages}
    versions = {name: _npm_version(contestant.folder, name) for name in contestant.packages}
    return versions | {"node": _npm_version(NODE_FOLDER, "node")}


def _install(folder: Path) -> None:
    installed = folder / INSTALLED
    if installed.exists() and installed.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise AbsentError("npm is not installed")
    done = subprocess.run(  # noqa: S603 - npm as it was found
        [npm, "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise AbsentError(f"npm ci failed: {_last_line(done.stderr)}")


def _npm_version(folder: Path, package: str) -> str:
    found: str = orjson.loads((folder / "node_modules" / package / "package.json").read_bytes())["version"]
    return found


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
