"""Finding the people whose pages somebody may see."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.http.access import signed_in_only
from rules.entry.people import find_people
from rules.pages.sight import sight

MOST = 100


@signed_in_only
def show() -> ResponseReturnValue:
    """The list; somebody who may see only themselves is taken there."""
    mine, text = sight(), request.args.get("name", "").strip()
    among = mine.among()
    if among is not None and among == {mine.self_.id}:
        return redirect(url_for("people.person", person_id=mine.self_.id), 303)
    found = find_people(mine.prowess, mine.tenant_id, text, among=among, limit=MOST)
    return render_template(
        "rules/pages/people.html",
        people=found,
        text=text,
        is_cut=len(found) == MOST,
        is_nobody=among is not None and not among,
    )
