"""What the garbage collector is spared in a process that has started and now goes on for long."""

from __future__ import annotations

import gc

_YOUNG = 10_000
"""New objects after which the collector looks; a request makes some hundreds, a decision some thousands."""


def settle() -> None:
    """What is here to stay is looked through no more: it is most of what there is, and all work waited for that."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
