"""`prowess statements quarantine`: what senders sent that is not valid; look, mend, replay, discard."""

from __future__ import annotations

import json
from typing import BinaryIO
from uuid import UUID

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_text
from lrs.commands.tenancy import tenant_id, tenant_option
from lrs.prowess import Prowess
from lrs.store.quarantine import ALL, STATES, WAITING


@click.group()
def quarantine() -> None:
    """Statements set aside: list, show, fix, replay, discard."""


@quarantine.command(name="list")
@click.option("--state", type=click.Choice([*STATES, ALL]), default=WAITING, show_default=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--before", metavar="PLACE", help="Go on where an earlier list ended.")
@tenant_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def list_entries(
    prowess: Prowess, state: str, limit: int, before: str | None, tenant: str | None, as_json: bool
) -> None:
    """Show what was set aside, the latest first.

    Example: prowess statements quarantine list
    """
    page = prowess.quarantine.page(tenant_id(prowess, tenant), state, before=before, limit=limit)
    if as_json:
        click.echo(json.dumps([entry.facts() for entry in page.entries], ensure_ascii=False))
        return
    for entry in page.entries:
        flaw = entry.flaws[0]
        click.echo(f"{entry.id}  {to_text(entry.received_at)}  {entry.source}  {entry.state}")
        click.echo(f"    {flaw['path']}: {flaw['detail']} ({flaw['rule']})")
    if not page.entries:
        click.echo(f"nothing here is {state}" if state != ALL else "nothing was ever set aside")
    if page.following is not None:
        click.echo(f"more: --before {page.following}")


@quarantine.command()
@click.argument("id_", metavar="ID", type=click.UUID)
@tenant_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_prowess
def show(prowess: Prowess, id_: UUID, tenant: str | None, as_json: bool) -> None:
    """Show one entry: every flaw with its hint, and the statement as it was sent.

    Example: prowess statements quarantine show 3f0e… > bad.json
    """
    entry = prowess.quarantine.get(tenant_id(prowess, tenant), id_)
    if as_json:
        click.echo(json.dumps({**entry.facts(), "statement": entry.body.decode()}, ensure_ascii=False))
        return
    click.echo(f"{entry.state}; sent by {entry.source} at {to_text(entry.received_at)}", err=True)
    click.echo(f"its statement id is {entry.statement_id}", err=True)
    for flaw in entry.flaws:
        click.echo(f"{flaw['path']}: {flaw['detail']} ({flaw['rule']})", err=True)
        if flaw["hint"]:
            click.echo(f"  hint: {flaw['hint']}", err=True)
    click.echo(entry.body.decode())


@quarantine.command()
@click.argument("id_", metavar="ID", type=click.UUID)
@click.argument("file", type=click.File("rb"))
@tenant_option
@pass_prowess
def fix(prowess: Prowess, id_: UUID, file: BinaryIO, tenant: str | None) -> None:
    """Store the statement of a file (- for standard input) in its place, under the id that the sender was told.

    Example: prowess statements quarantine fix 3f0e… mended.json
    """
    entry = prowess.quarantine.fix(prowess.quarantine.get(tenant_id(prowess, tenant), id_), file.read())
    click.echo(f"stored statement {entry.statement_id}")


@quarantine.command()
@click.argument("id_", metavar="ID", type=click.UUID)
@tenant_option
@pass_prowess
def replay(prowess: Prowess, id_: UUID, tenant: str | None) -> None:
    """Store an entry as it came, now that it can be.

    Example: prowess statements quarantine replay 3f0e…
    """
    entry = prowess.quarantine.replay(prowess.quarantine.get(tenant_id(prowess, tenant), id_))
    click.echo(f"stored statement {entry.statement_id}")


@quarantine.command()
@click.argument("id_", metavar="ID", type=click.UUID)
@tenant_option
@pass_prowess
def discard(prowess: Prowess, id_: UUID, tenant: str | None) -> None:
    """Settle an entry without storing anything.

    Example: prowess statements quarantine discard 3f0e…
    """
    prowess.quarantine.discard(prowess.quarantine.get(tenant_id(prowess, tenant), id_))
    click.echo(f"discarded {id_}")
