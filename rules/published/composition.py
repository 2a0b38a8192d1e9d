"""What one process's rules share, opened from its Prowess: what the plug-in and the commands start from."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from lrs.prowess import Prowess
from rules.published.store import Published

_published: WeakKeyDictionary[Prowess, Published] = WeakKeyDictionary()


def published_of(prowess: Prowess) -> Published:
    """The published rulesets, each read once for each Prowess."""
    if prowess not in _published:
        _published[prowess] = Published(prowess.database, prowess.feed)
    return _published[prowess]
