"""What will not mend itself and an administrator has to know of: shown on the home page and by `prowess doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrs.prowess import Prowess


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, in a sentence without its full stop, and the command that says more or mends it."""

    what: str
    command: str


def complaints(prowess: Prowess) -> list[Complaint]:
    """Of the store itself, and of each plug-in in turn."""
    found = list(_parked(prowess))
    for plugin in prowess.plugins:
        found += plugin.complaints(prowess)
    return found


def _parked(prowess: Prowess) -> Iterator[Complaint]:
    count = prowess.feed.count_parked()
    if count:
        items = "1 item of the feed was" if count == 1 else f"{count:,} items of the feed were"
        yield Complaint(f"{items} not digested", "prowess feed parked")
