"""`merkato audit`: verifying the audit log, and saying what is recorded."""

import re
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.audit_chain import End
from domain.audit_config import LONGEST_RETENTION_DAYS, ConfigChange, audited_tables, configure
from domain.audit_log import Verification, newest_link, seal_batch, verify
from server.audit_terminal import print_audited_tables, print_verification
from server.command_database import in_one_transaction, with_engine
from server.settings import load_settings

EXIT_TAMPERED = 4

audit = typer.Typer(help="Look after the record of who changed what.", no_args_is_help=True)


@audit.command("verify")
def verify_command(
    head: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="A hash that `audit head` printed and that was kept elsewhere."),
    ] = None,
) -> None:
    """Compute the chain of hashes anew, and name what was altered, removed or inserted; then the exit code is 4."""
    expected = None if head is None else parse_hash(head)
    found = with_engine(load_settings(), "audit verify", lambda engine: _verified(engine, expected), migrated=True)
    print_verification(Console(), found)
    if not found.is_clean:
        raise typer.Exit(EXIT_TAMPERED)


@audit.command("head")
def head_command() -> None:
    """Seal what is committed, and print the newest hash, to be kept where nobody who can write to the database can."""
    end = with_engine(load_settings(), "audit head", _sealed, migrated=True)
    typer.echo(end.hash.hex())


@audit.command("tables")
def tables_command() -> None:
    """List what is recorded of each table, for how long, and why."""
    print_audited_tables(Console(), in_one_transaction(load_settings(), "audit tables", audited_tables))


@audit.command("configure")
def configure_command(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    table: Annotated[str, typer.Argument(help="Which table.", show_default=False)],
    on: Annotated[bool | None, typer.Option("--on/--off", help="Whether its changes are recorded.")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Keep the values of this column out. May be repeated.")
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Record the values of this column again.")
    ] = None,
    retention_days: Annotated[
        int | None, typer.Option(min=1, max=LONGEST_RETENTION_DAYS, help="For how many days it is kept.")
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why it is so.")] = None,
) -> None:
    """Change what is recorded of a table. It needs the login that owns the tables, and is on record itself."""
    change = ConfigChange(on, exclude or (), include or (), retention_days, reason)

    async def work(session: AsyncSession) -> None:
        await configure(session, table, change)

    in_one_transaction(load_settings(), "audit configure", work)
    Console().print(f"Changed what is recorded of {table}.")


def parse_hash(text: str) -> bytes:
    """The hash that 64 hexadecimal digits say."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text.strip()):
        raise typer.BadParameter("A hash has 64 hexadecimal digits.", param_hint="--head")
    return bytes.fromhex(text.strip())


async def _verified(engine: AsyncEngine, head: bytes | None) -> Verification:
    async with AsyncSession(engine.execution_options(isolation_level="REPEATABLE READ")) as session:
        return await verify(session, head)


async def _sealed(engine: AsyncEngine) -> End:
    is_more = True
    while is_more:
        async with AsyncSession(engine) as session, session.begin():
            is_more = await seal_batch(session)
            end = await newest_link(session)
    return end
