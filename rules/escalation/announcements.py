"""What a ladder did as statements of ours: connectors read them from the feed like every other decision (0007).

Pure but for the row it makes ready; recorded by `rules.decisions.emitter`.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from lrs.clock import to_text
from lrs.people.roster import Person
from rules import vocabulary as v
from rules.decisions.transitions import actor_of
from rules.language import Program

RAISED = {"flag-noncompliant": v.FLAGGED, "restrict-access": v.RESTRICTED}
"""The transition that says an action holds."""


def emission_row(
    transition: str,
    told: dict[str, Any],
    *,
    id_: UUID,
    tenant_id: int,
    person: Person,
    program: Program,
    public_url: str,
    now: int,
) -> dict[str, Any]:
    """A row of `emission`.  `told`: step, deadline, day, and the recipient and role or the action."""
    decision = {
        "transition": transition,
        "person": person.id,
        "program": program.id,
        "version": program.version,
        "assignment": "required",
        "due_on": told["day"],
        "escalation": told,
    }
    statement = {
        "id": str(id_),
        "actor": actor_of(person, public_url),
        "verb": {"id": v.VERBS[transition], "display": {"en": transition}},
        "object": {
            "objectType": "Activity",
            "id": f"{public_url}/programs/{program.id}",
            "definition": {
                "type": v.BADGE_TYPE if program.kind == "curriculum" else v.JOB_TYPE,
                "name": {"en": program.title or program.id},
            },
        },
        "context": {
            "contextActivities": {"category": [{"objectType": "Activity", "id": v.PROFILE}]},
            "extensions": {v.DECISION_EXTENSION: decision},
        },
        "timestamp": to_text(now),
        "version": "1.0.3",
    }
    return {
        "tenant_id": tenant_id,
        "id": id_.bytes,
        "person_id": person.id,
        "program_id": program.id,
        "transition": transition,
        "body": json.dumps(statement, ensure_ascii=False).encode(),
        "created_at": now,
        "recorded": 0,
    }
