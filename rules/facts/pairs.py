"""A person and a program: what most tables here are about, and how the rows of many such pairs are deleted at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Delete, Table, and_, bindparam, delete

PERSON: Final = ("tenant_id", "person_id")
KEY: Final = (*PERSON, "program_id")


def of_pair(table: Table, key: Sequence[str] = KEY) -> ColumnElement[bool]:
    """The rows that a table has of a pair (or of a person); to be executed with a list of `named`."""
    return and_(*(table.c[name] == bindparam(f"{name}_") for name in key))


def gone(table: Table, key: Sequence[str] = KEY) -> Delete:
    """Deletes what a table has of pairs (or of people); to be executed with a list of `named`."""
    return delete(table).where(of_pair(table, key))


def named(tenant_id: int, person_id: str, program_id: str) -> dict[str, Any]:
    """A pair as `of_pair` wants it."""
    return {"tenant_id_": tenant_id, "person_id_": person_id, "program_id_": program_id}
