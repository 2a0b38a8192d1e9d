"""Where a next step is taken: the page on which whoever is looking may enter it."""

from __future__ import annotations

from typing import NamedTuple

from flask import url_for

from rules.entry.rights import Deed
from rules.explain.account import Step
from rules.language.model import Holds, Leaf
from rules.pages.sight import Sight

ACTS = (Deed.WAIVE, Deed.EXEMPT, Deed.EXTEND, Deed.SUSPEND, Deed.REVOKE, Deed.REINSTATE, Deed.ENDORSE)


class Door(NamedTuple):
    """A link that takes a step further."""

    text: str
    url: str


def door_of(step: Step, mine: Sight, person_id: str) -> Door | None:
    """Where this viewer can do something about a step; None when there is nothing here for them to do."""
    node, who = step.node, mine.self_
    if isinstance(node, Holds):
        url = url_for("people.explained", person_id=person_id, program_id=node.program)
        return Door("What that takes", url)
    if not isinstance(node, Leaf) or not step.is_doable:
        return None
    if node.kind == "signed_off" and who.may(Deed.SIGN_OFF, person_id):
        return Door("Sign off", url_for("entry.sign_off", person=person_id, activity=node.activity))
    if node.kind == "attended" and who.may(Deed.ATTENDANCE, person_id):
        return Door("Take attendance", url_for("entry.attendance", activity=node.activity))
    if node.kind == "credential" and who.may(Deed.HAND_IN, person_id):
        return Door("Hand it in", url_for("entry.credentials", person=person_id))
    if node.kind == "responded" and mine.is_self(person_id):
        return Door("Answer it", url_for("entry.survey", activity=node.activity))
    return None


def acts_door(mine: Sight, person_id: str, program_id: str) -> Door | None:
    """Where this viewer may waive, extend and the like."""
    if not any(mine.self_.may(deed, person_id) for deed in ACTS):
        return None
    return Door("Waive, extend and the like", url_for("entry.acts", person=person_id, program=program_id))
