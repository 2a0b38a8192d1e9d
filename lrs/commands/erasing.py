"""`prowess people erase | erasures`: a pseudonym in place of somebody, and the list that keeps them out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_text
from lrs.erasure import lists
from lrs.erasure.erasing import Erased, foresee, go_on, refuse_erased, under_way_of
from lrs.erasure.erasing import erase as erase_person
from lrs.erasure.pieces import Step
from lrs.erasure.under_way import UnderWay, all_under_way
from lrs.errors import BadRequest
from lrs.prowess import Prowess

_BACKUPS: Final = "backups made until now still hold them: prowess people erasures --export FILE, for prowess restore"
_CLEAR: Final = "prowess people erasures --clear"
_SMALL: Final = 256 * 1024 * 1024
"""Bytes of a database that is written anew in a few seconds, in which others wait."""

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command()
@click.argument("person")
@click.option("--dry-run", is_flag=True, help="Show what it changes, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
@pass_prowess
def erase(prowess: Prowess, person: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Put a pseudonym wherever PERSON stands, after showing what that changes; it cannot be taken back.

    Statements, counts and decisions stay, without anything that names them; what they wrote, their documents, sign-ins and
    letters go, and nothing brings them back. Make a backup first. It is done in pieces, while others go on; killed on the way
    it is ended by the same command. The person is named by id, mail address, or account as HOMEPAGE|NAME.

    Example: prowess people erase ada --dry-run
    """
    if (begun := under_way_of(prowess, person)) is not None:
        click.echo(_how_far(begun), err=as_json)
        if dry_run and as_json:
            click.echo(json.dumps(_facts_so_far(begun)))
        if not dry_run:
            _finish(prowess, go_on(prowess, begun.who.name, tell=_teller()), as_json)
        return
    refuse_erased(prowess, person)
    id_ = prowess.people.find(person)
    refuse_erased(prowess, id_)
    foreseen = foresee(prowess, id_)
    if dry_run:
        _end(foreseen, "nothing was changed", as_json, is_done=False)
        return
    click.echo("\n".join(_told(foreseen)), err=as_json)
    if not yes and not sys.stdin.isatty():
        raise BadRequest("nobody is there to confirm it", hint="say --yes, or --dry-run to change nothing")
    if not yes:
        click.confirm("erase them? this cannot be taken back", abort=True, err=as_json)
    done = erase_person(prowess, id_, tell=_teller())
    _finish(prowess, done and replace(done, keys=foreseen.keys), as_json)


@click.command()
@click.option(
    "--export", "export_", type=click.Path(path_type=Path, dir_okay=False), help="Write the list into a file."
)
@click.option(
    "--apply",
    "apply_",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Erase again whom a file lists.",
)
@click.option("--clear", "clear_", is_flag=True, help="Leave nothing deleted in the database's files.")
@pass_prowess
def erasures(prowess: Prowess, export_: Path | None, apply_: Path | None, clear_: bool) -> None:
    """The list of who was erased: no names, but digests that keep them out. A backup of before needs it when it is restored.

    Without an option it says how many they are, and which erasures are under way and how far. Keep the file as private as a
    backup, and outside the store: it holds the secret of the digests.

    Example: prowess people erasures --export erasures.json
    """
    if apply_ is not None:
        done = lists.apply(prowess, lists.load(apply_))
        prowess.runner.wake()
        click.echo(f"{len(done)} people of the list were here, and are erased again")
    if clear_ or apply_ is not None:
        why = prowess.database.dialect.clear(prowess.database.writing)
        click.echo("cleared" if why is None else f"not cleared: {why}")
        if why is not None and clear_:
            sys.exit(1)
    if export_ is not None:
        count = lists.export(prowess, export_)
        click.echo(f"wrote {export_}: {count} {'person' if count == 1 else 'people'}, and the secret; keep it private")
    elif apply_ is None and not clear_:
        _say_how_many(prowess)


