"""Editing on a page: mistakes with their lines, the plan, and publishing exactly that plan."""

from __future__ import annotations

import html
import re

import requests

from lrs import yaml_door
from lrs.people.roster import roster_from
from rules.language.schema import PARTS
from rules.language.schema.parts import NODES
from rules.language.vocabulary import KINDS
from rules.published.composition import published_of
from rules.published.editions import history
from tests.entry.desk import PEOPLE, Office, sound
from tests.pages.scene import PROGRAM, PROGRAMS, said, send, settle
from tests.web.browser import Browser

NEXT = (
    PROGRAM.replace("version: 1", "version: 2\napply: at_renewal")
    .replace("2026-06-01", "2026-06-30")
    .replace("job: operator", "job: [operator, evaluator]")
)
EDIT = "/programs/edit"


def press(browser: Browser, button: str, *files: tuple[str, str], **more: str) -> requests.Response:
    """Send the form with these files."""
    fields = {"csrf": browser.page(EDIT).hidden("csrf"), "do": button, **more}
    data = [*fields.items(), *(pair for name, text in files for pair in (("file", name), ("text", text)))]
    return browser.session.post(f"{browser.url}{EDIT}", data=data, timeout=30, allow_redirects=False)


def both(text: str = NEXT) -> tuple[str, str]:
    return "programs.yaml", f"{PROGRAMS}\n---\n{text}"


def token(answer: requests.Response) -> str:
    found = re.search(r'name="plan" value="([0-9a-f]{64})"', answer.text)
    assert found is not None, answer.text
    return found[1]


def versions(scene: Office) -> list[int]:
    ruleset = published_of(scene.served.prowess).current().ruleset
    return [program.version for versions in ruleset.programs.values() for program in versions]


def test_mistakes_stand_beside_their_file_with_their_line(scene: Office) -> None:
    root = scene.browser("root")
    wrong = PROGRAMS.replace("passed: theory}", "pased: theory}")
    answer = press(root, "plan", ("programs.yaml", wrong), ("more.yaml", "kind: nonsense\n"), ("bad.yaml", "a: [\n"))
    assert answer.status_code == 400
    words = html.unescape(sound(answer.text).words)
    assert "1 mistake. Each stands" in words, "a file that is no YAML comes first"
    answer = press(root, "check", ("programs.yaml", wrong), ("more.yaml", "kind: nonsense\n"))
    words = html.unescape(sound(answer.text).words)
    assert "3 mistakes. Each stands" in words
    line = wrong.splitlines().index("    - {id: theory, pased: theory}") + 1
    assert f"Line {line}, column " in words
    assert "there is no requirement 'pased'; did you mean 'passed'?" in words
    assert f"{line}      - {{id: theory, pased: theory}}" in html.unescape(answer.text)
    assert "Line 1, column 7: expected one of" in words
    assert html.unescape(answer.text).count("pased: theory") >= 2, "what was typed is kept"
    assert versions(scene) == [1]


def test_a_line_of_which_a_mistake_told_was_nowhere_to_be_seen(scene: Office) -> None:
    root = scene.browser("root")
    wrong = PROGRAMS.replace("passed: theory}", "pased: theory}")
    answer = press(root, "check", ("a.yaml", "kind: nonsense\n"), ("programs.yaml", wrong))
    page, line = sound(answer.text), wrong.splitlines().index("    - {id: theory, pased: theory}") + 1
    assert f"#file-2-line-{line}" in [one["href"] for one in page.all("a")]
    assert f'<b id="file-2-line-{line}">{line}</b>' in answer.text
    assert '<b id="file-1-line-1">1</b>' in answer.text
    (numbers,) = re.findall(r'<pre class="lines" aria-hidden="true">(.*?)</pre>', answer.text, re.DOTALL)[1:2]
    shown = re.sub(r"<.*?>", "", numbers).split()
    assert shown == [str(number) for number in range(1, len(wrong.splitlines()) + 502)]
    assert numbers.count("\n") == len(shown), "one on each line, as in the field"
    fields = {one["id"]: one for one in page.all("textarea")}
    assert fields["file-2"]["aria-describedby"] == "mistakes-2 lines"
    assert fields["new-text"]["aria-describedby"] == "lines"
    assert all(one["wrap"] == "off" for one in fields.values())
    assert "lines" in {attrs.get("id") for _, attrs in page.tags}


