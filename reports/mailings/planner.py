"""A job that plans letters for every tenant, and then believes its plan for a while."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from lrs.clock import SECOND
from lrs.jobs import MAIN
from lrs.store import tables as t

if TYPE_CHECKING:
    from lrs.prowess import Prowess

PAUSE: Final = 60 * SECOND
"""How long a plan is believed before it is looked at again."""


class Planner(ABC):
    """Plans once a minute, tenant by tenant."""

    name: str
    lane = MAIN

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess
        self._due = 0

    @abstractmethod
    def plan(self, tenant_id: int, now: int) -> bool:
        """Plan what has come for a tenant; True when there was anything."""

    def run(self) -> bool:
        """True when anything was planned for anybody."""
        now = self._prowess.clock.now()
        if now < self._due:
            return False
        self._due = now + PAUSE
        with self._prowess.database.read() as conn:
            tenants = list(conn.scalars(select(t.tenant.c.id).order_by(t.tenant.c.id)))
        planned = [self.plan(tenant_id, now) for tenant_id in tenants]
        return any(planned)

    def next_due(self) -> int | None:
        return self._due
