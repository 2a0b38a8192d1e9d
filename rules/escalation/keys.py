"""The ids of what a ladder leaves behind: the same for the same deadline, step and recipient, so that nothing happens twice."""

from __future__ import annotations

import json
from uuid import UUID, uuid5

from rules.escalation.deadline import Deadline

NAMESPACE = UUID("b3c1d0a6-58a1-5b6e-8f0e-3f7c2f2d9a41")


def rung_id(tenant_id: int, person_id: str, program_id: str, deadline: Deadline, step: str, recipient: str) -> UUID:
    """Of a notice, or of a consequence (recipient `do`)."""
    key = [tenant_id, person_id, program_id, deadline.kind, deadline.day.isoformat(), step, recipient]
    return uuid5(NAMESPACE, json.dumps(key))


def event_id(id_: bytes, transition: str, count: int = 0) -> UUID:
    """Of the statement that says so."""
    return uuid5(NAMESPACE, f"{id_.hex()} {transition} {count}")
