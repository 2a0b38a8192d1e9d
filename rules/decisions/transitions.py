"""What changed between two decisions, and the statement that says so.

Pure.  Only changes of assignment and award are announced; a correction is a new statement, never a void (data-model 5).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from lrs.people.roster import Person
from rules import vocabulary as v
from rules.language import Program
from rules.language.vocabulary import ASKED

Document = Mapping[str, Any]
"""A decision as `Decision.as_json` writes it."""

NAMESPACE = UUID("5f0a3c52-3c0c-5d5e-9a7a-6b1f2f6d1c11")
ASSIGNMENTS = frozenset({v.ASSIGNED, v.UNASSIGNED})
GAINS: Final = frozenset({v.AWARDED, v.RENEWED, v.RESTORED})
AGAIN: Final = {v.REVOKED: False, v.HELD_BACK: False, v.UNASSIGNED: True}
"""After these the same may be said once more, under another id; True: of assignments."""
_RUNNING = frozenset({"valid", "suspended", "expired"})
_DATES = ("due_on", "met_on", "valid_from", "expires_on", "renewable_from", "grace_until")


def transitions(before: Document | None, after: Document) -> list[str]:
    """The names of what happened, assignment first."""
    before = before or {}
    found = []
    was, now = before.get("assignment") in ASKED, after["assignment"] in ASKED
    if was != now:
        found.append(v.ASSIGNED if now else v.UNASSIGNED)
    award = _award_transition(before, after)
    if award:
        found.append(award)
    return found


def _award_transition(before: Document, after: Document) -> str | None:
    was, now = before.get("award", "none"), after["award"]
    is_same = before.get("valid_from") == after["valid_from"]
    if now == "valid":
        if was == "valid":
            return None if is_same else v.RENEWED
        if was in {"suspended", "revoked"}:
            return v.RESTORED if is_same or was == "revoked" else v.RENEWED
        return v.RENEWED if was == "expired" else v.AWARDED
    if was == now:
        return None
    if was == "valid" and now == "suspended":
        return v.HELD_BACK
    if now in {"expired", "lapsed"} and was in _RUNNING:
        return str(now)
    return v.REVOKED if was in _RUNNING and now in {"none", "revoked"} else None


def emission_id(tenant_id: int, transition: str, after: Document, revision: int) -> UUID:
    """The id of a transition's statement: the same when it is decided again, another after a revocation."""
    dates = [after[name] for name in ("valid_from", "expires_on")] if transition not in ASSIGNMENTS else []
    key = [tenant_id, after["person"], after["program"], transition, *dates, revision]
    return uuid5(NAMESPACE, json.dumps(key))


def statement_of(
    transition: str,
    after: Document,
    *,
    id_: UUID,
    person: Person,
    program: Program,
    public_url: str,
    timestamp: str,
    score: str | None = None,
) -> dict[str, Any]:
    """The xAPI statement of a transition."""
    curriculum = program.kind == "curriculum"
    verb = v.QUALIFIED if curriculum and transition == v.AWARDED else v.VERBS[transition]
    decision = {
        "transition": transition,
        "person": after["person"],
        "program": after["program"],
        "version": after["version"],
        "assignment": after["assignment"],
        "award": after["award"],
        **{name: after[name] for name in _DATES},
        "score": score,
    }
    extensions: dict[str, Any] = {v.DECISION_EXTENSION: decision}
    used = evidence_used(after)
    if used:
        extensions[v.EVIDENCE_EXTENSION] = used
    return {
        "id": str(id_),
        "actor": actor_of(person, public_url),
        "verb": {"id": verb, "display": {"en": transition}},
        "object": {
            "objectType": "Activity",
            "id": f"{public_url}/programs/{program.id}",
            "definition": {
                "type": v.BADGE_TYPE if curriculum else v.JOB_TYPE,
                "name": {"en": program.title or program.id},
            },
        },
        "context": {
            "contextActivities": {"category": [{"objectType": "Activity", "id": v.PROFILE}]},
            "extensions": extensions,
        },
        "timestamp": timestamp,
        "version": "1.0.3",
    }


def actor_of(person: Person, public_url: str) -> dict[str, Any]:
    """The Agent of a person: a mailbox where one is known, else an account of ours."""
    identifiers = [json.loads(identifier) for identifier in person.identifiers]
    chosen = next((one for one in identifiers if "mbox" in one), identifiers[0] if identifiers else None)
    if chosen is None:
        chosen = {"account": {"homePage": f"{public_url}/people", "name": person.id}}
    return {"objectType": "Agent", "name": person.name or person.id, **chosen}


def evidence_used(document: Document) -> list[str]:
    """Ids of the statements that a decision was built on, in order, each once."""
    return list(dict.fromkeys(_used(document["proof"])))


def _used(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        used = node.get("used")
        if isinstance(used, Sequence) and not isinstance(used, str):
            yield from (str(one) for one in used if isinstance(one, str))
        for child in node.values():
            yield from _used(child)
    elif isinstance(node, list):
        for child in node:
            yield from _used(child)
