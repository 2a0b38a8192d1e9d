"""Lint: what programs say about people, against the people there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from lrs.errors import MOST_NAMES, did_you_mean, nearest
from lrs.yaml_door import Location
from rules.decide.assignment import Matched, bound_of, episodes_of, member_days
from rules.decide.spans import contains
from rules.decide.zones import Zones
from rules.language.model import Due
from rules.language.naming import RECIPIENTS
from rules.language.schema.shapes import MAIL, ROLE
from rules.lint.ground import Finding, Ground, Written, finding
from rules.lint.names import Named, names_in
from rules.lint.places import initial_roots
from rules.lint.weight import fewest

MOST_AT_ONCE: Final = 12


def unknown_name(written: Written, ground: Ground) -> Iterator[Finding]:
    """A job, site or other attribute that no position has ever had."""
    for attribute, pattern, at in _patterns(written):
        names = ground.names[attribute]
        if not any(fnmatchcase(name, pattern) for name in names):
            hint = did_you_mean(pattern, sorted(names)) if names else None
            yield written.finding(
                at, f"no position has {attribute} '{pattern}'", hint or f"no position says any {attribute}"
            )


def unknown_names(ground: Ground) -> Iterator[Finding]:
    """All of them, and whom a program or its ladder tells, asks or reports to, and nobody is."""
    if ground.roster is None:
        return
    for written in ground.newest():
        yield from unknown_name(written, ground)
    for document in ground.current_documents():
        for name in names_in(document):
            if len(name.of) > 1 and (why := _nobody(name, ground)):
                key = next(step for step in reversed(name.at) if isinstance(step, str))
                yield finding(document, name.at, f"{key}: {why}", _meant(name, ground))


def _nobody(name: Named, ground: Ground) -> str | None:
    """Why a name reaches nobody, today or later; None: it does."""
    roster, text = ground.roster, name.text
    assert roster is not None
    is_role = ROLE in name.of and text in RECIPIENTS
    if is_role or (MAIL in name.of and "@" in text) or text in ground.holders["job"]:
        return None
    person = roster.people.get(text)
    if person is not None and (person.left_on is None or person.left_on >= ground.today):
        return None
    if person is not None:
        return f"'{text}' has left on {person.left_on}"
    return f"nobody has the job '{text}' any more" if text in ground.names["job"] else f"nobody is called '{text}'"


def _meant(name: Named, ground: Ground) -> str:
    assert ground.roster is not None
    known = {*ground.holders["job"], *(RECIPIENTS if ROLE in name.of else ())}
    people = ground.roster.people
    close = nearest(name.text, sorted(known)) or (nearest(name.text, people) if len(people) <= MOST_NAMES else None)
    is_known = name.text in ground.names["job"] or name.text in people
    if close and not is_known:
        return f"did you mean '{close}'?"
    return "name a job that somebody has, or a person's id" + (", or an address" if MAIL in name.of else "")


def other_case(written: Written, ground: Ground) -> Iterator[Finding]:
    """A name that somebody has now and that a program leaves out, though it differs in capitals and spaces only."""
    patterns = list(_patterns(written))
    told: set[tuple[str, str]] = set()
    for attribute, pattern, at in patterns:
        if not any(fnmatchcase(name, pattern) for name in ground.names[attribute]):
            continue  # an unknown name, which is told of with the nearest one there is
        mine = [other for which, other, _ in patterns if which == attribute]
        for name, count in sorted(ground.holders[attribute].items()):
            is_left_out = _fits_but_for_case(name, pattern) and not any(fnmatchcase(name, other) for other in mine)
            if is_left_out and (attribute, name) not in told:
                told.add((attribute, name))
                who = "1 person has" if count == 1 else f"{count:,} people have"
                yield written.finding(
                    at,
                    f"{who} {attribute} '{name}', which '{pattern}' leaves out: capitals and spaces count",
                    "spell it alike in the people file, or name both here",
                )


def _fits_but_for_case(name: str, pattern: str) -> bool:
    return fnmatchcase(*(" ".join(text.casefold().split()) for text in (name, pattern)))


def empty_audience(written: Written, ground: Ground) -> Iterator[Finding]:
    """An audience in which nobody is now or will be, though each of its words is known."""
    if ground.roster is None:
        return
    unknown = {found.line for found in unknown_name(written, ground)}
    today = ground.today.toordinal()
    for number, audience in enumerate(written.program.audiences):
        if any(end > today for facts in ground.people for _, end in member_days(audience.match, facts)):
            continue
        found = written.finding(
            written.item(("for",), number), "nobody is in this audience, today or later", "prowess people show"
        )
        if found.line not in unknown:
            yield found


def overdue_at_once(written: Written, ground: Ground) -> Iterator[Finding]:
    """People who have been in their position, or here, for longer than a due date allows, on the day the program takes effect."""
    program = written.program
    found: dict[Location, tuple[Due, set[str]]] = {}
    for number, audience in enumerate(program.audiences if program.effective > date.min else ()):
        dues = list(_dues(written, number)) if audience.assign == "required" else []
        for facts in ground.people if dues else ():
            zones = Zones(program.timezone, facts)
            for episode in episodes_of(audience, program.clock, facts):
                if not contains(episode.spans, program.effective.toordinal()):
                    continue
                matched = Matched(audience, episode.start, program.effective.toordinal())
                for at, due in dues:
                    bound = bound_of(due, program.clock, matched, zones, facts.person)
                    if bound is not None and bound[0] < program.effective:
                        found.setdefault(at, (due, set()))[1].add(facts.person.id)
    for at, (due, people) in found.items():
        yield written.finding(
            at,
            f"{'1 person is' if len(people) == 1 else f'{len(people):,} people are'} overdue at once, on {program.effective}:"
            f" {due.within.text} counts from {due.after} and is over by then",
            f"floor: {due.within.text} gives everybody as long after being assigned; after: assigned counts from then alone",
        )


def _dues(written: Written, number: int) -> Iterator[tuple[Location, Due]]:
    """The due dates of those in an audience, each with where it stands, but for such as leave them time after being assigned."""
    program, audience = written.program, written.program.audiences[number]
    of_all: tuple[Location, Due | None] = (("due",), program.due)
    if audience.due is not None:
        of_all = ((*written.item(("for",), number), "due"), audience.due)
    tiers = [(place, tier.due) for place, tier in enumerate(program.tiers) if tier.require is not None]
    for at, due in [of_all if due is None else (("tiers", place, "due"), due) for place, due in tiers] or [of_all]:
        if due is not None and due.after != "assigned" and due.floor.is_zero:
            yield at, due


def too_much_at_once(ground: Ground) -> Iterator[Finding]:
    """People who are required to show too much by all programs together, told where they are asked for most."""
    if ground.roster is None:
        return
    asked = {written.program.id: (written, _asked_in_all(written)) for written in ground.newest()}
    crowds: dict[str, list[tuple[int, str]]] = {}
    for person, programs in _required_of(ground).items():
        total = sum(asked[program][1] for program in programs)
        if total > MOST_AT_ONCE:
            heaviest = max(programs, key=lambda program: asked[program][1])
            crowds.setdefault(heaviest, []).append((total, person))
    for program, crowd in crowds.items():
        total, person = max(crowd)
        who = f"'{person}'" + (f" and {len(crowd) - 1} more" if len(crowd) > 1 else "")
        yield asked[program][0].finding(
            ("for",),
            f"{who} have to show up to {total} things for all their programs together; more than {MOST_AT_ONCE} are seldom held to",
            "ask fewer people, or for less",
            key=True,
        )


def _asked_in_all(written: Written) -> int:
    return sum(fewest(root.node) for root in initial_roots(written))


def _required_of(ground: Ground) -> Mapping[str, list[str]]:
    """The programs that are required of each person today."""
    today = ground.today.toordinal()
    found: dict[str, list[str]] = {}
    for written in ground.newest():
        required = [one for one in written.program.audiences if one.assign == "required"]
        for facts in ground.people:
            if any(contains(member_days(one.match, facts), today) for one in required):
                found.setdefault(facts.person.id, []).append(written.program.id)
    return found


def _patterns(written: Written) -> Iterator[tuple[str, str, Location]]:
    """Every pattern for an attribute, with its place."""
    for name in names_in(written.document):
        if len(name.of) == 1:
            yield name.of[0], name.text, name.at
