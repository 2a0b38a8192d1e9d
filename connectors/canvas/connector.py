"""Canvas as a connector: enrolments, due dates and grades out, completions and grades in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, cast
from uuid import UUID

from connectors.canvas.caller import CanvasCaller, Wait
from connectors.canvas.due_dates import DueDates
from connectors.canvas.enrolments import Enrolments
from connectors.canvas.inspection import look
from connectors.canvas.progress import ProgressReader
from connectors.canvas.results import Grades
from connectors.canvas.settings import CanvasGrade, CanvasSchema, CanvasSettings
from connectors.canvas.users import WAYS, CanvasUsers
from connectors.contract import Assignment, Progress, Receipt, Result, Subject, Surroundings
from connectors.http import Door
from connectors.lms.connector import LmsConnector
from connectors.lms.inspection import look_over
from connectors.lms.matching import Matcher
from connectors.lms.settings import ProgramTarget

_DEED: Final = 8
"""Calls of enrolling with a due date, where an assignment has some hundreds of overrides."""
_MOST_CALLS: Final = len(WAYS) + 2 * _DEED
"""Of one delivery: the user found earlier, refused, looked up in every way, tried again."""
_SAMPLE: Final = 20
"""How many people the test looks for: each costs a request for each way."""
_COURSE_TYPE: Final = "http://adlnet.gov/expapi/activities/course"
_ASSIGNMENT_TYPE: Final = "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/assignment"


class CanvasConnector(LmsConnector):
    """One Canvas site, spoken to by its REST API."""

    kind = "canvas"
    schema = CanvasSchema
    shows_keys = True
    _settings: CanvasSettings

    def __init__(self, settings: CanvasSettings, surroundings: Surroundings, *, wait: Wait = time.sleep) -> None:
        self._caller = CanvasCaller(Door(settings, surroundings.clock), settings.token)
        self._people = surroundings.people
        self._wait = wait
        self._enrolments = Enrolments(self._caller, settings.enrolment)
        self._due_dates = DueDates(self._caller)
        self._grades = Grades(self._caller)
        users = CanvasUsers(self._caller, settings.account)
        matcher = Matcher("Canvas", settings, WAYS, users.having, surroundings.people)
        super().__init__(settings, matcher, most_calls=_MOST_CALLS)

    def close(self) -> None:
        self._caller.close()

    def address(self, target: ProgramTarget) -> str:
        return f"{self._settings.url}/courses/{target.course}"

    def named(self, progress: Progress) -> Subject:
        """Canvas sends no statements; these are the addresses of its pages."""
        course = f"{self._settings.accounts_at}/courses/{progress.course}"
        if progress.activity is None:
            return Subject(course, _COURSE_TYPE)
        return Subject(f"{course}/assignments/{progress.activity}", _ASSIGNMENT_TYPE)

    def test(self) -> Iterator[str]:
        me = self._caller.one("GET", "/users/self")
        yield f"Canvas at {self._settings.url}, as {me.get('name')}"
        programs = self._settings.programs
        yield from look_over(
            self._settings,
            lambda program: look(self._caller, programs[program]),
            self._matcher,
            self._people.some(_SAMPLE),
        )

    def read_progress(self, course: str) -> Iterator[Progress]:
        return ProgressReader(self._caller, course, self._wait).read()

    def enrol(self, assignment: Assignment, key: UUID, user: str) -> Receipt:
        target = self._settings.programs[assignment.program]
        dated = target.close_after_days is not None
        receipt = self._enrolments.let_in(assignment, key, user, section=target.section, dated=dated)
        if target.due_assignment is None:
            return receipt
        due = self._due_dates.put(assignment.course, target.due_assignment, user, assignment.due_on, key)
        return replace(receipt, note=f"{receipt.note}, {due}")

    def end(self, assignment: Assignment, key: UUID, user: str) -> Receipt:
        return self._enrolments.end(assignment, key, user, task=self._settings.on_unassign)

    def grade(self, result: Result, key: UUID, user: str) -> Receipt:
        grade = cast("CanvasGrade", self.grade_of(result.program))
        return self._grades.write(result, grade.assignment, key, user)
