"""Who is taken for the sender of a request: whoever connects, unless a proxy that is trusted says for whom it asks."""

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from server.arrival import BehindProxies
from server.http_messages import HttpRequest
from tests.live import serving
from tests.patience import PATIENCE_SECONDS

THIS_MACHINE = "127.0.0.1"
CLAIMED = "203.0.113.7"


async def tell_peer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer whoever asks who they are."""
    await PlainTextResponse(str(HttpRequest(scope, receive).peer))(scope, receive, send)


@pytest.mark.parametrize(
    ("trusted", "claimed", "expected"),
    [
        ((), CLAIMED, THIS_MACHINE),
        (("10.0.0.0/8",), CLAIMED, THIS_MACHINE),
        ((THIS_MACHINE,), CLAIMED, CLAIMED),
        ((THIS_MACHINE,), f"198.51.100.1, {CLAIMED}", CLAIMED),
    ],
)
def test_only_proxies_that_are_trusted_say_who_asks(trusted: tuple[str, ...], claimed: str, expected: str) -> None:
    """Or a new address for each attempt would be as good as no throttle. What the sender adds comes before."""
    with (
        serving(BehindProxies(tell_peer, trusted), lifespan="off", proxy_headers=False) as address,
        httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as client,
    ):
        assert client.get(address, headers={"x-forwarded-for": claimed}).text == expected
