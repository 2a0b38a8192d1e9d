"""What rules tell those who watch a store: who waits to be decided, and the letters of escalation ladders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from lrs.metrics.exposition import Family, gauge, gauges
from lrs.metrics.readings import bounded, by_state
from rules import tables as r
from rules.escalation import tables as e
from rules.escalation.states import NoticeState
from rules.facts import dirty

if TYPE_CHECKING:
    from lrs.prowess import Prowess


def families(_: Prowess, conn: Connection) -> Iterator[Family]:
    """Counts are bounded."""
    waiting = bounded(conn, r.dirty.c.tenant_id.is_not(None))
    yield gauge("prowess_decisions_waiting", "Pairs of person and program that wait to be decided.", waiting)
    failing = bounded(conn, dirty.HAS_FAILED)
    yield gauge("prowess_decisions_failing", "Those of them whose last try failed.", failing)
    letters = by_state(conn, e.notice.c.state, NoticeState)
    yield gauges("prowess_notices", "Letters of escalation ladders; dead are those given up.", "state", letters)
