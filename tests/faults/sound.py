"""Whether a database is sound, and whether everything that followed from what it was sent happened once."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from typing import Any

from sqlalchemy import Table, func, select, text

from connectors.tables import delivery
from lrs.prowess import Prowess
from lrs.store import tables as t
from rules import tables as r
from tests.faults.crowd import Crowd
from tests.faults.kept import Kept
from tests.journey.house import House, until

STANDSTILL = 300.0
"""Seconds without any progress that are too many: leases of the dead run for 40 s, a breaker pauses for minutes."""
_PLANS = ("enable_seqscan", "enable_bitmapscan"), ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")


def check_database(prowess: Prowess) -> None:
    """The file and its indexes are whole, and the tables of statements say the same."""
    if prowess.database.dialect.name == "sqlite":
        _check_file(str(prowess.database.url.database))
    else:
        _check_indexes(prowess, (*t.metadata.sorted_tables, *r.metadata.sorted_tables, delivery))
    with prowess.database.read(snapshot=True) as conn:
        places = [list(conn.scalars(select(table.c.seq).order_by(table.c.seq))) for table in (t.statement, t.body)]
        keys = set(conn.execute(select(t.statement_key.c.id, t.statement_key.c.seq)))
        statements = set(conn.execute(select(t.statement.c.id, t.statement.c.seq)))
        posted = set(conn.scalars(select(t.posting.c.seq).distinct()))
    assert places[0] == places[1] == sorted(posted)
    assert keys == statements


def _check_file(path: str) -> None:
    with sqlite3.connect(path) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    conn.close()


def _check_indexes(prowess: Prowess, tables: tuple[Table, ...]) -> None:
    """Each table gives the same rows along its key and row by row (amcheck is not in every installation)."""
    for table in tables:
        key = [*table.primary_key]
        ways: list[list[Any]] = []
        for unwanted in _PLANS:
            with prowess.database.read() as conn:
                for plan in unwanted:
                    conn.execute(text(f"SET LOCAL {plan} = off"))
                ways.append([tuple(row) for row in conn.execute(select(*key).order_by(*key))])
        assert ways[0] == ways[1], table.name


def settle(house: House) -> None:
    """Wait until everything is decided, announced and delivered, as long as it goes on."""
    while not house.is_settled():
        before = _progress(house)
        until(lambda before=before: house.is_settled() or _progress(house) != before, "any progress", STANDSTILL)


def _progress(house: House) -> list[Any]:
    with house.prowess.database.read() as conn:
        states = conn.execute(select(delivery.c.state, func.count()).group_by(delivery.c.state)).all()
        cursors = conn.execute(select(t.consumer.c.name, t.consumer.c.cursor)).all()
        return sorted([*map(tuple, states), *map(tuple, cursors)])


def check_effects(house: House, crowd: Crowd, kept: Kept) -> Counter[str]:
    """Who passed was certified, once, and each system was told of it once.  Returns how often what was announced."""
    settle(house)
    kept.look(house.url)
    crowd.check_all(kept)
    ours = [json.loads(text) for id_, text in kept.texts.items() if id_ not in crowd.acknowledged]
    told = [one["context"]["extensions"]["https://w3id.org/prowess/xapi/extensions/decision"] for one in ours]
    announced = Counter((one["transition"], one["person"]) for one in told)
    assert set(announced.values()) <= {1}, announced.most_common(3)
    assert {who for what, who in announced if what == "awarded"} == crowd.passed()
    assert {what for what, _ in announced} <= {"assigned", "awarded"}

    seen = house.seen()
    assert set(seen["effects"].values()) == {1}, "one effect under each idempotency key"
    assert Counter((one["transition"], one["person"]) for one in seen["events"].values()) == announced
    assert len(seen["grades"]) == len(crowd.passed())
    with house.prowess.database.read() as conn:
        assert conn.scalar(select(func.count()).select_from(r.emission)) == announced.total()
        states = dict(conn.execute(select(delivery.c.connector, func.count()).group_by(delivery.c.connector)).all())
        sent = conn.scalar(select(func.count()).select_from(delivery).where(delivery.c.state == "sent"))
    assert states == {"hr": announced.total(), "moodle-hq": announced.total()}
    assert sent == 2 * announced.total()
    return Counter(what for what, _ in announced.elements())
