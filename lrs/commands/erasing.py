"""`prowess people erase | erasures`: a pseudonym in place of somebody, and the list that keeps them out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from lrs.cli_context import pass_prowess
from lrs.erasure import lists
from lrs.erasure.erasing import Erased, foresee, refuse_erased
from lrs.erasure.erasing import erase as erase_person
from lrs.errors import BadRequest
from lrs.prowess import Prowess

_BACKUPS: Final = "backups made until now still hold them: prowess people erasures --export FILE, for prowess restore"

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
    letters go, and nothing brings them back. Make a backup first; senders wait while it is done. The person is named by id, mail address, or account as HOMEPAGE|NAME.

    Example: prowess people erase ada --dry-run
    """
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
    done = erase_person(prowess, id_)
    prowess.runner.wake()
    is_clear = clear(prowess)
    _end(done, f"erased; {done.pseudonym} stands there now\n{_BACKUPS}", as_json, is_done=True)
    if not is_clear:
        click.echo(
            "somebody reads the database: what was deleted is still in its file; run: prowess people erasures --clear",
            err=True,
        )


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

    Keep the file as private as a backup, and outside the store: it holds the secret of the digests.

    Example: prowess people erasures --export erasures.json
    """
    if apply_ is not None:
        done = lists.apply(prowess, lists.load(apply_))
        prowess.runner.wake()
        click.echo(f"{len(done)} people of the list were here, and are erased again")
    if clear_ or apply_ is not None:
        click.echo("cleared" if clear(prowess) else "somebody reads the database: try again later")
    if export_ is not None:
        count = lists.export(prowess, export_)
        click.echo(f"wrote {export_}: {count} {'person' if count == 1 else 'people'}, and the secret; keep it private")
    elif apply_ is None and not clear_:
        raise BadRequest("nothing was asked for", hint="say --export FILE, --apply FILE or --clear")


def clear(prowess: Prowess) -> bool:
    """Leave nothing deleted in the database's files; False when somebody was in the way."""
    return prowess.database.dialect.clear(prowess.database.writing)


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
    yield f"kept as they are: {', '.join(part.table for part in _of(found, 'keep'))} (--json says why)"


def _of(found: Erased, word: str) -> Sequence[Any]:
    return [part for part in found.parts if part.word == word]
