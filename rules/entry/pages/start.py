"""Where entering begins: what somebody may enter, what they entered lately, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from flask import current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs.http.access import signed_in_only
from rules.entry.desk import desk
from rules.entry.journal import words_of
from rules.entry.rights import OF_OFFICE, Deed, Enterer
from rules.entry.undoing import undone
from rules.explain.words import listed


@dataclass(frozen=True, slots=True)
class Way:
    """A page on which something is entered; `{deeds}` in its text stands for those that somebody may do."""

    endpoint: str
    title: str
    text: str
    deeds: tuple[Deed, ...]


WAYS: Final = (
    Way("entry.sign_off", "Sign off", "You watched somebody do it: tick what they showed.", (Deed.SIGN_OFF,)),
    Way("entry.attendance", "Attendance", "Who was at a session, ticked or from a file.", (Deed.ATTENDANCE,)),
    Way("entry.measures", "Measures", "A figure that somebody is judged by, as at a day.", (Deed.MEASURE,)),
    Way("entry.credentials", "External certificates", "Hand in what you earned elsewhere.", (Deed.HAND_IN,)),
    Way("entry.review", "Review certificates", "What was handed in and waits for a verdict.", (Deed.REVIEW,)),
    Way("entry.survey", "Answer a survey", "A rating and a few words about something you did.", (Deed.SURVEY,)),
    Way(
        "entry.acts",
        "Acts of office",
        "{deeds}: one person, one program, one reason.",
        OF_OFFICE,
    ),
)


def ways_of(who: Enterer) -> list[Way]:
    """The pages that are open to somebody."""
    known = current_app.view_functions
    open_ = [(way, [deed for deed in way.deeds if who.may_ever(deed)]) for way in WAYS if way.endpoint in known]
    return [replace(way, text=way.text.format(deeds=listed(deeds).capitalize())) for way, deeds in open_ if deeds]


@signed_in_only
def show() -> ResponseReturnValue:
    """The list of ways, and the journal."""
    here = desk()
    return render_template(
        "rules/entry/start.html",
        ways=ways_of(here.enterer),
        lines=here.journal.of(here.enterer),
        taken=here.named("taken"),
    )


@signed_in_only
def ask_back(id: UUID) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Ask whether an entry is really to be taken back, and say what follows from it."""
    here = desk()
    here.journal.take_back(id, here.enterer)
    statement = here.journal.statement(id)
    return render_template(
        "rules/entry/take_back.html",
        line=here.journal.find(id, here.enterer),
        by=((statement.get("context") or {}).get("instructor") or statement["actor"]).get("name", ""),
        words=words_of(statement),
        changes=undone(here.prowess, here.who.tenant_id, statement),
    )


@signed_in_only
def take_back(id: UUID) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Void an entry."""
    here = desk()
    voiding = here.journal.take_back(id, here.enterer)
    here.record([voiding], also=here.journal.taking_noted(id, voiding))
    return redirect(url_for("entry.start", taken=id), 303)
