"""Reads everything of a program that is a matter of time: due, clock, validity and renewal."""

from __future__ import annotations

import re
from datetime import date

from rules.language.entry import Entry
from rules.language.model import Due, Renew, RoleClock, Start
from rules.language.period import ZERO, Period

STARTS = ("assigned", "role_start", "hired")
RESUMPTIONS = ("resume", "restart")
BASES = ("completion", "expiry", "fixed")
EARLY = ("ignore", "rebase")
_ANCHOR = re.compile(r"(\d{2})-(\d{2})", re.ASCII)
_LEAP_YEAR = 2024


def load_due(entry: Entry, start: Start = "assigned") -> Due | None:
    """A due date counts from `start` unless it says otherwise."""
    fields = entry.fields(("after", "within", "floor"), "'due'", alone="within")
    after = fields["after"].choice(STARTS) if "after" in fields else None
    floor = fields["floor"].period() if "floor" in fields else None
    if "within" not in fields:
        if isinstance(entry.value, dict):
            entry.fail("'due' needs within", hint="for example {after: assigned, within: P30D}")
        return None
    within = fields["within"].period(zero=True)
    if within is None:
        return None
    return Due(within, after or start, floor or ZERO)  # type: ignore[arg-type]  # one of STARTS


def load_clock(entry: Entry) -> RoleClock:
    fields = entry.fields(("from", "pause_on", "rehire"), "'clock'")
    start = fields["from"].choice(STARTS) if "from" in fields else None
    pauses = [item.choice(("leave",)) for item in fields["pause_on"].one_or_more()] if "pause_on" in fields else []
    clock = RoleClock(start, "leave" in pauses)  # type: ignore[arg-type]  # one of STARTS
    return _with_rehire(clock, fields["rehire"]) if "rehire" in fields else clock


def _with_rehire(clock: RoleClock, entry: Entry) -> RoleClock:
    fields = entry.fields(("within", "then", "else"), "'rehire'")
    within = fields["within"].period(civil=True, zero=True) if "within" in fields else None
    then = fields["then"].choice(RESUMPTIONS) if "then" in fields else "resume"
    otherwise = fields["else"].choice(RESUMPTIONS) if "else" in fields else "restart"
    return RoleClock(
        clock.start,
        clock.pause_on_leave,
        within or clock.resume_within,
        resumes=then == "resume",
        otherwise_resumes=otherwise == "resume",
    )


def load_valid(entry: Entry) -> Period | None:
    fields = entry.fields(("for",), "'valid'", alone="for")
    if "for" in fields:
        return fields["for"].period()
    if isinstance(entry.value, dict):
        entry.fail("'valid' needs for", hint="for example {for: P1Y}")
    return None


def load_renew(entry: Entry, valid_for: Period | None) -> tuple[Renew, Entry | None]:
    """How an award is renewed, and the entry of its own requirement if it has one."""
    keys = ("window", "grace", "basis", "anchor", "min_active", "early", "require")
    fields = entry.fields(keys, "'renew'", alone="window")
    if isinstance(entry.value, dict) and "window" not in fields:
        entry.fail("'renew' needs a window", hint="for example {window: P60D}: how long before expiry it opens")
    window = fields["window"].period(zero=True) if "window" in fields else None
    grace, counts = _grace(fields["grace"]) if "grace" in fields else (ZERO, False)
    basis = fields["basis"].choice(BASES) if "basis" in fields else "expiry"
    early = fields["early"].choice(EARLY) if "early" in fields else "ignore"
    anchor = _anchor(fields["anchor"]) if "anchor" in fields else None
    min_active = fields["min_active"].period(civil=True, zero=True) if "min_active" in fields else None
    _check_fixed(entry, fields, basis, valid_for)
    renew = Renew(
        window or ZERO,
        None,
        grace,
        counts,
        basis or "expiry",  # type: ignore[arg-type]  # one of the three
        "rebase" if early == "rebase" else "ignore",
        anchor,
        min_active or ZERO,
    )
    return renew, fields.get("require")


def _check_fixed(entry: Entry, fields: dict[str, Entry], basis: str | None, valid_for: Period | None) -> None:
    if basis == "fixed":
        if "anchor" not in fields:
            entry.fail("basis: fixed needs an anchor", hint='for example anchor: "03-31"')
        if valid_for is not None and valid_for.is_exact:
            fields["basis"].fail("basis: fixed needs a validity in years, months, weeks or days")
        return
    for key in ("anchor", "min_active"):
        if key in fields:
            fields[key].fail(f"'{key}' goes with basis: fixed", key=True)


def _grace(entry: Entry) -> tuple[Period, bool]:
    if not isinstance(entry.value, dict):
        return entry.period(zero=True) or ZERO, False
    fields = entry.fields(("for", "counts"), "'grace'")
    if "for" not in fields:
        entry.fail("'grace' needs for", hint="for example {for: P14D, counts: true}")
    length = fields["for"].period(zero=True) if "for" in fields else None
    counts = fields["counts"].boolean() if "counts" in fields else False
    return length or ZERO, bool(counts)


def _anchor(entry: Entry) -> tuple[int, int] | None:
    match = _ANCHOR.fullmatch(entry.value) if isinstance(entry.value, str) else None
    try:
        day = date(_LEAP_YEAR, int(match[1]), int(match[2])) if match else None
    except ValueError:
        day = None
    if day is None:
        entry.fail('expected a day of the year in quotes, such as "03-31"')
        return None
    return day.month, day.day
