"""The list of those who wait to be decided: what a look at it costs while very many wait."""

from __future__ import annotations

import json

from sqlalchemy import insert, text

from rules import tables as r
from rules.facts import dirty
from rules.metrics import families
from tests.listening import overheard
from tests.rules.office import LADDER, PROGRAM, office_at

WAITING, FAILED = 3_000, 2


def test_counting_what_fails_read_everything_that_waited(database_url: str) -> None:
    with office_at(database_url, programs=PROGRAM + LADDER) as office:
        database = office.prowess.database
        fresh = {"gen": 1, "not_before": 0, "attempts": 0, "since": 1}
        rows = [{**fresh, "tenant_id": 1, "person_id": f"p{n:04}", "program_id": "*"} for n in range(WAITING)]
        database.write(lambda conn: conn.execute(insert(r.dirty), rows))
        for n in range(FAILED):
            claim = dirty.Claim(1, f"p{n:04}", {"*": 1})
            database.write(lambda conn, claim=claim: dirty.postpone(conn, claim, office.clock.now(), "why"))
        database.write(lambda conn: conn.execute(text("ANALYZE")))
        with database.read() as conn, overheard(database.reading) as said:
            found = {family.name: family.samples[0].value for family in families(office.prowess, conn)}
        assert found["prowess_decisions_failing"] == FAILED
        (query,) = [one for one in said if "attempts" in one.sql]
        with database.read() as conn:
            if database.dialect.name == "sqlite":
                plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query.sql}", query.parameters)]
                assert any("ix_dirty_not_before" in line for line in plan), plan
            else:
                explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {query.sql}"
                told = json.dumps(conn.exec_driver_sql(explain, query.parameters).scalar_one())
                assert "ix_dirty_not_before" in told
                assert "Seq Scan" not in told
