"""What connectors tell those who watch a store: deliveries to each system, by where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from connectors.composition import registry_of
from connectors.outbox import State
from connectors.tables import delivery
from lrs.metrics.exposition import GAUGE, Family, Sample
from lrs.metrics.readings import bounded

if TYPE_CHECKING:
    from lrs.prowess import Prowess

c = delivery.c


def families(prowess: Prowess, conn: Connection) -> Iterator[Family]:
    """Counts are bounded; a system that is configured no more has none."""
    samples = [
        Sample(bounded(conn, (c.state == state) & (c.connector == name)), {"system": name, "state": state.value})
        for name in registry_of(prowess).names
        for state in State
    ]
    text = "Deliveries to other systems; dead are those given up."
    yield Family("prowess_deliveries", GAUGE, text, samples)
