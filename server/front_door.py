"""The front door: requests under foreign names, or without TLS where that is required, come no further.

Sources of the rules: RFC 9110, 7.4 (421) and 15.4.9 (308), RFC 6797 (Strict-Transport-Security).
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import Message, Receive, Scope, Send

from server.http_messages import NO_ADDITION, Addition, HttpAnswer, HttpRequest, raw_headers
from server.refusals import RefusalCode, refusal
from server.settings import Settings

INSIDE = ("/health", "/metrics")
"""What is asked from within, by an address and without TLS."""

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+?)\.?(:\d{1,5})?", re.IGNORECASE)
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True)
class DoorRules:
    """What a request must have to be let in."""

    hosts: frozenset[str] = frozenset()
    """Names, and `*.` before a name for all below it; any when there are none."""
    requires_https: bool = False
    strict_transport: str = ""
    """What answers over TLS say in Strict-Transport-Security; nothing when it is empty."""


class FrontDoor:
    """Looks at each request before anything else does."""

    def __init__(self, rules: DoorRules) -> None:
        self._rules = rules
        self._names = frozenset(name for name in rules.hosts if not name.startswith("*"))
        self._endings = tuple(name[1:] for name in rules.hosts if name.startswith("*"))
        self._strict = Addition([(b"strict-transport-security", rules.strict_transport.encode())])

    def answer_to(self, scope: Scope) -> HttpAnswer | None:
        """What whoever comes the wrong way is told; None for everybody else."""
        if scope["path"].startswith(INSIDE):
            return None
        name = self._name_of(scope)
        if name is None:
            message = "This server is not asked under that name. ALLOWED_HOSTS says under which it is."
            return _refused(HTTPStatus.MISDIRECTED_REQUEST, RefusalCode.MISDIRECTED_REQUEST, message)
        if self._rules.requires_https and _came_in_the_open(scope):
            return _sent_to_tls(scope, name)
        return None

    def addition_for(self, scope: Scope) -> Addition:
        """What tells browsers to come by TLS alone, if they did so now."""
        came_by_tls = scope["scheme"] in {"https", "wss"}
        return self._strict if came_by_tls and self._rules.strict_transport else NO_ADDITION

    def closing(self, scope: Scope, send: Send) -> Send:
        """What sends that with every answer."""
        strict = self.addition_for(scope)
        if strict is NO_ADDITION:
            return send

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *strict.headers]
            await send(message)

        return send_strictly

    def _name_of(self, scope: Scope) -> str | None:
        """The one name that the request is for, without its port; None when it is none of ours, or none at all."""
        given = [value.decode("latin-1") for key, value in scope["headers"] if key == b"host"]
        if not self._rules.hosts:
            return given[0] if given else ""
        found = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        if found is None:
            return None
        name = found[1].lower()
        return name if name in self._names or (self._endings and name.endswith(self._endings)) else None


async def turn_away(scope: Scope, receive: Receive, send: Send, answer: HttpAnswer) -> None:
    """Give the answer. A socket is closed before it is open, which its client sees as 403."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await answer.send(HttpRequest(scope, receive), send)


def front_door(settings: Settings) -> FrontDoor | None:
    """The door that the settings ask for; None when it would be open to everybody."""
    strict = f"max-age={settings.hsts_seconds}" if settings.hsts_seconds else ""
    if strict and settings.hsts_subdomains:
        strict += "; includeSubDomains"
    rules = DoorRules(frozenset(settings.allowed_hosts), settings.require_https, strict)
    return None if rules == DoorRules() else FrontDoor(rules)


def _came_in_the_open(scope: Scope) -> bool:
    """Whether a proxy says that its client did not use TLS. Without its word nobody is sent away, or round in circles.

    A proxy that is trusted has changed the scheme of the request if its client did.
    """
    if scope["scheme"] in {"https", "wss"}:
        return False
    said = b",".join(value for key, value in scope["headers"] if key == b"x-forwarded-proto")
    schemes = {part.strip().lower() for part in said.split(b",")}
    return schemes <= {b"http", b"ws"}  # through several proxies, TLS at one of them is enough


def _sent_to_tls(scope: Scope, name: str) -> HttpAnswer:
    if scope["type"] == "websocket" or scope["method"] not in {"GET", "HEAD"}:
        message = "This came without TLS, and whatever it held may have been read on its way. Use https://."
        return _refused(HTTPStatus.FORBIDDEN, RefusalCode.HTTPS_REQUIRED, message)
    path: str = scope["raw_path"].decode("latin-1")
    query: str = scope["query_string"].decode("latin-1")
    location = f"https://{name}{path}{'?' if query else ''}{query}"
    return HttpAnswer(HTTPStatus.PERMANENT_REDIRECT, raw_headers({"Location": location, **HEADERS}))


def _refused(status: HTTPStatus, code: RefusalCode, message: str) -> HttpAnswer:
    headers = {"Content-Type": "application/json; charset=utf-8", **HEADERS}
    return HttpAnswer(status, raw_headers(headers), refusal(code, message))
