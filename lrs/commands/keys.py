"""`prowess key`: API keys for LMSs, content and scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_datetime, to_text
from lrs.commands.tenancy import tenant_id, tenant_option
from lrs.expiry import load_expiry
from lrs.prowess import Prowess
from lrs.settings import Secret
from lrs.store.credentials import BAD_STATEMENTS, MISSING_IDS, Changes, Credential, refuse_own
from lrs.store.scopes import DEFAULT_SCOPES, SCOPES

F = TypeVar("F", bound=Callable[..., Any])

NEVER = "never"


@click.group()
def key() -> None:
    """API keys: create, list, set, rotate, revoke."""


def _policies(command: F) -> F:
    """The options for what may change after a key's creation."""
    for option in (
        click.option("--missing-ids", type=click.Choice(MISSING_IDS), help="Where statements without an id get one."),
        click.option(
            "--bad-statements", type=click.Choice(BAD_STATEMENTS), help="Refuse their batch or set them aside."
        ),
        click.option("--expires", metavar="WHEN", help=f"2027-01-31 (its last day, UTC), P90D, or {NEVER}."),
    ):
        command = option(command)
    return command


@key.command()
@click.option("--name", required=True, help="Whom the key is for, such as moodle-hq; also its name in programs.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help=f"One or more of: {', '.join(SCOPES)}.  [default: {' '.join(DEFAULT_SCOPES)}]",
)
@_policies
@tenant_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_prowess
def create(
    prowess: Prowess,
    name: str,
    scopes: tuple[str, ...],
    expires: str | None,
    bad_statements: str | None,
    missing_ids: str | None,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Create a key; its secret is shown this once.

    Example: prowess key create --name moodle-hq --scope statements/write --expires P1Y
    """
    refuse_own(name)
    wanted = [part for scope in scopes for part in scope.replace(",", " ").split()]
    changes = _changes(prowess, expires, bad_statements, missing_ids)
    credential, secret = prowess.credentials.create(
        name, wanted or DEFAULT_SCOPES, tenant_id=tenant_id(prowess, tenant, create=True), **changes
    )
    _show_secret(credential, secret, as_json=as_json)
    for plugin in prowess.plugins:
        if (note := plugin.key_note(prowess, credential.tenant_id, credential.name)) is not None:
            click.echo(f"warning: {note}", err=True)


@key.command(name="list")
@tenant_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def list_keys(prowess: Prowess, tenant: str | None, as_json: bool) -> None:
    """Show the keys, never their secrets.

    Example: prowess key list --json
    """
    keys = prowess.credentials.list(tenant_id(prowess, tenant))
    if as_json:
        click.echo(json.dumps([credential.facts() for credential in keys]))
        return
    now = prowess.clock.now()
    for credential in keys:
        click.echo(f"{credential.name:<24} {credential.key}  {_state(credential, now)}")
        click.echo(f"    may {' '.join(sorted(credential.scopes)) or 'nothing'}; {_habits(credential)}")
    if not keys:
        click.echo("no keys yet; create one with: prowess key create --name NAME")


@key.command(name="set")
@click.argument("name_or_key")
@_policies
@tenant_option
@pass_prowess
def set_key(
    prowess: Prowess,
    name_or_key: str,
    expires: str | None,
    bad_statements: str | None,
    missing_ids: str | None,
    tenant: str | None,
) -> None:
    """Give a key another end or other policies.  Scopes never change after creation: create a new key instead.

    Example: prowess key set moodle-hq --bad-statements quarantine --missing-ids content
    """
    changes = _changes(prowess, expires, bad_statements, missing_ids)
    if not changes:
        raise click.UsageError("say what to change: --expires, --bad-statements or --missing-ids")
    credential = prowess.credentials.change(name_or_key, changes, tenant_id=tenant_id(prowess, tenant))
    click.echo(f"{credential.name}: {_state(credential, prowess.clock.now())}; {_habits(credential)}")


@key.command()
@click.argument("name_or_key")
@click.option("--keep-old", metavar="WHEN", help="Until when the former secret works too, such as P1D.  [default: now]")
@tenant_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_prowess
def rotate(prowess: Prowess, name_or_key: str, keep_old: str | None, tenant: str | None, as_json: bool) -> None:
    """Give a key a new secret, shown this once; the key itself, its scopes and its authority stay.

    Example: prowess key rotate moodle-hq --keep-old P1D
    """
    until = load_expiry(keep_old, prowess.clock.now()) if keep_old else None
    credential, secret = prowess.credentials.rotate(name_or_key, keep_until=until, tenant_id=tenant_id(prowess, tenant))
    _show_secret(credential, secret, as_json=as_json)
    if until is not None and not as_json:
        click.echo(f"The former secret works until {to_text(until)}.")


@key.command()
@click.argument("name_or_key")
@tenant_option
@pass_prowess
def revoke(prowess: Prowess, name_or_key: str, tenant: str | None) -> None:
    """Stop a key from working.

    Example: prowess key revoke moodle-hq
    """
    credential = prowess.credentials.revoke(name_or_key, tenant_id=tenant_id(prowess, tenant))
    click.echo(f"revoked {credential.name} ({credential.key})")


def _changes(prowess: Prowess, expires: str | None, bad_statements: str | None, missing_ids: str | None) -> Changes:
    changes: Changes = {}
    if expires is not None:
        changes["expires_at"] = None if expires == NEVER else load_expiry(expires, prowess.clock.now())
    if bad_statements is not None:
        changes["bad_statements"] = bad_statements
    if missing_ids is not None:
        changes["missing_ids"] = missing_ids
    return changes


def _show_secret(credential: Credential, secret: Secret, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**credential.facts(), "secret": str(secret)}))
        return
    click.echo(f"key     {credential.key}")
    click.echo(f"secret  {secret!s}")
    click.echo("Use them as user and password of HTTP Basic.  The secret is not shown again.")


def _state(credential: Credential, now: int) -> str:
    if credential.revoked_at is not None:
        return "revoked"
    if not credential.works_at(now):
        return "expired"
    ends = "" if credential.expires_at is None else f" until {_minute(credential.expires_at)}"
    if credential.former_until is not None and now < credential.former_until:
        ends += f", former secret until {_minute(credential.former_until)}"
    return f"active{ends}"


def _habits(credential: Credential) -> str:
    used = "never used" if credential.last_used_at is None else f"last used {_minute(credential.last_used_at)}"
    return f"{used}; bad statements: {credential.bad_statements}; missing ids: {credential.missing_ids}"


def _minute(us: int) -> str:
    return to_datetime(us).strftime("%Y-%m-%d %H:%M UTC")
