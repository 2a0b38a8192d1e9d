"""`prowess attendance | kpi | act`: what operators enter from files and by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click

from lrs.cli_context import pass_prowess
from lrs.errors import BadRequest, ConfigError, NotFound
from lrs.prowess import Prowess
from lrs.recorder import Recorded
from lrs.store.tables import DEFAULT_TENANT
from rules.entry import attendance as sessions
from rules.entry import samples
from rules.entry.acts import KINDS, Kind, Mistake
from rules.entry.counting import Examined, Idle, examine
from rules.entry.journal import Journal, words_of
from rules.entry.lookup import Lookup, lookup
from rules.entry.office import Asked
from rules.entry.recorder import Recorder
from rules.entry.rights import ADMIN, Enterer
from rules.entry.sheet import Entered, Sheet, as_config_error, csv_rows, decoded, named_in, read_rows, statements_of
from rules.entry.statement import Json
from rules.entry.undoing import Undone, undone

R = TypeVar("R", bound=Entered)

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_BY = click.option("--by", metavar="PERSON", help="Who answers for it; default: this installation's operator.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def attendance() -> None:
    """Attendance of sessions: import."""


@attendance.command(name="import")
@click.argument("file", type=_FILE)
@_BY
@_JSON
@pass_prowess
def import_attendance(prowess: Prowess, file: Path, by: str | None, as_json: bool) -> None:
    """Record who was at which session, from a CSV file; all of it or nothing, and the same row only once.

    Columns: person, activity and date; present, duration, instructor, credit_type, credits, accredited_by and ref may be there.

    Example: prowess attendance import sessions.csv --by grace
    """
    _import(prowess, sessions.SHEET, file, by, as_json=as_json)


@click.group()
def kpi() -> None:
    """Samples of indicators: import."""


@kpi.command(name="import")
@click.argument("file", type=_FILE)
@_BY
@_JSON
@pass_prowess
def import_kpi(prowess: Prowess, file: Path, by: str | None, as_json: bool) -> None:
    """Record measured values, from a CSV file; all of it or nothing, and the same row only once.

    Columns: person, indicator (an activity), date and value; ref may be there.

    Example: prowess kpi import june.csv
    """
    _import(prowess, samples.SHEET, file, by, as_json=as_json)


@click.group()
def act() -> None:
    """Acts of office about one person in one program: waive, exempt, extend, suspend, revoke, reinstate, endorse; take-back."""


def _command_of(kind: Kind) -> click.Command:
    """The command of one kind of act, with the options that this kind has."""

    def command(
        prowess: Prowess, person: str, program: str, reason: str, by: str | None, as_json: bool, **terms: Any
    ) -> None:
        look = lookup(prowess, DEFAULT_TENANT, filter(None, (person, by)))
        asked = Asked(kind, person, program, reason, tuple(terms.pop("criteria", ())), **terms)
        _demand_sound(asked, look, by)
        id_ = prowess.ids.uuid()
        statement = asked.statement(look, id_, _instructor(look, by))
        Recorder(prowess, DEFAULT_TENANT).record([statement], also=asked.noted(look, id_, DEFAULT_TENANT))
        found = examine(prowess, DEFAULT_TENANT, [statement]).idle
        if as_json:
            click.echo(json.dumps({"statement": str(id_), "not_counted": [one.as_json() for one in found]}))
            return
        click.echo(f"recorded as statement {id_}")
        _tell_idle(found)

    decorated: Any = pass_prowess(command)
    for option in reversed([*_ARGUMENTS, *(_TERMS[name] for name in kind.members), _BY, _JSON]):
        decorated = option(decorated)
    more = {"criteria": "--criterion exam", "due_on": "--due-on 2026-12-31", "until": "--until 2026-12-31"}
    shown = " ".join(more[name] for name in kind.members if name in more)
    example = f'prowess act {kind.name} ada forklift-operator --reason "on the board\'s decision" {shown}'.rstrip()
    first = f"{kind.name.capitalize()}: {kind.does}. The reason stays with it; to undo it: prowess act take-back."
    return click.command(name=kind.name, help=f"{first}\n\nExample: {example}", short_help=f"{kind.does}.")(decorated)


def _demand_sound(asked: Asked, look: Lookup, by: str | None) -> None:
    """Raises ConfigError with every mistake of an act, as the page has them beside its fields."""
    found = asked.mistakes(look)
    if by is not None:
        try:
            look.agent(look.person(by))
        except (BadRequest, NotFound) as error:
            found.append(Mistake("by", f"--by: {error.message}", error.hint))
    if len(found) > 1:
        told = ConfigError(f"nothing was recorded: {len(found)} mistakes", hint="mend all of them, then try again")
        told.errors = (*(ConfigError(one.detail, hint=one.hint) for one in found), told)
        raise told


@act.command(name="take-back")
@click.argument("statement", type=click.UUID)
@click.option("--reason", required=True, help="Why, in a sentence.")
@_BY
@click.option("--dry-run", is_flag=True, help="Show what it changes, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_JSON
@pass_prowess
def take_back(
    prowess: Prowess, statement: UUID, reason: str, by: str | None, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Take back what was entered here: an act, a sign-off, attendance and the like, by the id of its STATEMENT.

    What follows is shown first. It stays readable and counts for nothing; whoever meant it after all enters it anew.

    Example: prowess act take-back 2f5c7f0e-6d0d-4a1b-9d52-0f6f5f3c8a11 --reason "entered for the wrong person" --yes
    """
    if not reason.strip():
        raise BadRequest("taking something back needs a reason", hint='say --reason "entered for the wrong person"')
    journal = Journal(prowess, DEFAULT_TENANT)
    who = Enterer(ADMIN, _instructor(lookup(prowess, DEFAULT_TENANT, filter(None, [by])), by), None)
    voiding = journal.take_back(statement, who, reason.strip())
    entry = journal.statement(statement)
    changes = undone(prowess, DEFAULT_TENANT, entry)
    if not (dry_run and as_json):
        said = journal.find(statement, who)
        words = words_of(entry)
        what = f"{said.actor}, {said.verb}: {said.object}" if said else str(statement)
        click.echo(f"{what}, because: {words}" if words else what, err=as_json)
        click.echo("\n".join(_follows(changes)), err=as_json)
    if not dry_run:
        if not yes and not sys.stdin.isatty():
            raise BadRequest("nobody is there to confirm it", hint="say --yes, or --dry-run to change nothing")
        if not yes:
            click.confirm("Take it back?", abort=True, err=as_json)
        Recorder(prowess, DEFAULT_TENANT).record([voiding], also=journal.taking_noted(statement, voiding))
    if as_json:
        told = {"statement": str(statement), "voided_by": voiding["id"], "dry_run": dry_run}
        click.echo(json.dumps({**told, "changes": [one._asdict() for one in changes]}, ensure_ascii=False))
    else:
        click.echo("nothing was changed" if dry_run else f"taken back by statement {voiding['id']}")


