"""/metrics: what a scraper reads, who may read it, and that its numbers are what happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from sqlalchemy import insert

from lrs.clock import ManualClock
from lrs.errors import Unavailable
from lrs.metrics import readings
from lrs.metrics.counts import Counts, route_of
from lrs.metrics.exposition import GAUGE, Family, Sample, render
from lrs.prowess import installed_plugins
from lrs.store import tables as t
from lrs.store.tenants import ensure_tenant
from tests.conftest import Served
from tests.http.exposition import Malformed, Metric, parse
from tests.servers import sqlite_at

DOCS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def statement(**more: Any) -> dict[str, Any]:
    return {
        "actor": {"mbox": "mailto:ada@example.org"},
        "verb": {"id": "https://example.org/did"},
        "object": {"id": "https://example.org/it"},
        **more,
    }


def scraped(session: requests.Session, url: str) -> dict[str, Metric]:
    answer = session.get(f"{url}/metrics", timeout=20)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parse(answer.text)


def value(found: dict[str, Metric], name: str, **labels: str) -> float | None:
    family = next(one for one in found if name.startswith(one))
    return found[family].samples.get((name, frozenset(labels.items())))


def test_what_happened_is_in_the_numbers(serve: Callable[..., Served], database_url: str) -> None:
    clock = ManualClock(1_795_521_600_000_000)
    served = serve(database_url, tuple(installed_plugins()), clock=clock, PROWESS_RUNNER_KIND="none")
    with served.session() as session:
        session.headers["Connection"] = "close"
        id_ = str(uuid4())
        assert session.post(f"{served.xapi}/statements", json=[statement(id=id_), statement()]).ok
        clash = statement(id=id_, verb={"id": "https://example.org/other"})
        assert session.post(f"{served.xapi}/statements", json=clash).status_code == 409
        assert session.get(f"{served.xapi}/nothing").status_code == 404
        clock.move(seconds=90)
        with served.prowess.database.read() as conn:
            first = conn.execute(t.statement.select()).first()
        assert first is not None
        row = {"consumer": "rules.evidence", "seq": first.seq, "error": "why", "parked_at": 1}
        served.prowess.database.write(lambda conn: conn.execute(insert(t.parked), row))
        found = scraped(session, served.url)
        again = scraped(session, served.url)
    requests_ = {"route": "statements", "method": "POST"}
    assert value(found, "prowess_http_requests_total", **requests_, status="2xx") == 1
    assert value(found, "prowess_http_requests_total", **requests_, status="4xx") == 1
    assert value(found, "prowess_http_requests_total", route="xapi", method="GET", status="4xx") == 1
    assert value(found, "prowess_http_request_duration_seconds_count", **requests_) == 2
    assert value(found, "prowess_http_refusals_total", route="statements", reason="conflict") == 1
    assert value(found, "prowess_http_refusals_total", route="xapi", reason="not-found") == 1
    assert value(found, "prowess_statements_stored_total", origin="received") == 2
    assert value(found, "prowess_feed_lag_items", consumer="rules.evidence") == 2
    assert value(found, "prowess_feed_lag_seconds", consumer="rules.evidence") == pytest.approx(90, abs=1)
    assert value(found, "prowess_feed_parked_items", consumer="rules.evidence") == 1
    assert value(found, "prowess_feed_parked_items", consumer="lrs.directory") == 0
    assert value(found, "prowess_notices", state="dead") == 0
    assert value(found, "prowess_writer_queue", queue="statements") == 0
    assert value(found, "prowess_database_up") == 1
    assert (value(found, "prowess_database_bytes") or 0) > 100_000
    assert (value(found, "process_resident_memory_bytes") or 0) > 10_000_000
    assert value(again, "prowess_http_requests_total", route="metrics", method="GET", status="2xx") == 1
    served.prowess.work.drain("main")
    with served.session() as session:
        session.headers["Connection"] = "close"
        found = scraped(session, served.url)
    assert value(found, "prowess_feed_lag_items", consumer="rules.evidence") == 0
    assert value(found, "prowess_feed_lag_seconds", consumer="rules.evidence") == 0
    ends = {dict(labels)["outcome"] for _, labels in found["prowess_job_runs_total"].samples}
    assert ends <= {"done", "idle", "failed"}


def test_every_metric_is_documented_and_nothing_else(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), tuple(installed_plugins()), PROWESS_RUNNER_KIND="none")
    with served.session() as session:
        found = set(scraped(session, served.url))
    table = DOCS.read_text("utf-8").partition("## Metrics")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`((?:prowess|process)_[a-z_]+)", "\n".join(re.findall(r"(?m)^\| .*$", table))))
    assert documented == found


def test_strangers_and_weak_keys_read_nothing(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"))
    assert requests.get(f"{served.url}/metrics", timeout=20).status_code == 401
    weak, secret = served.prowess.credentials.create("weak", ["all/read"])
    assert requests.get(f"{served.url}/metrics", auth=(weak.key, str(secret)), timeout=20).status_code == 403
    other, secret = served.prowess.credentials.create("other", ["admin"], tenant_id=_tenant(served))
    refused = requests.get(f"{served.url}/metrics", auth=(other.key, str(secret)), timeout=20)
    assert (refused.status_code, "all tenants" in refused.text) == (403, True)


def _tenant(served: Served) -> int:
    return ensure_tenant(served.prowess.database, "elsewhere")


def test_an_address_of_the_settings_needs_no_key_unless_it_speaks_for_others(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    url = sqlite_at(tmp_path / "store.db")
    served = serve(url, PROWESS_SERVER_METRICS_FROM="[127.0.0.0/8]")
    assert parse(requests.get(f"{served.url}/metrics", timeout=20).text)
    for header in ({"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}):
        assert requests.get(f"{served.url}/metrics", headers=header, timeout=20).status_code == 401
    trusting = serve(
        url, PROWESS_SERVER_METRICS_FROM="[127.0.0.1, 203.0.113.9]", PROWESS_SERVER_TRUSTED_PROXIES="[127.0.0.1]"
    )
    for client, status in (("203.0.113.9", 200), ("203.0.113.10", 401), ("nonsense", 401)):
        headers = {"X-Forwarded-For": client}
        assert requests.get(f"{trusting.url}/metrics", headers=headers, timeout=20).status_code == status
    elsewhere = serve(url, PROWESS_SERVER_METRICS_FROM="[10.0.0.9]")
    assert requests.get(f"{elsewhere.url}/metrics", timeout=20).status_code == 401


def test_without_its_database_a_store_still_tells_what_it_counted(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(
        sqlite_at(tmp_path / "store.db"), PROWESS_RUNNER_KIND="none", PROWESS_SERVER_METRICS_FROM="[127.0.0.1]"
    )
    assert requests.get(f"{served.url}/health/live", timeout=20).ok

    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("the database does not answer")

    served.prowess.database.read = away  # type: ignore[method-assign]
    found = parse(requests.get(f"{served.url}/metrics", timeout=20).text)
    assert value(found, "prowess_database_up") == 0
    assert value(found, "prowess_http_requests_total", route="health", method="GET", status="2xx") == 1


def test_counting_stops_at_a_bound(
    serve: Callable[..., Served], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), PROWESS_RUNNER_KIND="none")
    monkeypatch.setattr(readings, "MOST", 3)
    with served.session() as session:
        assert session.post(f"{served.xapi}/statements", json=[statement() for _ in range(5)]).ok
        assert value(scraped(session, served.url), "prowess_feed_lag_items", consumer="lrs.directory") == 3


def test_names_of_others_are_escaped() -> None:
    odd = 'a "quoted" \\ name\nwith lines'
    family = Family("x_seconds", GAUGE, "two\nlines and a \\", [Sample(0.5, {"name": odd, "other": ""})])
    found = parse(render([family]))
    assert found["x_seconds"].text == r"two\nlines and a \\"
    assert found["x_seconds"].samples == {("x_seconds", frozenset({("name", odd), ("other", "")})): 0.5}


def test_labels_are_few_whatever_is_asked_for() -> None:
    counts = Counts()
    for number in range(1000):
        counts.answered(f"BREW{number}", f"/pot/{number}", 418, 0.0001 * number)
        counts.refused(f"/{number}", "Request Entity Too Large")
    text = render(counts.families())
    assert len(text.splitlines()) < 40
    assert 'reason="request-entity-too-large"' in text
    parse(text)
    assert [route_of(path) for path in ("/xapi/statements", "/xapi/statements/x", "/", "", "*", "/health/live")] == [
        "statements",
        "xapi",
        "pages",
        "pages",
        "pages",
        "health",
    ]


def test_a_request_that_never_reached_the_application_is_counted(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"))
    answer = requests.get(f"{served.url}/health/live", headers={"If-Match": "\xe9"}, timeout=20)
    assert answer.status_code == 400
    with served.session() as session:
        found = scraped(session, served.url)
    assert value(found, "prowess_http_refusals_total", route="health", reason="bad-request") == 1
    assert value(found, "prowess_http_requests_total", route="health", method="GET", status="4xx") == 1


@pytest.mark.parametrize(
    "text",
    [
        "a_total 1\n",
        "# HELP a_total x\n# TYPE a_total gauge\na_total 1\n",
        "# HELP a x\n# TYPE a gauge\na 1",
        '# HELP a x\n# TYPE a gauge\na{b="c} 1\n',
        '# HELP a x\n# TYPE a gauge\na{b="\\x"} 1\n',
        "# HELP a x\n# TYPE a gauge\na 1\na 2\n",
        '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
        '# HELP a x\n# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n',
    ],
)
def test_the_reader_of_these_tests_is_strict(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)
