"""`prowess migrate` and `prowess doctor`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy import func, select

from lrs import migrate as migrations
from lrs.cli_context import invocation, pass_prowess
from lrs.clock import to_text
from lrs.complaints import complaints
from lrs.prowess import Prowess
from lrs.store import tables as t


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
@pass_prowess
def doctor(prowess: Prowess, as_json: bool) -> None:
    """Look whether everything is where it should be: database, consumers, parked items, deliveries that fail, and
    whether the feed is followed.

    Exit code 1 when what came in a minute ago is not worked through.

    Example: prowess doctor --json
    """
    with prowess.database.read() as conn:
        statements = conn.scalar(select(func.count()).select_from(t.statement))
        cursors = {row.name: row.cursor for row in conn.execute(select(t.consumer))}
    parked = [{"consumer": item.consumer, "seq": item.seq, "error": item.error} for item in prowess.feed.parked(20)]
    stalled = prowess.work.stalled_since()
    report = {
        "database": prowess.database.dialect.name,
        "runner": prowess.runner_kind,
        "statements": statements,
        "consistent_through": to_text(prowess.database.watermark()),
        "consumers": {name: to_text(cursor) for name, cursor in sorted(cursors.items())},
        "parked": parked,
        "complaints": [asdict(complaint) for complaint in complaints(prowess)],
        "stalled_since": None if stalled is None else to_text(stalled),
    }
    if as_json:
        click.echo(json.dumps(report))
    else:
        _tell(report)
    if stalled is not None:
        click.echo(
            f"what came in since {to_text(stalled)} is not worked through; is {prowess.worker} running, or behind?",
            err=True,
        )
        sys.exit(1)


def _tell(report: Mapping[str, Any]) -> None:
    for name in ("database", "runner", "statements", "consistent_through"):
        click.echo(f"{name.replace('_', ' '):<20} {report[name]}")
    for name, through in report["consumers"].items():
        click.echo(f"  {name:<30} followed the feed to {through}")
    for item in report["parked"]:
        click.echo(f"parked: {item['consumer']} could not digest {item['seq']}: {item['error']}")
    click.echo("mend the cause, then: prowess feed retry" if report["parked"] else "nothing parked")
    for complaint in report["complaints"]:
        click.echo(f"to mend: {complaint['what']}\n  see: {complaint['command']}")
