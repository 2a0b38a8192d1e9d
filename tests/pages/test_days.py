"""Days on pages for people are told in words; files and JSON have them in ISO 8601."""

from __future__ import annotations

import re

import pytest

from tests.entry.desk import Office, fill_in, sound
from tests.entry.test_credentials import hand_in
from tests.pages.scene import said, send, settle

ISO = re.compile(r"\b\d{4}-\d\d-\d\d\b")
FOR_ALL = ("/", "/enter", "/programs", "/programs/forklift", "/curricula/operator", "/escalations", "/reviews")
PAGES = {
    "ada": (*FOR_ALL, "/people/ada", "/people/ada/programs/forklift", "/credentials"),
    "grace": (
        *FOR_ALL,
        "/acts?person=ada&program=forklift&act=waive",
        "/acts?person=ada&program=forklift&act=extend",
        "/reports/standing",
        "/reports/transcript?person=ada",
        "/reports/overdue?as_of=2026-12-31",
    ),
    "root": (
        "/enter",
        "/programs",
        "/curricula/operator",
        "/reviews",
        "/credentials/review",
        "/acts?person=ada&program=forklift&act=suspend",
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_told_days_as_machines_write_them(scene: Office, name: str) -> None:
    hand_in(scene.browser("ada"), activity="exam", issued_on="2026-01-31", expires_on="2027-01-31")
    grace, waive = scene.browser("grace"), "/acts?person=ada&program=forklift&act=waive"
    fill_in(grace, waive, reason="Broken leg", criteria=["theory"], until="2026-07-15")
    fill_in(grace, "/acts?person=ada&program=forklift&act=extend", reason="Broken leg", due_on="2026-08-15")
    send(scene, said("ada", "passed", "exam"))
    settle(scene.served.prowess)
    browser = scene.browser(name)
    queue = scene.browser("root").page("/credentials/review").all("a")
    one = next(link["href"] or "" for link in queue if (link.get("href") or "").startswith("/credentials/review/"))
    also = (one,) if name == "root" else ()
    found = [
        (path, day[0]) for path in (*PAGES[name], *also) for day in ISO.finditer(sound(browser.get(path).text).words)
    ]
    assert found == []


def test_files_of_reports_keep_iso_days(scene: Office) -> None:
    assert ISO.search(scene.browser("grace").get("/reports/standing.csv").text)


def test_the_queue_of_certificates_was_entered_by_a_time(scene: Office) -> None:
    hand_in(scene.browser("ada"), activity="exam")
    page = sound(scene.browser("root").get("/credentials/review").text)
    assert re.search(r"Ada Byron: Driving exam .* 30 June 2026, 15:00 UTC waiting", page.words)