def _follows(changes: Sequence[Undone]) -> Iterator[str]:
    """What taking something back changes, a line for each program and for what would be missing in it."""
    for one in changes:
        yield f"  {one.name}, {one.title}: {one.now}" + ("" if one.now == one.then else f" -> {one.then}")
        if one.opens:
            yield f"    then still missing: {'; '.join(one.opens)}"
    if not changes:
        yield "  nothing that is asked of them now rests on it"


Option = Callable[[Any], Any]

_ARGUMENTS: Sequence[Option] = (
    click.argument("person"),
    click.argument("program"),
    click.option("--reason", required=True, help="Why, in a sentence."),
)
_TERMS: dict[str, Option] = {
    "criteria": click.option("--criterion", "criteria", multiple=True, help="Only this one; may be repeated."),
    "until": click.option("--until", metavar="DAY", help="The last day on which it holds."),
    "for": click.option("--for", "for_", metavar="PERIOD", help="How long it holds, such as P30D."),
    "due_on": click.option("--due-on", metavar="DAY", required=True, help="The new due date."),
}

for _kind in KINDS.values():
    act.add_command(_command_of(_kind))


def _import(prowess: Prowess, sheet: Sheet[R], file: Path, by: str | None, *, as_json: bool) -> None:
    """Record the rows of a file, all or none.  Raises ConfigError with every mistake located."""
    with _located(file):
        cells = csv_rows(sheet, decoded(file.read_bytes()))
        look = lookup(prowess, DEFAULT_TENANT, {*named_in(cells), *filter(None, [by])})
        rows = read_rows(sheet, cells, look)
    statements = statements_of(rows, look, DEFAULT_TENANT, _instructor(look, by))
    with _located(file):
        done = Recorder(prowess, DEFAULT_TENANT).record_rows(rows, statements)
    found = examine(prowess, DEFAULT_TENANT, statements)
    _tell(done, len(rows), found, _lines(rows, statements), as_json=as_json)


@contextmanager
def _located(file: Path) -> Iterator[None]:
    """Say of every mistake where in the file it is."""
    try:
        yield
    except BadRequest as error:
        raise as_config_error(error, str(file)) from error
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error}", file=str(file)) from error


def _instructor(look: Lookup, by: str | None) -> Json:
    """The person named, else whoever may run commands here: nobody by name, but no stranger."""
    if by is not None:
        return look.agent(look.person(by))
    account = {"homePage": f"{look.public_url}/accounts", "name": "command line"}
    return {"objectType": "Agent", "name": "command line", "account": account}


def _lines(rows: Sequence[Entered], statements: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The line of the file that each statement comes from."""
    return {str(one["id"]): row.line for row, one in zip(rows, statements, strict=True)}


def _tell_idle(found: Sequence[Idle], lines: Mapping[str, int] | None = None) -> None:
    """Says of what counts for nothing now why, and what would make it count."""
    for one in found:
        place = f"line {lines[one.statement]}, {one.name}" if lines else one.name
        program = f" for {one.title}" if one.title else ""
        click.echo(f"{place}: recorded, and does not count{program}: {one.why} {one.mend}".rstrip(), err=True)


def _tell(done: Recorded, read: int, found: Examined, lines: Mapping[str, int], *, as_json: bool) -> None:
    if as_json:
        told = {
            "read": read,
            "recorded": done.new,
            "known": read - done.new,
            "statements": [str(id_) for id_ in done.ids],
            "not_counted": [{"line": lines[one.statement], **one.as_json()} for one in found.idle],
            "not_looked_at": found.unseen,
        }
        click.echo(json.dumps(told))
        return
    click.echo(f"{read} read, {done.new} recorded, {read - done.new} known already")
    _tell_idle(found.idle, lines)
    if found.unseen:
        click.echo(
            f"whether the last {found.unseen} of them count was not looked at: there are too many rows", err=True
        )
