"""Measures on a page: one figure of one person, as at a day, or a file of them."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.errors import BadRequest
from lrs.http.access import signed_in_only
from lrs.people.roster import Person
from lrs.recorder import TakenBack
from rules.entry import samples
from rules.entry.desk import Desk, desk, filled_in
from rules.entry.lookup import Lookup
from rules.entry.pages.files import done_before, flaws_of, record_rows, rows_of_file
from rules.entry.pages.person import Chosen, chosen
from rules.entry.rights import Deed
from rules.entry.sheet import Cells
from rules.entry.wanted import offer


@signed_in_only
def show() -> ResponseReturnValue:
    """The choice of a person; then the form, `indicator` in the address chooses which figure."""
    here = desk()
    here.enterer.require_ever(Deed.MEASURE)
    learner = chosen(here, Deed.MEASURE)
    if learner.id is not None:
        return _form(here, *here.about(Deed.MEASURE, learner.id))
    return _choice(here, learner)


@signed_in_only
def send() -> ResponseReturnValue:
    """Record the figure; the same one of the same day is one, unless it was taken back."""
    here = desk()
    _, person = here.about(Deed.MEASURE, request.form.get("person", ""))
    look, row = here.lookup([person.id], Deed.MEASURE), filled_in("person", "indicator", "date", "value")
    sample = samples.SHEET.read(row, look)
    if sample is None:
        return _form(here, look, person, row), 400
    statement = sample.statement(look, here.who.tenant_id, here.enterer.agent)
    try:
        (id_,) = here.record([statement]).ids
    except TakenBack:
        (id_,) = here.record([{**statement, "id": str(here.entry_id())}]).ids
    return redirect(url_for("entry.measures", recorded=id_, person=person.id), 303)


@signed_in_only
def send_file() -> ResponseReturnValue:
    """Record a file of figures, all of it or nothing."""
    here = desk()
    here.enterer.require_ever(Deed.MEASURE)
    try:
        told = record_rows(here, *rows_of_file(here, samples.SHEET, Deed.MEASURE))
    except BadRequest as error:
        return _choice(here, chosen(here, Deed.MEASURE), error), 400
    return redirect(url_for("entry.measures", **told), 303)


def _choice(here: Desk, learner: Chosen, problem: BadRequest | None = None) -> str:
    return render_template(
        "rules/entry/measures_choice.html",
        learner=learner,
        is_anybody=here.enterer.may_about_anybody(Deed.MEASURE),
        columns=samples.SHEET.columns,
        done=done_before(here),
        problem=problem,
        flaws=flaws_of(problem),
    )


def _form(here: Desk, look: Lookup, person: Person, row: Cells | None = None) -> str:
    recorded = here.recorded()
    fresh = {"indicator": request.args.get("indicator", ""), "date": str(look.today(person))}
    given = dict(row.cells) if row else fresh
    return render_template(
        "rules/entry/measures.html",
        person=person,
        offer=offer(look.ruleset, "kpi").narrowed(given["indicator"], to_all="all" in request.args),
        given=given,
        problems={flaw.column: flaw for flaw in row.flaws} if row else {},
        nonce=here.nonce(),
        recorded=recorded,
        idle=here.idle([recorded.id]) if recorded else [],
    )
