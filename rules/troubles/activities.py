"""Activities that programs ask for and that nobody was ever heard about, or not by all: not done yet, or under another address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from lrs.clock import DAY, SECOND, to_datetime
from lrs.store import tables as t
from rules import tables as r
from rules.language import Program
from rules.language.model import Kpi, Leaf, Node, Not
from rules.language.walk import parts_of
from rules.troubles.addresses import addresses, heard_instead
from rules.troubles.kind import Scene, Trouble, published_for_long

_LATELY: Final = 30 * DAY
"""What has not come for longer its sender has mended, or it was nothing."""
_EARLIEST_ZONE: Final = 14 * 3_600 * SECOND
"""A day begins so long before that of UTC where it begins first."""


def silent(scene: Scene) -> Iterator[Trouble]:
    """What a program asks for, if no statement is about it, nor about what counts for it: once it has been asked for that
    long, and at once if statements are about an address that is nearly the same.
    """
    return (trouble for trouble, is_silent in in_wrong_places(scene) if is_silent)


def astray(scene: Scene) -> Iterator[Trouble]:
    """What a program asks for and statements are about, if others are about nearly the same address and count for nothing."""
    return (trouble for trouble, is_silent in in_wrong_places(scene) if not is_silent)


def in_wrong_places(scene: Scene) -> Iterator[tuple[Trouble, bool]]:
    """Both, each with whether it is silent: all addresses are compared once."""
    activities, heard = scene.ruleset.activities, _heard(scene)
    known = {name for name, one in activities.items() if any(iri.iri in heard for iri in one.iris)}
    known |= {target.activity for one in known for target in activities[one].counts_for}
    asked = [(*one, list(dict.fromkeys(iri.iri for iri in activities[one[1]].iris))) for one in _all_asked(scene)]
    iris = {iri for *_, mine in asked for iri in mine}
    since = scene.now - _LATELY
    named = addresses(scene.ruleset).keys()
    instead = heard_instead(scene.conn, scene.tenant_id, named, iris - heard, iris & heard, since=since)
    for program_id, name, is_long, mine in asked:
        title = activities[name].title or name
        near = sorted((iri for iri in mine if iri in instead), key=lambda iri: instead[iri].weight)
        if name in known:
            for iri in near:
                yield Trouble(name=title, program_id=program_id, detail=iri, instead=instead[iri]), False
        elif is_long or near:
            nearest = instead[near[0]] if near else None
            yield Trouble(name=title, program_id=program_id, detail=", ".join(mine), instead=nearest), True


def _all_asked(scene: Scene) -> Iterator[tuple[str, str, bool]]:
    """Each program in force with the activities it asks for, and whether it has done so all these days."""
    day = to_datetime(scene.now).date() - timedelta(days=scene.days)
    latest = to_datetime(scene.now + _EARLIEST_ZONE).date()
    known = published_for_long(scene)
    for versions in scene.ruleset.programs.values():
        in_force = [version for version in versions if version.effective <= latest]
        old = [version for version in in_force if version.effective <= day and (version.id, version.version) in known]
        still, long = set(_asked(versions[-1])), set(_asked(old[-1]) if old else ())
        for name in dict.fromkeys(_asked(in_force[-1]) if in_force else ()):
            if name in still:
                yield versions[-1].id, name, name in long


def _heard(scene: Scene) -> set[str]:
    """The addresses of activities that some statement is about, or about a part of; one look-up for each."""
    a, posting = r.activity.c, t.posting.c
    about = select(posting.seq).where(posting.tenant_id == a.tenant_id, posting.key == a.key)
    return set(scene.conn.scalars(select(a.iri).where(a.tenant_id == scene.tenant_id, about.exists())))


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
