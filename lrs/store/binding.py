"""Whom and what a launch credential is for: one learner, one activity, perhaps one registration.

A credential without a binding is free of all this; `lrs.http.auth.require_binding` asks for the views.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lrs.errors import Forbidden
from lrs.xapi.actors import ifi_text, is_group


@dataclass(frozen=True, slots=True)
class Binding:
    """agent: as `ifi_text` writes it.  registration: None where the launch named none."""

    agent: str
    activity: str
    registration: UUID | None

    def owns(self, statement: Mapping[str, Any]) -> bool:
        """Whether its actor is the learner: an Agent, for a Group speaks for others too."""
        actor = statement.get("actor", {})
        return not is_group(actor) and ifi_text(actor) == self.agent

    def check(
        self,
        *,
        agent: str | Mapping[str, Any] | None = None,
        activity: str | None = None,
        registration: UUID | None = None,
    ) -> None:
        """Refuse another learner, activity or registration; None is what the request does not name (S-64, C-02).

        Raises Forbidden.
        """
        if agent is not None and (agent if isinstance(agent, str) else ifi_text(agent)) != self.agent:
            raise _foreign("actor")
        if activity is not None and activity != self.activity:
            raise _foreign("activity")
        if registration is not None and self.registration is not None and registration != self.registration:
            raise _foreign("registration")

    def check_statement(self, statement: Mapping[str, Any]) -> None:
        """Refuse a statement of anybody else, or of another registration (C-02).  Raises Forbidden."""
        if not self.owns(statement):
            raise _foreign("actor")
        registration = statement.get("context", {}).get("registration")
        self.check(registration=UUID(registration) if registration is not None else None)


def _foreign(what: str) -> Forbidden:
    return Forbidden(
        f"this launch credential is for another {what}", hint="launch anew: POST /api/v1/launches", rule="S-64"
    )
