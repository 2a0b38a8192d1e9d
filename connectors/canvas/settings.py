"""What an administrator says about a Canvas: where it is, and which program is which course there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, validate, validates_schema
from marshmallow import fields as f

from connectors.canvas.users import WAYS
from connectors.lms.settings import (
    GradeSchema,
    GradeTarget,
    LmsSchema,
    LmsSettings,
    ProgramTarget,
    closing_field,
    match_field,
    on_unassign_field,
    programs_field,
)
from connectors.settings import StrictSchema
from lrs.settings import Secret, SecretField

ENROLMENTS = ("StudentEnrollment", "ObserverEnrollment", "TaEnrollment", "TeacherEnrollment", "DesignerEnrollment")
"""Canvas's own words for the base roles of a course."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanvasGrade(GradeTarget):
    """The existing assignment whose grade shows a result, in points."""

    assignment: int

    @property
    def place(self) -> int:
        return self.assignment


@dataclass(frozen=True, slots=True)
class CanvasProgram(ProgramTarget):
    """A program's course and grade in a Canvas.

    section: where those are put who are not in the course; None is Canvas's default section.
    due_assignment: the assignment that gets each learner's own due date; None leaves due dates alone.
    """

    course: int
    grade: CanvasGrade | None
    section: int | None = None
    due_assignment: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CanvasSettings(LmsSettings):
    """account: the number of the account whose users are searched, or `self`, the one of the address."""

    token: Secret
    programs: Mapping[str, CanvasProgram]
    account: str
    enrolment: str


def _number(*, required: bool = False) -> f.Integer:
    if required:
        return f.Integer(required=True, strict=True, validate=validate.Range(min=1))
    return f.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(min=1))


class CanvasGradeSchema(GradeSchema):
    becomes = CanvasGrade
    assignment = _number(required=True)


class CanvasProgramSchema(StrictSchema):
    becomes = CanvasProgram
    course = _number(required=True)
    grade = f.Nested(CanvasGradeSchema, load_default=None, allow_none=True)
    close_after_days = closing_field()
    section = _number()
    due_assignment = _number()


class CanvasSchema(LmsSchema):
    becomes = CanvasSettings
    token = SecretField(required=True, deferred=True, validate=validate.Length(min=1))
    programs = programs_field(CanvasProgramSchema)
    match = match_field(WAYS, "account-id", "sis-id", "email")
    account = f.String(
        load_default="self", validate=validate.Regexp(r"^(self|[1-9][0-9]*)\Z", error="self, or the account's number")
    )
    enrolment = f.String(load_default=ENROLMENTS[0], validate=validate.OneOf(ENROLMENTS))
    on_unassign = on_unassign_field("conclude", "deactivate", "delete")

    @validates_schema
    def _check_grades(self, values: Mapping[str, Any], **_: Any) -> None:
        if values.get("enrolment") == ENROLMENTS[0]:
            return
        for name, target in (values.get("programs") or {}).items():
            if target.grade is not None or target.due_assignment is not None:
                raise ValidationError({"programs": {name: ["only a StudentEnrollment has grades and due dates"]}})
