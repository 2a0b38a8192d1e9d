"""Moodle as a connector: enrolments and grades out, completions and grades in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from connectors.contract import (
    Assignment,
    Capability,
    Connector,
    Order,
    PersonKeys,
    Progress,
    Receipt,
    RemotePerson,
    Result,
    Surroundings,
    unsupported,
)
from connectors.decisions import ESCALATIONS, GAINS, LOSSES, Decision, Transition
from connectors.errors import RemoteError, SystemDown
from connectors.http import Door
from connectors.moodle.caller import MoodleCaller
from connectors.moodle.inspection import Inspection
from connectors.moodle.matching import Matcher
from connectors.moodle.progress import ProgressReader
from connectors.moodle.refusals import GRADE_OK, grade_refusal
from connectors.moodle.settings import WAYS, GradeTarget, MoodleSchema, MoodleSettings

FUNCTIONS: Mapping[str, str] = {
    "core_webservice_get_site_info": "prowess connect test",
    "core_user_get_users_by_field": "finding people",
    "enrol_manual_enrol_users": "assigning, and suspending on unassignment",
    "enrol_manual_unenrol_users": "on_unassign: unenrol",
    "core_grades_update_grades": "writing results",
    "core_enrol_get_enrolled_users": "reading progress",
    "core_completion_get_activities_completion_status": "reading progress",
    "core_completion_get_course_completion_status": "reading progress",
    "gradereport_user_get_grade_items": "reading progress",
}
"""Every function the external service must contain, and what for."""

_MOST_CALLS = len(WAYS) + 2
"""Of one delivery: the user found earlier, refused, looked up in every way, tried again."""

_LAST_ZONE = timedelta(hours=12)
"""A local day is over everywhere on earth twelve hours after it is over in UTC."""


class MoodleConnector(Connector):
    """One Moodle site, spoken to by its REST web services."""

    kind = "moodle"
    schema = MoodleSchema
    capabilities = frozenset(
        {
            Capability.FIND_PEOPLE,
            Capability.READ_PROGRESS,
            Capability.ASSIGN,
            Capability.UNASSIGN,
            Capability.WRITE_RESULT,
        }
    )

    def __init__(self, settings: MoodleSettings, surroundings: Surroundings) -> None:
        self.name = settings.name
        self.patience = _MOST_CALLS * settings.timeout
        self._settings = settings
        self._caller = MoodleCaller(Door(settings, surroundings.clock), settings.token)
        self._matcher = Matcher(settings, self._caller, surroundings.people)
        self._inspection = Inspection(settings, self._caller, self._matcher, surroundings.people)

    def close(self) -> None:
        self._caller.close()

    def wants(self, decision: Decision) -> Capability | None:
        target = self._settings.programs.get(decision.program)
        if target is None or decision.transition not in self._settings.push - ESCALATIONS:
            return None
        if decision.transition is Transition.ASSIGNED:
            return Capability.ASSIGN
        if decision.transition is Transition.UNASSIGNED:
            return None if self._settings.on_unassign == "keep" else Capability.UNASSIGN
        if target.grade is None or (decision.transition in LOSSES and target.grade.lost is None):
            return None
        return Capability.WRITE_RESULT

    def place(self, program: str) -> str | None:
        target = self._settings.programs.get(program)
        return None if target is None else f"{self._settings.url}/course/view.php?id={target.course}"

    def deliver(self, order: Order) -> Receipt:
        decision = order.decision
        if decision.program not in self._settings.programs:
            raise RemoteError(
                f"'{self.name}' has no course for program '{decision.program}' any more",
                retryable=False,
                hint=f"add it under programs: of '{self.name}', then: prowess connect deliveries --retry-dead",
            )
        if order.capability is Capability.ASSIGN:
            return self.assign(self._assignment(decision), order.key)
        if order.capability is Capability.UNASSIGN:
            return self.unassign(self._assignment(decision), order.key)
        if order.capability is Capability.WRITE_RESULT:
            return self.write_result(self._result(decision), order.key)
        raise unsupported(self, order.capability)

    def test(self) -> Iterator[str]:
        site = self._caller.call("core_webservice_get_site_info")
        offered = {function["name"] for function in site.get("functions", ())}
        missing = [f"{name} ({purpose})" for name, purpose in FUNCTIONS.items() if name not in offered]
        if missing:
            raise SystemDown(
                f"the service lacks {', '.join(missing)}",
                hint="add them: Site administration > Server > Web services > External services > Functions",
            )
        yield f"{site.get('sitename')} at {site.get('siteurl')}, as {site.get('fullname')}, all functions there"
        yield from self._inspection.look()

    def find_people(self, people: Sequence[PersonKeys]) -> Mapping[str, RemotePerson]:
        return {person_id: remote for person_id, (remote, _) in self._matcher.find(people).items()}

    def courses(self) -> Mapping[str, str]:
        return {program: str(target.course) for program, target in self._settings.programs.items()}

    def read_progress(self, course: str) -> Iterator[Progress]:
        return ProgressReader(self._caller, course).read()

    def assign(self, assignment: Assignment, key: UUID) -> Receipt:
        return self._enrol(assignment, key, suspend=False)

    def unassign(self, assignment: Assignment, key: UUID) -> Receipt:
        if self._settings.on_unassign == "suspend":
            return self._enrol(assignment, key, suspend=True)

        def unenrol(user: str) -> Receipt:
            row = {"userid": user, "courseid": assignment.course}
            self._caller.call("enrol_manual_unenrol_users", {"enrolments": [row]}, key=key)
            return Receipt(200, f"user {user} unenrolled from course {assignment.course}")

        return self._for(assignment.person, unenrol)

    def write_result(self, result: Result, key: UUID) -> Receipt:
        grade = self._grade_target(result.program)

        def write(user: str) -> Receipt:
            params = {
                "source": "prowess",
                "courseid": result.course,
                "component": grade.component,
                "activityid": grade.cmid,
                "itemnumber": grade.itemnumber,
                "grades": [{"studentid": user, "grade": result.grade, "str_feedback": _feedback(result)}],
            }
            said = self._caller.call("core_grades_update_grades", params, key=key)
            if said != GRADE_OK:
                raise grade_refusal(said)
            return Receipt(200, f"user {user} graded {result.grade:f} in activity {grade.cmid}")

        return self._for(result.person, write)

    def _enrol(self, assignment: Assignment, key: UUID, *, suspend: bool) -> Receipt:
        def enrol(user: str) -> Receipt:
            row = {"roleid": self._settings.role, "userid": user, "courseid": assignment.course}
            if assignment.starts_at is not None:
                row["timestart"] = int(assignment.starts_at.timestamp())
            if assignment.ends_at is not None:
                row["timeend"] = int(assignment.ends_at.timestamp())
            if suspend:
                row["suspend"] = 1
            self._caller.call("enrol_manual_enrol_users", {"enrolments": [row]}, key=key)
            return Receipt(200, f"user {user} {'suspended' if suspend else 'enrolled'} in course {assignment.course}")

        return self._for(assignment.person, enrol)

    def _for(self, person: str, act: Callable[[str], Receipt]) -> Receipt:
        """Act on a person's user id; when Moodle refuses one found earlier, look whether it has changed."""
        known = self._matcher.known(person)
        if known is None:
            return act(self._matcher.look_up(person))
        try:
            return act(known)
        except RemoteError as error:
            if error.retryable:
                raise
            current = self._matcher.look_up(person)
            if current == known:
                raise
            return act(current)

    def _assignment(self, decision: Decision) -> Assignment:
        target = self._settings.programs[decision.program]
        return Assignment(
            person=decision.person,
            program=decision.program,
            course=str(target.course),
            starts_at=datetime.fromisoformat(decision.timestamp),
            ends_at=_closing(decision.due_on, target.close_after_days),
            due_on=decision.due_on,
        )

    def _result(self, decision: Decision) -> Result:
        target = self._grade_target(decision.program)
        gained = target.without_score if decision.score is None else target.max * decision.score
        return Result(
            person=decision.person,
            program=decision.program,
            course=str(self._settings.programs[decision.program].course),
            verdict=decision.transition,
            grade=gained if decision.transition in GAINS else target.lost or Decimal(0),
            score=decision.score,
            met_on=decision.met_on,
            valid_from=decision.valid_from,
            expires_on=decision.expires_on,
        )

    def _grade_target(self, program: str) -> GradeTarget:
        target = self._settings.programs[program].grade
        if target is None:
            raise RemoteError(f"'{self.name}' has no grade for program '{program}' any more", retryable=False)
        return target


def _closing(due_on: date | None, days: int | None) -> datetime | None:
    """When the enrolment ends: after the last day of grace, wherever the learner is."""
    if due_on is None or days is None:
        return None
    return datetime.combine(due_on + timedelta(days=days + 1), time(), UTC) + _LAST_ZONE


def _feedback(result: Result) -> str:
    validity = f", valid until {result.expires_on}" if result.expires_on and result.verdict in GAINS else ""
    return f"{result.verdict.capitalize()}{validity} (Prowess)"
