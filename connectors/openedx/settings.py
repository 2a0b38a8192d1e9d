"""What an administrator says about an Open edX: where it is, and which program is which course run there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import ValidationError, validate, validates_schema
from marshmallow import fields as f

from connectors.lms.settings import (
    GradeSchema,
    GradeTarget,
    LmsSchema,
    LmsSettings,
    ProgramTarget,
    match_field,
    on_unassign_field,
    programs_field,
)
from connectors.openedx.users import WAYS
from connectors.settings import StrictSchema, address_problem
from lrs.settings import Secret, SecretField

DEACTIVATE: Final = "deactivate"
_COURSE: Final = r"^course-v1:[^/+\s]+\+[^/+\s]+\+[^/+?\s]+\Z"
_SUBSECTION: Final = r"^block-v1:[^/+\s]+\+[^/+\s]+\+[^/+?\s]+\+type@sequential\+block@[^/+?\s]+\Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEdxGrade(GradeTarget):
    """The existing subsection whose grade shows a result, overridden as in the gradebook."""

    usage_id: str

    @property
    def place(self) -> str:
        return self.usage_id


@dataclass(frozen=True, slots=True)
class OpenEdxProgram(ProgramTarget):
    """A program's course run.  mode: the enrolment track; None leaves that to Open edX."""

    course: str
    grade: OpenEdxGrade | None
    mode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEdxSettings(LmsSettings):
    """learning_url: where the learning micro-frontend is.  force_enrollment: also where enrolment is closed."""

    client_id: str
    client_secret: Secret
    programs: Mapping[str, OpenEdxProgram]
    learning_url: str | None
    force_enrollment: bool


class OpenEdxGradeSchema(GradeSchema):
    becomes = OpenEdxGrade
    usage_id = f.String(
        required=True,
        validate=validate.Regexp(
            _SUBSECTION, error="a subsection, such as block-v1:Org+Course+Run+type@sequential+block@…"
        ),
    )


class OpenEdxProgramSchema(StrictSchema):
    becomes = OpenEdxProgram
    course = f.String(
        required=True, validate=validate.Regexp(_COURSE, error="a course run, such as course-v1:Org+Course+Run")
    )
    grade = f.Nested(OpenEdxGradeSchema, load_default=None, allow_none=True)
    mode = f.String(
        load_default=None, allow_none=True, validate=validate.Regexp(r"^[a-z-]+\Z", error="such as audit or verified")
    )

    @validates_schema
    def _check_grade(self, values: Mapping[str, Any], **_: Any) -> None:
        grade, course = values.get("grade"), values.get("course")
        if grade is None or course is None:
            return
        run = re.escape(course.removeprefix("course-v1:"))
        if not re.match(rf"block-v1:{run}\+type@", grade.usage_id):
            raise ValidationError({"grade": {"usage_id": [f"this subsection is not of {course}"]}})


class OpenEdxSchema(LmsSchema):
    becomes = OpenEdxSettings
    client_id = f.String(required=True, validate=validate.Length(min=1))
    client_secret = SecretField(required=True, deferred=True, validate=validate.Length(min=1))
    programs = programs_field(OpenEdxProgramSchema)
    match = match_field(WAYS, "account-username", "email")
    on_unassign = on_unassign_field(DEACTIVATE)
    learning_url = f.String(load_default=None, allow_none=True)
    force_enrollment = f.Boolean(load_default=False)

    @validates_schema
    def _check_learning_url(self, values: Mapping[str, Any], **_: Any) -> None:
        url = values.get("learning_url")
        if url is not None and (problem := address_problem(url, allow_http=True)):
            raise ValidationError({"learning_url": [problem]})
