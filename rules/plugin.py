"""Rules as a plug-in: the projector, the jobs behind it, the commands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from flask import Blueprint

from lrs.bench.findings import Bench, Findings, Setting
from lrs.erasure.policies import Keep, Policy, Scrub, theirs
from lrs.feed.consumer import Consumer
from lrs.jobs import Job
from lrs.prowess import Link, Outlook, Plugin
from lrs.web.panels import Panel
from lrs.web.visitors import SignedIn
from rules import erasing
from rules.commands.check import check, decide_command
from rules.commands.explain import explain_command
from rules.commands.lint import lint_command
from rules.commands.publish import apply_command, history_command, plan_command, rollback_command
from rules.commands.schema import schema_command
from rules.commands.simulate import simulate_command
from rules.commands.trial import trial_command
from rules.decider import Decider, TimeJob
from rules.decisions.emitter import EmitJob
from rules.derived import DERIVED
from rules.derived import check as check_record
from rules.entry.commands import act, attendance, kpi
from rules.escalation.climber import Climber
from rules.escalation.commands import notices
from rules.escalation.erasing import ERASURE as ESCALATION
from rules.escalation.postman import Postman
from rules.facts.projector import EvidenceProjector
from rules.language.profiles import OURS
from rules.language.schema import json_schema_text
from rules.metrics import families as metrics
from rules.published.composition import published_of
from rules.recognition.commands import badges
from rules.recognition.settings import RulesSchema
from rules.tables import metadata
from rules.troubles.complaints import complaints
from rules.troubles.keys import note as key_note

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lrs.prowess import Prowess

ERASURE: Final[dict[str, Policy]] = {
    "ruleset": Scrub(logins=("applied_by",), why="who published; what programs say is the house's"),
    "program": Keep(why="programs, not people"),
    "activity": Keep(why="activities, not people"),
    "evidence": Scrub(following=erasing.project_anew, why="what was counted stays, and who answered for it"),
    "dirty": Scrub(
        people=("person_id",),
        texts=("error",),
        at_once=theirs("person_id"),
        is_worklist=True,
        why="what waits to be decided",
    ),
    "decision": Scrub(
        by=erasing.rename_decisions,
        which=erasing.decisions_about,
        at_once=theirs("person_id"),
        why="verdicts are the pseudonym's",
    ),
    "decision_log": Scrub(
        by=erasing.rename_decisions,
        which=erasing.decisions_about,
        first=("person_id",),
        why="what was said stays said, of the pseudonym",
    ),
    "status": Scrub(people=("person_id",), at_once=theirs("person_id"), why="what reports count"),
    "emission": Scrub(
        by=erasing.rename_emissions,
        which=erasing.emissions_about,
        people=("person_id",),
        first=("person_id",),
        why="what was announced is a statement",
    ),
    **ESCALATION,
}


def _consumers(prowess: Prowess) -> Iterable[Consumer]:
    return [EvidenceProjector(prowess, published_of(prowess))]


def _jobs(prowess: Prowess) -> Iterable[Job]:
    published = published_of(prowess)
    return [
        TimeJob(prowess),
        Decider(prowess, published),
        Climber(prowess, published),
        EmitJob(prowess),
        Postman(prowess, published),
    ]


def _approves(who: SignedIn) -> bool:
    from lrs.http.requests import this_prowess  # noqa: PLC0415 - commands need no pages
    from rules.escalation.consequences import approves  # noqa: PLC0415

    return approves(this_prowess(), published_of(this_prowess()), who.account)


def _blueprints(_: Prowess) -> Iterable[Blueprint]:
    from rules.api.badges import blueprint as badges_api  # noqa: PLC0415
    from rules.api.programs import blueprint as api  # noqa: PLC0415 - commands need no pages
    from rules.api.publish import blueprint as publish_api  # noqa: PLC0415
    from rules.api.schema import blueprint as schemas  # noqa: PLC0415
    from rules.curricula.pages import blueprint as curricula  # noqa: PLC0415
    from rules.entry.api import blueprint as entry_api  # noqa: PLC0415
    from rules.entry.pages import blueprint as entry_pages  # noqa: PLC0415
    from rules.escalation.pages import blueprint as escalation  # noqa: PLC0415
    from rules.pages import blueprints as pages  # noqa: PLC0415
    from rules.recognition.public import blueprint as badges_public  # noqa: PLC0415

    own = Blueprint("rules", __name__, template_folder="templates")
    return [
        own,
        entry_pages(),
        entry_api,
        escalation,
        curricula,
        schemas,
        *pages(),
        api,
        publish_api,
        badges_api,
        badges_public,
    ]


def _panels(prowess: Prowess) -> Iterable[Panel]:
    from rules.panels import panels  # noqa: PLC0415 - commands need no pages

    return panels(prowess)


def _outlook(prowess: Prowess, conn: Connection, changed: Collection[str], people: Sequence[str]) -> Outlook:
    from rules.outlook import outlook  # noqa: PLC0415 - other commands decide nothing

    return outlook(prowess, conn, changed, people)


def _measure(setting: Setting) -> Findings:
    from rules.bench.store import measure  # noqa: PLC0415 - other commands need no benchmark

    return measure(setting)


plugin = Plugin(
    name="rules",
    settings=RulesSchema,
    metadata=metadata,
    migrations="rules.migrations.versions",
    erasure=ERASURE,
    extensions=(OURS,),
    starters={"programs.schema.json": json_schema_text},
    commands=(
        check,
        lint_command,
        trial_command,
        schema_command,
        decide_command,
        simulate_command,
        plan_command,
        apply_command,
        rollback_command,
        history_command,
        explain_command,
        attendance,
        kpi,
        act,
        notices,
        badges,
    ),
    benches=(Bench("rules", "routing, folding, deciding, and how soon decisions are visible", _measure),),
    consumers=_consumers,
    jobs=_jobs,
    links=(
        Link("Enter", "entry.start", 30, scope=""),
        Link("People", "people.index", 40, scope=""),
        Link("Programs", "programs.index", 50, scope=""),
        Link("Curricula", "curricula.index", 55, scope=""),
        Link("Escalation", "escalation.index", 60, also_for=_approves),
        Link("Exceptions", "exceptions.index", 70),
    ),
    blueprints=_blueprints,
    panels=_panels,
    outlook=_outlook,
    derived=DERIVED,
    checks=check_record,
    complaints=complaints,
    key_note=key_note,
    metrics=metrics,
)
