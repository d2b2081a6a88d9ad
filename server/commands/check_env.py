"""`merkato check-env`: the settings, and what is wrong with them."""

from rich.console import Console

from server.environment import inspect_settings
from server.errors import ServerError
from server.settings_terminal import print_settings


def check_env() -> None:
    """Show every setting: its value, where it came from, its meaning and what is wrong with it."""
    reports = inspect_settings()
    print_settings(Console(), reports)
    wrong = sum(report.problem is not None for report in reports)
    if wrong:
        raise ServerError(f"{wrong} of the settings {'is' if wrong == 1 else 'are'} wrong.")
