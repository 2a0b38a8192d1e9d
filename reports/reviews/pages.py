"""Pages of reviews: which are due, and what there is to look at in one."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs.clock import to_datetime
from lrs.errors import Forbidden, NotFound
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.web.failures import register_failures
from lrs.web.sessions import current, demand_sign_in
from lrs.web.visitors import ADMIN, READERS, SignedIn, who_to_ask
from reports.reviews.material import material
from reports.reviews.rounds import Owned, owned, rounds

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
    readable = {one.round.program.id for one in found if _may_read(who, one)}
    return render_template("reports/reviews.html", reviews=found, people=people, today=today, readable=readable)


@blueprint.get("/<path:program_id>")
@signed_in_only
def review(program_id: str) -> ResponseReturnValue:
    """What there is to look at, for its owners and those who read everything.  Raises Forbidden, NotFound."""
    prowess, who = this_prowess(), current()
    now = prowess.clock.now()
    today, is_reader = to_datetime(now).date(), who.account.role in READERS
    found = [one for one in rounds(prowess, who.tenant_id) if one.program.id == program_id]
    one = next((one for one in owned(prowess, who.tenant_id, found, today) if _may_read(who, one)), None)
    if one is None and not is_reader:
        raise Forbidden(
            f"this page is for whoever reviews '{program_id}', administrators and analysts",
            hint=who_to_ask(who.account),
        )
    if one is None:
        raise NotFound(f"no program '{program_id}' is reviewed", hint="say review: {every: P1Y, owner: …} in it")
    known = "programs.index" in current_app.view_functions
    return render_template(
        "reports/review.html",
        round=one.round,
        material=material(prowess, who.tenant_id, one.round, now),
        today=today,
        is_reader=is_reader,
        is_admin=who.account.role == ADMIN,
        editor=url_for("programs.index") if known else None,
        program=url_for("programs.program", program_id=program_id) if known else None,
    )


def _may_read(who: SignedIn, one: Owned) -> bool:
    return who.account.role in READERS or who.account.person_id in one.owners
