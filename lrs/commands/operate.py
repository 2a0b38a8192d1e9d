"""`prowess migrate` and `prowess doctor`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final

import click
from sqlalchemy import func, select, update

from lrs import migrate as migrations
from lrs.cli_context import COMMAND_FAULTS, explain, explained, invocation
from lrs.clock import to_text
from lrs.complaints import Complaint, looked
from lrs.errors import Unavailable
from lrs.prowess import Prowess
from lrs.store import tables as t

FINE, MEND, UNKNOWN = "fine", "mend", "unknown"
EXIT_CODES: Final[Mapping[str, int]] = MappingProxyType({FINE: 0, MEND: 1, UNKNOWN: 2})
_BEGINNING: Final = to_text(0)
"""Where those stand who have followed nothing yet."""


@click.command()
def migrate() -> None:
    """Bring the database up to date; harmless when it is.

    Example: prowess --config config.yaml migrate
    """
    with invocation().open(current=False) as prowess:
        changed = migrations.migrate(prowess.database, prowess.plugins)
        ahead = migrations.ahead(prowess.database, prowess.plugins)
    click.echo(f"migrated: {', '.join(changed)}" if changed else "up to date")
    for name, revision in ahead.items():
        click.echo(f"a later version has migrated '{name}' to '{revision}', on which this one can run")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(as_json: bool) -> None:
    """Look whether everything is where it should be: database, followers of the feed, parked items, deliveries that fail.

    Exit code 0 when all is well, 1 when there is something to mend or a check fails (the others go on), 2 when nobody could look: the configuration is wrong,
    or the database does not answer or is not migrated.

    Example: prowess doctor --json
    """
    try:
        with invocation().open(whole=True) as prowess:
            report = _examined(prowess)
            worker = prowess.worker
    except COMMAND_FAULTS as error:
        told = explained(error, invocation().url)
        if told is None:
            raise
        if as_json:
            click.echo(json.dumps({"state": UNKNOWN, "error": told.message, "hint": told.hint}))
        explain(told)
        sys.exit(EXIT_CODES[UNKNOWN])
    if as_json:
        click.echo(json.dumps(report))
    else:
        _tell(report)
    if report["stalled_since"] is not None:
        since = report["stalled_since"]
        click.echo(f"what came in since {since} is not worked through; is {worker} running, or behind?", err=True)
    sys.exit(EXIT_CODES[report["state"]])


def _examined(prowess: Prowess) -> dict[str, Any]:
    failed: list[Complaint] = []
    statements = looked("statements", lambda: _count(prowess), failed)
    cursors = looked("consumers", lambda: _cursors(prowess), failed) or {}
    parked = looked("parked items", lambda: _parked(prowess), failed)
    stalled = looked("work", prowess.work.stalled_since, failed)
    through = looked("watermark", prowess.database.watermark, failed)
    told = [asdict(complaint) for complaint in [*_unwritable(prowess), *prowess.complaints(), *failed]]
    return {
        "state": MEND if told or stalled is not None else FINE,
        "database": prowess.database.dialect.name,
        "runner": prowess.runner_kind,
        "statements": statements,
        "consistent_through": None if through is None else to_text(through),
        "consumers": {name: to_text(cursor) for name, cursor in sorted(cursors.items())},
        "parked": parked,
        "complaints": told,
        "stalled_since": None if stalled is None else to_text(stalled),
    }


def _unwritable(prowess: Prowess) -> list[Complaint]:
    """Of a database that can be read and not written, such as a replica or one on a full disk: all else looks well there."""
    floor = t.sequencer.c.floor
    try:
        prowess.database.write(lambda conn: conn.execute(update(t.sequencer).values(floor=floor)))
    except Unavailable as error:
        told = explained(error, prowess.database.url) or error
        return [Complaint(f"nothing can be written: {told.message}; {told.hint}", "prowess doctor --json")]
    return []


def _count(prowess: Prowess) -> int | None:
    with prowess.database.read() as conn:
        return conn.scalar(select(func.count()).select_from(t.statement))


def _cursors(prowess: Prowess) -> dict[str, int]:
    with prowess.database.read() as conn:
        return {row.name: row.cursor for row in conn.execute(select(t.consumer))}


def _parked(prowess: Prowess) -> list[dict[str, Any]]:
    return [{"consumer": item.consumer, "seq": item.seq, "error": item.error} for item in prowess.feed.parked(20)]


def _tell(report: Mapping[str, Any]) -> None:
    for name in ("database", "runner", "statements", "consistent_through"):
        click.echo(f"{name.replace('_', ' '):<20} {'nothing yet' if report[name] == _BEGINNING else report[name]}")
    for name, through in report["consumers"].items():
        click.echo(f"  {name:<30} followed the feed {'nowhere yet' if through == _BEGINNING else f'to {through}'}")
    for item in report["parked"] or ():
        click.echo(f"parked: {item['consumer']} could not digest {item['seq']}: {item['error']}")
    if report["parked"] is not None:
        click.echo("mend the cause, then: prowess feed retry" if report["parked"] else "nothing parked")
    for complaint in report["complaints"]:
        click.echo(f"to mend: {complaint['what']}\n  see: {complaint['command']}")
