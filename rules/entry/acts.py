"""Acts of office about one learner in one program: the second table of docs/profile.md.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from lrs.errors import BadRequest, did_you_mean
from rules import vocabulary as v
from rules.entry.statement import Entry, statement
from rules.language.period import load_period


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of act: its verb, what it may add to its reason, and what it does, for pages and commands."""

    name: str
    verb: str
    noun: str
    does: str
    """Completes: this act …"""
    members: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


WAIVE: Final = Kind("waive", v.WAIVED, "waiver", "lets criteria go, for a time", ("criteria", "until", "for"))
EXEMPT: Final = Kind("exempt", v.EXEMPTED, "exemption", "takes the program off somebody, for a time", ("until",))
EXTEND: Final = Kind("extend", v.EXTENDED, "extension", "gives somebody a later due date", ("due_on",), ("due_on",))
SUSPEND: Final = Kind("suspend", v.SUSPENDED, "suspension", "stops an award from counting, for a time", ("until",))
REVOKE: Final = Kind("revoke", v.REVOKED_BY, "revocation", "takes an award away")
REINSTATE: Final = Kind("reinstate", v.REINSTATED, "reinstatement", "ends suspensions and revocations")
ENDORSE: Final = Kind("endorse", v.ENDORSED, "endorsement", "says that a third party stands behind an award")
KINDS: Final = {kind.name: kind for kind in (WAIVE, EXEMPT, EXTEND, SUSPEND, REVOKE, REINSTATE, ENDORSE)}


@dataclass(frozen=True, slots=True)
class Terms:
    """What an act says besides its reason; `for_` is an ISO 8601 period."""

    criteria: tuple[str, ...] = ()
    until: date | None = None
    for_: str | None = None
    due_on: date | None = None

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"criteria": list(self.criteria)} if self.criteria else {}
        named = {"until": self.until, "for": self.for_, "due_on": self.due_on}
        return {**told, **{name: str(value) for name, value in named.items() if value}}


NOTHING: Final = Terms()


def act(kind: Kind, entry: Entry, program: str, reason: str, terms: Terms = NOTHING) -> dict[str, Any]:
    """The statement of an act.

    Raises BadRequest (its `member` says of what) for an act without a reason, for terms that this kind does not know or needs and has not, and for a
    period that is none.
    """
    reason, told = reason.strip(), terms.as_json()
    if not reason:
        raise BadRequest(
            f"{_a(kind.noun)} needs a reason", hint="say why in a sentence: it stays with the act", member="reason"
        )
    for name in told:
        if name not in kind.members:
            known = ", ".join(kind.members) or "nothing but a reason"
            raise BadRequest(f"{_a(kind.noun)} has no '{name}'", hint=f"known here: {known}", member=name)
    for name in kind.needs:
        if name not in told:
            raise BadRequest(f"{_a(kind.noun)} needs '{name}'", hint="such as 2026-12-31", member=name)
    if terms.until and terms.for_:
        raise BadRequest(f"{_a(kind.noun)} has 'until' or 'for', not both", hint="leave one of them out", member="for")
    if terms.for_:
        _check_period(terms.for_)
    override = {"program": program, "reason": reason, **told}
    return statement(entry, kind.verb, extensions={v.OVERRIDE_EXTENSION: override})


def kind_named(name: str) -> Kind:
    """Raises BadRequest."""
    if name not in KINDS:
        raise BadRequest(f"there is no act '{name}'", hint=did_you_mean(name, KINDS))
    return KINDS[name]


def _check_period(text: str) -> None:
    try:
        load_period(text)
    except ValueError as error:
        raise BadRequest(
            f"'{text}' is no period: {error}", hint="such as P30D, 30 days or 6 months", member="for"
        ) from error


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
