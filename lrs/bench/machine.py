"""What the machine says: CPU and memory of processes, CPU of everybody, and what a flush to its disk costs."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PROC = Path("/proc")
_FLUSHES = 40
_PAGE = b"\0" * 4096


class Memory(NamedTuple):
    """Mebibytes: resident, and with what is shared counted by share."""

    rss: float
    pss: float


def describe() -> str:
    return (
        f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, {platform.python_implementation()} "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )


def tree_of(pid: int) -> list[int]:
    """A process and all below it.  Only Linux tells; elsewhere it is the process alone."""
    children: dict[int, list[int]] = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        fields = _stat(stat)
        if fields:
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_of(pids: Iterable[int]) -> float:
    """CPU seconds that these processes and their ended children have used."""
    total = 0
    for pid in pids:
        fields = _stat(_PROC / str(pid) / "stat")
        total += sum(map(int, fields[11:15])) if fields else 0
    return total / _TICK


def memory_of(pids: Iterable[int]) -> Memory:
    rss = pss = 0
    for pid in pids:
        try:
            text = (_PROC / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue
        sizes = dict(line.split(":", 1) for line in text.splitlines()[1:] if ":" in line)
        rss += int(sizes.get("Rss", "0 kB").split()[0])
        pss += int(sizes.get("Pss", "0 kB").split()[0])
    return Memory(rss / 1024, pss / 1024)


def busy() -> float:
    """CPU seconds that the whole machine has been busy; 0 where nobody tells."""
    try:
        fields = (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _, _, irq, softirq = map(int, fields[:7])
    return (user + nice + system + irq + softirq) / _TICK


def flush(directory: Path) -> float:
    """Milliseconds to append a page to a file and flush it: the median of many."""
    path, spent = directory / "flush", []
    with path.open("wb", buffering=0) as file:
        for _ in range(_FLUSHES):
            began = perf_counter()
            file.write(_PAGE)
            os.fsync(file.fileno())
            spent.append(perf_counter() - began)
    path.unlink()
    return sorted(spent)[_FLUSHES // 2] * 1000


def _stat(path: Path) -> list[str]:
    """The fields of /proc/PID/stat behind the name, which may hold anything: state, parent, and so on."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []
