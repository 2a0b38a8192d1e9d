"""The last good day of what is not done is one day, whoever asks for it."""

from __future__ import annotations

from itertools import product

from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, select

from rules.owed import last_good_day
from rules.tables import last_good_day as last_good_day_sql

AWARDS = ("none", "valid", "suspended", "expired", "lapsed", "revoked")
DAYS = (None, 10, 20)


def test_sql_says_the_same_day_as_the_rule() -> None:
    columns = (Column("award", String), Column("due_day", Integer), Column("expires_day", Integer))
    rows = Table("status", MetaData(), Column("id", Integer, primary_key=True), *columns)
    cases = list(product(AWARDS, DAYS, DAYS))
    engine = create_engine("sqlite://")
    with engine.begin() as conn:
        rows.metadata.create_all(conn)
        told = [{"award": award, "due_day": due, "expires_day": expires} for award, due, expires in cases]
        conn.execute(insert(rows), told)
        days = [row.day for row in conn.execute(select(last_good_day_sql(rows).label("day")).order_by(rows.c.id))]
    engine.dispose()
    expected = [None if (owed := last_good_day(*one)) is None else owed[1] for one in cases]
    assert days == expected


def test_the_day_does_not_move_when_the_grace_has_passed() -> None:
    for due in ("2026-03-31", None):
        assert last_good_day("expired", due, "2027-03-10") == ("expiry", "2027-03-10")
        assert last_good_day("lapsed", due, "2027-03-10") == ("expiry", "2027-03-10")
    assert last_good_day("lapsed", "2028-05-01", "2027-03-10") == ("due", "2028-05-01")
    assert last_good_day("none", "2026-03-31", None) == ("due", "2026-03-31")
    assert last_good_day("none", None, None) is None
