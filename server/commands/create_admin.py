"""`merkato create-admin`: the first administrator."""

from typing import Annotated

import typer
from rich.console import Console

from auth.administrators import Administrator
from server import administrators
from server.settings import load_settings


def create_admin(
    email: Annotated[str, typer.Argument(help="The e-mail address to sign in with.", show_default=False)],
    first_name: Annotated[str, typer.Option(metavar="NAME", help="How to address them.")] = "Shop",
    last_name: Annotated[str, typer.Option(metavar="NAME", help="The family name.")] = "Administrator",
) -> None:
    """Make an administrator and show a password once, which has to be changed at the first sign-in."""
    password = administrators.create_admin(load_settings(), Administrator(email, first_name, last_name))
    console = Console()
    console.print(f"{email} is an administrator now. The password, which is shown this once:")
    console.print(password, style="bold", markup=False, highlight=False, soft_wrap=True)
    console.print("It has to be changed at the first sign-in.")
