"""The headers that every answer has for browsers, put to those that our own endpoint did not write.

Source: the OWASP cheat sheets on HTTP headers and on REST.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

PAGE_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""For pages that have no policy of their own."""


def protecting(send: Send) -> Send:
    """What sends answers with those headers.

    `Vary: Origin` because whether a page of another origin may read an answer stands in its headers, and caches must
    not hand one without them to such a page.
    """

    async def send_protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Referrer-Policy", "no-referrer")
            if "origin" not in headers.get("Vary", "").lower():
                headers.add_vary_header("Origin")
            if headers.get("Content-Type", "").startswith("text/html"):
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                headers.setdefault("X-Frame-Options", "DENY")
        await send(message)

    return send_protected
