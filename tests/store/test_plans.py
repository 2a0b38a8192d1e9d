"""How pages are found: along an index, a page's worth of rows, never the whole set; also on tables nobody analysed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select, text

from lrs.bench.http import fill
from lrs.bench.traffic import registration_of
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.store.search import Filter, Search
from tests.listening import Asked, overheard
from tests.store.test_feed import open_store

STORED = 3_000
"""The same statements each time: by bad luck a full page of two filters reaches further than its bound."""
LIMIT = 51
AGENT = {"mbox": "mailto:learner7@bench.example"}
VERB = "http://adlnet.gov/expapi/verbs/passed"
COURSE = "https://bench.example/course/7"
PROGRAM = "https://bench.example/program/0"
MIDDLE = -1
"""Stands for the number of the statement in the middle."""
SEARCHES: dict[str, dict[str, Any]] = {
    "none": {},
    "ascending": {"ascending": True},
    "since": {"after": 1},
    "until": {"through": 1 << 61},
    "deep": {"through": MIDDLE},
    "deep and ascending": {"after": MIDDLE, "ascending": True},
    "verb, deep": {"filters": (Filter("verb", VERB),), "through": MIDDLE},
    "verb, deep and ascending": {"filters": (Filter("verb", VERB),), "after": MIDDLE, "ascending": True},
    "related, deep and ascending": {
        "filters": (Filter("activity", PROGRAM, True),),
        "after": MIDDLE,
        "ascending": True,
    },
    "verb": {"filters": (Filter("verb", VERB),)},
    "agent": {"filters": (Filter("agent", json.dumps(AGENT, separators=(",", ":"))),)},
    "activity": {"filters": (Filter("activity", COURSE),)},
    "registration": {"filters": (Filter("registration", registration_of(7)),)},
    "related": {"filters": (Filter("activity", PROGRAM, True),)},
    "agent and activity": {
        "filters": (Filter("agent", json.dumps(AGENT, separators=(",", ":"))), Filter("activity", COURSE))
    },
    "mine": {"credentials": (1,)},
    "mine, deep and ascending": {"credentials": (1,), "after": MIDDLE, "ascending": True},
    "mine, of a key that stored nothing": {"credentials": (99,)},
    "mine, of two keys": {"credentials": (99, 1)},
    "related and verb": {"filters": (Filter("activity", PROGRAM, True), Filter("verb", VERB))},
}


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prowess]:
    from tests.servers import sqlite_at

    with open_store(sqlite_at(tmp_path_factory.mktemp("plans") / "store.db")) as prowess:
        fill(prowess, STORED, seed=1)
        yield prowess


@pytest.fixture(scope="module", params=["never analysed", "analysed"])
def postgres_store(postgres_url: str, request: pytest.FixtureRequest) -> Iterator[Prowess]:
    from tests.servers import fresh_database

    with fresh_database(postgres_url) as url, open_store(url) as prowess:
        fill(prowess, STORED, seed=1)
        if request.param == "analysed":
            prowess.database.write(lambda conn: conn.execute(text("ANALYZE")))
        yield prowess


def middle(prowess: Prowess) -> int:
    query = select(t.statement.c.seq).order_by(t.statement.c.seq).offset(STORED // 2).limit(1)
    with prowess.database.read() as conn:
        return int(conn.execute(query).scalar_one())


def asked(prowess: Prowess, ask: Callable[[], object]) -> list[Asked]:
    """The queries for statements that a question makes."""
    with overheard(prowess.database.reading) as said:
        ask()
    seen = [one for one in said if "JOIN body" in one.sql]
    assert seen
    return seen


def searching(prowess: Prowess, name: str) -> Callable[[], object]:
    at: dict[str, Any] = {key: middle(prowess) if value == MIDDLE else value for key, value in SEARCHES[name].items()}
    return lambda: prowess.reader.search(Search(1, limit=LIMIT, **at))


def look_at_a_page(prowess: Prowess, sql: str, parameters: Any, most: int) -> None:
    with prowess.database.read() as conn:
        prowess.database.dialect.in_order(conn)
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}"
        plan = conn.exec_driver_sql(explain, parameters).scalar_one()[0]["Plan"]
    for node in nodes(plan):
        assert node["Node Type"] not in {"Seq Scan", "Sort"}, node
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
        looked_at = (node["Actual Rows"] + removed) * node["Actual Loops"]
        assert looked_at <= most, node


@pytest.mark.parametrize("name", SEARCHES)
def test_sqlite_searches_an_index_in_its_order(sqlite_store: Prowess, name: str) -> None:
    for sql, parameters in asked(sqlite_store, searching(sqlite_store, name)):
        with sqlite_store.database.read() as conn:
            plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        assert all("SEARCH" in line or "SUBQUERY" in line for line in plan), plan
        assert not any("TEMP B-TREE" in line for line in plan), plan


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.twice
def test_postgresql_looks_at_a_page_s_worth_of_rows(postgres_store: Prowess, name: str) -> None:
    for sql, parameters in asked(postgres_store, searching(postgres_store, name)):
        look_at_a_page(postgres_store, sql, parameters, 12 * LIMIT)


def test_sqlite_reads_the_feed_from_where_somebody_stands(sqlite_store: Prowess) -> None:
    for sql, parameters in asked(sqlite_store, lambda: sqlite_store.feed.read(middle(sqlite_store), LIMIT)):
        with sqlite_store.database.read() as conn:
            plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        assert all("SEARCH" in line for line in plan), plan


def test_the_feed_is_read_from_where_somebody_stands(postgres_store: Prowess) -> None:
    after = middle(postgres_store)
    for sql, parameters in asked(postgres_store, lambda: postgres_store.feed.read(after, LIMIT)):
        look_at_a_page(postgres_store, sql, parameters, 2 * LIMIT)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)
