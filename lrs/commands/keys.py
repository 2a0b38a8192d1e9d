"""`prowess key`: API keys for LMSs, content and scripts."""

from __future__ import annotations

import json
from typing import Any

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_text
from lrs.errors import BadRequest
from lrs.prowess import Prowess
from lrs.store.credentials import OWN, SCOPES, Credential


@click.group()
def key() -> None:
    """API keys: create, list, revoke."""


@key.command()
@click.option("--name", required=True, help="Whom the key is for, such as moodle-hq; also its name in programs.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help=f"One or more of: {', '.join(SCOPES)}.  [default: statements/write statements/read/mine]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_prowess
def create(prowess: Prowess, name: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Create a key; its secret is shown this once.

    Example: prowess key create --name moodle-hq --scope statements/write
    """
    if name in OWN:
        raise BadRequest(f"'{name}' is the name of one of the store's own keys", hint="choose another name")
    wanted = [part for scope in scopes for part in scope.replace(",", " ").split()]
    credential, secret = prowess.credentials.create(name, wanted or ["statements/write", "statements/read/mine"])
    if as_json:
        click.echo(
            json.dumps(
                {"key": credential.key, "secret": str(secret), "name": name, "scopes": sorted(credential.scopes)}
            )
        )
        return
    click.echo(f"key     {credential.key}")
    click.echo(f"secret  {secret!s}")
    click.echo("Use them as user and password of HTTP Basic.  The secret is not shown again.")


@key.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def list_keys(prowess: Prowess, as_json: bool) -> None:
    """Show the keys, never their secrets.

    Example: prowess key list --json
    """
    rows = [_row(credential) for credential in prowess.credentials.list()]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        state = "revoked" if row["revoked"] else "active"
        click.echo(f"{row['name']:<24} {row['key']}  {state:<8} {' '.join(row['scopes'])}")
    if not rows:
        click.echo("no keys yet; create one with: prowess key create --name NAME")


@key.command()
@click.argument("name_or_key")
@pass_prowess
def revoke(prowess: Prowess, name_or_key: str) -> None:
    """Stop a key from working.

    Example: prowess key revoke moodle-hq
    """
    credential = prowess.credentials.revoke(name_or_key)
    click.echo(f"revoked {credential.name} ({credential.key})")


def _row(credential: Credential) -> dict[str, Any]:
    return {
        "name": credential.name,
        "key": credential.key,
        "scopes": sorted(credential.scopes),
        "created": to_text(credential.created_at),
        "expires": to_text(credential.expires_at) if credential.expires_at is not None else None,
        "revoked": to_text(credential.revoked_at) if credential.revoked_at is not None else None,
    }
