"""`prowess backup` and `prowess restore`."""

from __future__ import annotations

from pathlib import Path

import click

from lrs.cli_context import invocation, pass_prowess
from lrs.erasure import lists
from lrs.prowess import Prowess
from lrs.store.backup import Contents, back_up
from lrs.store.backup import restore as restore_store

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@_FILE
@pass_prowess
def backup(prowess: Prowess, file: Path) -> None:
    """Copy the whole store into a new file, while the server runs or not, from either database.

    Example: prowess backup backups/2026-11-25.db
    """
    click.echo(f"backed up to {file}: {_said(back_up(prowess.database, prowess.plugins, file, prowess.clock))}")
    _tell_of_attachments(prowess)


@click.command()
@_FILE
@click.option(
    "--erasures",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The list of who was erased, also since the backup: they are erased again.",
)
def restore(file: Path, erasures: Path | None) -> None:
    """Fill an empty store from a backup, whichever database it was made from; earlier versions are brought up to date.

    Whoever was erased after the backup was made is in it. The list of them (prowess people erasures --export) erases them
    again before anybody can see them.

    Example: PROWESS_DATABASE_URL=postgresql://db/prowess prowess restore backups/2026-11-25.db
    """
    listed = None if erasures is None else lists.load(erasures)
    with invocation().open(current=False) as prowess:
        click.echo(
            f"restored from {file}: {_said(restore_store(prowess.database, prowess.plugins, file, prowess.clock))}"
        )
        if listed is not None:
            again = lists.apply(prowess, listed)
            prowess.database.dialect.clear(prowess.database.writing)
            click.echo(f"{len(again)} people who were erased are erased again")
        else:
            click.echo("was anybody erased after it was made? then they are back: prowess people erasures --apply LIST")
        _tell_of_attachments(prowess)


def _said(contents: Contents) -> str:
    return f"{contents.statements:,} statements, {contents.rows:,} rows in all, digest {contents.digest[:16]}"


def _tell_of_attachments(prowess: Prowess) -> None:
    store = prowess.settings.attachments.store
    if store != "database":
        click.echo(f"attachments are kept in {store}: copy that as well, after this file was made")
