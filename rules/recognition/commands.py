"""`prowess badges`: what was issued, whether one that was handed in is good, and the keys that sign."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from lrs.cli_context import pass_prowess
from lrs.days import day_words
from lrs.errors import ProwessError
from lrs.prowess import Prowess
from rules.recognition.addresses import PREFIX
from rules.recognition.badges import OFF, Badges
from rules.recognition.baked import extract
from rules.recognition.issued import TENANT
from rules.recognition.listing import badge_json
from rules.recognition.verifying import verify


class BadBadge(ProwessError):
    """This badge is not good."""

    code = "bad-badge"
    status = 400


@click.group()
def badges() -> None:
    """Open Badges for awards: list, show, verify, key."""


@badges.command(name="list")
@click.argument("person", required=False)
@click.option("--program", help="Of this program only.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def list_badges(prowess: Prowess, person: str | None, program: str | None, as_json: bool) -> None:
    """Show what was issued, to everybody or to one person, the newest first.

    Example: prowess badges list ada
    """
    mine = _opened(prowess)
    found = mine.every() if person is None else mine.of(prowess.people.find(person, tenant_id=TENANT))
    now = prowess.clock.now()
    rows = [badge_json(one, mine, now) for one in found if program in (None, one.issued.program_id)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(_line(row))
        click.echo(f"    {row['id']}")
    if not rows:
        click.echo("no badge was issued: a program gives one by award: {badge: …}, once its award is earned")


@badges.command()
@click.argument("badge", metavar="ADDRESS")
@click.option("--jwt", is_flag=True, help="Print it signed, as it is handed on.")
@pass_prowess
def show(prowess: Prowess, badge: str, jwt: bool) -> None:
    """Print what a badge says, found by its address or the last part of it.

    Example: prowess badges show https://prowess.example.org/badges/credentials/3o8s… --jwt > forklift.jwt
    """
    mine = _opened(prowess)
    found = mine.get(badge.rpartition(f"{PREFIX}/credentials/")[2].partition(".")[0])
    click.echo(mine.signed(found) if jwt else json.dumps(mine.credential(found), ensure_ascii=False, indent=2))


@badges.command(name="verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--email", help="Whose it should be.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_prowess
def verify_command(prowess: Prowess, file: Path, email: str | None, as_json: bool) -> None:
    """Say whether a badge of this store is good: a file .jwt, or a picture .svg or .png that it was baked into.

    Its signature is checked, its dates, and whether it was taken back; exit code 1 where it is not good.

    Example: prowess badges verify forklift.svg --email ada@example.org
    """
    mine = _opened(prowess)
    found = verify(mine, extract(file.read_bytes()), prowess.clock.now(), email)
    if as_json:
        body = {"valid": found.is_good, "problems": list(found.problems), "credential": found.said}
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
        if not found.is_good:
            raise click.exceptions.Exit(1)
        return
    if not found.is_good:
        raise BadBadge(f"{file} is not good: {'; '.join(found.problems)}")
    until = f" until {found.said['validUntil']}" if "validUntil" in found.said else ""
    click.echo(f"good: {found.said['name']}, valid from {found.said['validFrom']}{until}")
    click.echo(f"    {found.said['id']}")


@badges.group()
def key() -> None:
    """The keys that sign badges: list, rotate, forget."""


@key.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def list_keys(prowess: Prowess, as_json: bool) -> None:
    """Show every key that verifies, the one that signs first.

    Example: prowess badges key list
    """
    mine = Badges(prowess)
    rows = [
        {"id": one.id, "kid": mine.addresses.key(one.id), "signs": one.private is not None} for one in mine.keys.all()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['id']}  {'signs' if row['signs'] else 'verifies what it signed'}")
    if not rows:
        click.echo("no key yet: one is made with the first badge")


@key.command()
@pass_prowess
def rotate(prowess: Prowess) -> None:
    """Sign with a new key from now on; what the old one signed still verifies, but it can sign nothing more.

    Example: prowess badges key rotate
    """
    click.echo(f"signs from now on: {Badges(prowess).keys.rotate().id}")


@key.command()
@click.argument("id_", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_prowess
def forget(prowess: Prowess, id_: str, yes: bool) -> None:
    """Trust a key no more, as after it was stolen: nothing that it signed verifies, and badges have to be fetched anew.

    Example: prowess badges key forget nzZ3… --yes
    """
    if not yes:
        click.confirm("every badge that was signed with it stops verifying, in wallets too; go on?", abort=True)
    Badges(prowess).keys.forget(id_)
    click.echo(f"forgotten: {id_}")


def _opened(prowess: Prowess) -> Badges:
    found = Badges(prowess)
    if not found.is_on:
        raise ProwessError("no badges are issued here", hint=OFF)
    return found


def _line(row: dict[str, Any]) -> str:
    until = f" until {day_words(row['expires_on'])}" if row["expires_on"] else ""
    why = f" ({row['reason']})" if row["reason"] else ""
    return f"{row['state']}{why}  {row['person']}  {row['program']} v{row['version']}  from {day_words(row['valid_from'])}{until}"
