"""The home page: what needs attention today, how fresh it is, and on a new store what to do first."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Table, select

from lrs.http.access import signed_in_only
from lrs.http.requests import reached_at, this_prowess
from lrs.people import tables as p
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.web.layout import panels
from lrs.web.local_time import today_here
from lrs.web.sessions import current
from lrs.web.visitors import ADMIN, READERS


@dataclass(frozen=True, slots=True)
class Step:
    """Something a new store needs, and how to do it."""

    title: str
    text: str
    command: str
    is_done: bool


@signed_in_only
def show() -> ResponseReturnValue:
    """Today."""
    prowess = this_prowess()
    who = current()
    is_reader = who.account.role in READERS
    steps = first_steps(prowess, who.tenant_id) if is_reader else []
    today = today_here()
    return render_template(
        "web/home.html",
        today=f"{today:%A}, {today.day} {today:%B %Y}",
        panels=panels("home", who),
        steps=[] if all(step.is_done for step in steps) else steps,
        is_reader=is_reader,
        watermark=prowess.database.watermark(),
        stalled=prowess.work.stalled_since(),
        complaints=prowess.complaints() if who.account.role == ADMIN else (),
    )


def first_steps(prowess: Prowess, tenant_id: int) -> list[Step]:
    """What turns an empty store into a working one, in order."""
    url = reached_at(prowess)
    send = f"curl -u KEY:SECRET -H 'X-Experience-API-Version: 1.0.3' -H 'Content-Type: application/json' \\\n  -d @statement.json {url}/xapi/statements"
    return [
        Step(
            "Make a key for your LMS or content",
            "Every source gets its own, so that you can see later who sent what.",
            "prowess key create --name lms --scope all",
            _has(prowess, t.credential, tenant_id),
        ),
        Step(
            "Import your people",
            "One row for each position: job, level, site, unit, managers. Their identifiers link statements to them.",
            "prowess people import people.csv",
            _has(prowess, p.person, tenant_id),
        ),
        Step(
            "Send the first statement",
            f"Any xAPI client can do it; the endpoint is {url}/xapi/.",
            send,
            _has(prowess, t.statement, tenant_id),
        ),
        Step(
            "Apply a program",
            "Plan shows who would gain and lose before anything happens; apply puts it into force.",
            "prowess check && prowess plan && prowess apply",
            is_done=_has_program(prowess, tenant_id),
        ),
    ]


def _has(prowess: Prowess, table: Table, tenant_id: int) -> bool:
    with prowess.database.read() as conn:
        return conn.scalar(select(table.c.tenant_id).where(table.c.tenant_id == tenant_id).limit(1)) is not None


def _has_program(prowess: Prowess, tenant_id: int) -> bool:
    """A ruleset that was applied is a fact of the feed."""
    e = t.event.c
    with prowess.database.read() as conn:
        applied = select(e.seq).where(e.tenant_id == tenant_id, e.kind == "ruleset").limit(1)
        return conn.scalar(applied) is not None
