"""The explanation of one person in one program: the same for command, API and page, in words a learner understands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from lrs import yaml_door
from lrs.clock import ManualClock, to_text
from lrs.people.roster import roster_from
from lrs.web.accounts import create_account
from lrs.xapi.timestamp import instant
from rules.entry import witnesses
from rules.explain.explanation import explain
from rules.explain.telling import explain_text, explanation_json
from rules.published.composition import published_of
from rules.published.store import Source
from tests.conftest import Served
from tests.entry.desk import Office, database_in, fill_in, sound
from tests.entry.test_credentials import hand_in
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
    words = f"what arrived since {since[:19]}Z is not worked through yet: this may lack it"
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
    assert "This is not today. It is how it stands on 5 August 2026, by what was known on 1 July 2026." in page.words
    assert "This is not today." not in sound(scene.browser("ada").get(PAGE).text).words
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


def test_what_is_worth_nothing_to_the_learner_was_worth_none(serve: Any, tmp_path: Any) -> None:
    alone = PROGRAMS.replace("learner: You may drive every truck on the site.", "learner: ")
    alone = alone.replace("learner: Counts at other employers.", "company: Cheaper insurance.")
    alone = alone.replace("https://institute.example/f", "JavaScript:alert(1)")
    scene = open_scene(serve, database_in(tmp_path), alone)
    text = scene.browser("ada").get(PAGE).text
    words = sound(text).words
    assert "Recognised by Institute X, ISO/IEC 17024" in words
    assert "None" not in words
    assert "For you" not in words
    assert "avaScript:" not in text


def test_a_step_leads_to_where_it_is_taken_for_whoever_may(scene: Office) -> None:
    send(scene, said("ada", "passed", "theory"), said("ada", "passed", "exam", **score(0.9)))
    sign_off, acts = "/sign-off?person=ada&activity=practical", "/acts?person=ada&program=forklift"
    for name, doors in (("ada", set()), ("grace", {sign_off, acts}), ("root", {sign_off, acts})):
        links = {one["href"] for one in sound(scene.browser(name).get(PAGE).text).all("a")}
        assert links & {sign_off, acts} == doors, name
    grace = scene.browser("grace")
    assert grace.get(sign_off).status_code == grace.get(acts).status_code == 200


def links(scene: Office, name: str, path: str = PAGE) -> dict[str, str]:
    page = sound(scene.browser(name).get(path).text)
    return {one["href"]: one.get("rel", "") for one in page.all("a")}


def test_what_to_do_next_could_not_be_opened(scene: Office) -> None:
    text = scene.browser("ada").get(PAGE).text
    assert "Open Forklift theory (lms.example)" in sound(text).words
    assert links(scene, "ada")["https://lms.example/theory"] == "noreferrer"
    assert links(scene, "grace")["https://lms.example/theory"] == "noreferrer"
    assert "https://lms.example/practical" not in links(scene, "ada"), "a sign-off is nothing to open"


def test_an_activity_whose_name_is_no_address_is_not_linked(serve: Any, tmp_path: Any) -> None:
    programs = PROGRAMS.replace("https://lms.example/theory", "urn:uuid:6f1c2c0e-5b5e-4c5c-9d53-6d1f3b1c7a52")
    programs = programs.replace('"https://lms.example/exam"', '"javascript:alert(1)", "http://"')
    scene = open_scene(serve, database_in(tmp_path), programs)
    page = sound(scene.browser("ada").get(PAGE).text)
    assert "Pass Forklift theory" in page.words
    assert not [one["href"] for one in page.all("a") if not one["href"].startswith(("/", "https://institute", "#"))]


def test_the_course_of_a_connector_is_linked_and_its_activity_before_others(serve: Any, tmp_path: Any) -> None:
    systems = "[{name: hq, kind: moodle, url: 'https://moodle.example/', token: '${TOKEN}', programs: {forklift: {course: 7}}}]"
    both = PROGRAMS.replace('["https://lms.example/theory"]', '["https://a.example/t", "https://moodle.example/mod/1"]')
    scene = open_scene(serve, database_in(tmp_path), both, PROWESS_CONNECTORS_SYSTEMS=systems, TOKEN="canary-5f1c")
    found = links(scene, "ada")
    assert "https://moodle.example/course/view.php?id=7" in found
    assert "https://moodle.example/mod/1" in found
    assert "https://a.example/t" not in found
    assert "Open the course in hq" in sound(scene.browser("ada").get(PAGE).text).words


def test_a_step_behind_another_was_offered_though_it_would_not_count_yet(scene: Office) -> None:
    page = sound(scene.browser("ada").get(PAGE).text)
    now, _, later = page.words.partition("How it was judged")[0].partition("What waits")
    assert "Pass Forklift theory" in now
    assert "Have somebody sign off" not in now
    assert "Have somebody sign off Driving practice" in later
    assert "It counts only once this is done: pass Forklift theory. Do the step before first." in later
    assert "Who may sign it off" not in page.words
    document = ask(scene)
    assert steps(document)[-1][1] == "waits_for_step_before"
    assert next(gap for gap in document["gaps"] if gap["criterion"] == "practical")["reason"] == "no_evidence"
    send(scene, said("ada", "passed", "theory"))
    assert "What waits" not in sound(scene.browser("ada").get(PAGE).text).words


def test_the_step_before_is_named_where_steps_have_an_order(serve: Any, tmp_path: Any) -> None:
    ordered = PROGRAMS.replace("require:\n  all:\n", "require:\n  in_order:\n").replace(", after: theory}", "}")
    scene = open_scene(serve, database_in(tmp_path), ordered)
    send(scene, said("ada", "passed", "theory"))
    waits = [one for one in ask(scene)["account"]["next_steps"] if one["reason"] == "waits_for_step_before"]
    assert [(one["criterion"], one["why"].partition(":")[0]) for one in waits] == [
        ("practical", "It counts only once this is done")
    ]
    assert "pass Driving exam with at least 80 %" in waits[0]["why"]


def signers(scene: Office, name: str = "ada") -> str:
    words = sound(scene.browser(name).get(PAGE).text).words
    found = re.search(r"Who may sign it off[^:]*: (.*?)\. ", words)
    return found[1] if found else ""


def with_observers(serve: Any, tmp_path: Any, by: str, people: str = "") -> Office:
    programs = PROGRAMS.replace("by: {relation: [manager]}, after: theory", by)
    scene = open_scene(serve, database_in(tmp_path), programs)
    if people:
        scene.served.prowess.people.record(roster_from(yaml_door.load(f"people:\n{people}", "people.yaml")[0]))
        settle(scene.served.prowess)
    return scene


def test_who_may_sign_off_was_not_told(each_scene: Office) -> None:
    send(each_scene, said("ada", "passed", "theory"))
    assert signers(each_scene) == "Grace Hopper"
    assert signers(each_scene, "grace") == "Grace Hopper"
    assert "Who may sign it off" not in sound(each_scene.browser("ada").get(f"{PAGE}?as_of=2026-07-01").text).words


HQ = "sites: {hq: {timezone: Europe/London}}\n"


def evaluator(id_: str, begins: str = "2025-01-06", site: str = "") -> str:
    place = f", site: {site}" if site else ""
    position = f"{{from: {begins}, job: evaluator{place}}}"
    return f"  - {{id: {id_}, name: {id_.title()}, email: {id_}@example.org, positions: [{position}]}}\n"


def test_of_very_many_who_may_sign_off_the_first_by_id_hid_the_near_ones(
    serve: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses, "LOOKED_AT", 2)
    people = "".join(map(evaluator, ("aa", "ab", "ac"))) + evaluator("zoe", site="hq") + HQ
    scene = with_observers(serve, tmp_path, "by: {job: [evaluator]}", people)
    send(scene, said("ada", "passed", "theory"))
    assert signers(scene) == "Olga Tufnell and Zoe", "who works beside her, and not whose id comes first"


def test_who_may_sign_off_since_midnight_at_the_site_was_not_named_before_that_of_utc(
    serve: Any, tmp_path: Any
) -> None:
    people = evaluator("neda", begins="2026-07-01", site="hq") + HQ
    scene = with_observers(serve, tmp_path, "by: {job: [evaluator]}", people)
    send(scene, said("ada", "passed", "theory"))
    assert signers(scene) == "Olga Tufnell"
    scene.served.prowess.clock.move(seconds=8.5 * 3600)
    settle(scene.served.prowess)
    assert signers(scene) == "Neda and Olga Tufnell"


@pytest.mark.parametrize(
    ("by", "said_"),
    [
        ("by: {job: [eval*]}", "Olga Tufnell"),
        ("by: {relation: [peer]}", "Bob Noyce"),
        ("by: {relation: [manager, peer], not: [manager]}", "Bob Noyce"),
        ("by: {relation: [direct-report]}", "nobody whom Prowess knows at present"),
        ("by: {job: head, relation: [manager]}", "nobody whom Prowess knows at present"),
        ("by: {not: [self]}", "Grace Hopper"),
        ("by: {job: [operator]}", "Bob Noyce"),
    ],
)
def test_who_may_sign_off_is_judged_by_the_rule_for_observers(serve: Any, tmp_path: Any, by: str, said_: str) -> None:
    assert signers(with_observers(serve, tmp_path, by)) == said_


def test_holders_of_the_award_that_observers_need_are_named_and_nobody_else(serve: Any, tmp_path: Any) -> None:
    assessor = PROGRAMS.partition("require:")[0].replace("forklift", "assessor").replace("job: operator", "job: nobody")
    programs = PROGRAMS.replace("by: {relation: [manager]}, after: theory", "by: {holds: assessor}")
    scene = open_scene(
        serve, database_in(tmp_path), f"{programs}---\n{assessor}require: {{passed: quiz}}\nvalid: {{for: P1Y}}\n"
    )
    assert signers(scene) == "nobody whom Prowess knows at present"
    send(scene, said("mary", "passed", "quiz"), said("ada", "passed", "quiz"))
    assert signers(scene) == "Mary Shaw", "nobody signs off for themselves"


def test_a_handful_is_named_and_the_others_counted_the_nearest_first(serve: Any, tmp_path: Any) -> None:
    people = "".join(
        f"  - {{id: e{n}, name: Eve {n}, email: e{n}@example.org, positions: [{{from: 2025-01-01, job: evaluator}}]}}\n"
        for n in range(6)
    )
    people += "  - {id: mute, name: Ann Mute, positions: [{from: 2025-01-01, job: evaluator}]}\n"
    scene = with_observers(serve, tmp_path, "by: {job: evaluator}", people)
    assert signers(scene) == "Olga Tufnell, Eve 0, Eve 1, Eve 2, Eve 3 and 2 more", "Olga works where Ada does"


def test_whose_word_a_panel_has_is_not_named_again(serve: Any, tmp_path: Any) -> None:
    scene = with_observers(serve, tmp_path, "by: {relation: [manager, peer], count: 2}")
    assert signers(scene) == "Grace Hopper and Bob Noyce"
    fill_in(scene.browser("grace"), "/sign-off?person=ada&activity=practical", outcome="done", date="2026-06-29")
    settle(scene.served.prowess)
    assert signers(scene) == "Bob Noyce"


def test_who_reviews_what_was_handed_in(serve: Any, tmp_path: Any) -> None:
    programs = PROGRAMS.replace(
        "signed_off: practical, by: {relation: [manager]}, after: theory", "credential: practical"
    )
    scene = open_scene(serve, database_in(tmp_path), programs)
    assert hand_in(scene.browser("ada"), activity="practical").status_code == 303
    settle(scene.served.prowess)
    assert "Who reviews it" not in sound(scene.browser("ada").get(PAGE).text).words, "no administrator is anybody"
    create_account(scene.served.prowess, "chief", "a quiet morning walk", "admin", person="mary")
    assert "Who reviews it: Mary Shaw." in sound(scene.browser("ada").get(PAGE).text).words


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


def test_a_job_that_begins_with_a_vowel_was_a_evaluator(serve: Callable[..., Served], tmp_path: Path) -> None:
    programs = PROGRAMS.replace("by: {relation: [manager]}", "by: {job: [team-lead, evaluator]}")
    scene = open_scene(serve, database_in(tmp_path), programs)
    assert "by a team-lead or an evaluator" in sound(scene.browser("ada").get(PAGE).text).words
