"""The command line: `merkato --help`."""

# The options of a command are its arguments, and its flags have defaults.
# ruff: noqa: FBT002, PLR0913, PLR0917

import re
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from auth.administrators import Administrator
from auth.viewer import VISITOR, viewer_with_role
from domain.errors import DomainError
from models import Role
from schema.root import schema as graphql_schema
from server.administrators import create_admin
from server.audit_commands import audit
from server.command_database import with_engine
from server.database_roles import DatabaseRole
from server.database_url import show_database_url
from server.development import DevelopmentOptions, develop, require_development
from server.document_manifest import write_manifest
from server.environment import inspect_settings
from server.errors import ServerError
from server.executor import runnable_documents
from server.explained_terminal import print_report
from server.explaining import Question, explain, parse_variables, read_text
from server.graphql_request import GraphQLRequest
from server.importing import import_products
from server.init_command import init
from server.jobs_commands import jobs
from server.mailbox_commands import mailbox_commands
from server.migrating import HEAD, migrate
from server.permissions_page import permissions_page
from server.production import run_production
from server.provisioning import provided_database
from server.scratch import check_migrations
from server.seeding import load_demo
from server.settings import Settings, load_settings
from server.stopping import StopRequestedError, unwinding_on_signals
from server.synthetic import generate
from server.terminal import print_import, print_migration, print_settings, showing_bytes, showing_tables
from server.worker_process import run_worker

VISITOR_NAME = "visitor"
VIEWERS = {VISITOR_NAME: VISITOR} | {role.value.lower(): viewer_with_role(role) for role in Role}

EXIT_FAILED = 1
EXIT_SOME_REFUSED = 3
SCHEMA_FILE = Path(__file__).parent.parent / "schema.graphql"
PERMISSIONS_FILE = Path(__file__).parent.parent / "docs" / "permissions.md"
DOCUMENTS_FILE = Path(__file__).parent.parent / "documents.json"
LARGEST_SCALE = 10_000_000
MULTIPLIERS = {"": 1, "k": 1_000, "m": 1_000_000}

app = typer.Typer(
    name="merkato",
    help="Content and commerce behind one typed GraphQL API. Start with [bold]merkato dev[/].",
    epilog="Exit codes: 0 done; 1 not done, the reason is on stderr; 2 wrong usage; 3 an import refused some products; "
    "4 the audit log was tampered with.",
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
imports = typer.Typer(help="Bring in data from elsewhere.", no_args_is_help=True)
app.command()(init)
app.add_typer(imports, name="import")
app.add_typer(audit, name="audit")
app.add_typer(jobs, name="jobs")
app.add_typer(mailbox_commands, name="mailbox")

Host = Annotated[str | None, typer.Option(help="The address to serve on, instead of HOST.", show_default=False)]
Port = Annotated[
    int | None, typer.Option(min=1024, max=65535, help="The port to serve on, instead of PORT.", show_default=False)
]


class ConnectionLostError(ServerError):
    """The database went away in the middle of a command."""

    def __init__(self) -> None:
        super().__init__("The connection to the database was lost. Check that it runs, and repeat the command.")


class FileOutdatedError(ServerError):
    """A committed file says something else than what it is made from."""

    def __init__(self, path: Path, command: str) -> None:
        super().__init__(f"{path} is not what the code says. Run `merkato {command} --output {path}`.")


class ConfirmationMissingError(ServerError):
    """Nobody is there to be asked."""

    def __init__(self, database: str) -> None:
        super().__init__(f"--reset deletes everything in the database {database}. Repeat the command with --yes.")


def main() -> None:
    """Run a command. An expected failure is told in a sentence or two, and is exit code 1."""
    try:
        _run()
    except (ServerError, DomainError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(EXIT_FAILED)


def _run() -> None:
    try:
        with unwinding_on_signals():
            app(prog_name="merkato")
    except DBAPIError as error:
        if error.connection_invalidated:
            raise ConnectionLostError from error
        raise


@app.command()
def dev(
    host: Host = None,
    port: Port = None,
    reset: Annotated[bool, typer.Option("--reset", help="Delete all data first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --reset empties DATABASE_URL.")] = False,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Leave an empty database empty.")] = False,
    reload: Annotated[bool, typer.Option("--reload", help="Start anew after each change of the code.")] = False,
) -> None:
    """Develop: database, demo data and server in one. Ctrl-C stops it all.

    Without DATABASE_URL a PostgreSQL of its own runs in DATA_DIRECTORY (.merkato). A second start keeps the data.
    """
    settings = _settings(host=host, port=port)
    require_development(settings)
    if reset and not yes:
        _confirm_reset(settings)
    try:
        develop(settings, DevelopmentOptions(reset=reset, demo=not no_demo, reload=reload))
    except StopRequestedError:
        Console().print("Stopped.")


@app.command("serve")
def serve_command(
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="How many processes serve, instead of WORKERS.", show_default=False),
    ] = None,
) -> None:
    """Serve in production, on the migrated database of DATABASE_URL and with strong keys only."""
    settings = _settings(host=host, port=port, workers=workers)
    try:
        run_production(settings)
    except StopRequestedError:
        Console().print("Stopped.")


