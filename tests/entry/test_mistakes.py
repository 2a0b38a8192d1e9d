"""A form with several mistakes tells all of them at once, each beside its field, and keeps what was typed."""

from __future__ import annotations

from collections.abc import Collection

import requests

from lrs.errors import BadRequest
from rules.entry.acts import ActInvalid
from tests.entry.desk import Office, fill_in, sound


def _marked(answer: requests.Response, fields: Collection[str], *, kept: dict[str, str]) -> str:
    """All words of a page whose fields are marked, and no others."""
    assert answer.status_code == 400, answer.text
    page = sound(answer.text)
    said = {attrs["id"] for attrs in page.all("p") if (attrs.get("id") or "").endswith("-problem")}
    assert said == {f"{name}-problem" for name in fields}
    invalid = [attrs for _, attrs in page.tags if attrs.get("aria-invalid") == "true"]
    assert {one["aria-describedby"] for one in invalid} == said
    values = {
        one.get("name"): one.get("value") for one in page.all("input") if one.get("type") not in {"radio", "checkbox"}
    }
    assert {name: values[name] for name in kept} == kept
    return page.words


def test_of_several_mistakes_in_a_waiver_only_the_first_was_told(office: Office) -> None:
    root, typed = office.browser("root"), {"until": "soon", "for": "a month"}
    answer = fill_in(root, "/acts?person=ada&program=forklift&act=waive", reason=" ", criteria="exma", **typed)
    words = _marked(answer, {"reason", "criteria", "until", "for"}, kept=typed)
    assert "A waiver needs a reason" in words
    assert "did you mean 'exam'?" in words
    extension = fill_in(root, "/acts?person=ada&program=forklift&act=extend", reason=" ", due_on="")
    _marked(extension, {"reason", "due_on"}, kept={"due_on": ""})
    assert office.statements() == []


def test_of_several_mistakes_in_an_act_the_api_told_only_the_first(office: Office) -> None:
    asked = {"act": "waive", "person": "ada", "program": "forklift", "reason": " ", "until": "soon", "for": "a month"}
    with office.served.session(None) as session:
        told = session.post(f"{office.served.url}/api/v1/acts", json=asked, timeout=20).json()
    assert [one["path"] for one in told["errors"]] == ["$.until", "$.reason", "$.for"]
    assert told["detail"] == told["errors"][0]["detail"]
    assert (told["type"], told["member"]) == (f"urn:prowess:problem:{BadRequest.code}", "until")
    assert ActInvalid.code == BadRequest.code


def test_of_several_mistakes_in_a_sign_off_the_score_was_told_last(office: Office) -> None:
    grace, typed = office.browser("grace"), {"score": "12", "score_max": "10", "date": "2027-01-01"}
    answer = fill_in(grace, "/sign-off?person=ada&activity=practical", **typed)
    _marked(answer, {"outcome", "date", "score"}, kept=typed)
    lone = {"score": "", "score_max": "10"}
    lone_answer = fill_in(grace, "/sign-off?person=ada&activity=practical", outcome="done", date="2026-06-29", **lone)
    assert "Say which score it was, out of 10" in _marked(lone_answer, {"score"}, kept=lone)


def test_of_several_mistakes_in_a_certificate_its_days_were_told_last(office: Office) -> None:
    ada, typed = office.browser("ada"), {"issued_on": "2026-02-01", "expires_on": "2026-01-01", "issuer": ""}
    _marked(fill_in(ada, "/credentials", **typed), {"activity", "issuer", "expires_on", "file"}, kept=typed)


def test_of_several_mistakes_in_a_survey_that_it_says_nothing_was_told_last(office: Office) -> None:
    _marked(
        fill_in(office.browser("ada"), "/surveys", activity="", rating="", text=""), {"activity", "rating"}, kept={}
    )


def test_that_nobody_was_ticked_hid_what_else_was_wrong_with_the_session(office: Office) -> None:
    typed = {"duration": "long"}
    answer = fill_in(
        office.browser("grace"), "/attendance?activity=toolbox-talk&date=2026-06-29&group=reports", **typed
    )
    assert "Nobody is ticked" in _marked(answer, {"present", "duration"}, kept=typed)
