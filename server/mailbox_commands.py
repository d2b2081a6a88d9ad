"""`merkato mailbox`: the letters that were sent while developing."""

from typing import Annotated

import typer
from rich.console import Console

from server.errors import ServerError
from server.mailing import mailbox
from server.settings import load_settings
from server.terminal import print_letter, print_letters

mailbox_commands = typer.Typer(
    help="Read the letters that were sent while developing. Without a command: list them.", invoke_without_command=True
)


class NoSuchLetterError(ServerError):
    """The mailbox holds fewer letters."""

    def __init__(self, number: int, count: int) -> None:
        super().__init__(f"There is no letter {number}. The mailbox holds {count}.")


@mailbox_commands.callback()
def list_letters(context: typer.Context) -> None:
    """List the letters, the newest first."""
    if context.invoked_subcommand is None:
        box = mailbox(load_settings())
        print_letters(Console(), box.folder, box.letters())


@mailbox_commands.command()
def show(
    number: Annotated[int, typer.Argument(min=1, help="Which one; 1 is the newest.")] = 1,
) -> None:
    """Show a letter."""
    letters = mailbox(load_settings()).letters()
    if number > len(letters):
        raise NoSuchLetterError(number, len(letters))
    print_letter(Console(), letters[number - 1])
