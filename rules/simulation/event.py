"""One thing that would happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rules.decide.calendar import instant_text

Kind = Literal["transition", "status", "credential", "delivery", "notice", "consequence"]


@dataclass(frozen=True, slots=True)
class Event:
    """At an instant, about a person in a program.  `what` is its name, `facts` what else there is to say of it.

    transition: assignment and award, as they are announced.  status: what is not announced, such as being overdue.
    """

    at: int
    person: str
    program: str
    kind: Kind
    what: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        head = {"at": instant_text(self.at), "person": self.person, "program": self.program}
        return {**head, "kind": self.kind, "what": self.what, **self.facts}
