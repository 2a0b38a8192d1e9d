"""What other systems were not told, for those who look after them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from connectors.composition import outbox_of
from connectors.outbox import Failing, State
from lrs.clock import DAY, SECOND, to_text
from lrs.complaints import Complaint
from lrs.prowess import Prowess

_PATIENCE: Final = 3_600 * SECOND
"""What has failed for less is tried again and may well succeed."""
_MEMORY: Final = 30 * DAY
"""What was given up longer ago stays in the list of deliveries, and is nobody's worry."""


def complaints(prowess: Prowess) -> Iterable[Complaint]:
    """Deliveries that were given up in the last 30 days and nobody acknowledged, and those that have failed for an hour."""
    now = prowess.clock.now()
    return map(_told, outbox_of(prowess).failing(given_up_after=now - _MEMORY, tried_before=now - _PATIENCE))


def _told(one: Failing) -> Complaint:
    number = f"{one.connector}: {one.count:,} {'delivery' if one.count == 1 else 'deliveries'}"
    why = one.error or "whoever sent it did not come back"
    if one.state is State.DEAD:
        return Complaint(f"{number} given up, at last because {why}", "prowess connect deliveries --state dead")
    return Complaint(
        f"{number} not taken since {to_text(one.since)[:16]}Z, at last because {why}",
        f"prowess connect test {one.connector}",
    )
