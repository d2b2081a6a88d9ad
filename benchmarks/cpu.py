"""CPU time that processes and their descendants have used, from /proc."""

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def cpu_seconds(root: int) -> float:
    """What a process, its living descendants and those that it has waited for have used, in user and kernel."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and (fields := _stat(folder)):
            pid = int(folder.name)
            parents[pid] = int(fields[1])
            ticks[pid] = sum(int(field) for field in fields[11:15])
    return sum(used for pid, used in ticks.items() if _is_within(pid, root, parents)) / TICKS_PER_SECOND


def _stat(folder: Path) -> list[str]:
    """The fields of /proc/PID/stat from the state on (proc_pid_stat(5)); none when the process has just ended."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _is_within(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid in parents and pid != root:
        pid = parents[pid]
    return pid == root
