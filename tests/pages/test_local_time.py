"""Pages say instants in the zone of whoever reads them; what machines read, and days that rules count by, stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import g

from lrs.clock import SECOND, instant_text, instant_words, to_us
from lrs.people.roster import Person, Position, Site
from lrs.people.zones import zone_of
from lrs.web.local_time import end_here, start_here
from rules.decide import Facts
from rules.decide.zones import Zones
from tests.conftest import Served
from tests.entry.desk import NOW, Office, database_in, sound
from tests.pages.scene import open_scene, said, send

SITES = {"hq": Site("hq", "Europe/London"), "far": Site("far", "Pacific/Auckland")}


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "2026-06-30 15:00:00 UTC"),
        ("Europe/Berlin", "2026-06-30 17:00:00 CEST"),
        ("Asia/Kathmandu", "2026-06-30 20:45:00 UTC+05:45"),
        ("America/Sao_Paulo", "2026-06-30 12:00:00 UTC-03:00"),
    ],
)
def test_an_instant_says_its_zone_by_letters_or_by_how_far_it_is_ahead(zone: str, text: str) -> None:
    assert instant_text(to_us(NOW), ZoneInfo(zone)) == text
    assert instant_words(to_us(NOW), ZoneInfo(zone)).rpartition(" ")[2] == text.rpartition(" ")[2]


def test_the_first_day_of_the_calendar_has_no_day_before_it_in_the_west() -> None:
    assert instant_text(-62_135_596_800_000_000, ZoneInfo("America/New_York")) == "0001-01-01 00:00:00 UTC"


@pytest.mark.parametrize("day", [date(2024, 1, 1), date(2025, 6, 30), date(2026, 6, 30)])
@pytest.mark.parametrize("own", [None, "Asia/Tokyo"])
def test_pages_and_rules_agree_where_somebody_lives(day: date, own: str | None) -> None:
    moved = Person(
        "ada",
        timezone=own,
        positions=(Position(date(2025, 1, 1), job="clerk", site="hq"), Position(date(2026, 1, 1), site="far")),
    )
    assert zone_of(moved, SITES, day) == str(Zones("learner", Facts(moved, (), SITES)).on(day))


def test_nobody_has_said_where_a_person_without_a_site_lives() -> None:
    assert zone_of(Person("ada", positions=(Position(date(2025, 1, 1), site="gone"),)), SITES, NOW.date()) is None


def test_times_were_told_in_utc_to_readers_who_live_elsewhere(scene: Office) -> None:
    send(scene, said("ada", "passed", "theory", "2026-06-20"))
    page = scene.browser("mary").get("/statements").text
    shown = re.search(r'<time datetime="2026-06-30T15:00:00Z">([^<]*)</time>', page)
    assert shown is not None
    assert shown[1] == "2026-06-30 16:00:00 BST"
    assert "UTC" not in sound(page).words
    assert "2026-06-30 15:00:00 UTC" in scene.browser("root").page("/statements").words
    assert scene.statements()[0]["stored"].startswith("2026-06-30T15:00:00")


def test_whoever_is_no_person_reads_times_in_the_zone_of_the_organisation(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    scene = open_scene(serve, database_in(tmp_path), PROWESS_ORGANISATION_TIMEZONE="Pacific/Auckland")
    send(scene, said("ada", "passed", "theory", "2026-06-20"))
    root, mary = scene.browser("root"), scene.browser("mary")
    assert "2026-07-01 03:00:00 NZST" in root.page("/statements").words
    assert "Wednesday, 1 July 2026" in root.page("/").words
    assert "Tuesday, 30 June 2026" in mary.page("/").words
    transcript = root.get("/reports/transcript?person=ada").text
    told = '<time class="folded" datetime="2026-06-20T12:00:00Z">'
    assert f'data-label="Last seen">{told}' in transcript
    assert "21 June 2026, 00:00 NZST" in sound(transcript).words
    assert "2026-06-20T12:00:00" in root.get("/reports/transcript.csv?person=ada").text


def test_a_day_of_the_statement_browser_is_one_of_the_reader(serve: Callable[..., Served], tmp_path: Path) -> None:
    """At three in the night of 1 July in Auckland it is still 30 June in London."""
    scene = open_scene(serve, database_in(tmp_path), PROWESS_ORGANISATION_TIMEZONE="Pacific/Auckland")
    (id_,) = send(scene, said("ada", "passed", "theory", "2026-06-20"))
    for name, day, other in (("root", "2026-07-01", "2026-06-30"), ("mary", "2026-06-30", "2026-07-01")):
        browser = scene.browser(name)
        assert f"/statements/{id_}" in browser.get(f"/statements?since={day}&until={day}").text
        assert f"/statements/{id_}" not in browser.get(f"/statements?since={other}&until={other}").text


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Beirut", date(2026, 10, 24), 25),
        ("Asia/Beirut", date(2026, 3, 29), 23),
        ("America/New_York", date(2026, 6, 30), 24),
        ("America/New_York", date.max, 24),
    ],
)
def test_a_day_on_which_clocks_are_put_back_at_midnight_has_its_last_hour(
    scene: Office, zone: str, day: date, hours: int
) -> None:
    with scene.served.app.test_request_context("/"):
        g.reader_zone = ZoneInfo(zone)
        assert end_here(day) + 1 - start_here(day) == hours * 3_600 * SECOND


def failures(count: int) -> list[dict[str, Any]]:
    """So many tries in one morning."""
    return [{**said("ada", "failed", "quiz"), "timestamp": f"2026-06-20T10:0{at}:00Z"} for at in range(count)]


def test_a_busy_day_made_the_history_of_a_person_endless_on_a_phone(scene: Office) -> None:
    ids = send(scene, *failures(6))
    text = scene.browser("mary").get("/people/ada").text
    assert "20 June 2026 Driving quiz 6 statements" in sound(text).words
    assert "20 June 2026, 11:05 BST" in text
    folded = text.partition('<details class="busy">')[2].partition("</details>")[0]
    assert all(f"/statements/{id_}" in folded for id_ in ids)


def test_a_few_statements_of_a_day_are_shown_each(scene: Office) -> None:
    send(scene, *failures(4))
    page = scene.browser("ada").get("/people/ada").text
    assert '<details class="busy">' not in page
    assert sound(page).words.count("20 June 2026, 11:0") == 4
