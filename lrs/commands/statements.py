"""`prowess statements`: history in, everything out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

import click

from lrs.batches import batches
from lrs.cli_context import pass_prowess
from lrs.commands.quarantine import quarantine
from lrs.errors import BadRequest, NotFound
from lrs.prowess import Prowess
from lrs.store.credentials import Credential
from lrs.store.search import Search
from lrs.store.statements import Intake
from lrs.xapi.intake import prepare
from lrs.xapi.json_door import load_items
from lrs.xapi.rendering import render_exact
from lrs.xapi.timestamp import instant
from lrs.xapi.versions import Version

_BATCH = 500


@click.group()
def statements() -> None:
    """Statements: import from a file, export to one; quarantine."""


statements.add_command(quarantine)


@statements.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--as", "key_name", default="import", show_default=True, help="Name of the key they count as sent with.")
@pass_prowess
def import_statements(prowess: Prowess, file: Path, key_name: str) -> None:
    """Store the statements of a .jsonl or .json file; those that are known already stay as they are.

    An original `stored` is kept beside the store's own.

    Example: prowess statements import history.jsonl
    """
    credential = _credential(prowess, key_name)
    read = stored = 0
    for number, lines in enumerate(batches(_lines(file), _BATCH)):
        read += len(lines)
        stored += _record(prowess, credential, lines, f"{file}, statements {number * _BATCH + 1} to {read}")
    click.echo(f"{read} read, {stored} stored, {read - stored} known already")


@statements.command()
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
@pass_prowess
def export(prowess: Prowess, file: TextIO) -> None:
    """Write every statement, oldest first, one JSON object a line; voided ones are left out.

    Example: prowess statements export all.jsonl
    """
    after: int | None = None
    ceiling = prowess.database.watermark()
    while True:
        rows = prowess.reader.search(Search(1, after=after, through=ceiling, ascending=True, limit=_BATCH))
        file.writelines(render_exact(row.body, row.seq, row.assigned).decode() + "\n" for row in rows)
        if len(rows) < _BATCH:
            return
        after = rows[-1].seq


def _credential(prowess: Prowess, name: str) -> Credential:
    if name == "import":
        return prowess.credentials.own(name)
    for credential in prowess.credentials.list():
        if credential.name == name:
            return credential
    raise NotFound(f"no key is named '{name}'", hint="see: prowess key list")


def _lines(file: Path) -> Iterator[str]:
    """The text of each statement, exactly as written; JSON Lines end at a line feed and at nothing else."""
    if file.suffix == ".json":
        text, items, _ = load_items(file.read_bytes(), most=sys.maxsize)
        yield from (text[item.start : item.end] for item in items)
        return
    with file.open(encoding="utf-8", newline="\n") as lines:
        yield from (line for line in lines if line.strip())


def _record(prowess: Prowess, credential: Credential, lines: list[str], where: str) -> int:
    body = f"[{','.join(lines)}]".encode()
    try:
        batch = prepare(body, version=Version.V2_0, authority=credential.authority, new_id=prowess.ids.uuid)
    except BadRequest as error:
        raise BadRequest(f"{where}: {error.message}", hint=error.hint, **error.extra) from error
    if len(batch) != len(lines):
        raise BadRequest(f"{where}: a line holds more than one statement", hint="write each on a line of its own")
    claimed = _claimed(lines, [prepared.id for prepared in batch])
    return prowess.statements.record(
        Intake(credential.tenant_id, credential.id, batch.statements, Version.V2_0, claimed_stored=claimed)
    )


def _claimed(lines: Iterable[str], ids: Iterable[UUID]) -> dict[UUID, int]:
    claimed = {}
    for line, id_ in zip(lines, ids, strict=True):
        statement: dict[str, Any] = json.loads(line)
        if "stored" in statement:
            claimed[id_] = instant(statement["stored"])
    return claimed
