"""Mail, wired from the settings: who carries letters, and the handler that sends one."""

from uuid import UUID

from domain.mail_jobs import MailTemplate
from integrations.letters import LetterWriter
from integrations.mail import Post, address_letter, parse_sender
from integrations.mailbox import Mailbox
from integrations.smtp import SmtpPost
from server.job_execution import Handler, Payload
from server.settings import Settings

MAILBOX = "mailbox"


def mailbox(settings: Settings) -> Mailbox:
    """The folder that takes the letters of a developer who has no mail server."""
    return Mailbox(settings.data_directory / MAILBOX)


def post_office(settings: Settings) -> Post:
    """The mail server, or the folder when there is none."""
    if settings.smtp_host is None:
        return mailbox(settings)
    return SmtpPost(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        timeout_seconds=settings.smtp_timeout_seconds,
    )


def mail_handler(settings: Settings) -> Handler:
    """Sends the letter that a job asks for. Sent twice it has the same Message-ID."""
    sender = parse_sender(settings.mail_from)
    writer = LetterWriter(sender.display_name or sender.domain, settings.frontend_url)
    post = post_office(settings)

    async def send(job_id: UUID, payload: Payload) -> None:
        letter = writer.write(MailTemplate(payload["template"]), payload["values"])
        await post.send(address_letter(letter, sender, payload["to"], job_id))

    return send
