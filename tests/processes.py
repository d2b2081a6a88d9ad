"""Processes of Merkato's own command, as operators start them, each with nothing but its environment to go by."""

import asyncio
import os
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_bytes, token_urlsafe

import httpx

from tests.commands import MERKATO
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

IN_DEVELOPMENT = {"APP_ENV": "development"}


def made_keys() -> Mapping[str, str]:
    """Keys that nobody else has, for all processes of one shop."""
    secrets = {name: token_urlsafe(48) for name in ("JWT_SECRET_KEY", "SECRET_KEY")}
    return {"ENCRYPTION_KEYS": f"test:{b64encode(token_bytes(32)).decode()}", **secrets}


@asynccontextmanager
async def running_process(
    folder: Path, variables: Mapping[str, str], *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`merkato` with these arguments in that folder, where its log is; killed when the block ends, if it is there."""
    with (folder / f"{arguments[0]}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            MERKATO,
            *arguments,
            cwd=folder,
            env=os.environ | IN_DEVELOPMENT | dict(variables),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def serving_process(folder: Path, variables: Mapping[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a `merkato serve` that is ready."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    async with (
        running_process(folder, variables, "serve", "--port", str(port)) as process,
        httpx.AsyncClient(base_url=address, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS) as http,
    ):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await _is_ready(http):
                assert process.returncode is None, (folder / "serve.log").read_text(encoding="utf-8")
                await asyncio.sleep(0.05)
        yield http


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/health/ready")).is_success
    except httpx.TransportError:
        return False
