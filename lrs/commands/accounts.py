"""`prowess account`: who may sign in to the pages."""

from __future__ import annotations

import click

from lrs.cli_context import pass_prowess
from lrs.prowess import Prowess
from lrs.web.accounts import ROLES, change_password, create_account


@click.group()
def account() -> None:
    """Sign-ins to the pages: create, password."""


@account.command()
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), default="analyst", show_default=True)
@pass_prowess
def create(prowess: Prowess, username: str, role: str) -> None:
    """Create a sign-in; its password is made up and shown this once.

    Example: prowess account create grace --role analyst
    """
    password = create_account(prowess, username, None, role)
    click.echo(f"sign-in: {username} / {password!s}   (shown once)")


@account.command()
@click.argument("username")
@pass_prowess
def password(prowess: Prowess, username: str) -> None:
    """Give a sign-in a new password and end its sessions.

    Example: prowess account password admin
    """
    fresh = change_password(prowess, username, None)
    click.echo(f"sign-in: {username} / {fresh!s}   (shown once)")
