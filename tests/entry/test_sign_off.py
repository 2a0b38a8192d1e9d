"""Signing off on a page: what is ticked becomes exactly the statement of docs/profile.md, once, and only from those who may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rules import vocabulary as v
from rules.decide import decide
from rules.entry import aftermath
from tests.conftest import Served
from tests.entry.desk import PROGRAMS, Office, database_in, fill_in, open_office, sound

FORM = "/sign-off?person=ada&activity=practical"
SIGNED = {"outcome": "done", "note": "Steady hands.", "date": "2026-06-29"}


def test_a_sign_off_on_the_page_is_the_profile_s_statement(each_office: Office) -> None:
    olga = each_office.browser("olga")
    assert "Stops for pedestrians critical Sounds" in sound(olga.get(FORM).text).words
    done = fill_in(olga, FORM, rubric=["load-centre", "horn"], **SIGNED)
    assert done.status_code == 303
    (said,) = each_office.statements()
    assert {key: said[key] for key in ("actor", "verb", "object", "result", "context", "timestamp")} == {
        "actor": {"objectType": "Agent", "name": "Ada Byron", "mbox": "mailto:ada@example.org"},
        "verb": {"id": v.SIGNED_OFF, "display": {"en": "signed off"}},
        "object": {
            "objectType": "Activity",
            "id": "https://lms.example/practical",
            "definition": {"name": {"en": "Practical checklist"}},
        },
        "result": {
            "success": True,
            "response": "Steady hands.",
            "extensions": {v.RUBRIC_EXTENSION: {"load-centre": True, "pedestrian-stop": False, "horn": True}},
        },
        "context": {
            "instructor": {"objectType": "Agent", "name": "Olga Tufnell", "mbox": "mailto:olga@example.org"},
            "contextActivities": {"category": [{"objectType": "Activity", "id": v.PROFILE}]},
        },
        "timestamp": "2026-06-29T11:00:00.000000Z",
    }
    assert said["authority"]["name"] == "prowess"
    page = sound(olga.get(done.headers["Location"]).text)
    assert "Recorded : Ada Byron, signed off: Practical checklist" in page.words


def test_a_form_sent_twice_is_one_sign_off_and_a_second_form_another(office: Office) -> None:
    olga = office.browser("olga")
    page = olga.page(FORM)
    fields = {name: page.hidden(name) for name in ("csrf", "nonce", "person", "activity")}
    for _ in range(2):
        assert olga.post("/sign-off", **fields, **SIGNED).status_code == 303
    assert len(office.statements()) == 1
    fill_in(olga, FORM, **SIGNED)
    assert len(office.statements()) == 2


def test_today_is_now_so_that_it_comes_after_what_was_done_this_morning(office: Office) -> None:
    fill_in(office.browser("olga"), FORM, outcome="not-yet", date="2026-06-30")
    (said,) = office.statements()
    assert said["timestamp"].startswith("2026-06-30T15:00:00")
    assert said["result"]["success"] is False


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(office: Office) -> None:
    olga = office.browser("olga")
    answer = fill_in(
        olga, FORM, rubric="horn", note="<b>Not</b> yet sure", date="2026-07-05", score="12", score_max="10"
    )
    assert answer.status_code == 400
    page = sound(answer.text)
    assert "Say whether they can do it" in page.words
    assert "2026-07-05 lies in the future" in page.words
    assert "<b>" not in answer.text
    assert "<b>Not</b> yet sure" in page.words
    assert [one["value"] for one in page.all("input") if "checked" in one] == ["horn"]
    assert office.statements() == []


def test_who_may_sign_off_whom(office: Office) -> None:
    for name, learner, status in (
        ("grace", "ada", 200),
        ("mary", "ada", 200),
        ("root", "ada", 200),
        ("grace", "olga", 403),
        ("ada", "bob", 403),
    ):
        browser = office.browser(name)
        token = browser.page("/enter").hidden("csrf")
        sent = browser.post("/sign-off", csrf=token, nonce="n", person=learner, activity="practical", **SIGNED)
        assert sent.status_code == (303 if status == 200 else status), (name, learner, sent.text)
    for name in ("olga", "grace"):
        browser = office.browser(name)
        sent = browser.post(
            "/sign-off",
            csrf=browser.page("/enter").hidden("csrf"),
            nonce="n",
            person=name,
            activity="practical",
            **SIGNED,
        )
        assert sent.status_code == 403, name
    for name in ("ada", "stray", "gone"):
        assert office.browser(name).get("/sign-off").status_code == 403, name
    assert len(office.statements()) == 3


def test_the_page_after_a_sign_off_decided_everything_twice(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    olga = office.browser("olga")
    done = fill_in(olga, FORM, rubric=["load-centre"], **SIGNED)
    made: list[str] = []

    def counted(ruleset: Any, program: str, *args: Any, **more: Any) -> Any:
        made.append(program)
        return decide(ruleset, program, *args, **more)

    monkeypatch.setattr(aftermath, "decide", counted)
    assert "It does not count for Yard lead." in sound(olga.get(done.headers["Location"]).text).words
    assert made == ["yard"]


def test_a_refused_form_led_to_none_of_what_was_marked_below(office: Office) -> None:
    page = sound(fill_in(office.browser("olga"), FORM, date="2030-01-01").text)
    leads = [one["href"] or "" for one in page.all("a") if (one.get("href") or "").endswith("-problem")]
    assert leads == ["#outcome-problem", "#date-problem"]
    assert {lead[1:] for lead in leads} <= {one.get("id") for one in page.all("p")}


def test_what_is_missing_on_a_checklist_is_named_and_marked(office: Office) -> None:
    """It said that a critical item was not shown, and nothing of which; the form began empty again."""
    olga = office.browser("olga")
    done = fill_in(olga, FORM, rubric=["load-centre"], **SIGNED)
    page = sound(olga.get(done.headers["Location"]).text)
    assert (
        "It does not count for Yard lead. A critical item of the checklist was not shown. "
        "Missing: Stops for pedestrians and Sounds the horn at corners. Sign off again"
    ) in page.words
    (again,) = [one["href"] for one in page.all("a") if "again=" in one["href"]]
    page = sound(olga.get(again).text)
    marked = {one["value"]: one["aria-describedby"] for one in page.all("input") if one.get("aria-invalid")}
    assert marked == {"pedestrian-stop": "rubric-pedestrian-stop-problem", "horn": "rubric-horn-problem"}
    assert set(marked.values()) <= {one.get("id") for one in page.all("p")}
    assert "Stops for pedestrians critical Missing: Yard lead asks for it." in page.words
    assert [one["value"] for one in page.all("input") if "checked" in one] == ["load-centre"]
    refused = sound(fill_in(olga, again, rubric=["load-centre", "horn"]).text)
    assert "Say whether they can do it" in refused.words
    invalid = [one["value"] for one in refused.all("input") if one.get("aria-invalid") and one["name"] == "rubric"]
    assert invalid == ["pedestrian-stop", "horn"]
    done = fill_in(olga, again, rubric=["load-centre", "pedestrian-stop", "horn"], **SIGNED)
    assert "does not count" not in sound(olga.get(done.headers["Location"]).text).words
    assert "aria-invalid" not in office.browser("mary").get(again).text, "it is olga's"
    assert "aria-invalid" not in olga.get(FORM + "&again=" + "0" * 8).text


def test_how_many_items_are_missing_is_said_where_any_will_do(serve: Callable[..., Served], tmp_path: Path) -> None:
    programs = PROGRAMS.replace("{items: all, critical: [pedestrian-stop]}", "{items: 2}")
    office = open_office(serve, database_in(tmp_path), programs)
    olga = office.browser("olga")
    done = fill_in(olga, FORM, rubric=["horn"], **SIGNED)
    page = sound(olga.get(done.headers["Location"]).text)
    assert "Missing: 1 of Keeps the load centre low and Stops for pedestrians." in page.words
    (again,) = [one["href"] for one in page.all("a") if "again=" in one["href"]]
    assert "Missing: Yard lead asks for 1 more of these." in sound(olga.get(again).text).words


NEAR = PROGRAMS.replace("by: {not: [self]}", "by: {relation: [manager]}")


def test_nobody_heard_before_they_signed_off_whose_word_counts(serve: Callable[..., Served], tmp_path: Path) -> None:
    office = open_office(serve, database_in(tmp_path), NEAR)
    olga, grace = (sound(office.browser(name).get(FORM).text).words for name in ("olga", "grace"))
    assert "Whose word counts Yard lead: a manager." in grace
    assert "Yours counts" in grace
    assert (
        "Yours does not count today : The observer does not have the relation that is asked for. "
        "Ask somebody who has it, such as the manager."
    ) in olga
    chosen = sound(office.browser("olga").get("/sign-off?activity=practical").text)
    assert "Yard lead: a manager." in chosen.words
    assert "Yours" not in chosen.words


def test_a_sign_off_that_nobody_asks_of_a_learner_says_so_beforehand(office: Office) -> None:
    olga = office.browser("olga")
    assert "Yard lead: anybody but the learner. Yours counts" in sound(olga.get(FORM).text).words
    other = sound(olga.get("/sign-off?person=mary&activity=practical").text)
    assert "No program asks Mary Shaw for this sign-off now. It is recorded; whose word would count:" in other.words
    unasked = sound(olga.get("/sign-off?person=ada&activity=exam").text)
    assert "No published program asks for this sign-off." in unasked.words


def test_activities_were_offered_that_nobody_signs_off(office: Office) -> None:
    olga = office.browser("olga")
    for path, wanted, other in (
        ("/sign-off", "practical", "exam"),
        ("/surveys", "toolbox-talk", "exam"),
        ("/credentials", "pit-operator", "exam"),
    ):
        page = olga.page(path)
        offered = [one["value"] for one in page.all("option")]
        assert offered == ["", wanted], path
        (more,) = {str(one["href"]) for one in page.all("a") if "all=1" in str(one["href"])}
        assert other in [one["value"] for one in olga.page(more).all("option")], path
    again = olga.page("/sign-off?activity=exam")
    assert [one["value"] for one in again.all("option") if "selected" in one] == ["exam"]
