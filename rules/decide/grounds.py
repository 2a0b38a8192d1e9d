"""What a decision rests on, as a digest: with equal grounds the same is said until the decision's next change.

Many facts concern many people and change little for them: somebody above moved, a program was withdrawn, a site got
another clock.  Whoever decides compares grounds first.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

from lrs import __version__
from lrs.people.roster import Person
from rules.decide.compiled import compiled, kin_of
from rules.decide.facts import Facts
from rules.language.model import Ruleset

_BYTES: Final = 16
_MARSHAL: Final = 2
"""The last version of the format that does not depend on how often a value is referred to."""
_UNREAD: Final = frozenset({"name", "email"})
_ABOUT: Final = attrgetter(*(one.name for one in fields(Person) if one.name not in _UNREAD))
_ROW: Final = itemgetter(0, 4, 7, 9, 16, 17)
"""Statement, relation, known, voided, credential and authority: the rest of a row follows from its statement."""
_NAME: Final = itemgetter(0, 1)


class _Read(NamedTuple):
    """What deciding a program reads: its own text and those of all it refers to, and evidence about which activities."""

    texts: bytes
    activities: frozenset[str]


@lru_cache(maxsize=4096)
def _read(ruleset: Ruleset, program_id: str) -> _Read:
    programs = _referred(ruleset, program_id)
    names = [f"version {one.version} of '{one.id}'" for id_ in programs for one in ruleset.programs[id_]]
    names += [f"source '{source.id}'" for source in ruleset.sources]
    names += [f"verb '{verb}'" for verb in ruleset.verbs]
    names += [f"activity '{activity}'" for activity in _with_kin(ruleset, programs)]
    found = blake2b(__version__.encode(), digest_size=_BYTES)
    for name in sorted(names):
        found.update(f"\n{name}\n{ruleset.texts[name]}".encode())
    activities = frozenset().union(*(compiled(ruleset, id_).routes for id_ in programs))
    return _Read(found.digest(), activities)


def _referred(ruleset: Ruleset, program_id: str) -> set[str]:
    """A program with all whose awards it asks for, of the learner or of who observes, directly or through others."""
    found: set[str] = set()
    waiting = [program_id]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            own = compiled(ruleset, one)
            waiting += [*own.held, *own.observed]
    return found


def _with_kin(ruleset: Ruleset, programs: Iterable[str]) -> list[str]:
    """The activities that programs follow, and those joined to them by equivalences."""
    kin = kin_of(ruleset)
    roots = {kin.get(track.activity) for id_ in programs for track in compiled(ruleset, id_).tracks}
    return [activity for activity, root in kin.items() if root in roots]


class _Told(NamedTuple):
    """Of one person: who they are, and by activity each row they have and whoever answers for those."""

    person: bytes
    rows: Mapping[str, Sequence[tuple[Any, ...]]]
    observers: Mapping[str, set[str]]


class Grounds:
    """The grounds of decisions by one ruleset; what is found out about a person is kept for all programs."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._told: dict[str, _Told] = {}

    def of(self, facts: Facts, program_id: str) -> bytes:
        """A digest of everything that deciding reads, but for the instant.

        Facts with the same person are taken to be the same facts.  KeyError: the ruleset has no such program.
        """
        read = _read(self._ruleset, program_id)
        told = self._of_person(facts)
        activities = sorted(read.activities & told.rows.keys())
        found = blake2b(read.texts, digest_size=_BYTES)
        found.update(told.person)
        found.update(marshal.dumps([(activity, told.rows[activity]) for activity in activities], _MARSHAL))
        keys = set().union(*(told.observers[activity] for activity in activities if activity in told.observers))
        if keys:
            self._add_observers(found, facts, keys)
        return found.digest()

    def _add_observers(self, found: blake2b, facts: Facts, keys: set[str]) -> None:
        """Whoever answers for evidence, whole, and in turn whoever answers for theirs."""
        seen: set[str] = set()
        while keys:
            people: dict[str, Facts] = {}
            for key in sorted(keys):
                observer = facts.observers.get(key)
                found.update(f"\n{key} {observer and observer.person.id}".encode())
                if observer is not None and observer.person.id not in seen:
                    people[observer.person.id] = observer
            seen |= people.keys()
            keys = set()
            for _, observer in sorted(people.items()):
                told = self._of_person(observer)
                found.update(told.person)
                found.update(marshal.dumps(sorted(told.rows.items()), _MARSHAL))
                keys = keys.union(*told.observers.values())

    def _of_person(self, facts: Facts) -> _Told:
        id_ = facts.person.id
        if id_ not in self._told:
            self._told[id_] = _told_of(facts)
        return self._told[id_]


def _told_of(facts: Facts) -> _Told:
    sites = [facts.sites.get(position.site) for position in facts.person.positions if position.site]
    person = repr((_ABOUT(facts.person), sites, facts.depths)).encode()
    rows: dict[str, list[tuple[Any, ...]]] = {}
    observers: dict[str, set[str]] = {}
    for row in facts.evidence:
        rows.setdefault(row[2], []).append(_ROW(row))
        if row[20] and row.is_vouched:
            observers.setdefault(row[2], set()).add(row[20])
    for some in rows.values():
        some.sort(key=_NAME)
    return _Told(person, rows, observers)
