"""The explanation of one person in one program: the same for command, API and page, in words a learner understands."""

from __future__ import annotations

import re
from typing import Any

import requests

from lrs.clock import ManualClock, to_text
from lrs.xapi.timestamp import instant
from rules.composition import published_of
from rules.explain.explanation import explain
from rules.explain.telling import explain_text, explanation_json
from rules.published import Source
from tests.entry.desk import Office, database_in, fill_in, sound
from tests.pages.scene import PROGRAMS, open_scene, said, score, send, settle

PAGE = "/people/ada/programs/forklift"
API = "/api/v1" + PAGE + "/explain"


def ask(scene: Office, **parameters: str) -> dict[str, Any]:
    with scene.served.session() as session:
        answer = session.get(scene.served.url + API, params=parameters, timeout=20)
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    return dict(answer.json())


def steps(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["text"], one["reason"]) for one in document["account"]["next_steps"]]


def test_a_learner_reads_what_to_do_next_before_anything_else(each_scene: Office) -> None:
    (weak,) = send(each_scene, said("ada", "failed", "exam", **score(0.6)))
    text = each_scene.browser("ada").get(PAGE).text
    words = sound(text).words
    assert "To do by 31 July 2026." in words
    assert words.index("Do this next") < words.index("Pass Forklift theory") < words.index("How it was judged")
    assert "You may drive every truck on the site." in words
    assert "Recognised by Institute X" in words
    assert "ISO/IEC 17024: Counts at other employers." in words
    assert "Fewer near misses" not in words
    assert "failed, score 60 % on 29 June 2026 Does not count: " in words
    assert weak not in text
    assert not re.search(r"\d{4}-\d\d-\d\d", words.partition("Another day")[0])
    shortest = "This is the shortest way left; what counts is to complete Driving course and pass Driving quiz, or pass"
    assert f"{shortest} Driving exam with at least 80 %." in words
    assert "Have somebody sign off Driving practice; by your manager" in words


def test_the_cheapest_way_is_the_one_begun_with_the_fewest_things_left(each_scene: Office) -> None:
    send(each_scene, said("ada", "passed", "theory"))
    exam = "Pass Driving exam with at least 80 %; at most 3 tries in 90 days, 7 days between two tries"
    practice = "Have somebody sign off Driving practice; by a manager; after “Pass Forklift theory”"
    assert steps(ask(each_scene)) == [(exam, "no_evidence"), (practice, "no_evidence")]
    send(each_scene, said("ada", "completed", "course"))
    assert steps(ask(each_scene))[0] == ("Pass Driving quiz", "no_evidence")


def test_command_api_and_page_say_the_same(scene: Office) -> None:
    send(scene, said("ada", "passed", "theory"), said("ada", "failed", "exam", **score(0.6)))
    found = explain(scene.served.prowess, "ada", "forklift")
    document, text = ask(scene), explain_text(found)
    assert document == explanation_json(found)
    words = sound(scene.browser("mary").get(PAGE).text).words
    for one in document["account"]["next_steps"]:
        assert one["text"] in words
        assert f"- {one['text']}. {one['why']} {one['mend']}".rstrip() in text
    assert document["account"]["headline"] in words
    assert document["account"]["headline"] in text
    (rejected,) = document["account"]["paths"][0]["of"][0]["of"][1]["of"][1]["rejected"]
    assert (rejected["reason"], rejected["why"] in words, rejected["why"] in text) == ("score_below_min", True, True)


def test_what_is_in_it_was_told_by_json_and_page_alone(scene: Office) -> None:
    lines = explain_text(explain(scene.served.prowess, "ada", "forklift")).splitlines()
    start = lines.index("  benefit for the learner: You may drive every truck on the site.")
    assert lines[start + 1 : start + 4] == [
        "  benefit for the company: Fewer near misses.",
        "  recognised by Institute X, ISO/IEC 17024, https://institute.example/f",
        "    worth for the learner: Counts at other employers.",
    ]


def test_an_answer_that_lacked_what_had_just_arrived_did_not_say_so(scene: Office) -> None:
    assert ask(scene)["undigested_since"] is None
    with scene.served.session() as session:
        late = said("ada", "passed", "theory")
        assert session.post(f"{scene.served.xapi}/statements", json=late, timeout=20).status_code == 200
    document = ask(scene)
    since = document["undigested_since"]
    assert since.startswith("2026-06-30T"), since
    words = f"what arrived since {since} is not worked through yet: this may lack it"
    assert words in explain_text(explain(scene.served.prowess, "ada", "forklift"))
    page = sound(scene.browser("ada").get(PAGE).text).words
    assert "What arrived since 30 June 2026 is not worked through yet: this may lack it." in page
    before = ask(scene, known_at=to_text(instant(since) - 1))
    assert before["undigested_since"] is None, "by then it had not arrived"
    settle(scene.served.prowess)
    assert ask(scene)["undigested_since"] is None


def test_who_signed_off_was_nowhere_to_be_read(scene: Office) -> None:
    send(scene, said("ada", "passed", "theory", "2026-06-28"))
    fill_in(scene.browser("grace"), "/sign-off?person=ada&activity=practical", outcome="done", date="2026-06-29")
    settle(scene.served.prowess)
    (seen,) = ask(scene)["account"]["paths"][0]["of"][0]["of"][2]["used"]
    assert seen["by"] == "Grace Hopper"
    assert "by Grace Hopper, from prowess" in explain_text(explain(scene.served.prowess, "ada", "forklift"))
    for name in ("ada", "grace", "mary"):
        assert "on 29 June 2026, by Grace Hopper" in sound(scene.browser(name).get(PAGE).text).words