def test_a_mistake_beyond_the_last_line_leads_nowhere(scene: Office) -> None:
    page = sound(press(scene.browser("root"), "check", ("a.yaml", "a: [\n")).text)
    targets = {attrs.get("id") for _, attrs in page.tags}
    assert [
        one["href"] for one in page.all("a") if one["href"].startswith("#") and one["href"][1:] not in targets
    ] == []


def test_no_help_was_at_hand_where_programs_are_written(scene: Office) -> None:
    page = sound(scene.browser("root").get(EDIT).text)
    words = html.unescape(page.words)
    assert words.index("Help: what can be written") < words.index("kind: certification")
    for kind in KINDS:
        assert f"kind: {kind}" in words
    assert "after: learn" not in words, "of requirements only what they are"
    for node in NODES:
        assert PARTS[node].about in words
    assert "/schemas/programs.json" in [one["href"] for one in page.all("a")]


def test_the_text_of_a_file_is_never_markup(scene: Office) -> None:
    nasty = "</textarea><script>alert(1)</script>"
    for button in ("check", "plan", "publish"):
        answer = press(scene.browser("root"), button, ('"><script>x</script>.yaml', nasty))
        assert answer.status_code == 400
        assert "<script" not in answer.text
        assert nasty in html.unescape(answer.text)


def test_a_plan_says_who_gains_who_loses_and_which_dates_move(each_scene: Office) -> None:
    send(each_scene, said("olga", "passed", "theory"), said("bob", "passed", "theory"))
    root = each_scene.browser("root")
    assert "No mistakes : 1 program, 5 activities" in sound(press(root, "check", both()).text).words
    words = sound(press(root, "plan", both()).text).words
    assert "Changed forklift" in words
    assert "Newly asked (1)" in words
    assert "Olga Tufnell Counterbalance forklift asked: " in words
    easy = NEXT.replace("apply: at_renewal", "apply: new").replace("within: P60D", "within: P30D")
    easy = re.sub(r"require:\n.*?\nvalid:", "require: {passed: theory}\nvalid:", easy, flags=re.DOTALL)
    words = sound(press(root, "plan", both(easy)).text).words
    assert "Gain a certificate (2)" in words
    assert "Dates move (2)" in words
    assert "due: 31 July 2026 → 1 July 2026" in words
    assert versions(each_scene) == [1]


def test_what_was_planned_is_published_and_holds(each_scene: Office) -> None:
    root = each_scene.browser("root")
    planned = press(root, "plan", both())
    done = press(root, "publish", both(), plan=token(planned))
    assert (done.status_code, done.headers["Location"]) == (303, "/programs?published=1")
    assert versions(each_scene) == [1, 2]
    with each_scene.served.prowess.database.read() as conn:
        assert history(conn, 1)[-1].by == "root"
    settle(each_scene.served.prowess)
    page = sound(root.get("/programs?published=1").text).words
    assert "Published : everybody is judged by these programs from now on" in page
    assert "Counterbalance forklift forklift 3 0 0 certification 2 30 June 2026" in page
    assert "To do by" in sound(each_scene.browser("olga").get("/people/olga/programs/forklift").text).words
    assert "Nothing would change for anybody." in sound(press(root, "plan", both()).text).words


def test_what_comes_on_a_later_day_is_counted(scene: Office) -> None:
    later = re.sub(r"effective: .*", "effective: 2027-01-01", NEXT, count=1)
    words = sound(press(scene.browser("root"), "plan", both(later)).text).words
    assert re.search(r"On 1 January 2027\W+\d+ more changes?, when a version takes effect: \d+ newly asked", words)
    assert re.search(r"Newly asked \(\d+\), on 1 January 2027", words)


def test_a_version_to_come_that_is_taken_back_is_named(scene: Office) -> None:
    root, coming = scene.browser("root"), NEXT.replace("2026-06-30", "2026-09-01")
    answer = press(root, "publish", both(coming), plan=token(press(root, "plan", both(coming))), planned_history="")
    assert answer.status_code == 303, answer.text
    words = sound(press(root, "plan", ("programs.yaml", PROGRAMS)).text).words
    assert "Taken back forklift version 2, which was to take effect on 1 September 2026" in words
    assert "On 1 September 2026 1 more change, for a version that does not take effect: 1 no longer asked" in words