def _say_how_many(prowess: Prowess) -> None:
    going, listed = all_under_way(prowess.database), lists.count(prowess)
    click.echo(f"{listed - len(going)} {'person was' if listed - len(going) == 1 else 'people were'} erased")
    for one in going:
        click.echo(_how_far(one))


def _how_far(one: UnderWay) -> str:
    where = (
        f"{one.statements:,} statements done, and there are more"
        if one.turned_at is None
        else f"all {one.statements:,} statements done, other tables are left"
    )
    return (
        f"{one.who.name}: an erasure has been under way since {to_text(one.began_at)}: {where}\n"
        f"  go on with it: prowess people erase {one.who.name}"
    )


def _facts_so_far(one: UnderWay) -> dict[str, Any]:
    under_way = {"began": to_text(one.began_at), "statements": one.statements, "turned": one.turned_at is not None}
    return {"pseudonym": one.who.name, "dry_run": True, "under_way": under_way}


def _teller() -> Any:
    """Says of each tenth part of a large table that it is done."""
    said: dict[str, int] = {}

    def tell(step: Step) -> None:
        tenth = 10 * step.done // step.of if step.of else 10
        if step.of > 1_000 and tenth != said.get(step.table):
            said[step.table] = tenth
            click.echo(f"  {step.table}: {step.done:,} of {step.of:,} rows", err=True)

    return tell


def _finish(prowess: Prowess, done: Erased | None, as_json: bool) -> None:
    prowess.runner.wake()
    if done is None:
        click.echo("another process has ended it", err=as_json)
        return
    with prowess.database.read() as conn:
        is_small = prowess.database.dialect.size(conn) <= _SMALL
    why = prowess.database.dialect.clear(prowess.database.writing, whole=is_small)
    _end(done, f"erased; {done.pseudonym} stands there now\n{_BACKUPS}", as_json, is_done=True)
    if why is not None:
        click.echo(f"what was deleted is still in the database's files: {why}, with: {_CLEAR}", err=True)
    elif not is_small and prowess.database.dialect.serial_writes:
        click.echo(
            f"what was deleted of them before today may still be in the file: in a quiet hour, as senders wait: {_CLEAR}",
            err=True,
        )


def _end(found: Erased, said: str, as_json: bool, *, is_done: bool) -> None:
    if as_json:
        click.echo(json.dumps(_facts(found, is_done=is_done), ensure_ascii=False))
        return
    if not is_done:
        click.echo("\n".join(_told(found)))
    click.echo(said)


def _facts(found: Erased, *, is_done: bool) -> dict[str, Any]:
    return {
        "pseudonym": found.pseudonym if is_done else None,
        "dry_run": not is_done,
        "ids": found.people,
        "identifiers": found.identifiers,
        "statements": found.statements,
        "keys": [key._asdict() for key in found.keys],
        "tables": [part._asdict() for part in found.parts],
    }


def _told(found: Erased) -> Iterator[str]:
    """What happens, table by table, and what is kept."""
    yield (
        f"{found.people} {'id' if found.people == 1 else 'ids'}, {found.identifiers} identifiers,"
        f" {found.statements:,} statements that mention them"
    )
    for word in ("scrub", "delete"):
        for part in _of(found, word):
            if part.rows:
                yield f"  {word:<8}{part.rows:>8,} {part.table:<16} {part.why}"
    empty = [part.table for word in ("scrub", "delete") for part in _of(found, word) if not part.rows]
    if empty:
        yield f"nothing of them in: {', '.join(empty)}"
    for key in found.keys:
        yield (
            f"the key '{key.name}' is named after them: the name stays in the authority of the {key.statements:,} statements"
            f" that it sent, and of what it sends; make another, then: prowess key revoke"
        )
    yield f"kept as they are: {', '.join(part.table for part in _of(found, 'keep'))} (--json says why)"


def _of(found: Erased, word: str) -> Sequence[Any]:
    return [part for part in found.parts if part.word == word]
