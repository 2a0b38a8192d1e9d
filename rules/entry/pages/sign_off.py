"""Signing off: an observer ticks what a learner showed.  Made for a phone on the shop floor, one column, large targets."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.days import day_words
from lrs.errors import BadRequest
from lrs.http.access import signed_in_only
from lrs.people.roster import Person
from lrs.xapi.lexical import find_uuid
from rules.entry.aftermath import Aftermath
from rules.entry.counting import idle_in
from rules.entry.desk import Desk, desk, filled_in
from rules.entry.evidence import Score, signed_off
from rules.entry.lookup import Lookup
from rules.entry.pages.person import Chosen, chosen
from rules.entry.rights import Deed
from rules.entry.sheet import Cells
from rules.entry.statement import Entry
from rules.entry.takers import takers_about, takers_from
from rules.entry.waiting import LOOKED_AT, waiting
from rules.entry.wanted import asks_score, critical_items, offer
from rules.entry.weighing import Lack, objections, ticks
from rules.explain.words import listed
from rules.language.model import Activity

TEMPLATE: Final = "rules/entry/sign_off.html"
CHOICE: Final = "rules/entry/sign_off_choice.html"
_FIELDS: Final = ("outcome", "score", "score_max", "note", "date")
_LONGEST: Final = 4_000


@signed_in_only
def show() -> ResponseReturnValue:
    """What waits, and the choice of learner and activity; once both are known, the form."""
    here = desk()
    here.enterer.require_ever(Deed.SIGN_OFF)
    look, learner = here.lookup(), chosen(here, Deed.SIGN_OFF)
    activity = look.activity(request.args["activity"]) if request.args.get("activity") else None
    if learner.id is None or activity is None:
        return _choice(here, look, learner, activity)
    look = here.lookup([learner.id])
    return _form(here, look, look.person(learner.id), activity)


@signed_in_only
def send() -> ResponseReturnValue:
    """Record the word of the observer."""
    here = desk()
    look, person = here.about(Deed.SIGN_OFF, request.form.get("person", ""))
    activity = look.activity(request.form.get("activity", ""))
    row = filled_in(*_FIELDS)
    made = _read(here, look, row, person, activity)
    if made is None:
        return _form(here, look, person, activity, row), 400
    (id_,) = here.record([made]).ids
    return redirect(url_for("entry.sign_off", recorded=id_), 303)


def _read(here: Desk, look: Lookup, row: Cells, person: Person, activity: Activity) -> dict[str, Any] | None:
    outcome = row.read("outcome", _outcome, needed="say whether they can do it")
    when = row.read("date", lambda text: look.when(text, person), needed="say when you saw it")
    score = _score(row)
    note = row.read("note", _note) or ""
    if outcome is None or when is None or row.flaws:
        return None
    ticked = set(request.form.getlist("rubric"))
    entry = Entry(here.entry_id(), look.agent(person), look.about(activity), when.at, here.enterer.agent)
    rubric = {item: item in ticked for item in activity.rubric}
    return signed_off(entry, success=outcome, rubric=rubric, score=score, note=note)


def _score(row: Cells) -> Score | None:
    raw, most = row.number("score"), row.number("score_max")
    if raw is None:
        if most is not None and row.text("score") is None:
            row.fail("score", f"say which score it was, out of {most}")
        return None
    score = Score(raw, Decimal(0) if most is not None else None, most)
    row.read("score", lambda _: score.as_json())
    return score


def _outcome(text: str) -> bool:
    if text not in {"done", "not-yet"}:
        raise BadRequest(f"'{text}' is no outcome")
    return text == "done"


def _note(text: str) -> str:
    if len(text) > _LONGEST:
        raise BadRequest(f"a note has at most {_LONGEST} characters; this one has {len(text)}")
    return text


def _choice(here: Desk, look: Lookup, learner: Chosen, activity: Activity | None) -> ResponseReturnValue:
    recorded = here.recorded()
    after = _after(here, here.journal.statement(recorded.id)) if recorded else None
    return render_template(
        CHOICE,
        learner=learner,
        activity=activity,
        offer=offer(look.ruleset, "signed_off").narrowed(
            activity.id if activity else None, to_all="all" in request.args
        ),
        takers=takers_from(look.ruleset, activity.id, here.now) if activity else [],
        recorded=recorded,
        objections=objections(after) if after else [],
        idle=[one for one in idle_in(after) if one.program is None] if after else [],
        lacking=lambda lack: _lacking(look, lack),
        work=None if learner.text else waiting(here.prowess, here.who.tenant_id, here.enterer),
        most=LOOKED_AT,
        day_words=day_words,
        is_anybody=here.enterer.may_about_anybody(Deed.SIGN_OFF),
    )


def _after(here: Desk, statement: Mapping[str, Any]) -> Aftermath:
    """What holds after a word that was given."""
    return Aftermath(here.prowess, here.who.tenant_id, [statement])


def _lacking(look: Lookup, lack: Lack) -> str:
    """What a checklist lacks, in words."""
    rubric = look.ruleset.activities[lack.activity].rubric
    names = listed(rubric.get(item, item) for item in lack.items)
    return names if lack.needed == len(lack.items) else f"{lack.needed} of {names}"


class _Again(NamedTuple):
    """A sign-off that is given once more: which it was, what was ticked in it, and of each item that lacks who asks for it."""

    id: UUID
    ticked: set[str]
    lacks: dict[str, str]


def _again(here: Desk, person: Person, activity: Activity) -> _Again | None:
    """What the form is asked to mark; None without a sign-off of theirs about this person and activity."""
    id_ = find_uuid(request.values.get("again", ""))
    if id_ is None or here.journal.find(id_, here.enterer) is None:
        return None
    statement = here.journal.statement(id_)
    lacks: dict[str, str] = {}
    for one in objections(_after(here, statement)):
        if one.lack is not None and (one.lack.person, one.lack.activity) == (person.id, activity.id):
            are_all = one.lack.needed == len(one.lack.items)
            asked = "asks for it" if are_all else f"asks for {one.lack.needed} more of these"
            lacks |= {item: f"{one.program} {asked}" for item in one.lack.items if item not in lacks}
    return _Again(id_, {item for item, mark in ticks(statement).items() if mark}, lacks) if lacks else None


def _form(here: Desk, look: Lookup, person: Person, activity: Activity, row: Cells | None = None) -> str:
    given: dict[str, Any] = dict(row.cells) if row else {"date": str(look.today(person))}
    again = _again(here, person, activity)
    return render_template(
        TEMPLATE,
        person=person,
        activity=activity,
        rubric=activity.rubric,
        ticked=again.ticked if again and row is None else set(request.form.getlist("rubric")),
        again=again,
        given=given,
        problems={flaw.column: flaw for flaw in row.flaws} if row else {},
        nonce=here.nonce(),
        critical=critical_items(look.ruleset, activity.id),
        asks_score=asks_score(look.ruleset, activity.id),
        takers=takers_about(here.prowess, here.who.tenant_id, look.ruleset, here.enterer, activity.id, person.id),
    )
