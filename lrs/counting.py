"""Counting that ends: what is looked at while somebody waits costs the same however many rows there are."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func, literal, select


def count_up_to(conn: Connection, where: ColumnElement[bool], most: int) -> int:
    """How many rows fulfil a condition on one or more tables; `most` stands for any larger number."""
    some = select(literal(1)).where(where).limit(most).subquery()
    return conn.scalar(select(func.count()).select_from(some)) or 0
