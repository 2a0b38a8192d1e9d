"""Choosing a person on a page: by a part of the name, with a list where several fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import render_template, request

from rules.entry.desk import Desk
from rules.entry.people import Found
from rules.entry.rights import Deed

_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was typed, who fits, and the one who is meant where there is no doubt."""

    text: str
    people: list[Found]
    id: str | None
    is_cut: bool = False
    """Whether more fit than are listed."""


def chosen(here: Desk, *deeds: Deed) -> Chosen:
    """The person of this request's `person`, among those about whom one of the deeds may be done."""
    text = here.prowess.people.known_as(request.args.get("person", "").strip(), here.who.tenant_id)
    found: dict[str, Found] = {}
    exact = here.prowess.people.meant(text, tenant_id=here.who.tenant_id) if text else set()
    for deed in deeds if exact else ():
        found.update({one.id: one for one in here.people(deed, ids=exact)})
    if text or here.enterer.reports:
        for deed in deeds:
            found.update({one.id: one for one in here.people(deed, text, limit=_MOST + 1, reports_only=not text)})
    people = sorted(found.values(), key=lambda one: (one.name.lower(), one.id))
    return Chosen(text, people[:_MOST], _only(people, text, exact), len(people) > _MOST)


def choice(here: Desk, learner: Chosen, deed: Deed, endpoint: str, title: str, purpose: str) -> str:
    """The page on which a person is chosen, for one that then needs nothing else."""
    return render_template(
        "rules/entry/person_choice.html",
        learner=learner,
        is_anybody=here.enterer.may_about_anybody(deed),
        endpoint=endpoint,
        title=title,
        purpose=purpose,
    )


def _only(people: list[Found], text: str, exact: set[str]) -> str | None:
    """Who is named, by id, mail address or account; else the only one who fits.  None where two may be meant: they are listed."""
    named = [one.id for one in people if one.id in exact]
    named = named or [one.id for one in people if text and text.lower() in {one.id.lower(), (one.email or "").lower()}]
    if named:
        return named[0] if len(named) == 1 else None
    return people[0].id if text and len(people) == 1 else None
