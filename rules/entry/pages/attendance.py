"""Attendance: a session's expected people to be ticked, or a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.days import day_meant, day_words
from lrs.errors import BadRequest
from lrs.http.access import signed_in_only
from rules.entry import attendance
from rules.entry.desk import Desk, desk
from rules.entry.lookup import Lookup
from rules.entry.pages.files import done_before, flaws_of, record_rows, rows_of_file
from rules.entry.people import GROUPS, groups
from rules.entry.rights import ADMIN, Deed
from rules.entry.sheet import Flaw, Sheet, SheetInvalid, array_rows, read_rows
from rules.entry.wanted import offer

_MOST: Final = 500


@signed_in_only
def show() -> ResponseReturnValue:
    """The choice of a session and of who is expected; then the list to tick."""
    here = desk()
    here.enterer.require_ever(Deed.ATTENDANCE)
    return _page(here, here.lookup(), request.args.to_dict())


@signed_in_only
def send() -> ResponseReturnValue:
    """Record those who are ticked, and with `absent` the others as absent."""
    here = desk()
    given = request.form.to_dict()
    present, expected = request.form.getlist("present"), request.form.getlist("expected")
    look = here.lookup({*present, *expected}, Deed.ATTENDANCE)
    session = {name: given.get(name, "") for name in ("activity", "date", "duration")}
    absent = [one for one in expected if one not in present] if given.get("absent") else []
    rows = [{**session, "person": one} for one in present]
    rows += [{**session, "duration": "", "person": one, "present": "no"} for one in absent]
    try:
        if not rows:
            raise _nobody(session, look)
        return _record(here, look, read_rows(attendance.SHEET, array_rows(attendance.SHEET, rows), look))
    except BadRequest as error:
        return _page(here, here.lookup(), given, set(present), error), 400


@signed_in_only
def send_file() -> ResponseReturnValue:
    """Record a file of rows, all of it or nothing."""
    here = desk()
    here.enterer.require_ever(Deed.ATTENDANCE)
    try:
        return _record(here, *rows_of_file(here, _sheet(here), Deed.ATTENDANCE))
    except BadRequest as error:
        return _page(here, here.lookup(), {}, problem=error, is_file=True), 400


def _nobody(session: Mapping[str, str], look: Lookup) -> SheetInvalid:
    """That nobody is ticked, with what else is wrong with the session."""
    (row,) = array_rows(attendance.SHEET, [session])
    attendance.SHEET.read(row, look)
    flaws = [flaw for flaw in row.flaws if flaw.column != "person"]
    return SheetInvalid(
        [Flaw(0, "present", None, "nobody is ticked", "tick who was there, or record the others as absent"), *flaws]
    )


def _sheet(here: Desk) -> Sheet[attendance.Presence]:
    """Only administrators answer in somebody else's name."""
    if here.enterer.role == ADMIN:
        return attendance.SHEET
    columns = tuple(name for name in attendance.SHEET.columns if name != "instructor")
    return replace(attendance.SHEET, columns=columns)


def _record(here: Desk, look: Lookup, rows: list[attendance.Presence]) -> ResponseReturnValue:
    return redirect(url_for("entry.attendance", **{**record_rows(here, look, rows), **_session(rows)}), 303)


def _session(rows: list[attendance.Presence]) -> dict[str, str]:
    """The session that all rows are of; empty when there are several."""
    found = {(row.activity.id, row.when.text) for row in rows}
    return dict(zip(("activity", "date"), found.pop(), strict=True)) if len(found) == 1 else {}


def _page(
    here: Desk,
    look: Lookup,
    given: dict[str, str],
    present: Collection[str] = (),
    problem: BadRequest | None = None,
    *,
    is_file: bool = False,
) -> str:
    given = {**given, "date": given.get("date") or str(look.today(here.enterer.person))}
    group = _group(given.get("group", ""))
    is_chosen = bool(given.get("activity") and given.get("group"))
    below = given.get("group") == "reports"
    people = here.people(Deed.ATTENDANCE, group=group, limit=_MOST, reports_only=below) if is_chosen else []
    if given.get("ticked") == "all":
        present = {one.id for one in people}
    flaws = flaws_of(problem) if is_file else _per_session(flaws_of(problem))
    return render_template(
        "rules/entry/attendance.html",
        given=given,
        people=people,
        most=_MOST,
        present=present,
        is_chosen=is_chosen,
        offer=offer(look.ruleset, "attended"),
        session=look.ruleset.activities.get(given.get("activity", "")),
        groups=groups(here.prowess, here.who.tenant_id) if here.enterer.may_about_anybody(Deed.ATTENDANCE) else {},
        has_reports=bool(here.enterer.reports),
        problem=problem,
        flaws=flaws,
        problems={} if is_file else {flaw.column: {"detail": flaw.detail, "hint": flaw.hint} for flaw in flaws},
        is_file=is_file,
        columns=_sheet(here).columns,
        done=done_before(here),
        of=_of(look, given),
    )


def _per_session(flaws: list[Flaw]) -> list[Flaw]:
    """What is wrong with the session is wrong with every row of it: said once."""
    return list({(flaw.column, flaw.detail): flaw for flaw in flaws}.values())


def _group(text: str) -> tuple[str, str] | None:
    name, _, value = text.partition(":")
    return (name, value.replace("\0", "")) if name in GROUPS else None


def _of(look: Lookup, given: Mapping[str, str]) -> str:
    """Of which session the entry before this page was, where all of it was of one."""
    session, day = look.ruleset.activities.get(given.get("activity", "")), day_meant(given["date"])
    return f"{session.title or session.id} on {day_words(day)}" if session and day else ""