@app.command()
def worker() -> None:
    """Do the jobs that requests leave behind, such as mail. Start as many as you need; `dev` has one inside."""
    settings = load_settings()
    try:
        with provided_database(settings) as url:
            run_worker(url, settings)
    except StopRequestedError:
        pass
    Console().print("Stopped.")


@app.command("migrate")
def migrate_command(
    to: Annotated[str, typer.Option(metavar="REVISION", help="Where to stop: a revision, or base.")] = HEAD,
    yes: Annotated[bool, typer.Option("--yes", help="Go back to an earlier revision, which deletes data.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Compare migrations and models on a scratch database instead.")
    ] = False,
) -> None:
    """Bring the database up to date."""
    settings = load_settings()
    if check:
        _check_migrations(settings)
        return
    migration = with_engine(settings, "migrate", lambda engine: migrate(engine, to, going_back=yes))
    print_migration(Console(), migration)


@app.command()
def seed(
    scale: Annotated[
        str | None,
        typer.Option(metavar="PRODUCTS", help="Generate as many products instead: 2500, 100k, 1m.", show_default=False),
    ] = None,
) -> None:
    """Load the demo data into an empty database, or generate a large set of data."""
    products = None if scale is None else parse_scale(scale)
    settings = load_settings()
    if products is None:
        _load_demo(settings)
    else:
        _generate(settings, products)


@imports.command("shopify")
def import_shopify(
    file: Annotated[Path, typer.Argument(help="A product export (CSV) of Shopify.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")] = False,
) -> None:
    """Import products. The second import of a file changes nothing; a product lands whole or not at all."""
    console = Console()
    settings = load_settings()
    with showing_bytes(console, file.name) as report:
        summary = with_engine(
            settings,
            "import shopify",
            lambda engine: import_products(engine, file, dry_run=dry_run, report=report),
            migrated=True,
        )
    print_import(console, summary, dry_run=dry_run)
    if summary.refused:
        raise typer.Exit(EXIT_SOME_REFUSED)


@app.command()
def schema(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write there, not to the screen.", show_default=False)
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare with the file (schema.graphql); exit 1 if it differs.")
    ] = False,
) -> None:
    """Print the GraphQL schema (SDL)."""
    sdl = f"{graphql_schema.as_str().strip()}\n"
    if check:
        _compare(sdl, output or SCHEMA_FILE, "schema")
    else:
        _write(sdl, output)


@app.command()
def permissions(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write there, not to the screen.", show_default=False)
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare with the file (docs/permissions.md); exit 1 if it differs.")
    ] = False,
) -> None:
    """Print who may do what: roles, permissions, and what asks for them."""
    page = permissions_page(graphql_schema)
    if check:
        _compare(page, output or PERMISSIONS_FILE, "permissions")
    else:
        _write(page, output)


