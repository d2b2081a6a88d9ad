"""Sends letters by SMTP."""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPNotSupported, SMTPRecipientsRefused

from domain.repeating import HopelessError

FIRST_PERMANENT = 500
"""RFC 5321, section 4.2.1: a reply from 500 on will be the same the next time."""


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is kept secret."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpPost:
    """A mail server that takes our letters."""

    host: str
    port: int
    security: SmtpSecurity
    username: str | None
    password: str | None
    timeout_seconds: float
    tls: ssl.SSLContext | None = None
    """Whose certificates to trust, if not those of the system."""

    async def send(self, message: EmailMessage) -> None:
        """Hand a letter over. Raises HopelessError when the server says that it never will take it."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                timeout=self.timeout_seconds,
                use_tls=self.security == SmtpSecurity.TLS,
                start_tls=self.security == SmtpSecurity.STARTTLS,
                tls_context=None if self.security == SmtpSecurity.NONE else self.tls,
            )
        except SMTPRecipientsRefused as error:
            if all(refused.code >= FIRST_PERMANENT for refused in error.recipients):
                raise HopelessError(f"The mail server refuses the recipient: {error.recipients[0].message}") from error
            raise
        except SMTPDataError as error:
            if error.code >= FIRST_PERMANENT:
                raise HopelessError(f"The mail server refuses the letter: {error.message}") from error
            raise
        except SMTPNotSupported as error:
            raise HopelessError(f"The mail server cannot take the letter: {error.message}") from error
