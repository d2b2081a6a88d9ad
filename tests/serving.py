"""A server of the test's own, on a free port."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
from starlette.types import ASGIApp

from tests.live import serving
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS


@contextmanager
def running(app: ASGIApp, headers: Mapping[str, str] | None = None) -> Iterator[httpx.Client]:
    """A client of a server that runs the application."""
    with (
        serving(app) as address,
        httpx.Client(
            base_url=address, trust_env=False, verify=NO_AUTHORITIES, headers=headers, timeout=PATIENCE_SECONDS
        ) as http,
    ):
        yield http
