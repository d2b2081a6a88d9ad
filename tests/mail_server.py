"""A real mail server on loopback, which keeps what it is given."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

ACCEPTED = "250 OK"


@dataclass
class MailServer:
    """What it was given, and what it answers. It has no slots: Python 3.11.2 could not list its members."""

    port: int
    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answer: Callable[[int], str] = lambda _count: ACCEPTED
    """What to say to a letter, told how many there were with it. It runs in the server's own thread."""
    answer_recipient: str = ACCEPTED

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: smtp.SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.answer_recipient == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return self.answer_recipient

    async def handle_DATA(self, _server: smtp.SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a letter, then answer."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.received.append(message_from_bytes(content, _class=EmailMessage, policy=SMTP))
        self.recipients.append(list(envelope.rcpt_tos))
        return self.answer(len(self.received))


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, start_tls: bool = False) -> Iterator[MailServer]:
    """A mail server that listens while the block runs. With `start_tls` it also wants clerk and hush."""
    server = MailServer(free_port())
    options: dict[str, Any] = {}
    if start_tls:
        options = {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": _authenticate}
    at_once = None if start_tls else tls
    controller = Controller(
        server, "127.0.0.1", server.port, ssl_context=at_once, ready_timeout=PATIENCE_SECONDS, **options
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _authenticate(
    _server: smtp.SMTP, _session: Session, _envelope: Envelope, _mechanism: str, credentials: LoginPassword
) -> AuthResult:
    return AuthResult(success=credentials == LoginPassword(b"clerk", b"hush"))
