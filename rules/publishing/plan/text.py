"""A plan for reading: totals first, then for each program what happens to how many, and the first of them by name.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from rules.publishing.plan.change import Change, Owed
from rules.publishing.plan.outcome import Plan, PlannedNotice, PlannedPush

FIRST: Final = 10
"""How many of each kind are named, unless all are asked for."""
_LACKS: Final = 3
"""How many of the things that one person owes are named."""
_TITLES: Final = {
    "gain": "gain the award",
    "lose": "lose the award",
    "asked": "newly asked",
    "released": "no longer asked",
    "overdue": "overdue at once",
    "owes": "owe more for an award they hold",
    "dates": "dates move",
    "other": "other changes",
}
_DATES: Final = {
    "due_on": "due",
    "valid_from": "valid from",
    "expires_on": "expires",
    "renewable_from": "renewable",
    "grace_until": "grace until",
}


def text(plan: Plan, *, most: int | None = FIRST) -> str:
    """most: people named in each group; None for all."""
    lines = [*_programs(plan), _totals(plan)]
    for program in plan.by_program:
        lines += ["", program, *_program(plan, program, most)]
    for later in plan.later:
        lines += ["", f"on {later.day}, by what is known now:" if later.changes else f"on {later.day}: nothing changes"]
        for program in sorted({change.program for change in later.changes}):
            lines += [program, *_people([change for change in later.changes if change.program == program], most)]
    return "\n".join(lines)


def _programs(plan: Plan) -> Iterator[str]:
    for word, programs in (("new", plan.added), ("changed", plan.changed), ("gone", plan.removed)):
        for program in programs:
            yield f"{word:<8} {program}"
    for one in plan.taken_back:
        yield f"{'taken back':<10} {one.program} version {one.version}, which was to take effect on {one.effective}"
    for name in plan.ladders:
        yield f"ladder   {name}"
    if plan.concerns_only_references:
        yield "no program reads differently, something they refer to does"


def _totals(plan: Plan) -> str:
    totals = dict(plan.totals)
    people = [f"{totals.pop(kind)} {title}" for kind, title in _TITLES.items() if kind in totals]
    words = {"notices_at_once": "at once", "notices_later": "later", "notices_dropped": "fewer"}
    more = [
        f"{(n := totals.pop(key))} {'notice' if n == 1 else 'notices'} {word}"
        for key, word in words.items()
        if key in totals
    ]
    more += [f"{system}: {count}" for system, count in totals.items()]
    said = ", ".join(f"{count} {name}" for name, count in sorted(plan.counts.items())) or "nothing"
    if not people and not more:
        now = " now" if any(later.changes for later in plan.later) else ""
        return f"nothing changes{now} for any of {plan.people} people"
    what = "; ".join(part for part in (", ".join(people), ", ".join(more)) if part)
    return (
        f"{len({change.person for change in plan.changes})} of {plan.people} people: {what}\nannounced would be: {said}"
    )


def _program(plan: Plan, program: str, most: int | None) -> Iterator[str]:
    yield from _people([change for change in plan.changes if change.program == program], most)
    now = [_notice(one) for one in plan.notices if one.program == program and one.at is None]
    later = [_notice(one) for one in plan.notices if one.program == program and one.at is not None]
    gone = [_notice(one) for one in plan.dropped if one.program == program]
    yield from _group("notices at once", now, most)
    yield from _group("notices later", later, most)
    yield from _group("notices that do not come any more", gone, most)
    pushes = sorted((push for push in plan.pushes if push.program == program), key=_system)
    for (system, action), some in groupby(pushes, key=_system):
        yield from _group(f"{system} is told: {action}", [f"{push.person} ({push.about})" for push in some], most)


def _people(changes: Sequence[Change], most: int | None) -> Iterator[str]:
    for kind, title in _TITLES.items():
        found = [change for change in changes if kind in change.kinds]
        yield from _group(title, [_change(kind, change) for change in found], most)


def _group(title: str, lines: Sequence[str], most: int | None) -> Iterator[str]:
    if not lines:
        return
    yield f"  {title}: {len(lines)}"
    yield from (f"    {line}" for line in lines[:most])
    if most is not None and len(lines) > most:
        yield f"    and {len(lines) - most} more (--all)"


def _change(kind: str, change: Change) -> str:
    moved = [f"{_DATES[name]} {old or '-'} -> {new or '-'}" for name, (old, new) in change.moved.items()]
    if kind == "gain" and change.after["expires_on"]:
        moved = [f"until {change.after['expires_on']}"]
    if kind == "lose":
        moved = [f"{change.before['award']} -> {change.after['award']}"]
    if kind in ("asked", "overdue") and change.after["due_on"]:
        moved = [f"due {change.after['due_on']}"]
    if kind == "owes" and change.owes is not None:
        due = f", by {change.owes.due_on}" if change.owes.due_on else ""
        moved = [f"{owed_words(change.owes)}{due}"]
    if kind == "released":
        moved = []
    if kind == "other":
        moved = [
            f"{k} {change.before[k] or '-'} -> {new or '-'}"
            for k, new in change.after.items()
            if change.before[k] != new
        ]
    return f"{change.person:<20} {', '.join(moved)}".rstrip()


def owed_words(owed: Owed) -> str:
    """What lacks: the first of it, a choice in brackets, and how much more."""
    found = [f"({text})" if ";" in text else text for _, text in owed.lacks[:_LACKS]]
    more = [f"and {len(owed.lacks) - _LACKS} more"] if len(owed.lacks) > _LACKS else []
    return "; ".join([*found, *more])


def _notice(notice: PlannedNotice) -> str:
    when = "at the next good hour" if notice.at is None else _local(notice.at, notice.zone)
    what = f"{notice.action}" if notice.action else f"to {notice.recipient.removeprefix('?')} as {notice.role}"
    approval = f", once {notice.role} approves" if notice.action and notice.role != notice.recipient else ""
    return f"{notice.person:<20} {notice.step} of {notice.day}: {what}{approval}, {when}"


def _local(at: str, zone: str) -> str:
    """An instant on the calendar of whom it is for, as the dates beside it are, with the zone."""
    return f"{datetime.fromisoformat(at).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def _system(push: PlannedPush) -> tuple[str, str]:
    return push.system, push.action
