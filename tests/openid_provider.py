"""A real OpenID provider on a free port of this machine, and the people that it knows."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

REDIRECT = "http://localhost:3000/sign-in/callback"


@contextmanager
def running_provider() -> Iterator[str]:
    """The issuer of a provider that knows nobody yet, and any client."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    issuer = f"http://localhost:{port}"
    try:
        _wait_for(issuer)
        yield issuer
    finally:
        process.terminate()
        process.wait()


def add_person(issuer: str, subject: str, **claims: object) -> None:
    """Have the provider know somebody."""
    answer = httpx.put(
        f"{issuer}/users/{subject}", json=claims, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS
    )
    assert answer.is_success, answer.text


def agree(url: str, subject: str) -> tuple[str, str]:
    """The state and the code that the browser is sent back with once that person has agreed."""
    asked = parse_qs(urlsplit(url).query)
    assert (asked["code_challenge_method"], asked["response_type"]) == (["S256"], ["code"])
    answer = httpx.post(url, data={"sub": subject}, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS)
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == REDIRECT
    found = parse_qs(back.query)
    return found["state"][0], found["code"][0]


def _wait_for(issuer: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(
                f"{issuer}/.well-known/openid-configuration",
                trust_env=False,
                verify=NO_AUTHORITIES,
                timeout=PATIENCE_SECONDS,
            )
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(issuer)
