"""Acts of office on a page: one person, one program, one act and its reason, beside what was done before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.days import day_said, day_words
from lrs.http.access import signed_in_only
from lrs.people.roster import Person
from lrs.web.statement_view import parse
from lrs.xapi.timestamp import instant
from rules.decisions.said import standing_of
from rules.entry.acts import KINDS, WAIVE, ActInvalid, Kind, is_act, kind_named, override_of
from rules.entry.aftermath import Aftermath
from rules.entry.counting import idle_in
from rules.entry.desk import Desk, desk, filled_in
from rules.entry.lookup import Lookup
from rules.entry.office import Asked
from rules.entry.pages.person import chosen
from rules.entry.rights import Deed
from rules.entry.sheet import Cells
from rules.entry.wanted import criteria_of
from rules.explain.program import waivers
from rules.explain.words import listed, period_words
from rules.language import Program
from rules.language.period import load_period

_FIELDS: Final = ("reason", "criteria", "until", "for", "due_on")
_DEEDS: Final = {name: Deed(name) for name in KINDS}


@signed_in_only
def show() -> ResponseReturnValue:
    """The choice of person, program and act; then the act's form."""
    here = desk()
    kinds = _kinds(here)
    learner = chosen(here, *(_DEEDS[kind.name] for kind in kinds))
    look = here.lookup([learner.id] if learner.id else [])
    program = look.program(request.args["program"]) if request.args.get("program") else None
    kind = kind_named(request.args["act"]) if request.args.get("act") else None
    if learner.id is not None and program is not None and kind is not None:
        here.enterer.require(_DEEDS[kind.name], learner.id)
        return _form(here, look, look.person(learner.id), program, kind)
    recorded = here.recorded()
    return render_template(
        "rules/entry/acts_choice.html",
        learner=learner,
        program=program,
        kind=kind,
        kinds=kinds,
        others=[kind.name for kind in KINDS.values() if kind not in kinds],
        listed=listed,
        programs=sorted((look.program(id_) for id_ in look.ruleset.programs), key=lambda one: one.title.lower()),
        recorded=recorded,
        idle=here.idle([recorded.id]) if recorded else [],
        is_anybody=any(here.enterer.may_about_anybody(_DEEDS[kind.name]) for kind in kinds),
    )


@signed_in_only
def send() -> ResponseReturnValue:
    """Record the act."""
    here, form = desk(), request.form
    kind = kind_named(form.get("act", ""))
    look, person = here.about(_DEEDS[kind.name], form.get("person", ""))
    program = look.program(form.get("program", ""))
    row = filled_in(*_FIELDS)
    asked = Asked(
        kind,
        person.id,
        program.id,
        row.text("reason") or "",
        tuple(form.getlist("criteria")),
        row.text("until"),
        row.text("for"),
        row.text("due_on"),
    )
    try:
        id_ = here.entry_id()
        statement = asked.statement(look, id_, here.enterer.agent)
    except ActInvalid as error:
        for one in error.mistakes:
            row.fail(one.member, one.detail, one.hint)
        return _form(here, look, person, program, kind, row), 400
    here.record([statement], also=asked.noted(look, id_, here.who.tenant_id))
    return redirect(url_for("entry.acts", recorded=id_), 303)


def _kinds(here: Desk) -> list[Kind]:
    """The acts that somebody may do to anybody.  Raises Forbidden when there is none."""
    found = [kind for kind in KINDS.values() if here.enterer.may_ever(_DEEDS[kind.name])]
    if not found:
        here.enterer.require_ever(Deed.WAIVE)
    return found


def _form(here: Desk, look: Lookup, person: Person, program: Program, kind: Kind, row: Cells | None = None) -> str:
    return render_template(
        "rules/entry/act.html",
        person=person,
        program=program,
        kind=kind,
        criteria=criteria_of(look.ruleset, program),
        titles={id_: activity.title for id_, activity in look.ruleset.activities.items()},
        ticked=set(request.form.getlist("criteria")),
        given=dict(row.cells) if row else {},
        problems={flaw.column: flaw for flaw in row.flaws} if row else {},
        nonce=here.nonce(),
        standing=_standing(here, person, program),
        limits=waivers(program) if kind is WAIVE else None,
        before=_before(here, look, person, program),
    )


def _standing(here: Desk, person: Person, program: Program) -> Mapping[str, Any] | None:
    """What is decided about a person in a program now."""
    with here.prowess.database.read() as conn:
        return standing_of(conn, here.who.tenant_id, person.id, program.id)


def _before(here: Desk, look: Lookup, person: Person, program: Program) -> list[dict[str, Any]]:
    """The acts about a person in a program, the latest first, without what was taken back; which count for nothing, and why."""
    entries = here.journal.about(look.agent(person), str(look.about_program(program)["id"]))
    acts = [(found, said) for found in entries if is_act(said := parse(found))]
    if not acts:
        return []
    after = Aftermath(here.prowess, here.who.tenant_id, [said for _, said in acts])
    idle = {one.statement: one for one in idle_in(after)}
    ends = _ends(after, person.id, program.id)
    return [
        {
            "id": found.id,
            "stored": found.seq,
            "verb": said["verb"]["display"]["en"],
            "by": (said["context"].get("instructor") or {}).get("name", ""),
            "reason": override_of(said).get("reason", ""),
            "idle": idle.get(str(found.id)),
            "may_go": here.journal.may_take_back(found, here.enterer),
            "terms": list(_terms(look, program, override_of(said), ends.get(str(found.id)))),
        }
        for found, said in acts
    ]


def _ends(after: Aftermath, person: str, program: str) -> Mapping[str, date]:
    """Of the acts that count, by statement, up to which day each holds as the program lets it."""
    if not any(who == person for who, _ in after.statements):
        return {}
    acts = after.decided(person, program).document["proof"].get("acts", ())
    day_at = after.zones_of(person, program).day_at
    return {act["statement"]: day_at(instant(act["until"]) - 1) for act in acts if act.get("until")}


def _terms(look: Lookup, program: Program, said: Mapping[str, Any], end: date | None) -> Iterator[str]:
    """What an act is about, and up to which day it holds, in words."""
    if criteria := said.get("criteria"):
        known = criteria_of(look.ruleset, program)
        yield listed(_title(look, known.get(one, one)) or one for one in criteria)
    if end is not None:
        yield f"until {day_words(end)}"
    elif "until" in said:
        yield f"until {day_said(said['until'])}"
    elif "for" in said:
        yield f"for {period_words(load_period(said['for']))}"
    if due_on := said.get("due_on"):
        yield f"to {day_said(due_on)}"


def _title(look: Lookup, what: str) -> str:
    activity = look.ruleset.activities.get(what)
    return activity.title if activity else what
