"""A person's page: who they are, where they stand, and what happened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rules import vocabulary as v
from tests.conftest import Served
from tests.entry.desk import Office, database_in, fill_in, sound
from tests.pages.scene import PROGRAMS, open_scene, said, score, send, settle


def test_a_person_sees_what_is_asked_and_what_happened(each_scene: Office) -> None:
    first, void = said("ada", "passed", "theory", "2026-06-20"), said("ada", "completed", "course", "2026-06-21")
    send(each_scene, first, void)
    voiding = {**said("ada", "voided", "x"), "object": {"objectType": "StatementRef", "id": void["id"]}}
    send(each_scene, {**voiding, "actor": {"mbox": "mailto:lms@example.org"}})
    text = each_scene.browser("ada").get("/people/ada").text
    page = sound(text)
    for needed in (
        "This is your page",
        "required in progress",
        "31 July 2026",
        "operator, hq from 6 January 2025; reports to Grace Hopper",
        "20 June 2026, 13:00 BST Forklift theory passed",
        "21 June 2026, 13:00 BST Driving course completed",
        "taken back",
        "Required by 31 July 2026",
    ):
        assert needed in page.words, needed
    assert "1 August 2026 Counterbalance forklift Overdue" in page.words.partition("What time will bring")[2]
    assert first["id"] not in text
    assert f"/statements/{first['id']}" in each_scene.browser("mary").get("/people/ada").text


def test_due_dates_lay_beyond_the_edge_of_a_phone(scene: Office) -> None:
    """What a table cannot show side by side stands below each other, each with the name of its column."""
    ada, mary = scene.browser("ada"), scene.browser("mary")
    standing = ["Asked", "Progress", "Certificate", "Due", "Good until"]
    for page, first in (
        (ada.page("/"), ["Do next", *standing]),
        (ada.page("/people/ada"), ["Do next", *standing]),
        (mary.page("/programs/forklift/people?state=required"), standing),
    ):
        assert not [
            one
            for one in page.all("div")
            if (one.get("class") or "").split()[:1] == ["ledger"] and "cards" not in (one["class"] or "")
        ]
        labels = [one["data-label"] for one in page.all("td") if "data-label" in one]
        assert labels[: len(first)] == first


def test_the_home_of_a_learner_told_due_dates_and_not_what_to_do(scene: Office) -> None:
    ada, grace = scene.browser("ada"), scene.browser("grace")
    for path in ("/", "/people/ada"):
        page = sound(ada.get(path).text)
        assert "Do next" in page.words, path
        assert "Pass Forklift theory Open Forklift theory (lms.example)" in page.words, path
        assert "https://lms.example/theory" in [one.get("href") for one in page.all("a")], path
    send(scene, said("ada", "passed", "theory"), said("ada", "passed", "exam", **score(0.9)))
    home = sound(ada.get("/").text).words
    assert "Have somebody sign off Driving practice required" in home
    door = [one.get("href") or "" for one in sound(grace.get("/people/ada").text).all("a")]
    assert "/sign-off?person=ada&activity=practical" in door
    fill_in(grace, "/sign-off?person=ada&activity=practical", outcome="done", date="2026-06-30")
    settle(scene.served.prowess)
    assert "Do next" not in ada.page("/").words, "all is done"


def test_a_region_and_its_table_had_one_name(scene: Office) -> None:
    page = scene.browser("ada").page("/people/ada")
    headings = {one["id"] for one in page.all("h2")}
    tables = [one for one in page.all("div") if one.get("aria-labelledby")]
    assert [one for one in tables if one["aria-labelledby"] in headings]
    assert {one.get("role") for one in tables} == {"group"}, "a section has the name already, and is the landmark"


def test_a_timeline_told_scaled_scores_without_the_scale_of_their_source(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    source = "{kind: source, id: academy, match: {platform: Moodle}, profile: moodle-logstore}"
    scene = open_scene(serve, database_in(tmp_path), f"{PROGRAMS}\n---\n{source}")
    there = {"context": {"platform": "Moodle"}, **score(0.6)}
    raw = {"result": {"score": {"raw": 8.0, "max": 10.0}}}
    send(scene, said("ada", "passed", "exam", **there), said("ada", "failed", "exam", **raw))
    words = sound(scene.browser("ada").get("/people/ada").text).words
    assert "passed, score 80 %" in words
    assert "failed, score 8 of 10" in words


def test_acts_and_awards_stand_in_the_timeline(each_scene: Office) -> None:
    grace = each_scene.browser("grace")
    fill_in(grace, "/acts?person=ada&program=forklift&act=waive", reason="Broken leg", until="2026-07-15")
    settle(each_scene.served.prowess)
    page = sound(grace.get("/people/ada").text)
    assert "Counterbalance forklift waived: Broken leg" in page.words
    assert "Certified until 30 June 2027" in page.words
    assert "Suspended" in page.words.partition("What time will bring")[2]
    explained = sound(grace.get("/people/ada/programs/forklift").text).words
    assert "Ada Byron is certified until 30 June 2027." in explained
    assert "Decided by people in office waived until 15 July 2026, because: Broken leg on 30 June 2026" in explained
    assert v.WAIVED not in explained


def test_a_manager_was_not_led_to_the_reports_of_the_team(scene: Office) -> None:
    def leads(name: str) -> bool:
        page = sound(scene.browser(name).get("/").text)
        return "/reports" in {one["href"] for one in page.all("a")}

    assert {name: leads(name) for name in ("grace", "root", "mary", "ada")} == {
        "grace": True,
        "root": True,
        "mary": True,
        "ada": False,
    }
    for unknown in ("person=olgaa", "unit=nowhere", "job=evaluato"):
        answer = scene.browser("grace").get(f"/reports/standing.json?{unknown}")
        assert answer.status_code == 200, "and nobody else is named"
        assert scene.browser("mary").get(f"/reports/standing.json?{unknown}").status_code == 400
    words = sound(scene.browser("grace").get("/reports/standing").text).words
    assert "Ada Byron" in words
    assert "Olga Tufnell" not in words


def test_people_are_found_by_those_who_may_see_them(scene: Office) -> None:
    listed = sound(scene.browser("grace").get("/people").text).words
    assert "Ada Byron" in listed
    assert "Olga Tufnell" not in listed
    assert "Olga Tufnell" in sound(scene.browser("mary").get("/people?name=olga").text).words
    assert "Nobody whom you may see" in sound(scene.browser("grace").get("/people?name=olga").text).words
    assert scene.browser("ada").get("/people").headers["Location"] == "/people/ada"
    assert "Nobody has said yet who you are" in sound(scene.browser("stray").get("/people").text).words


def test_somebody_whom_nothing_concerns_is_told_what_to_do(scene: Office) -> None:
    nemo = sound(scene.browser("root").get("/people/nemo").text).words
    for needed in (
        "No program asks anything of Nemo",
        "Nothing that is reported can be told to be about Nemo. Give them an email",
        "name one in the people file",
    ):
        assert needed in nemo


def test_the_due_dates_of_tiers_were_to_be_seen_nowhere(serve: Callable[..., Served], tmp_path: Path) -> None:
    head = "{kind: curriculum, id: first-90, title: First ninety, effective: 2026-06-01, timezone: UTC, for: {job: operator}"
    first = "{id: first-30, due: {after: assigned, within: P45D}, require: {passed: theory}}"
    second = "{id: rest, due: {after: assigned, within: P90D}, require: {completed: course}}"
    tiers = f"{head}, tiers: [{first}, {second}]}}"
    scene = open_scene(serve, database_in(tmp_path), f"{PROGRAMS}\n---\n{tiers}")
    send(scene, said("ada", "passed", "theory", "2026-06-20"))
    ada = scene.browser("ada")
    days = ("first-30: due 16 July 2026, done 20 June 2026", "rest: due 30 August 2026, not done yet")
    person, why = (sound(ada.get(path).text).words for path in ("/people/ada", "/people/ada/programs/first-90"))
    for one in days:
        assert one in person
    assert "Part 1: first-30 due 16 July 2026, done 20 June 2026" in why
    assert "Part 2: rest due 30 August 2026, not done yet" in why
