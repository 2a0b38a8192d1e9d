"""Where a next step is taken: the page on which whoever is looking may enter it, or the course; and who may witness it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from flask import url_for

from lrs.prowess import Place
from lrs.store.tables import DEFAULT_TENANT
from rules.entry.rights import OF_OFFICE, Deed
from rules.entry.witnesses import Witnesses, who_may_sign_off, who_reviews
from rules.explain.account import Account, Step
from rules.explain.explanation import Explanation, explain
from rules.explain.part import Turns
from rules.explain.words import listed
from rules.language import Ruleset
from rules.language.model import Holds, Kpi, Leaf
from rules.pages.sight import Sight

_IN_THE_LMS: Final = frozenset({"passed", "completed", "done", "attended", "competent", "statement"})
_NAMED: Final = 3
"""Of acts, how many a link names."""


class Door(NamedTuple):
    """A link that takes a step further; is_elsewhere: it leads out of these pages."""

    text: str
    url: str
    is_elsewhere: bool = False


class Way(NamedTuple):
    """A step with where it is taken, and whose word it needs."""

    step: Step
    doors: tuple[Door, ...] = ()
    witnesses: Witnesses | None = None
    reviewers: Witnesses | None = None


class Next(NamedTuple):
    """The one thing to do next, shortly, and where, if there is such a place for whoever is looking."""

    text: str
    door: Door | None = None


def ways(steps: Iterable[Step], mine: Sight, found: Explanation, *, is_today: bool) -> list[Way]:
    """Steps as whoever is looking can take them; whose word they need is told as of today alone."""
    program = str(found.document["program"])
    places = [*_places(mine, program)]
    day = found.zones.day_at(mine.prowess.clock.now())
    return [_way(step, mine, found, places, day if is_today else None) for step in steps]


def next_of(mine: Sight, person_id: str, program_id: str) -> Next | None:
    """What somebody does next for a program; None where nothing is missing."""
    found = explain(mine.prowess, person_id, program_id, tenant_id=mine.tenant_id)
    account = Account(found, to_you=mine.is_self(person_id))
    steps = account.steps()
    if not steps:
        return None
    if not steps[0].is_doable:
        return Next("Nothing to do just now")
    (way,) = ways(steps[:1], mine, found, is_today=False)
    return Next(account.brief(way.step), way.doors[0] if way.doors else None)


def _way(step: Step, mine: Sight, found: Explanation, places: Collection[Place], today: date | None) -> Way:
    doors = tuple(_doors(step, mine, found.person.id, found.ruleset, places))
    node = step.node
    if today is None or not isinstance(node, Leaf):
        return Way(step, doors)
    if node.kind == "signed_off" and step.is_doable:
        said = Turns(found.document).proofs.get(node.id, {}).get("used", ())
        without = {found.observers[id_].id for id_ in said if id_ in found.observers}
        return Way(step, doors, who_may_sign_off(mine.prowess, mine.tenant_id, found.person, node, today, without))
    if step.reason == "not_reviewed":
        return Way(step, doors, None, who_reviews(mine.prowess, mine.tenant_id, found.person, today))
    return Way(step, doors)


def _doors(step: Step, mine: Sight, person_id: str, ruleset: Ruleset, places: Collection[Place]) -> Iterator[Door]:
    """Where this viewer can do something about a step; none when there is nothing for them to do now."""
    node, who = step.node, mine.self_
    if isinstance(node, Holds):
        url = url_for("people.explained", person_id=person_id, program_id=node.program)
        yield Door("What that takes", url)
    if isinstance(node, Kpi) and who.may(Deed.MEASURE, person_id):
        yield Door("Enter the figure", url_for("entry.measures", person=person_id, indicator=node.activity))
    if not isinstance(node, Leaf) or not step.is_doable:
        return
    if node.kind in _IN_THE_LMS:
        yield from _elsewhere(node, ruleset, places)
    if node.kind == "signed_off" and who.may(Deed.SIGN_OFF, person_id):
        yield Door("Sign off", url_for("entry.sign_off", person=person_id, activity=node.activity))
    if node.kind == "attended" and who.may(Deed.ATTENDANCE, person_id):
        yield Door("Take attendance", url_for("entry.attendance", activity=node.activity))
    if node.kind == "credential" and who.may(Deed.HAND_IN, person_id):
        yield Door("Hand it in", url_for("entry.credentials", person=person_id))
    if node.kind == "responded" and mine.is_self(person_id):
        yield Door("Answer it", url_for("entry.survey", activity=node.activity))


def _elsewhere(leaf: Leaf, ruleset: Ruleset, places: Collection[Place]) -> Iterator[Door]:
    """The activity by its own address, the one in a system that we know first; and the course that it is taught in."""
    activity = ruleset.activities[leaf.activity]
    hosts = {urlsplit(place.url).netloc for place in places}
    iris = sorted(filter(_is_address, (one.iri for one in activity.iris)), key=lambda iri: _host(iri) not in hosts)
    if iris:
        yield Door(f"Open {activity.title} ({_host(iris[0])})", iris[0], is_elsewhere=True)
    for place in places:
        yield Door(f"Open the course in {place.system}", place.url, is_elsewhere=True)


def _is_address(iri: str) -> bool:
    """Whether a browser can be sent there; many activities are called by names that are no addresses."""
    return iri.lower().startswith(("https://", "http://")) and bool(_host(iri))


def _host(iri: str) -> str:
    try:
        parts = urlsplit(iri)
    except ValueError:
        return ""
    return parts.netloc.rpartition("@")[2]


def _places(mine: Sight, program_id: str) -> Iterator[Place]:
    """Systems are configured for the default tenant."""
    if mine.tenant_id == DEFAULT_TENANT:
        for plugin in mine.prowess.plugins:
            yield from plugin.places(mine.prowess, program_id)


def acts_door(mine: Sight, person_id: str, program_id: str) -> Door | None:
    """Where this viewer may do acts of office, by what they may."""
    mine_to_do = [deed for deed in OF_OFFICE if mine.self_.may(deed, person_id)]
    if not mine_to_do:
        return None
    named = listed(mine_to_do, "or") if len(mine_to_do) <= _NAMED else f"{', '.join(mine_to_do[:_NAMED])} and the like"
    return Door(named.capitalize(), url_for("entry.acts", person=person_id, program=program_id))
