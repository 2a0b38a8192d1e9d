"""Reads an escalation: the published ladder of who is told what, when a deadline nears or has passed.

Whom a job name or a person's id means is a matter of the day on which a step comes (docs/decisions/0106); everything else
that can be wrong about a ladder is a mistake here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time
from functools import cache
from itertools import pairwise
from typing import Final, cast

import holidays

from rules.language.entry import Entry
from rules.language.model import Action, CatchUp, Escalation, IfMissing, Step, StopReason, WorkCalendar
from rules.language.naming import RECIPIENTS, Naming
from rules.language.period import ZERO, Period, load_period
from rules.language.references import References

ACTIONS: Final = ("flag-noncompliant", "restrict-access")
STOPS: Final = ("met", "waived", "withdrawn", "exempt")
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SEND_AT: Final = time(9)

_KEYS = ("kind", "id", "title", "description", "calendar", "catch_up", "steps", "stop_when")
_STEP_KEYS = ("at", "tell", "if_missing", "do", "approve", "send_at")
_AT = re.compile(r"due(?:([+-])(P\w+))?", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_QUIET = re.compile(r"(\S+?)\s*-\s*(\S+)", re.ASCII)
_WEEK = (0, 1, 2, 3, 4)
_DAYS_IN_A_MONTH = 30


def load_escalation(entry: Entry, references: References) -> Escalation | None:
    """The ladder a document describes; None when it has no usable id."""
    fields = entry.fields(_KEYS, "an escalation")
    if "id" not in fields:
        entry.fail("an escalation needs an id")
        return None
    identity = fields["id"].text()
    title = fields["title"].text() if "title" in fields else None
    if "description" in fields:
        fields["description"].text()
    calendar = _calendar(fields["calendar"]) if "calendar" in fields else WorkCalendar()
    catch_up = fields["catch_up"].choice(("latest", "all")) if "catch_up" in fields else "latest"
    steps = _steps(entry, fields, references)
    stops = _stops(fields["stop_when"]) if "stop_when" in fields else STOPS
    if identity is None:
        return None
    return Escalation(
        identity, title or identity, steps, calendar, cast("CatchUp", catch_up), cast("tuple[StopReason, ...]", stops)
    )


def _steps(entry: Entry, fields: Mapping[str, Entry], references: References) -> tuple[Step, ...]:
    if not fields.get("steps") or fields["steps"].value == []:
        entry.fail("an escalation without steps tells nobody anything", hint="steps: [{at: due+P1D, tell: [learner]}]")
        return ()
    items = list(fields["steps"].items())
    read = [(item, step) for item in items if (step := _step(item, references)) is not None]
    for (_, earlier), (item, later) in pairwise(read):
        if _length(later) <= _length(earlier):
            item.child("at", None).fail(
                f"{later.at} does not come after {earlier.at}",
                hint="write each step once, in the order in which they come",
            )
    return tuple(step for _, step in read)


def _step(entry: Entry, references: References) -> Step | None:
    fields = entry.fields(_STEP_KEYS, "a step")
    if "at" not in fields and isinstance(entry.value, dict):
        entry.fail("a step needs at", hint="for example at: due+P7D")
    at = _at(fields["at"]) if "at" in fields else None
    tell = _tell(fields["tell"], references) if "tell" in fields else ()
    missing = fields["if_missing"].choice(("next-up", "skip")) if "if_missing" in fields else "skip"
    do = fields["do"].choice(ACTIONS) if "do" in fields else None
    approve = fields["approve"].text() if "approve" in fields else None
    if approve is not None:
        references.of_drafts.append(Naming(fields["approve"]).check)
    if not fields.keys() & {"tell", "do"} and "at" in fields:
        entry.fail("this step does nothing", hint="it needs tell: or do:")
    if approve is not None and "do" not in fields:
        fields["approve"].fail("there is nothing to approve without do:", key=True)
    send_at = fields["send_at"].parsed(_time, 'a time of day such as "09:00"') if "send_at" in fields else None
    if at is None:
        return None
    text, sign, period = at
    return Step(
        text,
        period,
        sign,
        tell,
        cast("IfMissing", missing),
        cast("Action | None", do),
        approve,
        send_at or SEND_AT,
    )


def _at(entry: Entry) -> tuple[str, int, Period] | None:
    text = entry.text()
    match = _AT.fullmatch(text) if text is not None else None
    if text is None or match is None:
        if text is not None:
            entry.fail(f"'{text}' is no place on a ladder", hint="due, due-P30D or due+P7D")
        return None
    if match[2] is None:
        return text, 1, ZERO
    try:
        period = load_period(match[2])
    except ValueError as error:
        entry.fail(f"'{match[2]}' is no period: {error}")
        return None
    if period.is_exact:
        entry.fail(f"'{text}' counts hours; days, weeks, months or years are needed here", hint="the hour is send_at:")
        return None
    return text, -1 if match[1] == "-" else 1, period


def _length(step: Step) -> int:
    return step.sign * (step.period.months * _DAYS_IN_A_MONTH + step.period.days)


def _tell(entry: Entry, references: References) -> tuple[str, ...]:
    if entry.value == []:
        entry.fail("this tells nobody", hint="name somebody, or leave tell: out")
    told: list[str] = []
    for item in entry.one_or_more():
        name = item.text()
        if name is None:
            continue
        meant = _meant(name)
        if meant is not None:
            item.fail(f"nobody is called '{name}'", hint=f"did you mean '{meant}'?")
        elif name in told:
            item.fail(f"'{name}' is told already")
        else:
            references.of_drafts.append(Naming(item, takes_places=True).check)
            told.append(name)
    return tuple(told)


def _meant(name: str) -> str | None:
    """One of our own words in another spelling: it would wait for ever for a job of that name."""
    words = {_bare(word): word for word in RECIPIENTS}
    word = words.get(_bare(name))
    return word if word != name else None


def _bare(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower()).rstrip("s")


def _calendar(entry: Entry) -> WorkCalendar:
    fields = entry.fields(("business_days", "quiet"), "'calendar'")
    country, weekdays = _business_days(fields["business_days"]) if "business_days" in fields else (None, None)
    quiet = fields["quiet"].parsed(_quiet, 'hours such as "18:00-08:00"') if "quiet" in fields else None
    return WorkCalendar(country, weekdays, quiet)


def _business_days(entry: Entry) -> tuple[str | None, tuple[int, ...] | None]:
    """A country whose holidays count, or weekdays."""
    if isinstance(entry.value, bool):
        return None, _WEEK if entry.value else None
    if isinstance(entry.value, list):
        if entry.value == []:
            entry.fail("without any business day no step would ever come")
        days = [item.choice(WEEKDAYS) for item in entry.items()]
        return None, tuple(sorted({WEEKDAYS.index(day) for day in days if day is not None}))
    code = entry.text()
    if code is None:
        return None, None
    country, _, part = code.partition("-")
    known = _countries()
    if country not in known:
        entry.fail(f"no country has the code '{country}'", hint="ISO 3166 codes such as GB, DE or US-CA")
        return None, None
    if part and part not in known[country]:
        entry.fail(f"{country} has no part '{part}' with holidays of its own", hint=_parts(country, known[country]))
        return None, None
    return code, None


def _parts(country: str, parts: Iterable[str]) -> str:
    return f"known here: {', '.join(f'{country}-{part}' for part in parts)}" if parts else f"write {country}"


@cache
def _countries() -> Mapping[str, list[str]]:
    """ISO 3166 codes with those of their parts, as python-holidays knows them."""
    return holidays.list_supported_countries(include_aliases=False)


def _time(value: object) -> time | None:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    return time(int(match[1]), int(match[2])) if match else None


def _quiet(value: object) -> tuple[time, time] | None:
    match = _QUIET.fullmatch(value) if isinstance(value, str) else None
    start, end = (_time(match[1]), _time(match[2])) if match else (None, None)
    return (start, end) if start is not None and end is not None and start != end else None


def _stops(entry: Entry) -> tuple[str, ...]:
    if entry.value == []:
        entry.fail("a ladder that nothing stops would chase people for what they have done")
    words = [word for item in entry.one_or_more() if (word := item.choice(STOPS)) is not None]
    if words and "met" not in words:
        entry.fail("'met' must stop a ladder", hint="nobody is chased for what is done")
    return tuple(dict.fromkeys(words))
