"""`merkato worker`: the jobs that requests leave behind."""

from rich.console import Console

from server.provisioning import provided_database
from server.settings import load_settings
from server.stopping import StopRequestedError
from server.worker_process import run_worker


def worker() -> None:
    """Do the jobs that requests leave behind, such as mail. Start as many as you need; `dev` has one inside."""
    settings = load_settings()
    try:
        with provided_database(settings) as url:
            run_worker(url, settings)
    except StopRequestedError:
        pass
    Console().print("Stopped.")
