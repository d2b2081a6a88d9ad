"""A standby: a second PostgreSQL that replays what the first one writes."""

import subprocess
from pathlib import Path

from server.embedded import EmbeddedPostgres
from server.postgres_programs import choose_launcher, find_installation
from tests.patience import PATIENCE_SECONDS


def standby_of(primary: EmbeddedPostgres, folder: Path) -> EmbeddedPostgres:
    """A copy of a running primary that follows it once it is started."""
    installation = find_installation()
    data = folder / "postgres"
    data.mkdir(mode=0o700, parents=True)
    launcher = choose_launcher(installation, data, folder)
    launcher.hand_over(data)
    command: list[str | Path] = [
        *(installation.program("pg_basebackup"), "--pgdata", data, "--dbname", primary.url),
        *("--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
    ]
    with Path("/dev/null").open("rb") as nothing:
        process = launcher.popen(command, keep=nothing.fileno(), output=subprocess.PIPE)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output
    return EmbeddedPostgres(folder, {"fsync": "off"})
