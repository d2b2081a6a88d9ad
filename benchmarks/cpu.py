"""CPU time that processes and their descendants have used."""

import os
import resource
import time
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def cpu_seconds(root: int) -> float:
    """What a process, its living descendants and those that it has waited for have used, in user and kernel.

    Of those that live it is exact. Of those that have ended the kernel keeps hundredths of a second.
    """
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and (fields := _stat(folder)):
            pid = int(folder.name)
            parents[pid] = int(fields[1])
            used[pid] = _own_seconds(pid) + sum(int(field) for field in fields[13:15]) / TICKS_PER_SECOND
    return sum(seconds for pid, seconds in used.items() if _is_within(pid, root, parents))


def ended_children_seconds() -> float:
    """What all programs have used that this process has started and waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _stat(folder: Path) -> list[str]:
    """The fields of /proc/PID/stat from the state on (proc_pid_stat(5)); none when the process has just ended."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _own_seconds(pid: int) -> float:
    """By the clock of the process, whose id follows from its own (clock_getcpuclockid(3)); 0 when it has just ended."""
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


def _is_within(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid in parents and pid != root:
        pid = parents[pid]
    return pid == root
