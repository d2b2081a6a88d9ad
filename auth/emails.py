"""E-mail addresses: what is taken for one, and the one form in which it is compared."""

import re

from domain.errors import invalid

LONGEST = 254
"""What fits into the path of RFC 5321, 4.5.3.1.3."""

ADDRESS = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
)
"""As browsers check it (HTML, 4.10.5.1.5), in lower case and with a dot in the domain."""


def known_form(email: str) -> str | None:
    """The address as it is stored: without white space around it and in lower case; None if it is no address."""
    text = email.strip().lower() if email.isascii() else ""
    return text if len(text) <= LONGEST and ADDRESS.fullmatch(text) else None


def require_email(email: str, field: str = "email") -> str:
    """The address as it is stored. Raises InvalidInputError."""
    text = known_form(email)
    if text is None:
        raise invalid(field, "It must be an e-mail address such as selam@example.com.")
    return text