def test_a_plan_names_who_owes_what_of_a_version_that_applies_now(scene: Office) -> None:
    """It said of those who hold the certificate that a date moves, and of a day to come only how many change."""
    easy = NEXT.replace("apply: at_renewal", "apply: new").replace("2026-06-30", "2026-06-15")
    easy = re.sub(r"require:\n.*?\nvalid:", "require: {passed: theory}\nvalid:", easy, flags=re.DOTALL)
    root = scene.browser("root")
    send(scene, said("bob", "passed", "theory"))
    assert press(root, "publish", both(easy), plan=token(press(root, "plan", both(easy)))).ok
    settle(scene.served.prowess)
    third = NEXT.replace("version: 2\napply: at_renewal", "version: 3\napply: {now: {due: P30D}}")
    lacks = (
        "(one of: complete Driving course and pass Driving quiz; pass Driving exam with at least 0.80); "
        "have signed off: Driving practice by a manager"
    )
    for day, due, more in (
        ("2026-06-30", "30 July 2026", ""),
        ("2027-01-01", "31 January 2027", ", on 1 January 2027"),
    ):
        words = sound(press(root, "plan", both(f"{easy}\n---\n{third.replace('2026-06-30', day)}")).text).words
        assert f"Owe more for a certificate they hold (1){more}" in words
        assert f"Bob Noyce Counterbalance forklift owes: {lacks}, by {due}" in words


def test_a_stale_plan_is_refused_and_the_new_one_shown(each_scene: Office) -> None:
    root = each_scene.browser("root")
    old = token(press(root, "plan", both()))
    send(each_scene, said("ada", "passed", "theory"))
    people = yaml_door.load(
        PEOPLE + "  - {id: new, name: New One, positions: [{from: 2026-06-01, job: evaluator, site: hq}]}\n", "p"
    )
    each_scene.served.prowess.people.record(roster_from(people[0]))
    settle(each_scene.served.prowess)
    refused = press(root, "publish", both(), plan=old)
    assert refused.status_code == 409
    words = sound(refused.text).words
    assert "Nothing was published." in words
    assert "out of date" in words
    assert "New One" in words
    assert token(refused) != old
    assert versions(each_scene) == [1]
    assert press(root, "publish", both()).status_code == 409, "nothing is published unseen"
    assert press(root, "publish", both(), plan=token(refused)).status_code == 303


def test_what_is_announced_is_what_was_planned(scene: Office) -> None:
    """The plan was made without the tick beside it, and published with it."""
    send(scene, said("bob", "passed", "theory"))
    root = scene.browser("root")
    other = (
        "other.yaml",
        "{kind: certification, id: other, title: Other, timezone: UTC, for: {job: operator}, require: {passed: theory}}",
    )
    quiet = press(root, "plan", ("programs.yaml", PROGRAMS), other)
    assert "1 awarded" not in sound(quiet.text).words
    ticked = press(
        root, "publish", ("programs.yaml", PROGRAMS), other, plan=token(quiet), planned_history="", announce_history="1"
    )
    assert ticked.status_code == 409
    words = sound(ticked.text).words
    assert "was chosen after the plan was made" in words
    assert "1 awarded" in words
    loud = {"plan": token(ticked), "planned_history": "1", "announce_history": "1"}
    assert press(root, "publish", ("programs.yaml", PROGRAMS), other, **loud).status_code == 303


def test_another_address_of_an_activity_can_be_published(scene: Office) -> None:
    root = scene.browser("root")
    name, text = "programs.yaml", PROGRAMS
    more = text.replace('"https://lms.example/theory"', '"https://lms.example/theory", "https://lms.example/theory-2"')
    assert more != text
    planned = press(root, "plan", (name, more))
    assert "none reads differently; something they refer to does" in sound(planned.text).words
    assert press(root, "publish", (name, more), plan=token(planned)).status_code == 303


