"""Mail: what a letter is, and what can carry one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol
from uuid import UUID

from domain.errors import shown
from domain.repeating import HopelessError


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said, as text and as HTML."""

    subject: str
    text: str
    html: str


class Post(Protocol):
    """Something that carries letters."""

    async def send(self, message: EmailMessage) -> None:
        """Hand a letter over. Raises HopelessError when nobody will ever take it."""


def parse_sender(text: str) -> Address:
    """The name and address that letters come from, such as `Selam's Shop <post@shop.example>`. Raises ValueError."""
    header = SMTP.header_factory("From", text)
    if len(header.addresses) != 1 or header.defects:
        raise ValueError(f"{shown(text)!r} is not a name and an e-mail address.")
    (sender,) = header.addresses
    return parse_address(sender.addr_spec, sender.display_name)


def parse_address(text: str, name: str = "") -> Address:
    """One e-mail address, its domain as mail servers spell it. Raises ValueError for whatever is not exactly that.

    The part before the @ is ASCII: few servers take another.
    """
    try:
        parsed = Address(name, addr_spec=text)
        return Address(name, parsed.username, parsed.domain.encode("idna").decode())
    except (ValueError, HeaderParseError, IndexError) as error:
        raise ValueError(f"{shown(text)!r} is no e-mail address.") from error


def address_letter(letter: Letter, sender: Address, to: str, job_id: UUID) -> EmailMessage:
    """The message to hand over. It is recognised by its job, so that a repetition is seen to be one.

    Raises HopelessError when nobody can have the address.
    """
    message = EmailMessage(policy=SMTP)
    try:
        message["To"] = parse_address(to)
    except ValueError as error:
        raise HopelessError(str(error)) from error
    message["From"] = sender
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{job_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message
