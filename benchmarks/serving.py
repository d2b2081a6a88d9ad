"""Starts the contestants' servers and stops them."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contestants import POOL_SIZE, Contestant
from benchmarks.data import Database
from benchmarks.errors import AbsentError
from server.postgres_cluster import DATABASE, SUPERUSER

START_SECONDS = 60
STOP_SECONDS = 10
POLL_SECONDS = 0.1
HOST = "127.0.0.1"
PATH = "/graphql"


@dataclass(frozen=True, slots=True)
class Server:
    """A contestant that answers."""

    contestant: Contestant
    port: int
    pid: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}{PATH}"

    def ask(self, body: bytes, header: str | None = None) -> tuple[int, bytes]:
        """The status and the body of its answer, to a visitor or to whoever the header (`Name: value`) says."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=START_SECONDS)
        try:
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            if header is not None:
                name, _, value = header.partition(": ")
                headers[name] = value
            connection.request("POST", PATH, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


@contextmanager
def serving(contestant: Contestant, database: Database, first: bytes, log: Path) -> Iterator[Server]:
    """The contestant's server, once it has answered its first request. Raises AbsentError when it does not."""
    port = _free_port()
    command = [part.format(port=port) for part in contestant.command]
    environment = _environment(contestant, database, port)
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - commands of contestants.py
                command, cwd=contestant.folder, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise AbsentError(f"{command[0]} cannot be started: {error.strerror}") from error
    try:
        server = Server(contestant, port, process.pid)
        _wait_until_answering(server, process, first, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(contestant: Contestant, database: Database, port: int) -> Mapping[str, str]:
    """The same for all: production, the database as asyncpg and as node-postgres look for it, one pool size."""
    return {
        **os.environ,
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "DATABASE_URL": database.url,
        "PGHOST": str(database.socket_folder),
        "PGUSER": SUPERUSER,
        "PGDATABASE": DATABASE,
        "POOL_SIZE": str(POOL_SIZE),
        "PORT": str(port),
        **contestant.environment,
    }


def _wait_until_answering(server: Server, process: subprocess.Popen[bytes], first: bytes, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    said = "nothing"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AbsentError(f"it ended with {process.returncode}: {_last_line(log)}")
        try:
            status, body = server.ask(first)
        except (OSError, http.client.HTTPException) as error:
            said = str(error)
        else:
            if status == http.client.OK:
                return
            said = f"{status} {body[:200]!r}"
        time.sleep(POLL_SECONDS)
    raise AbsentError(f"it did not answer within {START_SECONDS} seconds: {said}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
