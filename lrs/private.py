"""Files that hold secrets or what is said of people: for the owner alone, whatever the umask would grant to others."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def make_private(path: Path) -> None:
    """Make an empty file that only its owner may read and write; one that is there is left as it is.

    Where none can be made nothing is said: whoever then opens the file says why.
    """
    with suppress(OSError):
        path.touch(0o600, exist_ok=False)
