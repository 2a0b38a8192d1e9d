"""`prowess audit`: who administered what."""

from __future__ import annotations

import json

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_text
from lrs.commands.tenancy import tenant_id, tenant_option
from lrs.csv_lines import csv_lines
from lrs.expiry import load_start
from lrs.prowess import Prowess
from lrs.store.audit import COLUMNS, Line, lines


@click.command()
@click.option("--since", metavar="WHEN", help="From a day (UTC) or an instant on, such as 2026-11-01.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="The latest so many.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV; details are JSON in one cell.")
@tenant_option
@pass_prowess
def audit(prowess: Prowess, since: str | None, limit: int, as_json: bool, as_csv: bool, tenant: str | None) -> None:
    """Show who did what to keys, sign-ins, people, programs, deliveries and people's obligations, the latest last.

    Example: prowess audit --since 2026-11-01 --json
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv cannot both be: choose one.")
    start = None if since is None else load_start(since)
    found = lines(prowess.database, tenant_id(prowess, tenant), limit=limit, since=start)[::-1]
    if as_json:
        click.echo(json.dumps([line.facts() for line in found], ensure_ascii=False))
        return
    if as_csv:
        for text in csv_lines(COLUMNS, (line.cells() for line in found)):
            click.echo(text, nl=False)
        return
    for line in found:
        click.echo(_told(line))
    if not found:
        click.echo("nothing was administered in that time")


def _told(line: Line) -> str:
    who = f"{line.by.kind} {line.by.name}" + (f" ({line.by.address})" if line.by.address else "")
    details = "".join(f"  {name}={json.dumps(value, ensure_ascii=False)}" for name, value in line.details.items())
    return f"{to_text(line.at)[:19]}Z  {who:<32} {line.action:<20} {line.subject}{details}"