def test_a_plan_of_somebody_who_was_slower_is_refused(scene: Office) -> None:
    root = scene.browser("root")
    old = token(press(root, "plan", both()))
    other = both(NEXT.replace("within: P60D", "within: P50D"))
    assert press(root, "publish", other, plan=token(press(root, "plan", other))).status_code == 303
    refused = press(root, "publish", both(), plan=old)
    assert refused.status_code == 409
    assert "version 2 of 'forklift' was published and reads differently now" in html.unescape(sound(refused.text).words)


def test_withdrawing_has_to_be_meant(scene: Office) -> None:
    root = scene.browser("root")
    files = ("programs.yaml", '{kind: activity, id: theory, iris: ["https://lms.example/theory"]}')
    planned = press(root, "plan", files)
    words = sound(planned.text).words
    assert "No longer asked (2)" in words
    assert "Counterbalance forklift asked: required → withdrawn" in words
    assert "→ nothing" not in words
    refused = press(root, "publish", files, plan=token(planned))
    assert refused.status_code == 409
    assert "Programs would be withdrawn: forklift." in sound(refused.text).words
    assert versions(scene) == [1]
    assert press(root, "publish", files, plan=token(planned), withdraw="1").status_code == 303
    assert versions(scene) == []


def test_files_come_and_go(scene: Office) -> None:
    root = scene.browser("root")
    page = root.page(EDIT)
    assert page.hidden("file") == "programs.yaml"
    assert "id: forklift" in html.unescape(root.get(EDIT).text)
    more = ("more.yaml", "{kind: certification, id: more, title: More, timezone: UTC, require: {passed: theory}}")
    planned = press(root, "plan", both(""), more, ("programs-2.yaml", "  "))
    assert press(root, "publish", both(""), more, plan=token(planned)).status_code == 303
    files = [source.file for source in published_of(scene.served.prowess).sources()]
    assert files == ["programs.yaml", "more.yaml"]
    same = press(root, "plan", ("a.yaml", "{}"), ("a.yaml", "{}"))
    assert same.status_code == 400
    assert "two files are called" in html.unescape(same.text)


def test_only_an_administrator_s_own_form_changes_anything(scene: Office) -> None:
    mary, root = scene.browser("mary"), scene.browser("root")
    for browser, csrf in ((mary, mary.page("/programs").hidden("csrf")), (root, "no")):
        data = [("csrf", csrf), ("do", "publish"), ("file", "a.yaml"), ("text", PROGRAMS)]
        answer = browser.session.post(f"{browser.url}{EDIT}", data=data, timeout=20, allow_redirects=False)
        assert answer.status_code == 403
    assert versions(scene) == [1]


def test_a_large_ruleset_can_be_edited(scene: Office) -> None:
    """Forms of more than half a megabyte used to be refused by the framework."""
    files = [
        (f"f{number}.yaml", "# " + "x" * 200_000 + "\n" + PROGRAMS if number == 0 else "# " + "x" * 200_000)
        for number in range(5)
    ]
    assert press(scene.browser("root"), "check", *files).status_code == 200


def test_the_tests_in_programs_are_run(scene: Office) -> None:
    root = scene.browser("root")
    trial = (
        "tests:\n"
        "  - {name: theory alone does not do, given: {statements: [{passed: theory, on: 2026-07-01}]}, as_of: 2026-07-02, expect: {award: AWARD}}\n"
    )
    good, bad = (f"{NEXT}{trial.replace('AWARD', award)}" for award in ("none", "valid"))
    assert "Tests in the programs 1 passed" in sound(press(root, "check", both(good)).text).words
    for button in ("check", "plan"):
        words = sound(press(root, button, both(bad)).text).words
        assert "1 failed , 0 passed" in words
        assert "forklift, theory alone does not do programs.yaml, line" in words
        assert "award: expected valid, got none" in words


def test_what_is_hardly_meant_is_pointed_out(scene: Office) -> None:
    odd = NEXT.replace("job: [operator, evaluator]", "job: [operator, astronaut]")
    words = sound(press(scene.browser("root"), "check", both(odd)).text).words
    assert "Allowed, and hardly meant" in words
    assert "astronaut" in words.partition("Allowed, and hardly meant")[2].partition("Files")[0]
