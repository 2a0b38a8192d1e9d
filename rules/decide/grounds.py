"""What a decision rests on, as a digest: with equal grounds the same is said until the decision's next change.

Many facts concern many people and change little for them: somebody below moved, a program was withdrawn, a statement was
voided that other programs read.  Whoever decides compares grounds first.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

from lrs import __version__
from lrs.people.roster import Person
from rules.decide.calendar import clock_of
from rules.decide.compiled import Compiled, compiled, kin_of
from rules.decide.facts import Facts
from rules.language.model import Ruleset

STABLE: Final = 2
"""The last version of the marshal format that does not depend on how often a value is referred to."""
_BYTES: Final = 16
_UNREAD: Final = frozenset({"name", "email"})
_ABOUT: Final = attrgetter(*(one.name for one in fields(Person) if one.name not in _UNREAD))
_ROW: Final = itemgetter(0, 4, 7, 9, 16, 17)
"""Statement, relation, known, voided, credential and authority: the rest of a row follows from its statement."""
_NAME: Final = itemgetter(0, 1)
_PERSONAL: Final = frozenset({"learner", "site"})
"""Time zones that are the person's."""


class _Read(NamedTuple):
    """What deciding a program reads, whoever is decided.

    texts: a digest of its own and of all it refers to, of the zones they name, and of who reads them.  activities: whose
    evidence it reads.  observed: programs whose holders may answer for that.
    """

    texts: bytes
    activities: frozenset[str]
    observed: Sequence[str]


class _Told(NamedTuple):
    """Of one person: a digest of who they are, and by activity each row they have and whoever answers for those."""

    person: bytes
    rows: Mapping[str, Sequence[tuple[Any, ...]]]
    observers: Mapping[str, set[str]]


class Grounds:
    """The grounds of decisions by one ruleset, about people whose facts were read together.

    What is found out about a person is kept: facts with the same person are taken to be the same facts.
    """

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._told: dict[str, _Told] = {}
        self._found: dict[tuple[str, str], bytes] = {}

    def of(self, facts: Facts, program_id: str) -> bytes:
        """A digest of everything that deciding reads, but for the instant.  KeyError: the ruleset has no such program."""
        key = (facts.person.id, program_id)
        if key not in self._found:
            self._found[key] = self._digest(facts, _read(self._ruleset, program_id))
        return self._found[key]

    def _digest(self, facts: Facts, read: _Read) -> bytes:
        told = self._of_person(facts)
        found = blake2b(read.texts + told.person, digest_size=_BYTES)
        activities = sorted(read.activities & told.rows.keys())
        found.update(marshal.dumps([(activity, told.rows[activity]) for activity in activities], STABLE))
        keys: set[str] = set().union(*(told.observers.get(activity, ()) for activity in activities))
        for key in sorted(keys):
            found.update(key.encode())
            observer = facts.observers.get(key)
            if observer is not None:
                found.update(self._of_person(observer).person)
                for program_id in read.observed:
                    found.update(self.of(observer, program_id))
        return found.digest()

    def _of_person(self, facts: Facts) -> _Told:
        id_ = facts.person.id
        if id_ not in self._told:
            self._told[id_] = _told_of(facts)
        return self._told[id_]


def _told_of(facts: Facts) -> _Told:
    person = facts.person
    sites = [facts.sites.get(position.site) for position in person.positions if position.site]
    clocks = [clock_of(one.timezone) for one in (person, *sites) if one is not None and one.timezone]
    rows: dict[str, list[tuple[Any, ...]]] = {}
    observers: dict[str, set[str]] = {}
    for row in facts.evidence:
        rows.setdefault(row.activity, []).append(_ROW(row))
        if row.instructor and row.is_vouched:
            observers.setdefault(row.activity, set()).add(row.instructor)
    for some in rows.values():
        some.sort(key=_NAME)
    return _Told(_digest_of(repr((_ABOUT(person), sites, facts.depths, clocks))), rows, observers)


@lru_cache(maxsize=4096)
def _read(ruleset: Ruleset, program_id: str) -> _Read:
    programs = _reached(ruleset, program_id, lambda own: (*own.held, *own.observed))
    mine = _reached(ruleset, program_id, lambda own: own.held)
    names = [f"version {one.version} of '{one.id}'" for id_ in programs for one in ruleset.programs[id_]]
    names += [f"source '{source.id}'" for source in ruleset.sources]
    names += [f"verb '{verb}'" for verb in ruleset.verbs]
    names += [f"activity '{activity}'" for activity in _with_kin(ruleset, programs)]
    zones = {one.timezone for id_ in programs for one in ruleset.programs[id_]} - _PERSONAL
    said = [(name, ruleset.texts[name]) for name in sorted(names)]
    said += [(zone, clock_of(zone).hex()) for zone in sorted(zones | {"UTC"})]
    return _Read(
        _digest_of(repr((engine(), said))),
        frozenset().union(*(compiled(ruleset, id_).routes for id_ in mine)),
        sorted({other for id_ in mine for other in compiled(ruleset, id_).observed}),
    )


def _reached(ruleset: Ruleset, program_id: str, follow: Callable[[Compiled], Iterable[str]]) -> set[str]:
    """A program with all that it leads to, directly or through others."""
    found: set[str] = set()
    waiting = [program_id]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += follow(compiled(ruleset, one))
    return found


def _with_kin(ruleset: Ruleset, programs: Iterable[str]) -> list[str]:
    """The activities that programs follow, and those joined to them by equivalences."""
    kin = kin_of(ruleset)
    roots = {kin.get(track.activity) for id_ in programs for track in compiled(ruleset, id_).tracks}
    return [activity for activity, root in kin.items() if root in roots]


def engine_of(rooms: Iterable[Path]) -> str:
    """Who decides: a version, and the very code in these directories, for between two versions it changes too."""
    code = b"".join(path.read_bytes() for room in rooms for path in sorted(room.glob("*.py")))
    return f"{__version__} {blake2b(code, digest_size=_BYTES).hexdigest()}"


@lru_cache(maxsize=1)
def engine() -> str:
    """What decides here: deciding itself, and the language it reads."""
    return engine_of((Path(__file__).parent, Path(__file__).parents[1] / "language"))


def _digest_of(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=_BYTES).digest()
