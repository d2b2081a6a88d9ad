"""Mail: what letters say, what cannot be slipped into them, and how they go out over real SMTP."""

import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import aiosmtplib
import pytest
import trustme

from domain.mail_jobs import MAIL_VALUES, MailTemplate
from domain.repeating import HopelessError
from integrations.letters import LetterWriter
from integrations.mail import Letter, address_letter, parse_address, parse_sender
from integrations.mailbox import Mailbox
from integrations.smtp import SmtpPost, SmtpSecurity
from tests.mail_server import MailServer, mail_server

JOB = UUID("01a1fe9a-3960-75ee-934a-4177c6fbc95e")
SENDER = parse_sender("Selam's Shop <post@shop.example>")
WRITER = LetterWriter("Selam's Shop", "https://shop.example/en/")
LETTER = Letter("Grüße", "Hello\n", "<p>Hello</p>")
VALUES: dict[str, str | int] = {
    "name": "Selam",
    "inviter": "Abel",
    "token": "a+b/c=&d",
    "hours": 24,
    "minutes": 1,
    "days": 7,
    "time": "21 November 2026, 14:30 UTC",
    "device": "Firefox on Linux",
    "address": "192.0.2.7",
    "new_email": "new@example.com",
    "number": "NC-20261122-0001",
    "total": "253.00 ETB",
    "amount": "30.00 ETB",
    "reason": "It was ordered twice.",
    "instructions": "To the account 1000 at the Bank of Abyssinia.",
    "parcel": 2,
    "carrier": "Ethio Post",
    "tracking_number": "EP-1",
    "tracking_url": "https://post.example/EP-1",
    "estimated_delivery": "24 November 2026",
}


def post_to(server: MailServer, security: SmtpSecurity, tls: ssl.SSLContext | None = None) -> SmtpPost:
    """A connection to that server."""
    username, password = ("clerk", "hush") if security == SmtpSecurity.STARTTLS else (None, None)
    return SmtpPost("localhost" if tls else "127.0.0.1", server.port, security, username, password, 5, tls)


def letter_to(to: str = "selam@example.com") -> EmailMessage:
    """A message."""
    return address_letter(LETTER, SENDER, to, JOB)


@pytest.mark.parametrize("template", MailTemplate)
def test_every_letter_says_what_it_was_told_as_text_and_as_html(template: MailTemplate) -> None:
    told = {name: VALUES[name] for name in MAIL_VALUES[template]}

    letter = WRITER.write(template, told)

    for name, value in told.items():
        shown = "token=a%2Bb%2Fc%3D%26d" if name == "token" else str(value)
        assert shown in letter.text, name
        assert shown in letter.html, name
    assert "https://shop.example/en/" in letter.text
    assert letter.subject.strip()
    assert "\n" not in letter.subject
    assert "{" not in letter.text + letter.subject
    assert letter.text.startswith("Hello Selam,\n\n")


def test_letter_takes_its_link_from_the_settings() -> None:
    letter = WRITER.write(MailTemplate.RESET_PASSWORD, {"name": "Selam", "token": "abc", "minutes": 60})

    assert "\nhttps://shop.example/en/reset-password?token=abc\n" in letter.text
    assert '<a href="https://shop.example/en/reset-password?token=abc"' in letter.html


@pytest.mark.parametrize("name", ["Win at prize.example", "http://prize", "prize.example/x", "me@prize.example"])
def test_letter_does_not_advertise_for_whoever_typed_the_name(name: str) -> None:
    """Anybody may sign up, or order, with the address of somebody else."""
    letter = WRITER.write(MailTemplate.VERIFY_EMAIL, {"name": name, "token": "t", "hours": 24})

    assert letter.text.startswith("Hello,\n\n")
    assert "<p>Hello,</p>" in letter.html
    assert "prize" not in letter.text + letter.html


@pytest.mark.parametrize("name", ["J. R. Tolkien", "Sammy Davis Jr.", "Hana-Liya O'Neil", "ሰላም ተስፋዬ"])
def test_letter_calls_people_by_their_names(name: str) -> None:
    letter = WRITER.write(MailTemplate.VERIFY_EMAIL, {"name": name, "token": "t", "hours": 24})

    assert letter.text.startswith(f"Hello {name},\n\n")


