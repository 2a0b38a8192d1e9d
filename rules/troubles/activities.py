"""Activities that programs ask for and that nobody was ever heard about: not done yet, or under another address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import select

from lrs.clock import to_datetime
from lrs.store import tables as t
from rules import tables as r
from rules.entry.wanted import leaves
from rules.language import Program
from rules.troubles.kind import Scene, Trouble


def silent(scene: Scene) -> Iterator[Trouble]:
    """What a program has asked for all these days, if no statement has one of its addresses, nor of what counts for it."""
    heard = _heard(scene)
    activities = scene.ruleset.activities
    heard |= {target.activity for one in heard & activities.keys() for target in activities[one].counts_for}
    for program in _asking(scene, to_datetime(scene.now).date() - timedelta(days=scene.days)):
        asked = {name: None for leaf in leaves(program) if (name := getattr(leaf, "activity", None))}
        for activity in (activities[name] for name in asked if name not in heard):
            addresses = ", ".join(dict.fromkeys(iri.iri for iri in activity.iris))
            yield Trouble(name=activity.title or activity.id, program_id=program.id, detail=addresses)


def _heard(scene: Scene) -> set[str]:
    """The activities some statement is about, or about a part of; one look-up for each address."""
    a, posting = r.activity.c, t.posting.c
    about = select(posting.seq).where(posting.tenant_id == a.tenant_id, posting.key == a.key)
    query = select(a.activity_id).where(a.tenant_id == scene.tenant_id, about.exists())
    return set(scene.conn.scalars(query))


def _asking(scene: Scene, day: date) -> Iterator[Program]:
    """The newest version of each program, if it was in force on a day."""
    newest = (versions[-1] for versions in scene.ruleset.programs.values())
    yield from (program for program in newest if program.effective <= day)
