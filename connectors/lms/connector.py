"""An LMS as a connector: which decisions it is told, as what, and of whom; the kinds give the calls."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar
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
    Subject,
    unsupported,
)
from connectors.decisions import ESCALATIONS, Decision, Transition
from connectors.errors import RemoteError
from connectors.lms.matching import Matcher
from connectors.lms.orders import assignment_of, result_of
from connectors.lms.settings import KEEP, GradeTarget, LmsSettings, ProgramTarget


class LmsConnector(Connector):
    """One LMS.  `user` is always somebody's id there, as the matcher found it; repeating a call has no second effect."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.FIND_PEOPLE,
            Capability.READ_PROGRESS,
            Capability.ASSIGN,
            Capability.UNASSIGN,
            Capability.WRITE_RESULT,
        }
    )

    def __init__(self, settings: LmsSettings, matcher: Matcher, *, most_calls: int) -> None:
        """most_calls: of one delivery."""
        self.name = settings.name
        self.patience = most_calls * settings.timeout
        self._settings = settings
        self._matcher = matcher

    @abstractmethod
    def address(self, target: ProgramTarget) -> str:
        """Where a learner opens a course."""

    @abstractmethod
    def enrol(self, assignment: Assignment, key: UUID, user: str) -> Receipt:
        """Let them take the course."""

    @abstractmethod
    def end(self, assignment: Assignment, key: UUID, user: str) -> Receipt:
        """Do with their enrolment what `on_unassign` says."""

    @abstractmethod
    def grade(self, result: Result, key: UUID, user: str) -> Receipt:
        """Write a result where the program's grade is."""

    @abstractmethod
    def named(self, progress: Progress) -> Subject:
        """What the LMS's own statements of this would be about."""

    def wants(self, decision: Decision) -> Capability | None:
        target = self._settings.programs.get(decision.program)
        if target is None or decision.transition not in self._settings.push - ESCALATIONS:
            return None
        if decision.transition is Transition.ASSIGNED:
            return Capability.ASSIGN
        if decision.transition is Transition.UNASSIGNED:
            return None if self._settings.on_unassign == KEEP else Capability.UNASSIGN
        return Capability.WRITE_RESULT if target.grade and target.grade.tells(decision.transition) else None

    def place(self, program: str) -> str | None:
        target = self._settings.programs.get(program)
        return None if target is None else self.address(target)

    def deliver(self, order: Order) -> Receipt:
        decision = order.decision
        if decision.program not in self._settings.programs:
            raise RemoteError(
                f"'{self.name}' has no course for program '{decision.program}' any more",
                retryable=False,
                hint=f"add it under programs: of '{self.name}', then: prowess connect deliveries --retry-dead",
            )
        target = self._settings.programs[decision.program]
        if order.capability is Capability.ASSIGN:
            return self.assign(assignment_of(decision, target), order.key)
        if order.capability is Capability.UNASSIGN:
            return self.unassign(assignment_of(decision, target), order.key)
        if order.capability is Capability.WRITE_RESULT:
            return self.write_result(result_of(decision, target, self.grade_of(decision.program)), order.key)
        raise unsupported(self, order.capability)

    def find_people(self, people: Sequence[PersonKeys]) -> Mapping[str, RemotePerson]:
        return self._matcher.find(people)

    def subject(self, progress: Progress) -> Subject | None:
        written = {str(target.grade.place) for target in self._settings.programs.values() if target.grade}
        return None if progress.activity in written else self.named(progress)

    def accounts_at(self) -> str | None:
        return self._settings.accounts_at

    def courses(self) -> Mapping[str, str]:
        return {program: str(target.course) for program, target in self._settings.programs.items()}

    def assign(self, assignment: Assignment, key: UUID) -> Receipt:
        return self._matcher.act(assignment.person, partial(self.enrol, assignment, key))

    def unassign(self, assignment: Assignment, key: UUID) -> Receipt:
        return self._matcher.act(assignment.person, partial(self.end, assignment, key))

    def write_result(self, result: Result, key: UUID) -> Receipt:
        return self._matcher.act(result.person, partial(self.grade, result, key))

    def grade_of(self, program: str) -> GradeTarget:
        """Where results of a mapped program are written.  Raises RemoteError."""
        target = self._settings.programs[program].grade
        if target is None:
            raise RemoteError(f"'{self.name}' has no grade for program '{program}' any more", retryable=False)
        return target
