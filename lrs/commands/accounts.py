"""`prowess account`: who may sign in to the pages."""

from __future__ import annotations

import json

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_text
from lrs.prowess import Prowess
from lrs.web.accounts import change_account, change_password, create_account, disable_account, list_accounts
from lrs.web.visitors import ROLES, Account


@click.group()
def account() -> None:
    """Sign-ins to the pages: create, list, change, password, disable, enable."""


@account.command()
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), default="analyst", show_default=True)
@click.option(
    "--person",
    metavar="WHO",
    help="Who this is among the people (id, mail address, or account as HOMEPAGE|NAME); what they enter says so.",
)
@pass_prowess
def create(prowess: Prowess, username: str, role: str, person: str | None) -> None:
    """Create a sign-in; its password is made up and shown this once.

    An analyst reads everything, an observer signs off and takes attendance, a member enters what is their own or
    about those who report to them.

    Example: prowess account create grace --role observer --person grace
    """
    password = create_account(prowess, username, None, role, person=person)
    click.echo(f"sign-in: {username} / {password!s}   (shown once)")


@account.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def list_(prowess: Prowess, as_json: bool) -> None:
    """Show who may sign in, as what, and who they are among the people.

    Example: prowess account list --json
    """
    accounts = list_accounts(prowess)
    if as_json:
        click.echo(json.dumps([_facts(one) for one in accounts], ensure_ascii=False))
        return
    for one in accounts:
        person = f"  person {one.person_id}" if one.person_id else ""
        disabled = f"  disabled {to_text(one.disabled_at)[:10]}" if one.disabled_at is not None else ""
        click.echo(f"{one.username:<24} {one.role:<10}{person}{disabled}")
    if not accounts:
        click.echo("nobody may sign in yet; begin with: prowess account create NAME --role admin")


def _facts(one: Account) -> dict[str, str | None]:
    disabled = None if one.disabled_at is None else to_text(one.disabled_at)
    return {"username": one.username, "role": one.role, "person": one.person_id, "disabled": disabled}


@account.command()
@click.argument("username")
@pass_prowess
def disable(prowess: Prowess, username: str) -> None:
    """Let nobody sign in under this name any more; who is signed in is out at once.

    Example: prowess account disable grace
    """
    disable_account(prowess, username, is_disabled=True)
    click.echo(f"{username} can no longer sign in")


@account.command()
@click.argument("username")
@pass_prowess
def enable(prowess: Prowess, username: str) -> None:
    """Let a sign-in that was disabled work again, with its former password.

    Example: prowess account enable grace
    """
    disable_account(prowess, username, is_disabled=False)
    click.echo(f"{username} can sign in again")


@account.command()
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES))
@click.option(
    "--person", metavar="WHO", help="Who this is among the people: id, mail address, or account as HOMEPAGE|NAME."
)
@pass_prowess
def change(prowess: Prowess, username: str, role: str | None, person: str | None) -> None:
    """Give a sign-in another role, or say who it is.

    Example: prowess account change grace --person grace
    """
    change_account(prowess, username, role=role, person=person)
    click.echo(f"{username} is changed")


@account.command()
@click.argument("username")
@pass_prowess
def password(prowess: Prowess, username: str) -> None:
    """Give a sign-in a new password and end its sessions.

    Example: prowess account password admin
    """
    fresh = change_password(prowess, username, None)
    click.echo(f"sign-in: {username} / {fresh!s}   (shown once)")
