"""Surveys: a rating and a few words about something somebody did.  Everybody answers for themselves."""

from __future__ import annotations

from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.errors import BadRequest
from lrs.http.access import signed_in_only
from rules.entry.desk import Desk, desk, filled_in
from rules.entry.evidence import BEST_RATING, SAY_SOMETHING, SAYS_NOTHING, responded
from rules.entry.lookup import Lookup
from rules.entry.rights import Deed
from rules.entry.sheet import Cells
from rules.entry.statement import Entry
from rules.entry.wanted import offer

_FIELDS: Final = ("activity", "rating", "text")
_LONGEST: Final = 4_000


@signed_in_only
def show() -> ResponseReturnValue:
    """The form; `activity` in the address chooses what it is about."""
    here = desk()
    here.enterer.require_ever(Deed.SURVEY)
    return _form(here, here.lookup(), {"activity": request.args.get("activity", "")})


@signed_in_only
def send() -> ResponseReturnValue:
    """Record the answer."""
    here = desk()
    here.enterer.require_ever(Deed.SURVEY)
    look, row = here.lookup([here.enterer.id or ""]), filled_in(*_FIELDS)
    made = _read(here, look, row)
    if made is None:
        return _form(here, look, dict(row.cells), row), 400
    (id_,) = here.record([made]).ids
    return redirect(url_for("entry.survey", recorded=id_), 303)


def _read(here: Desk, look: Lookup, row: Cells) -> dict[str, Any] | None:
    activity = row.read("activity", look.activity, needed="say what it is about")
    about = row.read("activity", lambda _: look.about(activity)) if activity is not None else None
    rating = row.read("rating", _rating)
    text = row.read("text", _text) or ""
    if not (row.text("rating") or row.text("text")):
        row.fail("rating", SAYS_NOTHING, SAY_SOMETHING)
    if row.flaws or about is None:
        return None
    person = look.person(here.enterer.id or "")
    return responded(Entry(here.entry_id(), look.agent(person), about, look.now), rating=rating, text=text)


def _rating(text: str) -> int:
    if text not in {str(one) for one in range(1, BEST_RATING + 1)}:
        raise BadRequest(f"a rating is 1 to {BEST_RATING}")
    return int(text)


def _text(text: str) -> str:
    if len(text) > _LONGEST:
        raise BadRequest(f"an answer has at most {_LONGEST} characters; this one has {len(text)}")
    return text


def _form(here: Desk, look: Lookup, given: dict[str, str], row: Cells | None = None) -> str:
    return render_template(
        "rules/entry/survey.html",
        offer=offer(look.ruleset, "responded").narrowed(given["activity"], to_all="all" in request.args),
        given=given,
        best=BEST_RATING,
        problems={flaw.column: flaw for flaw in row.flaws} if row else {},
        nonce=here.nonce(),
        recorded=here.recorded(),
    )
