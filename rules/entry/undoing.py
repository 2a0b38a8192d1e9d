"""What follows when an entry is taken back: which decisions it bears, and how they would stand without it.

Told before it is done, from the facts of now.  What rests on such a decision in its turn is not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from lrs.prowess import Prowess
from rules.decide import affected
from rules.entry.acts import is_act, override_of
from rules.entry.aftermath import Aftermath, Document
from rules.explain.verdict import Voice, verdict

_HELD: Final = "valid"


class Undone(NamedTuple):
    """A program that is decided otherwise without an entry.

    now, then: the headlines of both decisions, the same where only more would be missing; is_lost: an award that holds now
    would not; opens: what would be missing that is not now, in words.
    """

    person: str
    name: str
    program: str
    title: str
    now: str
    then: str
    is_lost: bool
    opens: tuple[str, ...]


def undone(prowess: Prowess, tenant_id: int, statement: Mapping[str, Any]) -> list[Undone]:
    """What taking a statement back would change for whom it is about, lost awards first."""
    after = Aftermath(prowess, tenant_id, [statement])
    found = [
        change
        for person, one in after.statements
        for program in _programs(after, one)
        if (change := _undone(after, person, program, str(one["id"]))) is not None
    ]
    return sorted(found, key=lambda one: (not one.is_lost, one.title))


def _programs(after: Aftermath, statement: Mapping[str, Any]) -> list[str]:
    if is_act(statement):
        named = override_of(statement)["program"]
        return [named] if named in after.ruleset.programs else []
    return sorted(affected(after.ruleset).get(statement["object"]["id"], ()))


def _undone(after: Aftermath, person: str, program: str, id_: str) -> Undone | None:
    now, then = after.decided(person, program).document, after.decide_without(person, program, id_)
    newest, name = after.ruleset.programs[program][-1], after.name_of(person)
    day_at = after.zones_of(person, program).day_at
    before, without = (verdict(one, newest, Voice(name), day_at).headline for one in (now, then))
    opens = _opens(now, then)
    if before == without and not opens:
        return None
    is_lost = now["award"] == _HELD != then["award"]
    return Undone(person, name, program, newest.title or program, before, without, is_lost, opens)


def _opens(now: Document, then: Document) -> tuple[str, ...]:
    known = {gap["criterion"] for gap in now["gaps"]}
    return tuple(gap["text"] for gap in then["gaps"] if gap["criterion"] not in known)
