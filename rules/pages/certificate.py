"""What somebody holds today, on one sheet to be printed or handed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lrs.errors import NotFound
from lrs.http.access import signed_in_only
from lrs.prowess import Prowess
from rules import tables as r
from rules.explain.account import Account, Finding
from rules.explain.explanation import explain
from rules.explain.words import day_words
from rules.pages.explained import recognised
from rules.pages.sight import sight
from rules.transitions import GAINS

_SAID: Final = {"met": "", "waived": " (waived)"}


@signed_in_only
def show(person_id: str, program_id: str) -> ResponseReturnValue:
    """The sheet.  Raises NotFound unless the award is valid now."""
    mine = sight()
    mine.require(person_id)
    found = explain(mine.prowess, person_id, program_id, tenant_id=mine.tenant_id)
    document, program, person = found.document, found.program, found.person
    place = url_for("people.explained", person_id=person_id, program_id=program_id)
    if document["award"] != "valid":
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
        expires_on=day_words(document["expires_on"]),
        as_of=day_words(found.zones.day_at(mine.prowess.clock.now())),
        is_provisional="provisional" in document["flags"],
        shown=list(_met(earned.findings)) if earned is not None else [],
        recognised=recognised(program),
        statement=_statement(mine.prowess, mine.tenant_id, person_id, program_id),
        address=mine.prowess.settings.public_url.rstrip("/") + place,
    )


def _met(findings: tuple[Finding, ...]) -> Iterator[str]:
    """What was shown or waived, in words: of a choice only what was taken."""
    for finding in findings:
        below = list(_met(finding.parts))
        if below:
            yield from below
        elif not finding.parts and finding.result in _SAID:
            yield finding.text + _SAID[finding.result]


def _statement(prowess: Prowess, tenant_id: int, person_id: str, program_id: str) -> UUID | None:
    """The newest statement that says so; None for what is known from before Prowess."""
    c = r.emission.c
    query: Any = (
        select(c.id)
        .where(
            c.tenant_id == tenant_id,
            c.person_id == person_id,
            c.program_id == program_id,
            c.transition.in_(GAINS),
            c.recorded == 1,
        )
        .order_by(c.created_at.desc())
        .limit(1)
    )
    with prowess.database.read() as conn:
        found = conn.scalar(query)
    return None if found is None else UUID(bytes=found)
