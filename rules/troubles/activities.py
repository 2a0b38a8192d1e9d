"""Activities that programs ask for and that nobody was ever heard about: not done yet, or under another address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from lrs.clock import to_datetime
from lrs.store import tables as t
from rules import tables as r
from rules.language import Program
from rules.language.model import Kpi, Leaf, Node, Not
from rules.language.walk import parts_of
from rules.troubles.kind import Scene, Trouble


def silent(scene: Scene) -> Iterator[Trouble]:
    """What a program has asked for that long and still does, if no statement is about it, nor about what counts for it."""
    heard = _heard(scene)
    activities = scene.ruleset.activities
    heard |= {target.activity for one in heard & activities.keys() for target in activities[one].counts_for}
    day = to_datetime(scene.now).date() - timedelta(days=scene.days)
    for versions in scene.ruleset.programs.values():
        old = [version for version in versions if version.effective <= day]
        still = set(_asked(versions[-1]))
        for name in dict.fromkeys(_asked(old[-1]) if old else ()):
            if name in still and name not in heard:
                activity = activities[name]
                addresses = ", ".join(dict.fromkeys(iri.iri for iri in activity.iris))
                yield Trouble(name=activity.title or name, program_id=versions[-1].id, detail=addresses)


def _heard(scene: Scene) -> set[str]:
    """The activities some statement is about, or about a part of; one look-up for each address."""
    a, posting = r.activity.c, t.posting.c
    about = select(posting.seq).where(posting.tenant_id == a.tenant_id, posting.key == a.key)
    query = select(a.activity_id).where(a.tenant_id == scene.tenant_id, about.exists())
    return set(scene.conn.scalars(query))


def _asked(program: Program) -> Iterator[str]:
    """The activities that have to be done for the first award; what must not happen is best not heard of."""
    for root in (program.require, *(tier.require for tier in program.tiers)):
        yield from _below(root)


def _below(node: Node | None) -> Iterator[str]:
    if isinstance(node, Leaf | Kpi):
        yield node.activity
    elif node is not None and not isinstance(node, Not):
        for part in parts_of(node):
            yield from _below(part)
