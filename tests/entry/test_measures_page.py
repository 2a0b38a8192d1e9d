"""Measures on a page: found from *Enter* and from what waits for a figure, by administrators, and never about oneself."""

from __future__ import annotations

import requests

from rules import vocabulary as v
from tests.entry.desk import Office, fill_in, sound
from tests.web.browser import Browser

PATH = "/measures?person=ada&indicator=near-misses"


def test_no_page_led_to_entering_a_figure(office: Office) -> None:
    root = office.browser("root")
    for path, link in (
        ("/enter", "/measures"),
        ("/people/ada/programs/yard", PATH),
    ):
        assert link in [one.get("href") for one in sound(root.get(path).text).all("a")], path
    assert "Enter the figure" not in office.browser("ada").page("/people/ada/programs/yard").words


def test_a_figure_on_the_page_is_the_profile_s_statement_and_can_be_taken_back(each_office: Office) -> None:
    root = each_office.browser("root")
    done = fill_in(root, PATH, indicator="near-misses", value="3,50", date="2026-06-29")
    assert done.status_code == 303, done.text
    (said,) = each_office.statements()
    assert (said["verb"]["id"], said["object"]["id"]) == (v.MEASURED, "https://lms.example/near-misses")
    assert said["actor"]["mbox"] == "mailto:ada@example.org"
    assert said["result"]["score"] == {"raw": 3.5}
    assert "Ada Byron, measured: Near misses" in sound(root.get(done.headers["Location"]).text).words
    again = fill_in(root, PATH, indicator="near-misses", value="3.5", date="2026-06-29")
    assert (again.status_code, len(each_office.statements())) == (303, 1)
    assert fill_in(root, f"/enter/{said['id']}/take-back").status_code == 303
    anew = fill_in(root, PATH, indicator="near-misses", value="3.5", date="2026-06-29")
    assert anew.status_code == 303
    assert [one["verb"]["id"] for one in each_office.statements()].count(v.MEASURED) == 1


def test_every_mistake_in_a_figure_is_told(office: Office) -> None:
    answer = fill_in(office.browser("root"), PATH, indicator="", value="few", date="2027-01-01")
    assert answer.status_code == 400
    page = sound(answer.text)
    found = {attrs["id"] for attrs in page.all("p") if (attrs.get("id") or "").endswith("-problem")}
    assert found == {"indicator-problem", "value-problem", "date-problem"}
    assert next(one["value"] for one in page.all("input") if one.get("name") == "value") == "few"


def test_who_may_enter_a_figure(office: Office) -> None:
    for name, person, status in (
        ("root", "ada", 200),
        ("root", "olga", 200),
        ("grace", "ada", 403),
        ("ada", "ada", 403),
        ("olga", "ada", 403),
    ):
        assert office.browser(name).get(f"/measures?person={person}").status_code == status, (name, person)
    grace = office.browser("grace")
    token = grace.page("/enter").hidden("csrf")
    for person in ("grace", "ada", "grace@example.org"):
        fields = {"person": person, "indicator": "near-misses", "value": "1", "date": "2026-06-29"}
        assert grace.post("/measures", csrf=token, nonce="n", **fields).status_code == 403, person
    assert office.statements() == []


def bring(browser: Browser, text: str) -> requests.Response:
    token = browser.page("/measures").hidden("csrf")
    return browser.session.post(
        browser.url + "/measures/file",
        data={"csrf": token},
        files={"file": ("june.csv", text.encode(), "text/csv")},
        timeout=20,
        allow_redirects=False,
    )


def test_a_file_of_figures_had_to_be_brought_by_the_command(office: Office) -> None:
    root = office.browser("root")
    rows = "person,indicator,date,value\nada,near-misses,2026-06-29,3\nbob@example.org,near-misses,29.06.2026,4\n"
    done = bring(root, rows)
    assert done.status_code == 303, done.text
    assert [one["result"]["score"]["raw"] for one in office.statements()] == [3, 4]
    assert "Recorded : 2 new." in sound(root.get(done.headers["Location"]).text).words
    again = bring(root, rows)
    assert "Recorded : 0 new, 2 known already." in sound(root.get(again.headers["Location"]).text).words
    assert len(office.statements()) == 2


def test_a_file_of_figures_with_a_mistake_records_nothing_and_tells_every_one(office: Office) -> None:
    root = office.browser("root")
    answer = bring(root, "person,indicator,date,value\nada,near-misses,2026-06-29,3\nnobody,near-miss,2026-06-29,few\n")
    assert answer.status_code == 400
    words = sound(answer.text).words
    assert "3 person" in words
    assert "3 indicator" in words
    assert "3 value" in words
    assert office.statements() == []
    assert "no file was chosen" in root.post("/measures/file", csrf=root.page("/measures").hidden("csrf")).text.lower()


def test_only_administrators_bring_figures(office: Office) -> None:
    grace = office.browser("grace")
    token = grace.page("/enter").hidden("csrf")
    assert grace.post("/measures/file", csrf=token).status_code == 403
