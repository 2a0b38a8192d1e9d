"""Surveys: everybody answers for themselves, once a form."""

from __future__ import annotations

from rules import vocabulary as v
from tests.entry.desk import Office, fill_in, sound


def test_an_answer_is_the_profile_s_statement(office: Office) -> None:
    ada = office.browser("ada")
    done = fill_in(ada, "/surveys?activity=toolbox-talk", activity="toolbox-talk", rating="4", text="Short & good")
    assert done.status_code == 303
    (said,) = office.statements()
    assert said["verb"]["id"] == v.RESPONDED
    assert said["actor"]["mbox"] == "mailto:ada@example.org"
    assert said["object"]["id"] == "https://lms.example/talk"
    assert said["result"] == {"score": {"raw": 4, "min": 1, "max": 5}, "response": "Short & good"}
    assert "Ada Byron, answered: Toolbox talk" in sound(ada.get(done.headers["Location"]).text).words


def test_an_answer_that_says_nothing_or_too_much_is_refused(office: Office) -> None:
    ada = office.browser("ada")
    for fields, why in (
        ({"activity": "toolbox-talk"}, "an answer says something"),
        ({"activity": "toolbox-talk", "rating": "6"}, "a rating is 1 to 5"),
        ({"rating": "4"}, "say what it is about"),
        ({"activity": "toolbox-talk", "text": "x" * 4001}, "at most 4000 characters"),
    ):
        answer = fill_in(ada, "/surveys", **fields)
        assert answer.status_code == 400, fields
        assert why.lower() in sound(answer.text).words.lower()
    assert office.statements() == []


def test_nobody_answers_for_somebody_else(office: Office) -> None:
    for name in ("root", "stray", "gone"):
        assert office.browser(name).get("/surveys").status_code == 403, name
