"""A ladder in plain words, as the people on it read it.  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

import holidays
from holidays.registry import COUNTRIES

from rules.explain.words import listed
from rules.language.escalation import STOPS, WEEKDAYS
from rules.language.model import Escalation, Step, WorkCalendar
from rules.language.naming import LEARNER, MANAGER, SKIP_MANAGER
from rules.language.period import ZERO, Period, load_period

_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")

_CONSEQUENCES: Final = {
    "flag-noncompliant": "The learner is marked as not compliant{once}",
    "restrict-access": "Connected systems are told to restrict the learner's access{once}; what they lock is up to them",
}
ACTION_TITLES: Final = {"flag-noncompliant": "Marked as not compliant", "restrict-access": "Access restricted"}
REASON_WORDS: Final = {
    "met": "done",
    "waived": "waived",
    "withdrawn": "no longer asked",
    "exempt": "exempt",
    "suggested": "only suggested now",
    "moved": "the date moved",
    "no_ladder": "the program has no ladder any more",
    "merged": "recorded as another person now",
    "superseded": "a higher step came first",
    "before_published": "over before the ladder was published",
    "nobody_above": "nobody is there",
    "nobody_has_the_job": "nobody has this job",
    "no_address": "has no e-mail address",
    "gave_up": "could not be delivered",
    "revoked": "the award was revoked",
    "suspended": "the award is suspended",
}
_PLACES: Final = {
    LEARNER: "the learner",
    MANAGER: "their manager",
    SKIP_MANAGER: "the manager of their manager",
}


def when(step: Step) -> str:
    """When a step comes, as seen from the deadline."""
    return _when(step.sign, step.period)


def step_words(at: str) -> str:
    """The same of a step that is known by its `at` alone, such as due-P30D."""
    _, sign, length = at.partition("-") if "-" in at else at.partition("+")
    return _when(-1 if sign == "-" else 1, load_period(length) if length else ZERO)


def _when(sign: int, period: Period) -> str:
    if period.is_zero:
        return "On the last good day"
    years, months = divmod(period.months, 12)
    weeks, days = divmod(period.days, 7) if period.days % 7 == 0 else (0, period.days)
    counts = ((years, "year"), (months, "month"), (weeks, "week"), (days, "day"))
    length = " and ".join(f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in counts if count)
    return f"{length[0].upper()}{length[1:]} {'before' if sign < 0 else 'after'}"


def told(step: Step) -> str:
    """Whom a step tells; empty when nobody."""
    return listed([place(role) for role in step.tell])


def place(role: str) -> str:
    """Whom a ladder calls so; a job and a person are called as they are."""
    return _PLACES.get(role, role)


def consequence(step: Step) -> str:
    """What a step does besides telling; empty when nothing."""
    if step.do is None:
        return ""
    once = f", once {place(step.approve)} or an administrator has approved it" if step.approve else ""
    return _CONSEQUENCES[step.do].format(once=once)


def approved(action: str) -> str:
    """What happens once an action is approved."""
    return _CONSEQUENCES[action].format(once="")


def missing(step: Step) -> str:
    """What happens when somebody above is not there."""
    above = [role for role in step.tell if role in (MANAGER, SKIP_MANAGER)]
    return "if nobody is there, the next one up" if above and step.if_missing == "next-up" else ""


def hours(calendar: WorkCalendar) -> str:
    """When people are told, in a sentence."""
    if calendar.country is not None:
        days = f"On working days ({country_words(calendar.country)})"
    elif calendar.weekdays is not None:
        days = f"On {listed([WEEKDAYS[day].capitalize() for day in calendar.weekdays])}"
    else:
        days = "On any day"
    if calendar.quiet is None:
        return f"{days}."
    start, end = calendar.quiet
    return f"{days}, never from {start:%H:%M} to {end:%H:%M}. What falls there waits for the next good hour."


def country_words(code: str) -> str:
    """A country, or a part of it, as people call it: `GB` as United Kingdom, `US-CA` as United States, California."""
    country, _, part = code.partition("-")
    name = _countries().get(country, country)
    if not part:
        return name
    known = getattr(holidays.country_holidays(country), "subdivisions_aliases", {})
    return f"{name}, {next((alias for alias, short in known.items() if short == part), part)}"


@cache
def _countries() -> Mapping[str, str]:
    """The names of countries by their ISO 3166 codes, as python-holidays has them."""
    return {short: _CAPITAL.sub(" ", name) for name, short, *_ in COUNTRIES.values()}


def catching_up(escalation: Escalation) -> str:
    if escalation.catch_up == "latest":
        return "When Prowess was down, only the highest step that was missed is sent."
    return "When Prowess was down, every step that was missed is sent."


def stops(escalation: Escalation) -> str:
    """What ends the ladder, in a sentence."""
    words = {"met": "is done", "waived": "is waived", "withdrawn": "is asked no more", "exempt": "is exempted from"}
    return f"It ends as soon as the training {listed([words[stop] for stop in STOPS if stop in escalation.stop_when], 'or')}."
