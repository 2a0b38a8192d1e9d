"""`prowess people`: who works here, in which position, under whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_datetime
from lrs.commands.changed import changes, whom
from lrs.commands.erasing import erase, erasures
from lrs.commands.merging import merge, unmerge
from lrs.errors import BadRequest, ConfigError
from lrs.people.files import load_people
from lrs.people.register import Importing
from lrs.people.roster import Person, Position, Roster
from lrs.prowess import Prowess
from lrs.web.statement_view import actor_id


@click.group()
def people() -> None:
    """People: import, list, show, merge, unmerge, erase."""


people.add_command(merge)
people.add_command(unmerge)
people.add_command(erase)
people.add_command(erasures)


@people.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="The people in the file are exactly as it says: what it leaves out goes.")
@click.option("--dry-run", is_flag=True, help="Show person by person what it changes, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_prowess
def import_people(prowess: Prowess, file: Path, replace: bool, dry_run: bool, as_json: bool) -> None:
    """Take over people and positions from a CSV or YAML file; repeating it changes nothing.

    Whoever and whatever the file does not name stays as it is; a column that is there with an empty cell clears what is known.
    Positions that it tells of take the place of those known from the first of their days on.  What goes is shown.

    Example: prowess people import people.yaml --dry-run
    """
    if file.suffix.lower() not in {".csv", ".yaml", ".yml"}:
        raise BadRequest(f"{file.name}: unknown kind of file", hint="give a .csv, .yaml or .yml file")
    known = prowess.people.said()
    roster = _loaded(file, known, whole=replace)
    found = prowess.people.take_over(roster, source=file.name, keep=not dry_run)
    for line in _imported(found, lost=not dry_run):
        click.echo(line, err=as_json)
    for site in roster.sites.values():
        old = known.sites.get(site.id, site).timezone
        if old != site.timezone:
            click.echo(f"site {site.id}\n  time zone     - {old}\n  time zone     + {site.timezone}", err=as_json)
    done = found.done
    if as_json:
        click.echo(
            json.dumps({**asdict(done), **(_foreseen(found) if dry_run else {})}, default=str, ensure_ascii=False)
        )
        return
    erased = f"; {done.erased} left out, as they were erased" if done.erased else ""
    merged = f"; {done.merged} of them merged into others (prowess people list)" if done.merged else ""
    click.echo(
        f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged,"
        f" {done.identifiers} identifiers linked{merged}{erased}"
    )
    if dry_run:
        click.echo("nothing was changed")


def _imported(found: Importing, *, lost: bool) -> Iterator[str]:
    """Everybody whom an import changes, or of whom something goes, with what does."""
    for id_, one in found.after.items():
        was = found.before.get(id_)
        if lines := list(changes(was or Person(id_), one, lost=lost)):
            yield whom(one) if was else f"{whom(one)} is new"
            yield from lines
        elif was is None and not lost:
            yield f"{whom(one)} is new"


def _foreseen(found: Importing) -> dict[str, Any]:
    before, after = ({id_: asdict(one) for id_, one in some.items()} for some in (found.before, found.after))
    return {"dry_run": True, "before": before, "after": after}


def _loaded(file: Path, known: Roster, *, whole: bool) -> Roster:
    """What a file says.  Raises ConfigError with all that is wrong in it, and last that nobody was imported."""
    try:
        return load_people(file, known, whole=whole)
    except ConfigError as error:
        nothing = f"{file.name} cannot be imported as it is, so nobody was"
        told = ConfigError(nothing, hint="mend it and import the whole file again")
        told.errors = (*error.errors, told)
        raise told from error


@people.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def list_(prowess: Prowess, as_json: bool) -> None:
    """Show everybody, with the jobs they have today (UTC).

    Example: prowess people list --json
    """
    roster = prowess.people.roster()
    today = to_datetime(prowess.clock.now()).date()
    rows = [_facts(one, today) for _, one in sorted(roster.people.items())]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        left = f"  left {row['left_on']}" if row["left_on"] else ""
        click.echo(f"{row['id']:<24} {row['name'] or '':<28} {', '.join(row['jobs'])}{left}")
    for id_, one in prowess.people.merges().items():
        click.echo(f"{id_:<24} merged into {one.into} on {to_datetime(one.since).date()}")
    if not rows:
        click.echo("nobody is known yet; begin with: prowess people import FILE")


def _facts(one: Person, today: date) -> dict[str, Any]:
    jobs = sorted({position.job for position in one.positions if position.job and position.holds_on(today)})
    left = None if one.left_on is None else one.left_on.isoformat()
    return {"id": one.id, "name": one.name, "email": one.email, "jobs": jobs, "left_on": left}


@people.command()
@click.argument("person")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_prowess
def show(prowess: Prowess, person: str, as_json: bool) -> None:
    """Show one person, as known now: names, identifiers, leave and positions.

    The person is named by id, mail address, or account as HOMEPAGE|NAME.

    Example: prowess people show ada
    """
    roster, id_ = prowess.people.roster(), prowess.people.find(person)
    if as_json:
        click.echo(json.dumps(asdict(roster.people[id_]), indent=2, default=str, ensure_ascii=False))
        return
    click.echo("\n".join(_told(roster.people[id_], roster, prowess.people.ids_of(id_)[1:])))


def _told(one: Person, roster: Roster, merged: Sequence[str]) -> Iterator[str]:
    """A person in lines, each with what it is about."""
    yield _named(one.id, roster)
    facts = [("mail address", one.email), ("time zone", one.timezone), ("hired on", one.hired_on)]
    facts += [("left on", one.left_on)]
    facts += [("known as", actor_id(json.loads(identifier))) for identifier in one.identifiers]
    facts += [("away", f"{leave.start} to {leave.end}") for leave in one.leave]
    facts += [("position", _position(position, roster)) for position in one.positions]
    facts += [("merged", f"{id_}; take it back with: prowess people unmerge {id_}") for id_ in merged]
    yield from (f"  {label:<14}{value}" for label, value in facts if value)
    if not one.identifiers:
        yield "  nothing names this person in statements: give them an email or an identifier"
    if not one.positions:
        yield "  no position: programs find people by their positions"


def _position(one: Position, roster: Roster) -> str:
    what = ", ".join(text for text in (one.job, one.level, one.unit, one.site, one.employment) if text)
    managers = ", ".join(_named(manager, roster) for manager in one.managers)
    days = f"{one.start} to {one.end}" if one.end else f"from {one.start}"
    return f"{days}: {what or 'no job named'}" + (f"; reports to {managers}" if managers else "")


def _named(id_: str, roster: Roster) -> str:
    name = roster.people[id_].name if id_ in roster.people else ""
    return f"{id_} ({name})" if name else id_
