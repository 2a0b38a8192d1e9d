"""The programs that are published: a list with where people stand, and each in plain words beside its YAML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.errors import NotFound, did_you_mean
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.web.sessions import current, readers_only
from rules.explain.program import curriculum, terms
from rules.language import Program, Ruleset
from rules.pages.population import PAGE, STATES, counts, people_in
from rules.pages.sight import sight
from rules.published.composition import published_of
from rules.published.in_force import program_of
from rules.published.listing import find_version
from rules.published.written import about

WORDS = {"required": "required of", "certified": "certified", "overdue": "overdue"}


@dataclass(frozen=True, slots=True)
class Row:
    """A program in the list: the version in force, and the next one."""

    program: Program
    counts: dict[str, int]
    coming: Program | None


@signed_in_only
def show_list() -> ResponseReturnValue:
    """Every published program by its title, for readers with where people stand."""
    mine = sight()
    ruleset, now = published_of(mine.prowess).current(mine.tenant_id).ruleset, mine.prowess.clock.now()
    numbers: dict[str, dict[str, int]] = {}
    if mine.is_reader:
        with mine.prowess.database.read() as conn:
            numbers = counts(conn, mine.tenant_id, now)
    rows = [
        Row(program, numbers.get(program.id, dict.fromkeys(STATES, 0)), next(iter(_after(ruleset, program)), None))
        for program in (_in_force(ruleset, id_, now) for id_ in ruleset.programs)
    ]
    return render_template(
        "rules/pages/programs.html",
        rows=sorted(rows, key=lambda row: row.program.title.lower()),
        is_reader=mine.is_reader,
        is_admin=mine.who.account.role == "admin",
        is_published="published" in request.args,
    )


@signed_in_only
def show_one(program_id: str) -> ResponseReturnValue:
    """The version in force, or `?version=`, in plain words; a withdrawn program as it last was.

    For readers with its numbers, versions and YAML.
    """
    mine = sight()
    published, now = published_of(mine.prowess), mine.prowess.clock.now()
    edition, withdrawn = published.last_with(mine.tenant_id, program_id, known_at=now)
    ruleset = edition.ruleset
    in_force = _in_force(ruleset, program_id, now)
    program = _version(ruleset.programs[program_id], request.args.get("version"), in_force)
    with mine.prowess.database.read() as conn:
        numbers = counts(conn, mine.tenant_id, now) if mine.is_reader else {}
    return render_template(
        "rules/pages/program.html",
        program=program,
        withdrawn=withdrawn,
        in_force=in_force,
        is_coming=program.version > in_force.version,
        coming=[] if withdrawn or program is not in_force else _after(ruleset, in_force),
        terms=terms(program),
        parts_of=curriculum(ruleset, program),
        numbers=numbers.get(program_id, dict.fromkeys(STATES, 0)),
        versions=list(reversed(ruleset.programs[program_id])),
        applied=published.applied(mine.tenant_id, program_id),
        sources=about(published.sources(mine.tenant_id, edition.applied_seq), program_id) if mine.is_reader else [],
        is_reader=mine.is_reader,
        is_admin=mine.who.account.role == "admin",
        self_id=mine.self_.id,
    )


@signed_in_only
@readers_only
def show_people(program_id: str) -> ResponseReturnValue:
    """The people behind a number."""
    prowess, tenant_id = this_prowess(), current().tenant_id
    now = prowess.clock.now()
    edition, _ = published_of(prowess).last_with(tenant_id, program_id, known_at=now)
    program = _in_force(edition.ruleset, program_id, now)
    state = request.args.get("state", "required")
    if state not in STATES:
        raise NotFound(f"there is no state '{state}'", hint=did_you_mean(state, STATES))
    name, person = request.args.get("name"), request.args.get("person")
    after = (name, person) if name is not None and person is not None else None
    with prowess.database.read() as conn:
        found = people_in(conn, tenant_id, now, program_id, state, after)
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


def _in_force(ruleset: Ruleset, program_id: str, now: int) -> Program:
    """Of a program that there is."""
    program = program_of(ruleset, program_id, now)
    assert program is not None
    return program


def _after(ruleset: Ruleset, program: Program) -> list[Program]:
    """The versions that follow one, the next one first."""
    return [one for one in ruleset.programs[program.id] if one.version > program.version]


def _version(versions: Sequence[Program], number: str | None, in_force: Program) -> Program:
    return in_force if number is None else find_version(versions, number)
