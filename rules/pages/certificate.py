"""What somebody holds today, on one sheet to be printed or handed on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Final
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lrs.days import day_words
from lrs.errors import NotFound
from lrs.http.access import signed_in_only
from lrs.prowess import Prowess
from rules import tables as r
from rules.decisions.emitter import RECORDED
from rules.decisions.transitions import GAINS, Document
from rules.explain.account import Account, Finding
from rules.explain.explanation import Explanation, explain
from rules.language import Program
from rules.language.model import Leaf, Not
from rules.language.walk import paths_of, walk
from rules.pages.sight import Sight, sight
from rules.recognition.badges import Badges
from rules.recognition.issued import TENANT
from rules.vocabulary import DECISION_EXTENSION

_SAID: Final = {"met": "", "waived": " (waived)"}


@signed_in_only
def show(person_id: str, program_id: str) -> ResponseReturnValue:
    """The sheet.  Raises NotFound unless the award is valid now."""
    mine = sight()
    if (known_as := mine.known_as(person_id)) != person_id:
        return redirect(url_for("people.certificate", person_id=known_as, program_id=program_id), 303)
    found = explain(mine.prowess, person_id, program_id, tenant_id=mine.tenant_id)
    document, program, person = found.document, found.program, found.person
    place = url_for("people.explained", person_id=person_id, program_id=program_id)
    if not found.is_certified:
        raise NotFound(
            f"{person.name or person_id} holds no valid certificate in '{program.title}' today",
            hint=f"see why: {place}",
        )
    earned = next((path for path in Account(found).paths() if path.met_on), None)
    return render_template(
        "rules/pages/certificate.html",
        person=person,
        program=program,
        valid_from=day_words(document["valid_from"]),
        expires_on=day_words(document["grace_until" if "in_grace" in document["flags"] else "expires_on"]),
        as_of=day_words(found.zones.day_at(mine.prowess.clock.now())),
        is_provisional="provisional" in document["flags"],
        organisation=mine.prowess.settings.organisation.name,
        shown=list(_met(earned.findings, _forbidden(program))) if earned is not None else [],
        signatories=_signatories(found, earned.findings) if earned is not None else [],
        withdrawn=day_words(found.withdrawn_on),
        statement=_statement(mine.prowess, mine.tenant_id, document),
        address=mine.prowess.settings.public_url.rstrip("/") + place,
        badge=_badge(mine, person_id, program_id),
    )


def _badge(mine: Sight, person_id: str, program_id: str) -> str:
    """Where anybody may see that it holds: on their own sheet, as only they give that address out."""
    badges, now = Badges(mine.prowess), mine.prowess.clock.now()
    if not badges.is_on or mine.tenant_id != TENANT or not mine.is_self(person_id):
        return ""
    valid = (one for one in badges.of(person_id, program_id) if one.state(now) == "valid")
    return next((badges.addresses.credential(one.token) for one in valid), "")


def _met(findings: Iterable[Finding], forbidden: Collection[str]) -> Iterator[str]:
    """What was shown or waived, in words: of a choice only what was taken, and nothing that must not be."""
    for finding in findings:
        if finding.result not in _SAID or finding.criterion in forbidden:
            continue
        below = list(_met(finding.parts, forbidden))
        yield from below or ([] if finding.parts else [finding.text + _SAID[finding.result]])


def _signatories(found: Explanation, findings: Iterable[Finding]) -> list[str]:
    """The names of those whose sign-offs it was built on, each once; nobody's address, and no id in place of a name."""
    nodes = walk(paths_of(found.program))
    asked = {node.id for node in nodes if isinstance(node, Leaf) and node.kind == "signed_off"}
    used = (seen for one in _every(findings) if one.criterion in asked and one.result == "met" for seen in one.used)
    observers = (found.observers.get(seen.statement) for seen in used)
    return list(dict.fromkeys(one.name for one in observers if one is not None and one.name))


def _every(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from _every(finding.parts)


def _forbidden(program: Program) -> set[str]:
    return {node.id for node in walk(paths_of(program)) if isinstance(node, Not)}


def _statement(prowess: Prowess, tenant_id: int, document: Document) -> UUID | None:
    """The statement that says just this; None where it is not recorded (yet), or was known before Prowess announced."""
    c = r.emission.c
    query = (
        select(c.id, c.body, c.recorded)
        .where(
            c.tenant_id == tenant_id,
            c.person_id == document["person"],
            c.program_id == document["program"],
            c.transition.in_(GAINS),
        )
        .order_by(c.created_at.desc())
    )
    with prowess.database.read() as conn:
        rows = conn.execute(query).all()
    for row in rows:
        said = json.loads(row.body)["context"]["extensions"][DECISION_EXTENSION]
        if row.recorded == RECORDED and all(said[name] == document[name] for name in ("valid_from", "expires_on")):
            return UUID(bytes=row.id)
    return None
