"""A decision as our own statement reports it: what connectors know of the rules, and all they know.

The statement is the contract (data-model 5): whoever can read our statements can do what this package does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from lrs.errors import BadRequest
from rules.vocabulary import DECISION_EXTENSION


class Transition(StrEnum):
    """What a decision changed."""

    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    AWARDED = "awarded"
    RENEWED = "renewed"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REINSTATED = "reinstated"
    NOTIFIED = "notified"
    FLAGGED = "flagged"
    RESTRICTED = "restricted"
    CLEARED = "cleared"


GAINS = frozenset({Transition.AWARDED, Transition.RENEWED, Transition.REINSTATED})
LOSSES = frozenset({Transition.EXPIRED, Transition.LAPSED, Transition.SUSPENDED, Transition.REVOKED})
ESCALATIONS = frozenset({Transition.NOTIFIED, Transition.FLAGGED, Transition.RESTRICTED, Transition.CLEARED})
"""What ladders did; they change nothing about a grade or an enrolment."""
_DATES = ("due_on", "met_on", "valid_from", "expires_on", "renewable_from", "grace_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One transition of one person in one program.  Dates are local days, the last one good; `score` is 0 to 1.

    escalation: of a step of a ladder what it did, plain JSON: step, deadline, day, and recipient and role, or action.
    """

    statement_id: UUID
    transition: Transition
    timestamp: str
    person: str
    program: str
    title: str
    version: int
    period: int | None = None
    assignment: str | None = None
    award: str | None = None
    due_on: date | None = None
    met_on: date | None = None
    valid_from: date | None = None
    expires_on: date | None = None
    renewable_from: date | None = None
    grace_until: date | None = None
    score: Decimal | None = None
    escalation: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, every key always there; decimals and dates are text."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Decision:
        """The decision that `to_json` was taken of.  Raises BadRequest when a value is not what it should be."""
        try:
            for name in ("person", "program"):
                if not isinstance(values[name], str) or not values[name]:
                    raise ValueError(f"'{name}' is not an id")
            return cls(
                **{
                    **{field.name: values[field.name] for field in fields(cls) if field.name in values},
                    "statement_id": UUID(values["statement_id"]),
                    "transition": Transition(values["transition"]),
                    "version": int(values["version"]),
                    **{name: _day(values.get(name)) for name in _DATES},
                    "score": None if values.get("score") is None else Decimal(values["score"]),
                }
            )
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise BadRequest(f"not a decision: {error!r}") from error


def load_decision(statement_id: UUID, timestamp: str, statement: Mapping[str, Any]) -> Decision | None:
    """The decision in a statement of ours; None when it reports something else.  Raises BadRequest."""
    extensions = (statement.get("context") or {}).get("extensions") or {}
    told = extensions.get(DECISION_EXTENSION)
    if told is None:
        return None
    if not isinstance(told, Mapping):
        raise BadRequest(f"{DECISION_EXTENSION} is not an object")
    names = (statement.get("object") or {}).get("definition", {}).get("name") or {}
    return Decision.from_json(
        {
            **told,
            "statement_id": str(statement_id),
            "timestamp": timestamp,
            "title": next(iter(names.values()), told.get("program")),
        }
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date | Decimal | StrEnum) else value


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)
