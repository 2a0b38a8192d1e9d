"""What an administrator says about a Moodle: where it is, and which program is which course there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marshmallow import fields as f
from marshmallow import post_load, validate

from connectors.settings import StrictSchema, SystemSchema, SystemSettings
from lrs.settings import Secret, SecretField

WAYS = ("account-id", "account-username", "idnumber", "username", "email")
STUDENT_ROLE = 5


@dataclass(frozen=True, slots=True)
class GradeTarget:
    """The existing activity whose grade shows a result.

    A gain writes `max` times the score, or `without_score` where there is none; a loss writes `lost`, or nothing.
    """

    component: str
    cmid: int
    itemnumber: int
    max: Decimal
    without_score: Decimal
    lost: Decimal | None


@dataclass(frozen=True, slots=True)
class ProgramTarget:
    """The course of a program.  `close_after_days` after the due date the enrolment ends; None leaves it open."""

    course: int
    grade: GradeTarget | None
    close_after_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodleSettings(SystemSettings):
    token: Secret
    programs: Mapping[str, ProgramTarget]
    match: tuple[str, ...]
    home_page: str | None
    role: int
    on_unassign: str

    @property
    def accounts_at(self) -> str:
        """The homePage by which statements name this Moodle's accounts."""
        return (self.home_page or self.url).rstrip("/")


class GradeSchema(StrictSchema):
    becomes = GradeTarget
    component = f.String(required=True, validate=validate.Regexp(r"^mod_[a-z][a-z0-9_]*\Z", error="such as mod_assign"))
    cmid = f.Integer(required=True, strict=True, validate=validate.Range(min=1))
    itemnumber = f.Integer(load_default=0, strict=True, validate=validate.Range(min=0))
    max = f.Decimal(load_default=Decimal(100), validate=validate.Range(min=0, min_inclusive=False))
    without_score = f.Decimal(load_default=None, allow_none=True)
    lost = f.Decimal(load_default=None, allow_none=True)

    @post_load
    def _build(self, values: dict[str, Any], **_: Any) -> GradeTarget:
        if values["without_score"] is None:
            values["without_score"] = values["max"]
        return GradeTarget(**values)


class ProgramSchema(StrictSchema):
    becomes = ProgramTarget
    course = f.Integer(required=True, strict=True, validate=validate.Range(min=2))
    grade = f.Nested(GradeSchema, load_default=None, allow_none=True)
    close_after_days = f.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(min=0, max=3650)
    )


class MoodleSchema(SystemSchema):
    becomes = MoodleSettings
    token = SecretField(required=True, deferred=True, validate=validate.Length(min=1))
    programs = f.Dict(f.String(), f.Nested(ProgramSchema), load_default=dict)
    match = f.List(
        f.String(validate=validate.OneOf(WAYS)),
        load_default=lambda: ["account-id", "idnumber", "email"],
        validate=validate.Length(min=1),
    )
    home_page = f.String(load_default=None, allow_none=True)
    role = f.Integer(load_default=STUDENT_ROLE, strict=True)
    on_unassign = f.String(load_default="suspend", validate=validate.OneOf(["suspend", "unenrol", "keep"]))

    @post_load
    def _build(self, values: dict[str, Any], **context: Any) -> MoodleSettings:
        built: MoodleSettings = super()._build({**values, "match": tuple(values["match"])}, **context)
        return built
