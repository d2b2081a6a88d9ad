"""`merkato jobs`: what was given up, and doing it again or forgetting it."""

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from domain.dead_letters import drop, drop_all, newest_dead_letters, replay, replay_all
from server.command_database import in_one_transaction
from server.settings import load_settings
from server.terminal import print_dead_letters

Letter = Annotated[UUID | None, typer.Argument(metavar="ID", help="Which one.", show_default=False)]
Every = Annotated[bool, typer.Option("--all", help="All of them.")]

jobs = typer.Typer(help="Look after the jobs that were given up.", no_args_is_help=True)


@jobs.command()
def dead(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the newest to list.")] = 50,
) -> None:
    """List the dead letters: jobs that failed for the last time."""
    letters = in_one_transaction(load_settings(), "jobs dead", lambda session: newest_dead_letters(session, limit))
    print_dead_letters(Console(), letters)


@jobs.command("replay")
def replay_command(letter: Letter = None, every: Every = False) -> None:  # noqa: FBT002 - a flag
    """Have a dead letter done again, under the id it had."""
    chosen = _chosen(letter, every=every)

    async def work(session: AsyncSession) -> int:
        if chosen is None:
            return await replay_all(session)
        await replay(session, chosen)
        return 1

    replayed = in_one_transaction(load_settings(), "jobs replay", work)
    Console().print(f"Enqueued {_counted(replayed)} again.")


@jobs.command("drop")
def drop_command(letter: Letter = None, every: Every = False) -> None:  # noqa: FBT002 - a flag
    """Forget a dead letter: the job is never done."""
    chosen = _chosen(letter, every=every)

    async def work(session: AsyncSession) -> int:
        if chosen is None:
            return len(await drop_all(session))
        await drop(session, chosen)
        return 1

    dropped = in_one_transaction(load_settings(), "jobs drop", work)
    Console().print(f"Dropped {_counted(dropped)}.")


def _chosen(letter: UUID | None, *, every: bool) -> UUID | None:
    """Which dead letter; None for all of them."""
    if (letter is None) != every:
        raise typer.BadParameter("Give the ID of a dead letter, or --all.", param_hint="ID")
    return letter


def _counted(number: int) -> str:
    return f"{number} {'job' if number == 1 else 'jobs'}"
