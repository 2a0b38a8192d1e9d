"""Acts of office about one learner in one program: the second table of docs/profile.md.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

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


class Mistake(NamedTuple):
    """What is wrong with one member of an act."""

    member: str
    detail: str
    hint: str | None = None


class ActInvalid(BadRequest):
    """This act cannot be recorded as it was asked for."""

    code = BadRequest.code

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        """mistakes: all of them; the first stands for them where only one is told."""
        self.mistakes = tuple(mistakes)
        first = self.mistakes[0]
        errors = [
            {"path": f"$.{one.member}", "detail": one.detail, **({"hint": one.hint} if one.hint else {})}
            for one in self.mistakes
        ]
        super().__init__(first.detail, hint=first.hint, member=first.member, errors=errors)


def act(kind: Kind, entry: Entry, program: str, reason: str, terms: Terms = NOTHING) -> dict[str, Any]:
    """The statement of an act.  Raises ActInvalid with all that `amiss` finds."""
    if found := list(amiss(kind, reason, terms)):
        raise ActInvalid(found)
    override = {"program": program, "reason": reason.strip(), **terms.as_json()}
    return statement(entry, kind.verb, extensions={v.OVERRIDE_EXTENSION: override})


def is_act(said: Mapping[str, Any]) -> bool:
    """Whether a statement is an act of office: decisions speak with some of the same verbs, as of a suspension."""
    return said["verb"]["id"] in v.OVERRIDES and bool(override_of(said))


def override_of(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a statement says as an act of office: program, reason and terms; nothing where it is none."""
    extensions = (said.get("context") or {}).get("extensions") or {}
    found: Mapping[str, Any] = extensions.get(v.OVERRIDE_EXTENSION) or {}
    return found


def amiss(kind: Kind, reason: str, terms: Terms) -> Iterator[Mistake]:
    """What is wrong with an act: no reason, terms that this kind does not know or needs and has not, a period that is none."""
    told = terms.as_json()
    if not reason.strip():
        yield Mistake("reason", f"{_a(kind.noun)} needs a reason", "say why in a sentence: it stays with the act")
    for name in told:
        if name not in kind.members:
            known = ", ".join(kind.members) or "nothing but a reason"
            yield Mistake(name, f"{_a(kind.noun)} has no '{name}'", f"known here: {known}")
    for name in kind.needs:
        if name not in told:
            yield Mistake(name, f"{_a(kind.noun)} needs '{name}'", "such as 2026-12-31")
    if terms.for_ and (wrong := _misread(terms.for_)):
        yield Mistake("for", wrong, "such as P30D, 30 days or 6 months")
    elif terms.until and terms.for_:
        yield Mistake("for", f"{_a(kind.noun)} has 'until' or 'for', not both", "leave one of them out")


def kind_named(name: str) -> Kind:
    """Raises BadRequest."""
    if name not in KINDS:
        raise BadRequest(f"there is no act '{name}'", hint=did_you_mean(name, KINDS))
    return KINDS[name]


def _misread(text: str) -> str | None:
    try:
        load_period(text)
    except ValueError as error:
        return f"'{text}' is no period: {error}"
    return None


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
