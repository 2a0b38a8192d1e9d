"""The section `reports` of the configuration: which digests go out, when, to whom, and what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from marshmallow import ValidationError, fields, post_load, validate

from lrs.clock import is_zone
from lrs.settings import SectionSchema, TupleField
from reports.population import PERSON_FILTERS, PROGRAM_FILTER
from rules.language.recurrence import UNITS, Recurrence, recurrence_of

if TYPE_CHECKING:
    from lrs.prowess import Prowess

MANAGERS: Final = "managers"
"""As a recipient: everybody to whom somebody reports, each for the own team."""
SECTIONS: Final = ("overdue", "due", "completed", "newly_proficient")
_FILTERS: Final = (*(one.name for one in PERSON_FILTERS), PROGRAM_FILTER.name)
_CLOCK: Final = validate.Regexp(r"([01]\d|2[0-3]):[0-5]\d\Z", error="A time of day in quotes, such as '08:00'.")


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """One digest.  to: `managers`, jobs, people's ids, addresses.  team: `direct`, or `all` below.  rows: of each list."""

    name: str
    title: str
    days: Recurrence
    at: time
    timezone: str
    to: tuple[str, ...]
    team: str = "direct"
    show: tuple[str, ...] = SECTIONS
    rows: int = 20
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}), hash=False)


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """The section."""

    digests: tuple[DigestSettings, ...] = ()


class DigestSchema(SectionSchema):
    becomes = DigestSettings
    name = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[a-z0-9][a-z0-9._-]{0,62}\Z", error="Small letters, digits, dots, hyphens; at most 63."
        ),
    )
    title = fields.String(load_default=None)
    every = fields.String(load_default="monthly", validate=validate.OneOf(UNITS))
    day = fields.Raw(load_default=None)
    at = fields.String(load_default="08:00", validate=_CLOCK)
    timezone = fields.String(load_default="UTC", validate=validate.Predicate("__len__", error="A time zone is needed."))
    to = TupleField(fields.String(validate=validate.Length(min=1)), required=True, validate=validate.Length(min=1))
    team = fields.String(load_default="direct", validate=validate.OneOf(["direct", "all"]))
    show = TupleField(
        fields.String(validate=validate.OneOf(SECTIONS)), load_default=SECTIONS, validate=validate.Length(min=1)
    )
    rows = fields.Integer(load_default=20, validate=validate.Range(min=1, max=100))
    filters = fields.Dict(
        keys=fields.String(validate=validate.OneOf(_FILTERS)), values=TupleField(fields.String()), load_default=dict
    )

    @post_load
    def _build(self, values: dict[str, Any], **_: Any) -> DigestSettings:
        if not is_zone(values["timezone"]):
            raise ValidationError("An IANA time zone such as Europe/London.", "timezone")
        try:
            values["days"] = recurrence_of(values.pop("every"), values.pop("day"))
        except ValueError as error:
            raise ValidationError(f"{error}.", "day") from None
        values["title"] = values["title"] or values["name"]
        values["at"] = time.fromisoformat(values["at"])
        values["filters"] = MappingProxyType(values["filters"])
        return DigestSettings(**values)


def _named_once(digests: Sequence[DigestSettings]) -> None:
    names = [one.name for one in digests]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValidationError(f"Two digests are called '{twice}'.")


class ReportsSchema(SectionSchema):
    becomes = ReportSettings
    digests = TupleField(fields.Nested(DigestSchema), load_default=(), validate=_named_once)


def settings_of(prowess: Prowess) -> ReportSettings:
    """The section, or its defaults where nobody read one."""
    found: ReportSettings = prowess.settings.sections.get("reports", ReportSettings())
    return found
