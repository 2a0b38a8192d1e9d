"""How pages are found: along an index, a page's worth of rows, never the whole set; also on tables nobody analysed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from lrs.bench.http import fill
from lrs.bench.traffic import registration_of
from lrs.prowess import Prowess
from lrs.store.search import Filter, Search
from tests.store.test_feed import open_store

STORED = 3_000
LIMIT = 51
AGENT = {"mbox": "mailto:learner7@bench.example"}
VERB = "http://adlnet.gov/expapi/verbs/passed"
COURSE = "https://bench.example/course/7"
PROGRAM = "https://bench.example/program/7"
SEARCHES: dict[str, dict[str, Any]] = {
    "none": {},
    "ascending": {"ascending": True},
    "since": {"after": 1},
    "until": {"through": 1 << 61},
    "verb": {"filters": (Filter("verb", VERB),)},
    "agent": {"filters": (Filter("agent", json.dumps(AGENT, separators=(",", ":"))),)},
    "activity": {"filters": (Filter("activity", COURSE),)},
    "registration": {"filters": (Filter("registration", registration_of(7)),)},
    "related": {"filters": (Filter("activity", PROGRAM, True),)},
    "related and verb": {"filters": (Filter("activity", PROGRAM, True), Filter("verb", VERB))},
}


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prowess]:
    from tests.servers import sqlite_at

    with open_store(sqlite_at(tmp_path_factory.mktemp("plans") / "store.db")) as prowess:
        fill(prowess, STORED)
        yield prowess


@pytest.fixture(scope="module")
def postgres_store(postgres_url: str) -> Iterator[Prowess]:
    from tests.servers import fresh_database

    with fresh_database(postgres_url) as url, open_store(url) as prowess:
        fill(prowess, STORED)
        yield prowess


def asked(prowess: Prowess, search: dict[str, Any]) -> list[tuple[str, Any]]:
    """The queries for statements that a search makes."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        if "JOIN body" in sql:
            seen.append((sql, parameters))

    event.listen(prowess.database.reading, "before_cursor_execute", note)
    try:
        prowess.reader.search(Search(1, limit=LIMIT, **search))
    finally:
        event.remove(prowess.database.reading, "before_cursor_execute", note)
    assert seen
    return seen


@pytest.mark.parametrize("name", SEARCHES)
def test_sqlite_searches_an_index_in_its_order(sqlite_store: Prowess, name: str) -> None:
    for sql, parameters in asked(sqlite_store, SEARCHES[name]):
        with sqlite_store.database.read() as conn:
            plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        assert all("SEARCH" in line or "SUBQUERY" in line for line in plan), plan
        assert not any("TEMP B-TREE" in line for line in plan), plan


@pytest.mark.parametrize("name", SEARCHES)
def test_postgresql_looks_at_a_page_s_worth_of_rows(postgres_store: Prowess, name: str) -> None:
    for sql, parameters in asked(postgres_store, SEARCHES[name]):
        with postgres_store.database.read() as conn:
            postgres_store.database.dialect.in_order(conn)
            explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}"
            plan = conn.exec_driver_sql(explain, parameters).scalar_one()[0]["Plan"]
        for node in nodes(plan):
            assert node["Node Type"] not in {"Seq Scan", "Sort"}, node
            looked_at = node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
            assert looked_at <= 12 * LIMIT, node


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)
