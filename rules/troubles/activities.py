"""Activities that programs ask for and that nobody was ever heard about: not done yet, or under another address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from lrs.clock import SECOND, to_datetime
from lrs.store import tables as t
from rules import tables as r
from rules.addresses import addresses, heard_instead
from rules.language import Program
from rules.language.model import Kpi, Leaf, Node, Not
from rules.language.walk import parts_of
from rules.troubles.kind import Scene, Trouble

_EARLIEST_ZONE: Final = 14 * 3_600 * SECOND
"""A day begins so long before that of UTC where it begins first."""


def silent(scene: Scene) -> Iterator[Trouble]:
    """What a program asks for, if no statement is about it, nor about what counts for it: once it has been asked for that
    long, and at once if statements are about an address that is nearly the same.
    """
    heard = _heard(scene)
    activities = scene.ruleset.activities
    heard |= {target.activity for one in heard & activities.keys() for target in activities[one].counts_for}
    unheard = [one for one in _all_asked(scene) if one[1] not in heard]
    iris = {iri.iri for _, name, _ in unheard for iri in activities[name].iris}
    instead = heard_instead(scene.conn, scene.tenant_id, addresses(scene.ruleset).keys(), iris)
    for program_id, name, is_long in unheard:
        activity = activities[name]
        mine = list(dict.fromkeys(iri.iri for iri in activity.iris))
        likeness = min((instead[iri] for iri in mine if iri in instead), key=lambda one: one.weight, default=None)
        if is_long or likeness:
            yield Trouble(name=activity.title or name, program_id=program_id, detail=", ".join(mine), instead=likeness)


def _all_asked(scene: Scene) -> Iterator[tuple[str, str, bool]]:
    """Each program in force with the activities it asks for, and whether it has done so all these days."""
    day = to_datetime(scene.now).date() - timedelta(days=scene.days)
    latest = to_datetime(scene.now + _EARLIEST_ZONE).date()
    for versions in scene.ruleset.programs.values():
        in_force = [version for version in versions if version.effective <= latest]
        old = [version for version in in_force if version.effective <= day]
        still, long = set(_asked(versions[-1])), set(_asked(old[-1]) if old else ())
        for name in dict.fromkeys(_asked(in_force[-1]) if in_force else ()):
            if name in still:
                yield versions[-1].id, name, name in long


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
