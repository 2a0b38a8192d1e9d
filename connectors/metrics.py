"""What connectors tell those who watch a store: deliveries to each system, by where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from connectors.composition import registry_of
from connectors.outbox import State
from connectors.tables import delivery
from lrs.metrics.exposition import GAUGE, Family, Sample
from lrs.metrics.readings import bounded

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_KNOWN: Final = "acknowledged"
c = delivery.c


def families(prowess: Prowess, conn: Connection) -> Iterator[Family]:
    """Counts are bounded; a system that is configured no more has none."""
    dead, is_known = c.state == State.DEAD, c.acknowledged_at.is_not(None)
    standing = {state.value: c.state == state for state in State}
    standing |= {State.DEAD.value: dead & ~is_known, _KNOWN: dead & is_known}
    samples = [
        Sample(bounded(conn, where & (c.connector == name)), {"system": name, "state": state})
        for name in registry_of(prowess).names
        for state, where in standing.items()
    ]
    text = "Deliveries to other systems; dead are those given up of which nobody said to know."
    yield Family("prowess_deliveries", GAUGE, text, samples)
