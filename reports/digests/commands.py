"""`prowess digest`: see what would go out, send it, and look up what went out."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Row

from lrs.cli_context import RESTART, pass_prowess
from lrs.clock import day_of, to_text
from lrs.errors import BadRequest, ConfigError, NotFound, did_you_mean
from lrs.mail import Message
from lrs.prowess import Prowess
from lrs.store.tables import DEFAULT_TENANT
from reports.digests.publisher import compose, put_edition
from reports.digests.recipients import addressees, unknown
from reports.digests.schedule import following, local_text, said
from reports.digests.stopping import Subscription, is_stopped, resume, stop
from reports.mailings import outbox
from reports.mailings.outbox import Addressee
from reports.mailings.sender import Skip
from reports.semantics import parse_as_of
from reports.settings import DigestSettings, settings_of
from rules.decide.calendar import local_date


@click.group()
def digest() -> None:
    """Digests by mail: list, send, log, stop, resume, retry.

    Example: prowess digest send managers --dry-run
    """


@digest.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def list_digests(prowess: Prowess, as_json: bool) -> None:
    """Show the configured digests, when each goes out next, and to how many.

    Example: prowess digest list
    """
    now = prowess.clock.now()
    facts = [_facts(prowess, one, now) for one in settings_of(prowess).digests]
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for one in facts:
        click.echo(f"{one['name']}: {one['schedule']}, next {one['next_local']}, to {one['readers']}")
        if one["unknown"]:
            click.echo(f"    nobody is called: {', '.join(one['unknown'])}", err=True)
    click.echo(RESTART if facts else "no digests are configured; see reports.digests in config.example.yaml")


@digest.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Print the letters and send nothing.")
@click.option("--to", "address", metavar="ADDRESS", help="Send the letters to this address instead, to look at them.")
@click.option("--for", "reader", metavar="WHO", help="Only the letter of this recipient.")
@click.option(
    "--as-of",
    metavar="DAY",
    help="As it stood then: a date (its end in the digest's zone), an instant (UTC unless it names a zone), or -30d.",
)
@pass_prowess
def send(
    prowess: Prowess, name: str, dry_run: bool, address: str | None, reader: str | None, as_of: str | None
) -> None:
    """Send a digest now, once a day to each reader at most; --dry-run and --to change nothing.

    Example: prowess digest send managers --dry-run --for grace --as-of 2026-06-30
    """
    one, now = _digest(prowess, name), prowess.clock.now()
    at = parse_as_of(as_of, now, ZoneInfo(one.timezone)) if as_of else now
    readers = _readers(prowess, one, at, reader)
    if dry_run or address:
        shown = [_show(prowess, one, to, at, None if dry_run else address) for to in readers]
        click.echo(f"{sum(shown)} of {len(readers)} readers have something to read", err=True)
        return
    if as_of:
        raise BadRequest("what is sent to its readers is of now", hint="use --as-of with --dry-run or --to ADDRESS")
    today = local_date(ZoneInfo(one.timezone), now).isoformat()
    count = prowess.database.write(lambda conn: put_edition(prowess, conn, one, readers, today, now))
    click.echo(f"{count} of {len(readers)} letters will be written; {len(readers) - count} were made today already")


@digest.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def log(prowess: Prowess, limit: int, as_json: bool) -> None:
    """Show what was sent to whom, the latest first.

    Example: prowess digest log --json
    """
    with prowess.database.read() as conn:
        rows = [_mailing(row) for row in outbox.listed(conn, DEFAULT_TENANT, limit)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        reason = f" ({row['reason'].replace('_', ' ')})" if row["reason"] else ""
        click.echo(
            f"{row['id']}  {row['kind']} {row['name']} {row['period']}  {row['recipient']}  {row['state']}{reason}"
        )
        if row["last_error"]:
            click.echo(f"    {row['last_error']}")
    if not rows:
        click.echo("nothing was sent yet")
    if not prowess.mail.is_configured:
        click.echo("no mail server is configured; name one in mail.host", err=True)


@digest.command("stop")
@click.argument("name")
@click.argument("reader", metavar="WHO")
@pass_prowess
def stop_command(prowess: Prowess, name: str, reader: str) -> None:
    """Send somebody no more of a digest.

    Example: prowess digest stop managers grace
    """
    stop(prowess, _subscription(prowess, name, reader))
    click.echo(f"{reader} gets no more of '{name}'")


@digest.command("resume")
@click.argument("name")
@click.argument("reader", metavar="WHO")
@pass_prowess
def resume_command(prowess: Prowess, name: str, reader: str) -> None:
    """Send somebody a digest again.

    Example: prowess digest resume managers grace
    """
    again = resume(prowess, _subscription(prowess, name, reader))
    click.echo(f"{reader} gets '{name}' again" if again else f"{reader} had not stopped '{name}'")


@digest.command()
@click.argument("id_", metavar="ID", type=click.UUID, required=False)
@click.option("--all", "every", is_flag=True, help="Everything that was given up.")
@pass_prowess
def retry(prowess: Prowess, id_: UUID | None, every: bool) -> None:
    """Send again what could not be delivered, once the cause is mended.

    Example: prowess digest retry --all
    """
    if (id_ is None) != every:
        raise BadRequest("say which letter, or --all", hint="see: prowess digest log")
    count = outbox.mailings.retry(prowess.database, prowess.clock.now(), id_)
    click.echo(f"{count} letter{'s' if count != 1 else ''} will be sent")


def _digest(prowess: Prowess, name: str) -> DigestSettings:
    digests = {one.name: one for one in settings_of(prowess).digests}
    if not digests:
        raise ConfigError("no digests are configured", hint="see reports.digests in config.example.yaml")
    if name not in digests:
        raise NotFound(f"no digest is called '{name}'", hint=did_you_mean(name, digests))
    return digests[name]


def _subscription(prowess: Prowess, name: str, reader: str) -> Subscription:
    """That of somebody who is named by id, mail address or account, or of an address that gets the digest as it stands."""
    one = _digest(prowess, name)
    as_it_stands = Subscription(DEFAULT_TENANT, one.name, reader)
    ids = prowess.people.meant(reader)
    if not ids or reader in one.to or is_stopped(prowess, as_it_stands):
        return as_it_stands
    return as_it_stands._replace(recipient=prowess.people.find(reader))


def _readers(prowess: Prowess, one: DigestSettings, at: int, reader: str | None) -> list[Addressee]:
    with prowess.database.read() as conn:
        found = addressees(conn, DEFAULT_TENANT, one, day_of(at))
    if reader is None:
        return found
    mine = [to for to in found if to.recipient == reader]
    mine = mine or [to for to in found if to.recipient in prowess.people.meant(reader)]
    if not mine:
        raise NotFound(
            f"'{reader}' does not get '{one.name}'", hint=did_you_mean(reader, [to.recipient for to in found])
        )
    return mine


def _show(prowess: Prowess, one: DigestSettings, to: Addressee, at: int, address: str | None) -> bool:
    """Print a letter, or send it to somebody else; False when there is nothing in it."""
    composed = compose(prowess, one, to, at)
    if isinstance(composed, Skip):
        return False
    letter = composed[0]
    if address is None:
        click.echo(
            f"To: {composed[1] or f'{to.recipient} (no e-mail address)'}\nSubject: {letter.subject}\n\n{letter.text}"
        )
        return True
    key = f"proof-{prowess.ids.uuid().hex}"
    prowess.mail.send(Message(key, address, letter.subject, letter.text, letter.html))
    click.echo(f"sent to {address}: the letter of {to.recipient}")
    return True


def _facts(prowess: Prowess, one: DigestSettings, now: int) -> dict[str, Any]:
    with prowess.database.read() as conn:
        readers = addressees(conn, DEFAULT_TENANT, one, day_of(now))
        strangers = unknown(conn, DEFAULT_TENANT, one.to, day_of(now))
    at = following(one, now).at
    return {
        "name": one.name,
        "schedule": said(one),
        "next": to_text(at),
        "next_local": local_text(one, at),
        "readers": len(readers),
        "unknown": strangers,
    }


def _mailing(row: Row[Any]) -> dict[str, Any]:
    names = ("kind", "name", "period", "recipient", "view", "state", "reason", "attempts", "last_error")
    sent = to_text(row.sent_at) if row.sent_at else None
    return {"id": str(UUID(bytes=row.id)), **{name: getattr(row, name) for name in names}, "sent_at": sent}
