"""`prowess account`: who may sign in to the pages."""

from __future__ import annotations

import click

from lrs.cli_context import pass_prowess
from lrs.prowess import Prowess
from lrs.web.accounts import ROLES, change_account, change_password, create_account


@click.group()
def account() -> None:
    """Sign-ins to the pages: create, change, password."""


@account.command()
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), default="analyst", show_default=True)
@click.option("--person", metavar="ID", help="Who this is among the people; what they enter says so.")
@pass_prowess
def create(prowess: Prowess, username: str, role: str, person: str | None) -> None:
    """Create a sign-in; its password is made up and shown this once.

    An analyst reads everything, an observer signs off and takes attendance, a member enters what is their own or
    about those who report to them.

    Example: prowess account create grace --role observer --person grace
    """
    password = create_account(prowess, username, None, role, person=person)
    click.echo(f"sign-in: {username} / {password!s}   (shown once)")


@account.command()
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES))
@click.option("--person", metavar="ID", help="Who this is among the people.")
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
