"""A disk that can be full: a small one of its own where mounting is permitted, else a limit on what a process may write."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

_MEGABYTES = 48
_SECTOR = 4096


class Disk(Protocol):
    """What a server's data lies on.  `pid` is the server's."""

    name: str
    directory: Path

    def fill(self, pid: int) -> None: ...
    def free(self, pid: int) -> None: ...


class SmallDisk:
    """A disk in memory, which a ballast file fills to the last byte."""

    name = "a disk of its own"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ballast = directory / "ballast"

    def fill(self, pid: int) -> None:
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(_SECTOR))
            except OSError:
                return

    def free(self, pid: int) -> None:
        self._ballast.unlink()


class Quota:
    """A process that may write nothing beyond the first few kilobytes of any file."""

    name = "a limit on the size of files"

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def fill(self, pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_SECTOR, resource.RLIM_INFINITY))

    def free(self, pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def small_disk(directory: Path) -> Iterator[SmallDisk]:
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", "tmpfs", str(directory)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(
            f"no disk of its own to fill: {done.stderr.strip()}; the limit on the size of files stands in for it"
        )
    try:
        yield SmallDisk(directory)
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


@contextmanager
def quota(directory: Path) -> Iterator[Quota]:
    directory.mkdir()
    yield Quota(directory)


DISKS = {"disk": small_disk, "quota": quota}
