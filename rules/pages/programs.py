"""The programs that are published: a list with where people stand, and each in plain words beside its YAML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lrs.errors import NotFound, did_you_mean
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.web.sessions import current, readers_only
from rules import tables as r
from rules.composition import published_of
from rules.explain.program import curriculum, terms
from rules.language import Program, Ruleset
from rules.pages.explained import benefits, recognised
from rules.pages.population import PAGE, STATES, counts, people_in
from rules.pages.sight import sight
from rules.published import Source

WORDS = {"required": "required of", "certified": "certified", "overdue": "overdue"}


@dataclass(frozen=True, slots=True)
class Row:
    """A program in the list."""

    program: Program
    counts: dict[str, int]


@signed_in_only
def show_list() -> ResponseReturnValue:
    """Every published program by its title, for readers with where people stand."""
    mine = sight()
    programs = published_of(mine.prowess).current(mine.tenant_id).ruleset.programs
    numbers: dict[str, dict[str, int]] = {}
    if mine.is_reader:
        with mine.prowess.database.read() as conn:
            numbers = counts(conn, mine.tenant_id, mine.prowess.clock.now())
    rows = [Row(versions[-1], numbers.get(id_, dict.fromkeys(STATES, 0))) for id_, versions in programs.items()]
    return render_template(
        "rules/pages/programs.html",
        rows=sorted(rows, key=lambda row: row.program.title.lower()),
        is_reader=mine.is_reader,
        is_admin=mine.who.account.role == "admin",
        is_published="published" in request.args,
    )


@signed_in_only
def show_one(program_id: str) -> ResponseReturnValue:
    """A program in plain words; for readers with its numbers, versions and YAML."""
    mine = sight()
    published = published_of(mine.prowess)
    ruleset = published.current(mine.tenant_id).ruleset
    program = _program(ruleset, program_id)
    with mine.prowess.database.read() as conn:
        numbers = counts(conn, mine.tenant_id, mine.prowess.clock.now()) if mine.is_reader else {}
        applied = _applied(conn, mine.tenant_id, program_id)
    return render_template(
        "rules/pages/program.html",
        program=program,
        terms=terms(program),
        parts_of=curriculum(ruleset, program),
        benefit=benefits(program),
        recognised=recognised(program),
        numbers=numbers.get(program_id, dict.fromkeys(STATES, 0)),
        versions=list(reversed(ruleset.programs[program_id])),
        applied=applied,
        sources=_sources(published.sources(mine.tenant_id), program_id) if mine.is_reader else [],
        is_reader=mine.is_reader,
        is_admin=mine.who.account.role == "admin",
        self_id=mine.self_.id,
    )


@signed_in_only
@readers_only
def show_people(program_id: str) -> ResponseReturnValue:
    """The people behind a number."""
    prowess, tenant_id = this_prowess(), current().tenant_id
    program = _program(published_of(prowess).current(tenant_id).ruleset, program_id)
    state = request.args.get("state", "required")
    if state not in STATES:
        raise NotFound(f"there is no state '{state}'", hint=did_you_mean(state, STATES))
    name, person = request.args.get("name"), request.args.get("person")
    after = (name, person) if name is not None and person is not None else None
    with prowess.database.read() as conn:
        found = people_in(conn, tenant_id, prowess.clock.now(), program_id, state, after)
    more: str | None = None
    if len(found) > PAGE:
        last = found[PAGE - 1]
        more = url_for(".people", program_id=program_id, state=state, name=last.key, person=last.person_id)
    return render_template(
        "rules/pages/program_people.html",
        program=program,
        state=state,
        words=WORDS,
        people=found[:PAGE],
        more=more,
        is_first=after is None,
    )


def _program(ruleset: Ruleset, program_id: str) -> Program:
    if program_id not in ruleset.programs:
        hint = did_you_mean(program_id, ruleset.programs) if ruleset.programs else "publish programs first"
        raise NotFound(f"no program '{program_id}' is published", hint=hint)
    return ruleset.programs[program_id][-1]


def _applied(conn: Any, tenant_id: int, program_id: str) -> dict[int, int]:
    """When each version was first published."""
    c = r.program.c
    query = select(c.version, c.applied_seq).where(c.tenant_id == tenant_id, c.program_id == program_id)
    return {row.version: row.applied_seq for row in conn.execute(query)}


def _sources(sources: list[Source], program_id: str) -> list[Source]:
    """The files that say something of a program, each with the documents about it."""
    found = []
    for source in sources:
        mine = [text for text in source.text.split("\n---") if _is_about(text, program_id)]
        if mine:
            found.append(Source(source.file, "\n---\n".join(text.strip("\n") for text in mine)))
    return found


def _is_about(text: str, program_id: str) -> bool:
    """Whether a document's own id is this one, by its line; a document written in braces has it too."""
    plain = text.replace('"', "").replace("'", "").replace("{", "\n").replace(",", "\n")
    lines = [line.partition("#")[0].strip() for line in plain.splitlines()]
    return f"id: {program_id}" in lines and any(line in {"kind: certification", "kind: curriculum"} for line in lines)
