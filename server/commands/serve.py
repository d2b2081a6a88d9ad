"""`merkato serve`: the API in production."""

from typing import Annotated

import typer
from rich.console import Console

from server.commands.serving_options import Host, Port, settings_with
from server.production import run_production
from server.stopping import StopRequestedError


def serve(
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="How many processes serve, instead of WORKERS.", show_default=False),
    ] = None,
) -> None:
    """Serve in production, on the migrated database of DATABASE_URL and with strong keys only."""
    settings = settings_with(host=host, port=port, workers=workers)
    try:
        run_production(settings)
    except StopRequestedError:
        Console().print("Stopped.")
