"""`merkato jobs`: what was given up, and doing it again."""

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from domain.dead_letters import newest_dead_letters, replay, replay_all
from server.command_database import in_one_transaction
from server.settings import load_settings
from server.terminal import print_dead_letters

jobs = typer.Typer(help="Look after the jobs that were given up.", no_args_is_help=True)


@jobs.command()
def dead(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the newest to list.")] = 50,
) -> None:
    """List the dead letters: jobs that failed for the last time."""
    letters = in_one_transaction(load_settings(), lambda session: newest_dead_letters(session, limit))
    print_dead_letters(Console(), letters)


@jobs.command("replay")
def replay_command(
    letter: Annotated[UUID | None, typer.Argument(metavar="ID", help="Which one.", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Have a dead letter done again, under the id it had."""
    if (letter is None) != every:
        raise typer.BadParameter("Give the ID of a dead letter, or --all.", param_hint="ID")

    async def work(session: AsyncSession) -> int:
        if letter is None:
            return await replay_all(session)
        await replay(session, letter)
        return 1

    replayed = in_one_transaction(load_settings(), work)
    Console().print(f"Enqueued {replayed} {'job' if replayed == 1 else 'jobs'} again.")
