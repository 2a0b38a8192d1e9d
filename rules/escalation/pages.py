"""Pages of escalation: the published ladder of a program, what waits for approval, and what a person was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from lrs.days import day_words
from lrs.errors import Forbidden, NotFound, did_you_mean
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.people.roster import Person
from lrs.web.failures import register_failures
from lrs.web.sessions import current, demand_sign_in
from lrs.web.visitors import READERS, who_to_ask
from rules.escalation import consequences, notices, words
from rules.escalation.climber import ladder_of, ladder_programs
from rules.escalation.consequences import persons_of
from rules.escalation.records import about
from rules.published.composition import published_of
from rules.published.in_force import program_of

blueprint = Blueprint("escalation", __name__, template_folder="../templates")
register_failures(blueprint)
blueprint.before_request(demand_sign_in)

RECENT = 50
OF_A_PERSON = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A notice or a consequence with the names and days that its row only has as ids and numbers."""

    row: Row[Any]
    person: str
    recipient: str
    program: str
    deadline: str
    day: date
    reason: str
    may_decide: bool = False

    @property
    def id(self) -> UUID:
        return UUID(bytes=self.row.id)


@blueprint.get("/escalations")
@signed_in_only
def index() -> ResponseReturnValue:
    """What waits for approval, the ladders there are, and the latest notices.

    Those who read nothing of others see what is theirs to decide, and the ladders.
    """
    prowess, who = this_prowess(), current()
    is_reader = who.account.role in READERS
    ruleset = published_of(prowess).current(who.tenant_id).ruleset
    with prowess.database.read() as conn:
        waiting = consequences.waiting(conn, who.tenant_id)
        recent = notices.listed(conn, who.tenant_id, RECENT) if is_reader else []
    lines = _lines(waiting, decide=True)
    return render_template(
        "rules/escalations.html",
        waiting=[line for line in lines if is_reader or line.may_decide],
        ladders=list(ladder_programs(ruleset, prowess.clock.now())),
        recent=_lines(recent),
        mail_is_configured=prowess.mail.is_configured,
        words=words,
    )


@blueprint.get("/programs/<path:program_id>/escalation")
@signed_in_only
def published_ladder(program_id: str) -> ResponseReturnValue:
    """Who is told what, when: for everybody who is on the ladder."""
    prowess = this_prowess()
    now = prowess.clock.now()
    ruleset = published_of(prowess).current(current().tenant_id).ruleset
    program = program_of(ruleset, program_id, now)
    if program is None:
        hint = did_you_mean(program_id, ruleset.programs) if ruleset.programs else "an administrator publishes programs"
        raise NotFound(f"no program '{program_id}' is published", hint=hint)
    return render_template(
        "rules/ladder.html", program=program, escalation=ladder_of(ruleset, program_id, now), words=words
    )


@blueprint.get("/people/<person_id>/notices")
@signed_in_only
def person_log(person_id: str) -> ResponseReturnValue:
    """What somebody was told, and what others were told about them."""
    prowess, who = this_prowess(), current()
    tenant_id = who.tenant_id
    known_as = prowess.people.known_as(person_id, tenant_id)
    if who.account.role not in READERS and known_as not in {one.id for one in persons_of(prowess, who.account)}:
        raise Forbidden(
            "this page is for the person themselves, administrators and analysts", hint=who_to_ask(who.account)
        )
    if known_as != person_id:
        return redirect(url_for("escalation.person_log", person_id=known_as), 303)
    person = prowess.people.roster(tenant_id=tenant_id, people=[person_id]).people.get(person_id)
    if person is None:
        raise NotFound(f"no person has the id '{person_id}'")
    ids = prowess.people.ids_of(person_id, tenant_id)
    with prowess.database.read() as conn:
        told = notices.listed(conn, tenant_id, OF_A_PERSON, people=ids)
        raised = consequences.listed(conn, tenant_id, people=ids)
    return render_template(
        "rules/notices.html",
        person=person,
        told=_lines(told),
        raised=_lines(raised),
        words=words,
        most=OF_A_PERSON,
        is_reader=who.account.role in READERS,
    )


@blueprint.get("/escalations/<uuid:id>/approve")
@signed_in_only
def ask(id: UUID) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Ask whether it is really to be approved, and say what follows."""
    row = consequences.to_decide(this_prowess(), current().account, id)
    consequences.demand_waiting(row)
    (line,) = _lines([row])
    return render_template("rules/approve.html", line=line, words=words)


@blueprint.post("/escalations/<uuid:id>/<any(approve, refuse):answer>")
@signed_in_only
def decide(id: UUID, answer: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Approve or refuse what waits."""
    prowess = this_prowess()
    consequences.decide(
        prowess,
        published_of(prowess),
        current().account,
        id,
        approve=answer == "approve",
        note=request.form.get("note"),
    )
    return redirect(url_for("escalation.index"), 303)


def _lines(rows: list[Row[Any]], *, decide: bool = False) -> list[Line]:
    prowess, who = this_prowess(), current()
    ids = sorted({row.person_id for row in rows} | {getattr(row, "recipient_id", row.person_id) for row in rows})
    people = prowess.people.roster(tenant_id=who.tenant_id, people=ids).people if ids else {}
    programs = published_of(prowess).current(who.tenant_id).ruleset.programs
    return [_line(row, people, programs, decide=decide) for row in rows]


def _line(row: Row[Any], people: Mapping[str, Person], programs: Any, *, decide: bool) -> Line:
    deadline, recipient = about(row), getattr(row, "recipient_id", "")
    versions = programs.get(row.program_id)
    return Line(
        row,
        _name(row.person_id, people),
        "" if recipient.startswith("?") else _name(recipient, people),
        (versions[-1].title if versions else None) or row.program_id,
        f"{'due' if deadline.kind == 'due' else 'expires'} {day_words(deadline.day)}",
        deadline.day,
        words.REASON_WORDS.get(row.reason or "", row.reason or ""),
        decide and consequences.may_decide(this_prowess(), current().account, row),
    )


def _name(person_id: str, people: Mapping[str, Person]) -> str:
    person = people.get(person_id)
    return (person.name if person else "") or person_id
