"""What an administrator says about a Moodle: where it is, and which program is which course there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marshmallow import fields as f
from marshmallow import validate

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
from connectors.moodle.users import WAYS
from connectors.settings import StrictSchema
from lrs.settings import Secret, SecretField

STUDENT_ROLE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodleGrade(GradeTarget):
    """The existing activity whose grade shows a result."""

    component: str
    cmid: int
    itemnumber: int

    @property
    def place(self) -> int:
        return self.cmid


@dataclass(frozen=True, slots=True)
class MoodleProgram(ProgramTarget):
    """A program's course and grade in a Moodle."""

    course: int
    grade: MoodleGrade | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodleSettings(LmsSettings):
    token: Secret
    programs: Mapping[str, MoodleProgram]
    role: int


class MoodleGradeSchema(GradeSchema):
    becomes = MoodleGrade
    component = f.String(required=True, validate=validate.Regexp(r"^mod_[a-z][a-z0-9_]*\Z", error="such as mod_assign"))
    cmid = f.Integer(required=True, strict=True, validate=validate.Range(min=1))
    itemnumber = f.Integer(load_default=0, strict=True, validate=validate.Range(min=0))


class MoodleProgramSchema(StrictSchema):
    becomes = MoodleProgram
    course = f.Integer(required=True, strict=True, validate=validate.Range(min=2))
    grade = f.Nested(MoodleGradeSchema, load_default=None, allow_none=True)
    close_after_days = closing_field()


class MoodleSchema(LmsSchema):
    becomes = MoodleSettings
    token = SecretField(required=True, deferred=True, validate=validate.Length(min=1))
    programs = programs_field(MoodleProgramSchema)
    match = match_field(WAYS, "account-id", "idnumber", "email")
    role = f.Integer(load_default=STUDENT_ROLE, strict=True)
    on_unassign = on_unassign_field("suspend", "unenrol")
