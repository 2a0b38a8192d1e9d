"""Reports as a plug-in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from lrs.bench.findings import Bench, Findings, Setting
from lrs.prowess import Link, Plugin
from reports.commands import report
from reports.digests import publisher, results
from reports.digests.commands import digest
from reports.digests.publisher import Publisher
from reports.digests.results import Accountant
from reports.mailings.sender import Sender
from reports.metrics import families as metrics
from reports.reviews import reminder, rounds
from reports.reviews.reminder import Reminder
from reports.settings import ReportsSchema
from reports.tables import ERASURE, metadata

if TYPE_CHECKING:
    from flask import Blueprint

    from lrs.jobs import Job
    from lrs.prowess import Prowess
    from lrs.web.panels import Panel
    from lrs.web.visitors import SignedIn


def _has_team(who: SignedIn) -> bool:
    from reports.access import team_scope  # noqa: PLC0415 - commands need no pages

    return team_scope(who) is not None


def _reviews(who: SignedIn) -> bool:
    from lrs.http.requests import this_prowess  # noqa: PLC0415 - commands need no pages
    from reports.reviews.rounds import is_owner  # noqa: PLC0415

    return is_owner(this_prowess(), who.tenant_id, who.account.person_id)


def _blueprints(_: Prowess) -> Iterable[Blueprint]:
    from reports.digests.pages import blueprint as digests  # noqa: PLC0415 - commands need no web server
    from reports.pages import blueprint  # noqa: PLC0415
    from reports.reviews.pages import blueprint as reviews  # noqa: PLC0415

    return [blueprint, digests, reviews]


def _panels(prowess: Prowess) -> Iterable[Panel]:
    from reports.panels import panels  # noqa: PLC0415 - commands need no web server

    return panels(prowess)


def _jobs(prowess: Prowess) -> Iterable[Job]:
    writers = {
        publisher.KIND: partial(publisher.write, prowess),
        results.KIND: partial(results.write, prowess),
        rounds.KIND: partial(reminder.write, prowess),
    }
    return [Publisher(prowess), Accountant(prowess), Reminder(prowess), Sender(prowess, writers)]


def _measure(setting: Setting) -> Findings:
    from reports.bench import measure  # noqa: PLC0415 - other commands need no benchmark

    return measure(setting)


plugin = Plugin(
    name="reports",
    settings=ReportsSchema,
    metadata=metadata,
    migrations="reports.migrations.versions",
    erasure=ERASURE,
    blueprints=_blueprints,
    commands=(report, digest),
    jobs=_jobs,
    links=(
        Link("Reports", "reports.index", 20, also_for=_has_team),
        Link("Reviews", "reviews.index", 75, also_for=_reviews),
        Link("Digests", "digests.index", 80),
    ),
    panels=_panels,
    metrics=metrics,
    benches=(Bench("reports", "every report of an organisation, read over HTTP", _measure),),
)
