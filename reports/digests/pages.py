"""Pages of digests: what goes out, and the link by which a reader says that they want no more."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from lrs.clock import day_of
from lrs.http.access import open_to_all, signed_in_only
from lrs.http.requests import this_prowess
from lrs.store.tables import DEFAULT_TENANT
from lrs.web.failures import register_failures
from lrs.web.sessions import demand_sign_in, readers_only
from reports.digests.recipients import addressees
from reports.digests.schedule import following, local_text, said
from reports.digests.stopping import is_stopped, resume, stop, subscription_of
from reports.mailings import outbox
from reports.settings import settings_of

blueprint = Blueprint("digests", __name__, url_prefix="/digests", template_folder="../templates")
register_failures(blueprint)

RECENT = 50


@blueprint.get("")
@signed_in_only
def index() -> ResponseReturnValue:
    """The digests there are, and the latest letters."""
    if (away := demand_sign_in()) is not None:
        return away
    return _index()


@readers_only
def _index() -> ResponseReturnValue:
    prowess = this_prowess()
    now, digests = prowess.clock.now(), settings_of(prowess).digests
    with prowess.database.read() as conn:
        readers = {one.name: len(addressees(conn, DEFAULT_TENANT, one, day_of(now))) for one in digests}
        recent = outbox.listed(conn, DEFAULT_TENANT, RECENT)
    ids = sorted({row.recipient for row in recent})
    people = prowess.people.roster(tenant_id=DEFAULT_TENANT, people=ids).people if ids else {}
    return render_template(
        "reports/digests.html",
        digests=[(one, said(one), local_text(one, following(one, now).at), readers[one.name]) for one in digests],
        recent=recent,
        names={id_: person.name for id_, person in people.items() if person.name},
        mail_is_configured=prowess.mail.is_configured,
    )


@blueprint.get("/stop/<token>")
@open_to_all
def ask_to_stop(token: str) -> ResponseReturnValue:
    """Asks first: programs that look at mail follow links, and must not stop anything."""
    one = subscription_of(this_prowess(), token)
    return render_template(
        "reports/stop.html", token=token, title=_title(one.name), is_stopped=is_stopped(this_prowess(), one)
    )


@blueprint.post("/stop/<token>")
@open_to_all
def stop_it(token: str) -> ResponseReturnValue:
    """From the page, or from a mail program's own button (RFC 8058): the link itself is the proof."""
    one = subscription_of(this_prowess(), token)
    stop(this_prowess(), one)
    return render_template("reports/stop.html", token=token, title=_title(one.name), is_stopped=True)


@blueprint.post("/resume/<token>")
@open_to_all
def resume_it(token: str) -> ResponseReturnValue:
    one = subscription_of(this_prowess(), token)
    resume(this_prowess(), one)
    return render_template("reports/stop.html", token=token, title=_title(one.name), is_stopped=False)


def _title(name: str) -> str:
    return next((one.title for one in settings_of(this_prowess()).digests if one.name == name), name)
