"""What reports tell those who watch a store: the letters of digests, results and reviews."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from lrs.metrics.exposition import Family, gauges
from lrs.metrics.readings import by_state
from reports.mailings.outbox import MailingState
from reports.tables import mailing

if TYPE_CHECKING:
    from lrs.prowess import Prowess


def families(_: Prowess, conn: Connection) -> Iterator[Family]:
    """Counts are bounded."""
    letters = by_state(conn, mailing.c.state, MailingState)
    yield gauges("prowess_mailings", "Letters of digests and reviews; dead are those given up.", "state", letters)
