"""How memory is handled in a process that has started and now goes on for long."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from typing import Final

_YOUNG: Final = 10_000
"""New objects after which the collector looks; a request makes some hundreds, a decision some thousands."""
_OLDER: Final = 5
"""Looks after which it looks further back: at most some fifty thousand dead objects wait for it."""
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""Parameters of mallopt(3)."""
_LARGE: Final = 256 * 1024
_ARENAS: Final = 2


def settle() -> None:
    """What is here to stay is looked through no more, and what large bodies took is given back at once.

    The first is most of what there is, and all work waited for that.  glibc for itself raises the size from which on it
    gives memory back as soon as it was asked for more, and has a heap with holes for each thread.
    """
    with suppress(OSError, AttributeError):  # another library of C
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_ARENA_MAX, _ARENAS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _OLDER)
