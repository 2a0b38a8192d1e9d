"""`--tenant`: the organisation a command is about, where one database serves several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.store.tenants import ensure_tenant, find_tenant

F = TypeVar("F", bound=Callable[..., Any])

tenant_option: Callable[[F], F] = click.option(
    "--tenant", metavar="NAME", hidden=True, help="Another tenant of this database.  [default: default]"
)


def tenant_id(prowess: Prowess, name: str | None, *, create: bool = False) -> int:
    """The tenant's number; `create` makes one that is missing.  Raises NotFound, BadRequest."""
    if name is None:
        return t.DEFAULT_TENANT
    return ensure_tenant(prowess.database, name) if create else find_tenant(prowess.database, name)
