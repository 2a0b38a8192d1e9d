"""A program in plain words: for whom, by when, what it takes, and how long it is good."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Iterator
from typing import Final, NamedTuple

from rules.explain.requirement import Clause, Wording
from rules.explain.words import listed, period_words
from rules.language import Program, Ruleset
from rules.language.model import Apply, Audience, Due, Match, Node, Renew

_STARTS: Final = {
    "assigned": "of being assigned",
    "role_start": "of starting in the position",
    "hired": "of being hired",
}
_BASES: Final = {
    "completion": "the next period counts from the day of the renewal",
    "expiry": "the next period counts from the old last day",
}
_COMPARED: Final = {"<": "fewer than", "<=": "at most", "==": "exactly", ">=": "at least", ">": "more than"}
_MONTHS: Final = tuple(month_name)[1:]
_NAMES: Final = {"job": "job", "level": "level", "site": "site", "unit": "unit", "employment": "employment"}


class Part(NamedTuple):
    """A part of a program: its heading, a remark, and its criteria."""

    title: str
    remark: str
    clauses: tuple[Clause, ...]


def terms(program: Program) -> list[tuple[str, str]]:
    """The program's conditions, each with its name."""
    found = [("For", _whom(program)), ("Due", _due(program)), ("Good for", _valid(program))]
    if program.renew is not None:
        found.append(("Renewal", _renew(program.renew)))
    found.append(("Waivers", waivers(program)))
    if program.version > 1:
        found.append(("Who holds an earlier version", _apply(program.apply)))
    return [(name, text[:1].upper() + text[1:]) for name, text in found if text]


def curriculum(ruleset: Ruleset, program: Program) -> list[Part]:
    """What it takes, part by part."""
    return list(_parts(Wording(ruleset, program), program))


def _parts(wording: Wording, program: Program) -> Iterator[Part]:
    def clauses(*nodes: Node | None) -> tuple[Clause, ...]:
        return tuple(wording.clause(node) for node in nodes if node is not None)

    if program.require is not None:
        yield Part("What it takes", "", clauses(program.require))
    for number, tier in enumerate(program.tiers, start=1):
        when = f"within {within_words(tier.due)}" if tier.due else ""
        after = f"after “{tier.after}”" if tier.after else ""
        yield Part(f"Part {number}: {tier.id}", listed(filter(None, (when, after)), "and"), clauses(tier.require))
        if tier.suggest:
            yield Part(f"Suggested with “{tier.id}”", "never asked for", clauses(*tier.suggest))
    if program.suggest:
        yield Part("Suggested", "never asked for", clauses(*program.suggest))
    if program.renew is not None and program.renew.require is not None:
        yield Part("What renewing it takes", "", clauses(program.renew.require))
    for suspend in program.suspend:
        yield Part("What suspends it", "", clauses(suspend.when))
        if suspend.until is not None:
            yield Part("What ends that", "", clauses(suspend.until))
    if program.accept:
        yield Part("What is accepted instead", "", clauses(*(one.what for one in program.accept)))


def _whom(program: Program) -> str:
    if not program.audiences:
        return "nobody in particular; whoever fulfils it is certified"
    return "; ".join(_audience(one) for one in program.audiences)


def _audience(one: Audience) -> str:
    how = "suggested to " if one.assign == "suggested" else ""
    due = f", within {within_words(one.due)}" if one.due else ""
    return f"{how}{match_words(one.match)}{due}"


def match_words(match: Match) -> str:
    """What a position has to be."""
    said = [
        f"any {_NAMES[name]}" if patterns == ("*",) else f"{_NAMES[name]} {listed(patterns, 'or')}"
        for name, patterns in match.patterns.items()
    ]
    if match.depth is not None:
        said.append(f"{_COMPARED[match.depth.comparison]} {match.depth.levels} levels of people reporting to them")
    without = f", but not {match_words(match.exclude)}" if match.exclude else ""
    return listed(said) + without


def _due(program: Program) -> str:
    return f"within {within_words(program.due)}" if program.due else ""


def within_words(due: Due) -> str:
    """How long there is time, and from when on."""
    floor = "" if due.floor.is_zero else f", and never less than {period_words(due.floor)} after being assigned"
    return f"{period_words(due.within)} {_STARTS[due.after]}{floor}"


def _valid(program: Program) -> str:
    return period_words(program.valid_for) if program.valid_for else "ever: it does not expire"


def _renew(renew: Renew) -> str:
    said = [f"opens {period_words(renew.window)} before the last day"]
    if not renew.grace.is_zero:
        counts = "in which it still counts" if renew.grace_counts else "in which it does not count"
        said.append(f"stays open for {period_words(renew.grace)} after it, {counts}")
    if renew.anchor is not None:
        month, day = renew.anchor
        said.append(f"the next period ends on a {day} {_MONTHS[month - 1]}")
    elif renew.basis in _BASES:
        said.append(_BASES[renew.basis])
    return "; ".join(said)


def waivers(program: Program) -> str:
    """By whom and for how long at most a program's criteria may be waived; empty where they may not be."""
    waive = program.waive
    if waive is None:
        return ""
    by = f"by {listed(waive.by, 'or')}" if waive.by else "by anybody in office"
    return f"{by}, for at most {period_words(waive.max)}" if waive.max else by


def _apply(apply: Apply) -> str:
    if apply.how == "now":
        return f"has {period_words(apply.due)} to catch up" if apply.due else "has to catch up"
    return "keeps it; this version counts from the next renewal on" if apply.how == "at_renewal" else "stays with it"
