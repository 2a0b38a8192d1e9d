"""Pages of reviews: which are due, and what there is to look at in one."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs.clock import to_datetime
from lrs.errors import NotFound
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.web.accounts import READERS
from lrs.web.failures import register_failures
from lrs.web.sessions import current, demand_sign_in, readers_only
from reports.reviews.material import material
from reports.reviews.rounds import owned, rounds

blueprint = Blueprint("reviews", __name__, url_prefix="/reviews", template_folder="../templates")
register_failures(blueprint)
blueprint.before_request(demand_sign_in)


@blueprint.get("")
@signed_in_only
def index() -> ResponseReturnValue:
    """Every program that is reviewed, the next to be due first."""
    prowess, who = this_prowess(), current()
    today = to_datetime(prowess.clock.now()).date()
    found = owned(prowess, who.tenant_id, rounds(prowess, who.tenant_id), today)
    ids = sorted({person for one in found for person in one.owners})
    people = prowess.people.roster(tenant_id=who.tenant_id, people=ids).people if ids else {}
    is_reader = who.account.role in READERS
    return render_template("reports/reviews.html", reviews=found, people=people, today=today, is_reader=is_reader)


@blueprint.get("/<path:program_id>")
@signed_in_only
@readers_only
def review(program_id: str) -> ResponseReturnValue:
    """What there is to look at."""
    prowess, who = this_prowess(), current()
    one = next((one for one in rounds(prowess, who.tenant_id) if one.program.id == program_id), None)
    if one is None:
        raise NotFound(f"no program '{program_id}' is reviewed", hint="say review: {every: P1Y, owner: …} in it")
    now = prowess.clock.now()
    known = "programs.index" in current_app.view_functions
    return render_template(
        "reports/review.html",
        round=one,
        material=material(prowess, who.tenant_id, one, now),
        today=to_datetime(now).date(),
        editor=url_for("programs.index") if known else None,
    )
