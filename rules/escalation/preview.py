"""The letters of a ladder before they go out, as the postman writes them at each step if nothing happens until then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from lrs.clock import SECOND, to_text
from lrs.errors import NotFound, did_you_mean
from lrs.mail import MailError, Message
from lrs.people.reading import to_day
from rules.escalation.circle import circle
from rules.escalation.climber import ladder_of
from rules.escalation.deadline import Deadline, deadline_of, stretch_at
from rules.escalation.held import held
from rules.escalation.keys import rung_id
from rules.escalation.ladder import DO, Rung, rungs
from rules.escalation.postman import Postman
from rules.escalation.words import REASON_WORDS, consequence
from rules.published.in_force import program_of

if TYPE_CHECKING:
    from lrs.prowess import Prowess
    from rules.published.store import Published


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A rung of a ladder, and the letter to its recipient; without one, `why` there is none or what happens instead."""

    rung: Rung
    deadline: Deadline
    message: Message | None
    why: str = ""

    @property
    def local(self) -> str:
        """When it comes, where it is read."""
        return f"{datetime.fromtimestamp(self.rung.at // SECOND, self.rung.zone):%a %Y-%m-%d %H:%M} {self.rung.zone}"

    def as_json(self) -> Mapping[str, Any]:
        letter, is_action = self.message, self.rung.recipient == DO
        return {
            "step": self.rung.step.at,
            "at": to_text(self.rung.at),
            "deadline": self.deadline.kind,
            "day": self.deadline.day.isoformat(),
            "recipient": None if is_action or self.rung.reason else self.rung.recipient,
            "role": None if is_action else self.rung.role,
            "to": letter.to if letter else None,
            "subject": letter.subject if letter else None,
            "text": letter.text if letter else None,
            "why_not": self.why or None,
        }


def foresee(prowess: Prowess, published: Published, tenant_id: int, person: str, program_id: str) -> list[Foreseen]:
    """Every rung of the ladder of what somebody owes now, in order, past ones too.  Raises NotFound where nothing is owed."""
    now = prowess.clock.now()
    ruleset = published.current(tenant_id).ruleset
    program, ladder = program_of(ruleset, program_id, now), ladder_of(ruleset, program_id, now)
    if program is None:
        raise NotFound(f"no program is called '{program_id}'", hint=did_you_mean(program_id, ruleset.programs))
    if ladder is None:
        raise NotFound(f"'{program_id}' has no ladder", hint="escalate: names one in the program")
    with prowess.database.read(snapshot=True) as conn:
        stretch = stretch_at(held(conn, tenant_id, [(person, program_id)])[person, program_id], now)
        roster = circle(conn, prowess.people, tenant_id, {person}, [ladder])
    deadline = deadline_of(stretch, ladder) if stretch is not None else None
    if deadline is None or person not in roster.people:
        raise NotFound(
            f"'{person}' owes nothing in '{program_id}' by any day, so nobody is told anything",
            hint=f"prowess explain {person} {program_id}",
        )
    postman = Postman(prowess, published)

    def letters() -> Iterator[Foreseen]:
        for rung in rungs(ladder, deadline, roster.people[person], roster, now=now):
            if rung.recipient == DO:
                yield Foreseen(rung, deadline, None, consequence(rung.step))
            elif rung.reason is not None:
                yield Foreseen(rung, deadline, None, REASON_WORDS.get(rung.reason, rung.reason))
            else:
                yield _foreseen(postman, rung, deadline, _draft(tenant_id, person, program_id, deadline, rung))

    return list(letters())


def _foreseen(postman: Postman, rung: Rung, deadline: Deadline, draft: Any) -> Foreseen:
    try:
        return Foreseen(rung, deadline, postman.message(draft, rung.at))
    except MailError as error:
        return Foreseen(rung, deadline, None, str(error))


def _draft(tenant_id: int, person: str, program_id: str, deadline: Deadline, rung: Rung) -> Any:
    """A notice as it will be written down, as far as the postman reads it."""
    return SimpleNamespace(
        tenant_id=tenant_id,
        id=rung_id(tenant_id, person, program_id, deadline, rung.step.at, rung.recipient).bytes,
        created_at=rung.at,
        person_id=person,
        program_id=program_id,
        deadline=deadline.kind,
        deadline_day=to_day(deadline.day),
        recipient_id=rung.recipient,
        role=rung.role,
        zone=str(rung.zone),
    )