def test_letter_of_a_buyer_who_cancelled_gives_no_reason() -> None:
    letter = WRITER.write(MailTemplate.ORDER_CANCELLED, {"name": "Selam", "number": "NC-1", "reason": ""})

    assert "your order NC-1 was cancelled.\n\nWhat you have paid" in letter.text
    assert "Reason" not in letter.text + letter.html


def test_what_people_typed_is_neither_markup_nor_a_header_nor_long() -> None:
    name = "<script>alert(1)</script>\r\nBcc: a@b.example\n" + "x" * 100
    letter = WRITER.write(MailTemplate.INVITATION, {"name": "Selam", "inviter": name, "token": "t", "days": 1})
    message = address_letter(letter, SENDER, "selam@example.com", JOB)

    assert "<script>" not in letter.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Bcc: a@b.example" in letter.html
    assert "x" * 60 not in letter.text
    assert message["Bcc"] is None
    assert message["To"] == "selam@example.com"


@pytest.mark.parametrize(
    "to",
    ["", "selam", "a@", "@b.example", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "a b@c.example",
     "é@b.example", "a@b\0c.example", "A <a@b.example>", f"a@{'b' * 70}.example"],
)  # fmt: skip
def test_what_is_no_address_is_hopeless(to: str) -> None:
    with pytest.raises(HopelessError, match="is no e-mail address"):
        letter_to(to)


def test_domain_in_any_script_is_spelled_as_servers_do() -> None:
    assert parse_address("selam@bücher.example") == Address("", "selam", "xn--bcher-kva.example")


async def test_letter_goes_out_with_all_its_headers() -> None:
    with mail_server() as server:
        await post_to(server, SmtpSecurity.NONE).send(letter_to())

    (received,) = server.received
    assert server.recipients == [["selam@example.com"]]
    assert received["Message-ID"] == f"<{JOB}@shop.example>"
    assert received["From"] == "Selam's Shop <post@shop.example>"
    assert (received["To"], received["Subject"]) == ("selam@example.com", "Grüße")
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["Date"].datetime is not None
    assert [part.get_content().strip() for part in received.iter_parts()] == ["Hello", "<p>Hello</p>"]


@pytest.mark.parametrize("security", [SmtpSecurity.STARTTLS, SmtpSecurity.TLS])
async def test_letter_goes_out_encrypted_to_a_server_that_proves_its_name(security: SmtpSecurity) -> None:
    authority, server_side = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server_side)
    client_side = ssl.create_default_context()
    authority.configure_trust(client_side)

    with mail_server(server_side, start_tls=security == SmtpSecurity.STARTTLS) as server:
        await post_to(server, security, client_side).send(letter_to())
        with pytest.raises((aiosmtplib.SMTPException, ssl.SSLError)):
            await post_to(server, security, ssl.create_default_context()).send(letter_to())

    assert len(server.received) == 1


async def test_lasting_refusal_is_hopeless_and_a_passing_one_is_not() -> None:
    with mail_server() as server:
        post = post_to(server, SmtpSecurity.NONE)
        server.answer = lambda _count: "451 busy"
        with pytest.raises(aiosmtplib.SMTPDataError):
            await post.send(letter_to())
        server.answer = lambda _count: "554 spam"
        with pytest.raises(HopelessError, match="refuses the letter: spam"):
            await post.send(letter_to())
        server.answer_recipient = "450 greylisted"
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await post.send(letter_to())
        server.answer_recipient = "550 no such user"
        with pytest.raises(HopelessError, match="refuses the recipient: no such user"):
            await post.send(letter_to())
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await post.send(letter_to())


async def test_mailbox_keeps_each_letter_once_the_newest_first(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "mailbox")
    assert box.letters() == []

    for number in (1, 2, 1):
        await box.send(address_letter(LETTER, SENDER, f"{number}@example.com", UUID(int=number)))

    assert [letter.to for letter in box.letters()] == ["2@example.com", "1@example.com"]
    newest = box.letters()[0]
    assert (newest.subject, newest.sender, newest.text) == ("Grüße", "Selam's Shop <post@shop.example>", "Hello\n")
