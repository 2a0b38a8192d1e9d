"""What an administrator says about any LMS: which program is which course there, and what a grade says."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from marshmallow import fields as f
from marshmallow import post_load, validate

from connectors.decisions import GAINS, LOSSES, Decision, Transition
from connectors.settings import StrictSchema, SystemSchema, SystemSettings

KEEP: Final = "keep"
"""Of `on_unassign`: whoever need no longer take a course stays in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeTarget:
    """What a grade says of a decision; a kind adds where it is written.

    A gain writes `max` times the score, or `without_score` where there is none; a loss writes `lost`, or nothing.
    """

    max: Decimal
    without_score: Decimal
    lost: Decimal | None

    @property
    @abstractmethod
    def place(self) -> int | str:
        """The activity that it stands in, by its id there."""

    def tells(self, transition: Transition) -> bool:
        """Whether a grade says anything of such a decision."""
        return transition in GAINS or (transition in LOSSES and self.lost is not None)

    def of(self, decision: Decision) -> Decimal:
        """The grade of a decision that is told, in the LMS's own scale."""
        if decision.transition not in GAINS:
            return self.lost or Decimal(0)
        return self.without_score if decision.score is None else self.max * decision.score


@dataclass(frozen=True, slots=True)
class ProgramTarget:
    """The course of a program.  `close_after_days` after the due date the enrolment ends; None leaves it open."""

    course: int | str
    grade: GradeTarget | None
    close_after_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LmsSettings(SystemSettings):
    """match: by which ways people are found, in this order.  on_unassign: `keep`, or a word of the kind's own."""

    programs: Mapping[str, ProgramTarget]
    match: tuple[str, ...]
    home_page: str | None
    on_unassign: str

    @property
    def accounts_at(self) -> str:
        """The homePage by which statements name this LMS's accounts."""
        return (self.home_page or self.url).rstrip("/")


class GradeSchema(StrictSchema):
    """What a kind's schema of a grade inherits; `becomes` is its GradeTarget."""

    becomes: type[Any] = GradeTarget
    max = f.Decimal(load_default=Decimal(100), validate=validate.Range(min=0, min_inclusive=False))
    without_score = f.Decimal(load_default=None, allow_none=True)
    lost = f.Decimal(load_default=None, allow_none=True)

    @post_load
    def _build(self, values: dict[str, Any], **_: Any) -> Any:
        if values["without_score"] is None:
            values["without_score"] = values["max"]
        return self.becomes(**values)


class LmsSchema(SystemSchema):
    """What a kind's schema inherits; it adds `programs`, `match`, `on_unassign` and how it lets itself in."""

    becomes: type[Any] = LmsSettings
    home_page = f.String(load_default=None, allow_none=True)

    @post_load
    def _build(self, values: dict[str, Any], **context: Any) -> Any:
        return super()._build({**values, "match": tuple(values["match"])}, **context)


def programs_field(target: type[StrictSchema]) -> f.Field[Any]:
    """Our program ids and what each is there."""
    return f.Dict(f.String(), f.Nested(target), load_default=dict)


def match_field(ways: Iterable[str], *default: str) -> f.Field[Any]:
    """Some of the ways, in the order in which they are tried."""
    one = f.String(validate=validate.OneOf(list(ways)))
    return f.List(one, load_default=lambda: list(default), validate=validate.Length(min=1))


def closing_field() -> f.Field[Any]:
    """`close_after_days`, of an LMS whose enrolments can end."""
    return f.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(min=0, max=3650))


def on_unassign_field(default: str, *others: str) -> f.Field[Any]:
    """What becomes of the enrolment of whoever need no longer take a course."""
    return f.String(load_default=default, validate=validate.OneOf([default, *others, KEEP]))