def test_any_day_as_known_on_any_day(scene: Office) -> None:
    """What became known later, by `stored`, is left out; what happened later too."""
    clock = scene.served.prowess.clock
    assert isinstance(clock, ManualClock)
    clock.move(days=3)
    send(scene, said("ada", "passed", "theory", "2026-06-20"))
    results = [
        ask(scene, **when)["account"]["paths"][0]["of"][0]["of"][0]["result"]
        for when in ({}, {"as_of": "2026-06-19"}, {"as_of": "2026-06-20"}, {"known_at": "2026-07-01"})
    ]
    assert results == ["met", "unmet", "met", "unmet"]
    assert ask(scene, as_of="2027-06-20")["flags"] == ["overdue"]
    page = sound(scene.browser("ada").get(f"{PAGE}?as_of=2026-08-05&known_at=2026-07-01").text)
    assert "This was due on 31 July 2026 and is not done yet." in page.words
    assert "As of 5 August 2026 as was known on 1 July 2026" in page.words
    last = sound(scene.browser("ada").get(f"{PAGE}?as_of=9999-12-31").text)
    assert "As of 9999-12-31" in last.words, "it was a 500"
    wrong = scene.browser("ada").get(f"{PAGE}?as_of=soon")
    assert wrong.status_code == 400
    assert "neither a date nor an instant" in sound(wrong.text).words


def test_who_may_see_whose_explanation(scene: Office) -> None:
    for name, status in (("ada", 200), ("grace", 200), ("mary", 200), ("root", 200), ("olga", 403), ("stray", 403)):
        browser = scene.browser(name)
        for path in (PAGE, API, "/people/ada"):
            assert browser.get(path).status_code == status, (name, path)
    ada = scene.browser("ada")
    for path in ("/people/bob", "/people/bob/programs/forklift", "/people/nobody", "/people/nobody/programs/x"):
        assert ada.get(path).status_code == 403, path
    assert requests.get(scene.served.url + API, timeout=20).status_code == 401
    stranger = requests.get(scene.served.url + PAGE, timeout=20, allow_redirects=False, headers={"Accept": "text/html"})
    assert (stranger.status_code, "/sign-in" in stranger.headers["Location"]) == (303, True)
    credential, secret = scene.served.prowess.credentials.create("writer", ["statements/write"])
    auth = (credential.key, str(secret))
    assert requests.get(scene.served.url + API, auth=auth, timeout=20).status_code == 403


def test_who_and_what_are_not_there_is_said_with_what_is_near(scene: Office) -> None:
    root = scene.browser("root")
    for path, near in (("/people/ada/programs/forklit", "forklift"), ("/people/adda/programs/forklift", "ada")):
        answer = root.get(path)
        assert answer.status_code == 404
        assert f"did you mean '{near}'?" in sound(answer.text).words.replace("&#39;", "'")
    assert root.get("/people/adda").status_code == 404


def test_what_a_program_says_is_text_and_never_markup(scene: Office) -> None:
    nasty = PROGRAMS.replace("title: Counterbalance forklift", 'title: "<script>alert(1)</script>"')
    nasty = nasty.replace("version: 1", "version: 2\napply: new").replace(
        "https://institute.example/f", "javascript:alert(2)"
    )
    nasty = nasty.replace("2026-06-01", "2026-06-02")
    published_of(scene.served.prowess).apply(
        [Source("programs.yaml", PROGRAMS), Source("nasty.yaml", nasty.partition("\n---")[0])]
    )
    settle(scene.served.prowess)
    text = scene.browser("ada").get(PAGE).text
    assert sound(text).faults == []
    assert "&lt;script&gt;" in text
    assert "javascript:" not in text


def test_a_step_leads_to_where_it_is_taken_for_whoever_may(scene: Office) -> None:
    send(scene, said("ada", "passed", "theory"), said("ada", "passed", "exam", **score(0.9)))
    sign_off, acts = "/sign-off?person=ada&activity=practical", "/acts?person=ada&program=forklift"
    for name, doors in (("ada", set()), ("grace", {sign_off, acts}), ("root", {sign_off, acts})):
        links = {one["href"] for one in sound(scene.browser(name).get(PAGE).text).all("a")}
        assert links & {sign_off, acts} == doors, name
    grace = scene.browser("grace")
    assert grace.get(sign_off).status_code == grace.get(acts).status_code == 200


def test_nobody_is_told_to_do_what_cannot_be_done_yet(serve: Any, tmp_path: Any) -> None:
    programs = PROGRAMS.replace("  all:\n    - {id: theory, passed: theory}\n    - any:\n", "  any:\n    - any:\n")
    only = programs.replace("        - {all: [{id: course, completed: course}, {id: quiz, passed: quiz}]}\n", "")
    only = only.replace("    - {id: practical, signed_off: practical, by: {relation: [manager]}, after: theory}\n", "")
    scene = open_scene(serve, database_in(tmp_path), only)
    send(scene, said("ada", "failed", "exam", **score(0.6)))
    words = sound(scene.browser("ada").get(PAGE).text).words
    assert (
        "Nothing can be done about it now. It came too soon after the try before. It opens again on 6 July 2026."
        in words
    )
    assert "What is still missing Pass Driving exam" in words
    assert "Do this next" not in words
