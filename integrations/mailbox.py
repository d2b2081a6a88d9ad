"""A folder that takes letters in place of a mail server, so that developers can read them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ReceivedLetter:
    """A letter as its reader sees it."""

    path: Path
    to: str
    sender: str
    date: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The folder; one file for each letter, which mail programs open too. It is made when the first one comes."""

    folder: Path

    async def send(self, message: EmailMessage) -> None:
        """Put a letter into the folder. One that comes again takes the place of the first."""
        await asyncio.to_thread(self._write, message)

    def letters(self) -> Sequence[ReceivedLetter]:
        """The letters, the newest first."""
        paths = sorted(self.folder.glob("*.eml"), reverse=True)
        return [_read(path) for path in paths]

    def _write(self, message: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = message["Message-ID"].strip("<>").partition("@")[0]
        unfinished = self.folder / f"{name}.part"
        unfinished.write_bytes(message.as_bytes())
        unfinished.replace(self.folder / f"{name}.eml")


def _read(path: Path) -> ReceivedLetter:
    message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=SMTP)
    body = message.get_body(("plain",))
    return ReceivedLetter(
        path=path,
        to=str(message["To"]),
        sender=str(message["From"]),
        date=str(message["Date"]),
        subject=str(message["Subject"]),
        text=body.get_content().replace("\r\n", "\n") if body is not None else "",
    )
