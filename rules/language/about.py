"""Reads what a program says about itself that decides nothing: its rhythm, who keeps it good, and what it is worth.

Earlier versions kept these as they were written; of a published ruleset, what this one would refuse is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from lrs.errors import ConfigError
from rules.language.entry import Entry
from rules.language.naming import Naming
from rules.language.period import Period
from rules.language.recurrence import UNITS, Recurrence, recurrence_of
from rules.language.references import References

T = TypeVar("T")

REVIEW_INPUTS: Final = ("pass-rates", "surveys", "waivers", "overdue", "item-analysis")
"""What a review may look at besides activities."""
ENDORSEMENTS: Final = ("required", "optional")
SHOWN: Final[tuple[str, ...]] = (
    "on_time_rate",
    "proficiency_rate",
    "days_to_proficiency",
    "kirkpatrick",
    "newly_proficient",
)
"""What a program may report."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """When cohorts begin; one with fewer than `min_size` members joins the next."""

    starts: Recurrence
    min_size: int = 1


@dataclass(frozen=True, slots=True)
class Review:
    """How often a program is looked at again, by the holders of a job or by one person, and what they look at.

    Without a period nobody is reminded, without an owner there is nobody to remind; lint says so.
    """

    every: Period | None = None
    owner: str | None = None
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """Who is told a program's results: jobs, people or addresses."""

    to: tuple[str, ...]
    every: Period
    show: tuple[str, ...] = SHOWN


@dataclass(frozen=True, slots=True)
class Worth:
    """What something gives to the learner, and to the company."""

    learner: str | None = None
    company: str | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """A third party that accredits a program, by which standard, and what that is worth."""

    name: str
    standard: str | None = None
    url: str | None = None
    value: Worth = Worth()
    is_required: bool = False
    """Whether it has to endorse each award."""


@dataclass(frozen=True, slots=True)
class About:
    """All of it; what is not said is None or empty."""

    description: str | None = None
    cadence: Cadence | None = None
    review: Review | None = None
    report: tuple[Account, ...] = ()
    benefit: Worth = Worth()
    recognised_by: tuple[Recognition, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Of tiers, by id."""


SILENT: Final = About()


def load_about(fields: Mapping[str, Entry], references: References, *, is_published: bool) -> About:
    def read(key: str, load: Callable[[Entry], T], otherwise: T) -> T:
        if key not in fields:
            return otherwise
        if not is_published:
            return load(fields[key])
        faults: list[ConfigError] = []
        found = load(Entry(fields[key].document, faults, fields[key].at, fields[key].value))
        return otherwise if faults else found

    told = References() if is_published else references
    return About(
        description=read("description", Entry.text, None),
        cadence=read("cadence", _cadence, None),
        review=read("review", lambda entry: _review(entry, told), None),
        report=read(
            "report", lambda entry: tuple(filter(None, (_account(one, told) for one in entry.one_or_more()))), ()
        ),
        benefit=read("benefit", _worth, Worth()),
        recognised_by=read("recognised_by", lambda entry: tuple(filter(None, map(_party, entry.one_or_more()))), ()),
        titles=read("tiers", _titles, {}),
    )


def _cadence(entry: Entry) -> Cadence | None:
    fields = entry.fields(("cohort", "starts", "min_size"), "'cadence'")
    if not _has(entry, fields, ("cohort",), "{cohort: monthly, starts: first-monday, min_size: 5}"):
        return None
    unit = fields["cohort"].choice(UNITS)
    size = (fields["min_size"].integer(1) if "min_size" in fields else None) or 1
    if unit is None:
        return None
    try:
        return Cadence(recurrence_of(unit, fields["starts"].value if "starts" in fields else None), size)
    except ValueError as error:
        fields["starts"].fail(str(error))
    return None


def _review(entry: Entry, references: References) -> Review | None:
    fields = entry.fields(("every", "owner", "inputs"), "'review'")
    if isinstance(entry.value, dict) and not fields.keys() & {"every", "owner"}:
        entry.fail("'review' says neither how often nor by whom", hint="for example {every: P1Y, owner: lnd-lead}")
    inputs = list(fields["inputs"].one_or_more()) if "inputs" in fields else []
    references.activities += [one for one in inputs if one.value not in REVIEW_INPUTS]
    if "owner" in fields:
        references.of_drafts.append(Naming(fields["owner"]).check)
    return Review(
        fields["every"].period(civil=True) if "every" in fields else None,
        fields["owner"].text() if "owner" in fields else None,
        tuple(text for one in inputs if (text := one.text())),
    )


def _account(entry: Entry, references: References) -> Account | None:
    fields = entry.fields(("to", "every", "show"), "'report'")
    if not _has(entry, fields, ("to", "every"), "{to: [hr-analytics], every: P1M, show: [on_time_rate]}"):
        return None
    if fields["to"].value == []:
        fields["to"].fail("an empty list names nobody")
    to = tuple(text for one in fields["to"].one_or_more() if (text := one.text()))
    references.of_drafts += [Naming(one, takes_addresses=True).check for one in fields["to"].one_or_more()]
    every = fields["every"].period(civil=True)
    show = SHOWN
    if "show" in fields:
        show = tuple(word for one in fields["show"].one_or_more() if (word := one.choice(SHOWN)))
    return Account(to, every, show) if to and every else None


def _worth(entry: Entry) -> Worth:
    """For whom; a plain text is for the learner."""
    if not isinstance(entry.value, dict):
        return Worth(entry.text())
    fields = entry.fields(("learner", "company"), "'benefit'")
    return Worth(*(fields[who].text() if who in fields else None for who in ("learner", "company")))


def _party(entry: Entry) -> Recognition | None:
    fields = entry.fields(("name", "standard", "url", "value", "endorsement"), "'recognised_by'")
    if not _has(entry, fields, ("name",), "{name: Institute X, standard: ISO/IEC 17024}"):
        return None
    texts = {key: fields[key].text() if key in fields else None for key in ("name", "standard", "url")}
    wanted = fields["endorsement"].choice(ENDORSEMENTS) if "endorsement" in fields else None
    value = _worth(fields["value"]) if "value" in fields else Worth()
    name = texts.pop("name")
    return Recognition(name, **texts, value=value, is_required=wanted == "required") if name else None


def _titles(entry: Entry) -> dict[str, str]:
    found = entry.value if isinstance(entry.value, list) else []
    tiers = [one for one in found if isinstance(one, dict)]
    return {str(one["id"]): one["title"] for one in tiers if isinstance(one.get("title"), str) and one.get("id")}


def _has(entry: Entry, fields: Mapping[str, Entry], keys: tuple[str, ...], example: str) -> bool:
    missing = [key for key in keys if key not in fields]
    if missing and isinstance(entry.value, dict):
        what = next(part for part in reversed(entry.at) if isinstance(part, str))
        entry.fail(f"'{what}' needs {missing[0]}", hint=f"for example {example}")
    return not missing
