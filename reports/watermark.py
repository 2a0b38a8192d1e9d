"""How far an answer can be trusted: nothing that was stored before its watermark is missing from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from lrs.feed.items import newest, next_after
from lrs.store import tables as t
from reports.declaration import Report
from rules import tables as r

if TYPE_CHECKING:
    from lrs.prowess import Prowess


_MOMENT = 60_000_000
"""Microseconds: a page that is later than this says so."""
_SUMMABLE = 2**31
"""SQLite refuses a sum beyond 64 bits, which a few random generations already are."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """watermark: everything stored up to here is in the answer.  pending: decisions still to be made again.

    mark: changes whenever anything that a report could show has changed, apart from the passing of time.
    """

    watermark: int
    pending: int
    mark: str

    def behind(self, at: int) -> int | None:
        """Up to when what was stored is in an answer as of an instant, where that is more than a moment before it."""
        return self.watermark if at - self.watermark > _MOMENT else None


def freshness(prowess: Prowess, report: Report, tenant_id: int) -> Freshness:
    """The state of everything behind a report.  Ask before reading: then the answer holds at least that much."""
    certain = prowess.database.watermark()
    with prowess.database.read() as conn:
        marks = [newest(conn)]
        for name in report.behind:
            cursor = conn.scalar(select(func.max(t.consumer.c.cursor)).where(t.consumer.c.name == name)) or 0
            marks.append(cursor)
            waiting = next_after(conn, cursor)
            if waiting is not None and waiting <= certain:
                certain = cursor
        generation = r.dirty.c.gen % _SUMMABLE
        dirty = select(func.count(), func.sum(generation)).where(r.dirty.c.tenant_id == tenant_id)
        pending, generations = conn.execute(dirty).one()
        parked = conn.scalar(select(func.count()).select_from(t.parked))
    text = f"{marks} {pending} {generations} {parked}"
    return Freshness(certain, pending if report.behind else 0, hashlib.sha256(text.encode()).hexdigest()[:16])