@app.command("explain")
def explain_command(
    file: Annotated[Path, typer.Argument(help="A GraphQL document.", show_default=False)],
    variables: Annotated[str | None, typer.Option(metavar="JSON", help="Its variables.", show_default=False)] = None,
    variables_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its variables in a file.", show_default=False)
    ] = None,
    operation: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which operation, if it has several.", show_default=False)
    ] = None,
    viewer: Annotated[str, typer.Option(metavar="ROLE", help=f"Who asks: {', '.join(VIEWERS)}.")] = VISITOR_NAME,
) -> None:
    """Show the SQL of a query, how PostgreSQL runs it, and its indexes. Nothing is changed."""
    if viewer.lower() not in VIEWERS:
        raise typer.BadParameter(f"{viewer!r} is no viewer. There are {', '.join(VIEWERS)}.", param_hint="--viewer")
    if variables is not None and variables_file is not None:
        raise typer.BadParameter("Give --variables or --variables-file, not both.")
    text = read_text(variables_file) if variables_file is not None else variables
    given = None if text is None else parse_variables(text)
    question = Question(file, GraphQLRequest(read_text(file), operation, given), VIEWERS[viewer.lower()])
    settings = load_settings()
    role = DatabaseRole.APP if settings.database_assume_roles else None
    print_report(Console(), with_engine(settings, None, lambda engine: explain(engine, question, role), migrated=True))


@app.command()
def documents(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write there, not to the screen.", show_default=False)
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare with the file (documents.json); exit 1 if it differs.")
    ] = False,
) -> None:
    """Print the manifest of the trusted documents: the operations of queries/ by the ids that clients send."""
    manifest = write_manifest(runnable_documents().texts)
    if check:
        _compare(manifest, output or DOCUMENTS_FILE, "documents")
    else:
        _write(manifest, output)


@app.command("create-admin")
def create_admin_command(
    email: Annotated[str, typer.Argument(help="The e-mail address to sign in with.", show_default=False)],
    first_name: Annotated[str, typer.Option(metavar="NAME", help="How to address them.")] = "Shop",
    last_name: Annotated[str, typer.Option(metavar="NAME", help="The family name.")] = "Administrator",
) -> None:
    """Make an administrator and show a password once, which has to be changed at the first sign-in."""
    password = create_admin(load_settings(), Administrator(email, first_name, last_name))
    console = Console()
    console.print(f"{email} is an administrator now. The password, which is shown this once:")
    console.print(password, style="bold", markup=False, highlight=False, soft_wrap=True)
    console.print("It has to be changed at the first sign-in.")


@app.command()
def check_env() -> None:
    """Show every setting: its value, where it came from, its meaning and what is wrong with it."""
    reports = inspect_settings()
    print_settings(Console(), reports)
    wrong = sum(report.problem is not None for report in reports)
    if wrong:
        raise ServerError(f"{wrong} of the settings {'is' if wrong == 1 else 'are'} wrong.")


def parse_scale(text: str) -> int:
    """The number that 2500, 100k or 1m says."""
    match = re.fullmatch(r"(\d{1,8})([km]?)", text.strip().lower())
    products = int(match[1]) * MULTIPLIERS[match[2]] if match else 0
    if not 1 <= products <= LARGEST_SCALE:
        raise typer.BadParameter(f"{text!r} is no number of products such as 2500, 100k or 1m (10m at most).")
    return products


def _settings(**overrides: str | int | None) -> Settings:
    return load_settings({name: value for name, value in overrides.items() if value is not None})


def _confirm_reset(settings: Settings) -> None:
    """The embedded database is ours to empty; that of DATABASE_URL is somebody's."""
    if settings.database_url is None:
        return
    shown = show_database_url(settings.database_url.get_secret_value())
    if not sys.stdin.isatty():
        raise ConfirmationMissingError(shown)
    typer.confirm(f"Delete everything in the database {shown}?", abort=True)


def _check_migrations(settings: Settings) -> None:
    differences = check_migrations(settings)
    if differences:
        listed = "\n".join(f"- {difference}" for difference in differences)
        raise ServerError(f"The migrations and the models differ:\n{listed}\nWrite a migration for it.")
    Console().print("The migrations make what the models say, and undo it.")


def _load_demo(settings: Settings) -> None:
    loaded = with_engine(settings, "seed", load_demo, migrated=True)
    Console().print("The demo data is loaded." if loaded else "Nothing was loaded: there are products already.")


def _generate(settings: Settings, products: int) -> None:
    console = Console()
    with showing_tables(console) as report:
        counts = with_engine(settings, "seed", lambda engine: generate(engine, products, report), migrated=True)
    console.print(", ".join(f"{count:,} {name}" for name, count in counts.items()))


def _compare(text: str, path: Path, command: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        raise FileOutdatedError(path, command)


def _write(text: str, path: Path | None) -> None:
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ServerError(f"{path} cannot be written: {error.strerror}.") from error
