"""Reports over HTTP: formats, paging, freshness, and who may read them."""

from __future__ import annotations

import csv
import io
import json

from lrs.clock import to_text
from lrs.web.accounts import create_account
from reports.catalogue import CATALOGUE
from tests.web.browser import Browser
from tests.web.conftest import House
from tests.web.organisation import NOON, PASSWORD


def _get(house: House, path: str, **headers: str):
    return house.program().get(house.url + path, headers=headers, timeout=20)


def test_the_list_and_its_schemas(house: House) -> None:
    client = house.program()
    listed = client.get(f"{house.url}/reports", timeout=10).json()["reports"]
    assert len(listed) == len(CATALOGUE)
    for one in listed:
        schema = client.get(one["schema"], timeout=10).json()
        assert schema["definition"] == one["definition"]
        assert schema["columns"]
        assert client.get(one["url"], timeout=10).status_code == 200


def test_the_json_envelope(house: House) -> None:
    body = _get(house, "/reports/compliance-overview?unit=dispatch").json()
    assert list(body) == [
        "report",
        "definition",
        "as_of",
        "watermark",
        "pending",
        "filters",
        "sort",
        "columns",
        "rows",
        "totals",
        "next",
    ]
    assert body["as_of"] == body["watermark"] == to_text(NOON)
    assert body["filters"] == {"unit": ["dispatch"]}
    assert {row["unit"] for row in body["rows"]} == {"dispatch"}
    assert set(body["rows"][0]) == {column["name"] for column in body["columns"]}
    assert body["totals"]["in_scope"] == sum(row["in_scope"] for row in body["rows"])


def test_the_format_follows_suffix_then_accept(house: House) -> None:
    for path, accept, kind in (
        ("/reports/overdue", "*/*", "application/json"),
        ("/reports/overdue", "text/csv", "text/csv"),
        ("/reports/overdue", "application/x-ndjson", "application/x-ndjson"),
        ("/reports/overdue", "text/html,*/*;q=0.1", "text/html"),
        ("/reports/overdue", "image/svg+xml", "image/svg+xml"),
        ("/reports/overdue.csv", "text/html", "text/csv"),
        ("/reports/overdue.json", "text/html", "application/json"),
        ("/reports/overdue.html", "*/*", "text/html"),
        ("/reports/overdue.svg", "*/*", "image/svg+xml"),
    ):
        answer = _get(house, path, Accept=accept)
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, kind), path
    unknown = _get(house, "/reports/overdue.pdf")
    assert unknown.status_code == 404
    assert "formats" in unknown.json()["hint"]


def test_all_formats_hold_the_same_rows(house: House) -> None:
    rows = _get(house, "/reports/standing.json?limit=1000").json()["rows"]
    lines = [json.loads(line) for line in _get(house, "/reports/standing.ndjson").text.splitlines()]
    table = list(csv.DictReader(io.StringIO(_get(house, "/reports/standing.csv").text)))
    assert rows == lines
    assert [row["person_id"] for row in rows] == [row["person_id"] for row in table]
    assert len(rows) > 100


def test_files_have_names(house: House) -> None:
    answer = _get(house, "/reports/overdue.csv?as_of=2026-06-15")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="overdue-2026-06-15.csv"'
    assert answer.headers["X-Prowess-As-Of"] == "2026-06-15T23:59:59.999999Z"


def test_pages_are_linked(house: House) -> None:
    client = house.program()
    url, seen, pages = f"{house.url}/reports/standing.json?limit=30&sort=-due_on&unit=dispatch&unit=office", [], 0
    while url:
        answer = client.get(url, timeout=10)
        body = answer.json()
        seen += [(row["person_id"], row["program_id"]) for row in body["rows"]]
        assert answer.links.get("next", {}).get("url") == body["next"]
        url, pages = body["next"], pages + 1
    assert pages > 1
    assert len(seen) == len(set(seen)) == body["totals"]["rows"]


def test_an_unchanged_answer_is_not_sent_again(house: House) -> None:
    client = house.program()
    for path in (
        "/reports/overdue",
        "/reports/overdue.csv",
        "/reports/data-health",
        "/reports/overdue?as_of=2026-01-01",
    ):
        first = client.get(house.url + path, timeout=10)
        etag = first.headers["ETag"]
        again = client.get(house.url + path, headers={"If-None-Match": etag}, timeout=10)
        assert (again.status_code, again.text, again.headers["ETag"]) == (304, "", etag)
        other = client.get(
            house.url + path,
            params={"sort": "-unit"} if "health" not in path else {"sort": "day"},
            headers={"If-None-Match": etag},
            timeout=10,
        )
        assert other.status_code == 200


def test_a_program_without_key_is_told_and_a_browser_is_sent_to_sign_in(house: House) -> None:
    import requests

    plain = requests.get(f"{house.url}/reports/overdue", timeout=10)
    assert plain.status_code == 401
    assert plain.headers["Content-Type"] == "application/problem+json"
    assert "prowess key create" in plain.json()["hint"]
    browser = house.browser().get("/reports/overdue?unit=dock")
    assert (browser.status_code, browser.headers["Location"]) == (303, "/sign-in?next=/reports/overdue?unit%3Ddock")


def test_a_key_without_the_scope_is_refused(house: House) -> None:
    credential, secret = house.prowess.credentials.create("writer", ["statements/write"])
    import requests

    answer = requests.get(f"{house.url}/reports/overdue", auth=(credential.key, str(secret)), timeout=10)
    assert answer.status_code == 403
    assert "scope" in answer.json()["detail"]


def test_who_may_read_no_report_was_told_of_roles_instead_of_whom_to_ask(house: House) -> None:
    create_account(house.prowess, "stray", PASSWORD, "member")
    stray = Browser(house.url)
    stray.sign_in("stray", PASSWORD)
    refused = stray.get("/reports/overdue.json")
    assert refused.status_code == 403
    assert "reports are for administrators, analysts, and those whom people report to" in refused.text
    assert "ask an administrator to say that stray is you" in refused.text
    assert "the role" not in refused.text


def test_a_session_reads_files_too(ada: Browser) -> None:
    assert ada.get("/reports/overdue.csv").text.startswith("person_id,person,")


def test_an_unknown_parameter_is_a_problem_that_names_the_nearest(house: House) -> None:
    answer = _get(house, "/reports/overdue?untit=dock")
    assert answer.status_code == 400
    assert answer.json()["hint"] == "did you mean 'unit'?"
    assert answer.json()["parameter"] == "untit"
    assert _get(house, "/reports/overdu").json()["hint"] == "did you mean 'overdue'?"


def test_the_chart_stands_alone(house: House) -> None:
    svg = _get(house, "/reports/compliance-overview.svg").text
    assert svg.startswith("<svg xmlns=")
    assert "style=" not in svg
    assert _get(house, "/reports/transcript.svg").status_code == 404
