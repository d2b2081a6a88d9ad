"""Where a command serves, which settings say unless its options do."""

from typing import Annotated

import typer

from server.settings import Settings, load_settings

Host = Annotated[str | None, typer.Option(help="The address to serve on, instead of HOST.", show_default=False)]
Port = Annotated[
    int | None, typer.Option(min=1024, max=65535, help="The port to serve on, instead of PORT.", show_default=False)
]


def settings_with(**overrides: str | int | None) -> Settings:
    """The settings, with the options that were given in their place."""
    return load_settings({name: value for name, value in overrides.items() if value is not None})
