"""One person in one program, explained so that the learner understands it: what to do next comes first."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.days import day_words
from lrs.http.access import signed_in_only
from lrs.xapi.timestamp import instant
from rules.explain.account import Account
from rules.explain.explanation import Explanation, explain
from rules.explain.verdict import Voice, verdict
from rules.pages.doors import acts_door, ways
from rules.pages.sight import Sight, sight
from rules.recognition.badges import Badges
from rules.recognition.issued import TENANT


@signed_in_only
def show(person_id: str, program_id: str) -> ResponseReturnValue:
    """The page."""
    mine = sight()
    as_of, known_at = (request.args.get(name, "").strip() or None for name in ("as_of", "known_at"))
    known_as = mine.known_as(person_id)
    if known_as != person_id and known_at is None:
        return redirect(url_for("people.explained", person_id=known_as, program_id=program_id, as_of=as_of), 303)
    found = explain(mine.prowess, person_id, program_id, as_of, known_at, tenant_id=mine.tenant_id)
    is_self = mine.is_self(person_id)
    account = Account(found, to_you=is_self)
    steps = ways(account.steps(), mine, found, is_today=as_of is None and known_at is None)
    return render_template(
        "rules/pages/explained.html",
        person=found.person,
        program=found.program,
        is_self=is_self,
        is_reader=mine.is_reader,
        verdict=verdict(
            found.document,
            found.program,
            Voice("" if is_self else found.person.name or person_id),
            found.zones.day_at,
            is_over=found.withdrawn is not None,
        ),
        doable=[one for one in steps if one.step.is_doable],
        waiting=[one for one in steps if not one.step.is_doable],
        acts_door=acts_door(mine, person_id, program_id),
        choices=account.choices(),
        paths=account.paths(),
        acts=account.acts(),
        dates=[*account.dates(), *account.parts()],
        about=found.program.about,
        as_of=as_of,
        known_at=known_at,
        day=_day(found, "as_of") or as_of,
        known_day=_day(found, "known_at"),
        certificate_url=_certificate(found) if as_of is None and known_at is None else None,
        badge_url=_badge(mine, found) if as_of is None and known_at is None else None,
        withdrawn=day_words(found.withdrawn_on),
        undigested=day_words(None if found.undigested_since is None else found.zones.day_at(found.undigested_since)),
    )


def _certificate(found: Explanation) -> str | None:
    """Where what is held can be printed."""
    if not found.is_certified:
        return None
    return url_for("people.certificate", person_id=found.person.id, program_id=found.program.id)


def _badge(mine: Sight, found: Explanation) -> str | None:
    """Where their badges stand, once one is good for this program."""
    badges, now, person_id = Badges(mine.prowess), mine.prowess.clock.now(), found.person.id
    if not badges.is_on or mine.tenant_id != TENANT:
        return None
    given = badges.of(person_id, str(found.document["program"]))
    is_good = any(one.state(now) == "valid" for one in given)
    return url_for("people.person", person_id=person_id, _anchor="badges") if is_good else None


def _day(found: Explanation, key: str) -> str:
    """Nothing for an instant beyond the calendar, such as the end of its last day."""
    said = found.document[key]
    return day_words(found.zones.day_at(instant(said))) if said else ""
