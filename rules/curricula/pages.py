"""Pages of curricula: the jobs there are, and for each everything it has to learn.  For everybody who is signed in."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs.clock import day_of, to_datetime
from lrs.errors import NotFound, did_you_mean
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.web.failures import register_failures
from lrs.web.sessions import current, demand_sign_in
from lrs.web.visitors import READERS
from rules.curricula.curriculum import curriculum
from rules.curricula.jobs import assigned, jobs, jobs_of, places
from rules.published.composition import published_of
from rules.published.in_force import program_of

blueprint = Blueprint("curricula", __name__, url_prefix="/curricula")
register_failures(blueprint)
blueprint.before_request(demand_sign_in)


@blueprint.get("")
@signed_in_only
def index() -> ResponseReturnValue:
    """The jobs, one's own first."""
    prowess, who = this_prowess(), current()
    day = day_of(prowess.clock.now())
    ruleset = published_of(prowess).current(who.tenant_id).ruleset
    with prowess.database.read() as conn:
        found = jobs(conn, who.tenant_id, ruleset, day)
        mine = jobs_of(conn, who.tenant_id, who.account.person_id, day) if who.account.person_id else []
    return render_template("rules/curricula/index.html", jobs=found, mine=mine, is_reader=who.account.role in READERS)


@blueprint.get("/<path:job>")
@signed_in_only
def one(job: str) -> ResponseReturnValue:
    """What a job has to learn."""
    prowess, who = this_prowess(), current()
    now = prowess.clock.now()
    today, day = to_datetime(now).date(), day_of(now)
    ruleset = published_of(prowess).current(who.tenant_id).ruleset
    with prowess.database.read() as conn:
        known = jobs(conn, who.tenant_id, ruleset, day)
        held = places(conn, who.tenant_id, job, day)
        has = assigned(conn, who.tenant_id, job, day, now)
    if job not in known:
        hint = did_you_mean(job, known) if known else "an administrator imports people first"
        raise NotFound(f"nobody holds the job '{job}', and no program names it", hint=hint)
    in_force = {name: program for name in ruleset.programs if (program := program_of(ruleset, name, now))}
    reports = "reports.report" in current_app.view_functions and who.account.role in READERS
    return render_template(
        "rules/curricula/job.html",
        job=job,
        entries=curriculum(ruleset, in_force, job, held, has, today),
        today=today,
        cohorts=url_for("reports.report", name="cohorts") if reports else None,
    )
