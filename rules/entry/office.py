"""From what was asked for to an act of office: names looked up, criteria checked, the statement made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from lrs.days import day_hint, day_meant
from lrs.errors import BadRequest, NotFound, did_you_mean
from lrs.store import audit
from rules.entry.acts import ActInvalid, Kind, Mistake, Terms, act, amiss
from rules.entry.lookup import Lookup
from rules.entry.statement import Entry, Json
from rules.entry.wanted import criteria_of
from rules.language import Program
from rules.language.period import written_period

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """An act as people ask for it: everything is text, nothing is checked."""

    kind: Kind
    person: str
    program: str
    reason: str
    criteria: tuple[str, ...] = ()
    until: str | None = None
    for_: str | None = None
    due_on: str | None = None

    def statement(self, look: Lookup, id_: UUID, instructor: Json | None) -> dict[str, Any]:
        """The statement of the act, as at now.  Raises NotFound, BadRequest, Forbidden, and ActInvalid with every mistake."""
        person, program = look.learner(self.person), look.program(self.program)
        terms, found = self._terms()
        if found := [*self._unknown(look, program), *found]:
            raise ActInvalid(found)
        entry = Entry(id_, look.agent(person), look.about_program(program), look.now, instructor)
        return act(self.kind, entry, program.id, self.reason, terms)

    def mistakes(self, look: Lookup) -> list[Mistake]:
        """Everything that is wrong with it, and with whom and what it names, at once."""
        found: list[Mistake] = []
        _found("person", look.learner, self.person, found)
        program = _found("program", look.program, self.program, found)
        if program is not None:
            found += self._unknown(look, program)
        return found + self._terms()[1]

    def _unknown(self, look: Lookup, program: Program) -> list[Mistake]:
        """Criteria that the program has not."""
        known = criteria_of(look.ruleset, program)
        return [
            Mistake("criteria", f"'{program.id}' has no criterion '{name}'", did_you_mean(name, known))
            for name in self.criteria
            if name not in known
        ]

    def _terms(self) -> tuple[Terms, list[Mistake]]:
        """What it says besides, and what is wrong with that; a day that cannot be read is no missing one."""
        found: list[Mistake] = []
        until, due_on = _day("until", self.until, found), _day("due_on", self.due_on, found)
        terms = Terms(self.criteria, until, written_period(self.for_) if self.for_ else None, due_on)
        unread = {one.member for one in found}
        return terms, found + [one for one in amiss(self.kind, self.reason, terms) if one.member not in unread]

    def noted(self, look: Lookup, id_: UUID, tenant_id: int) -> Callable[[Connection], None]:
        """What keeps the act in the audit, in whoever's thread; who asks is read here and now."""
        terms = {"criteria": list(self.criteria), "until": self.until, "for": self.for_, "due_on": self.due_on}
        told = {
            "program": self.program,
            **{name: value for name, value in terms.items() if value},
            "statement": str(id_),
        }
        person, by = look.learner(self.person).id, audit.asker()

        def keep(conn: Connection) -> None:
            audit.record(conn, f"act.{self.kind.name}", person, told, at=look.now, tenant_id=tenant_id, by=by)

        return keep


def _found(name: str, find: Callable[[str], T], text: str, found: list[Mistake]) -> T | None:
    """What a text names; where it names nothing, that is found to be wrong."""
    try:
        return find(text)
    except (BadRequest, NotFound) as error:
        found.append(Mistake(name, error.message, error.hint))
        return None


def _day(name: str, text: str | None, found: list[Mistake]) -> date | None:
    """The day that a text means; where it means none, that is found to be wrong."""
    if not text:
        return None
    day = day_meant(text)
    if day is None:
        found.append(Mistake(name, f"{name}: '{text}' is no day", day_hint(text) or "write 2026-12-31"))
    return day
