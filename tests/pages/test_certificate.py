"""What somebody holds, on one sheet to be printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lrs import yaml_door
from lrs.clock import ManualClock
from lrs.people.roster import roster_from
from rules.published.composition import published_of
from rules.published.store import Source
from rules.vocabulary import SIGNED_OFF
from tests.entry.desk import Office, database_in, fill_in, sound
from tests.listening import overheard
from tests.pages.scene import ACTIVITIES, PROGRAMS, open_scene, said, score, send, settle

PAGE = "/people/bob/programs/forklift"
SHEET = "/people/bob/certificates/forklift"
GOVERNS = "\n---\n{kind: source, id: yard, match: {platform: Yard}, governs: true}\n"


def certify(scene: Office) -> None:
    """Bob shows everything, but for the practical, which is waived for a month from 30 June."""
    send(
        scene,
        said("bob", "completed", "course", "2026-06-09"),
        said("bob", "passed", "theory", "2026-06-10"),
        said("bob", "passed", "exam", "2026-06-14", **score(0.92)),
    )
    waive = "/acts?person=bob&program=forklift&act=waive"
    fill_in(scene.browser("grace"), waive, reason="Broken leg", criteria=["practical"])
    settle(scene.served.prowess)


def sign_off(scene: Office, *observers: str) -> None:
    """Bob shows everything; these sign the practical off, from a system whose word counts."""
    send(
        scene,
        said("bob", "passed", "theory", "2026-06-10"),
        said("bob", "passed", "exam", "2026-06-14", **score(0.92)),
        *(
            said(
                "bob",
                SIGNED_OFF,
                "practical",
                "2026-06-15",
                context={"instructor": {"mbox": f"mailto:{name}@example.org"}, "platform": "Yard"},
            )
            for name in observers
        ),
    )


def later(scene: Office, days: float) -> None:
    clock = scene.served.prowess.clock
    assert isinstance(clock, ManualClock)
    clock.move(days=days)
    settle(scene.served.prowess)


def test_what_is_held_can_be_printed(each_scene: Office) -> None:
    certify(each_scene)
    mary = each_scene.browser("mary")
    assert SHEET in {one["href"] for one in sound(mary.get(PAGE).text).all("a")}
    words = sound(mary.get(SHEET).text).words
    for needed in (
        "Certificate Bob Noyce has shown proficiency in Counterbalance forklift on 30 June 2026 , good until 30 June 2027 .",
        "What it took Pass Forklift theory Pass Driving exam with at least 80 %",
        "after “Pass Forklift theory” (waived)",
        "Recognised by Institute X , ISO/IEC 17024",
        "Version 1",
        "As of 30 June 2026",
        f"Whether it still holds is told at {each_scene.served.prowess.settings.public_url}{PAGE}",
    ):
        assert needed in words, words
    assert "Driving course" not in words, "of a choice only what was taken"


def test_it_names_the_statement_that_says_so(scene: Office) -> None:
    certify(scene)
    words = sound(scene.browser("mary").get(SHEET).text).words
    statement = words.partition("Statement ")[2].split()[0]
    with scene.served.session() as session:
        said_ = session.get(f"{scene.served.xapi}/statements", params={"statementId": statement}, timeout=20).json()
    assert said_["verb"]["id"].endswith("/certified")


def test_what_was_announced_of_others_is_not_read(scene: Office) -> None:
    database = scene.served.prowess.database
    with overheard(database.reading, database.writing) as said_:
        certify(scene)
        scene.browser("mary").get(SHEET)
    asked = [one for one in said_ if one.sql.startswith("SELECT emission") and "person_id" in one.sql]
    assert len(asked) >= 2, "by whoever announces, and by the page"
    for sql, parameters in asked:
        with database.read() as conn:
            plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        assert "person_id=? AND program_id=?" in plan[0], plan


def test_there_is_no_certificate_where_nothing_is_held(scene: Office) -> None:
    mary = scene.browser("mary")
    answer = mary.get("/people/ada/certificates/forklift")
    assert answer.status_code == 404
    assert "Ada Byron holds no valid certificate" in answer.text
    assert "certificate" not in mary.get("/people/ada/programs/forklift").text.lower().partition("dates")[0]
    certify(scene)
    assert "/certificates/" not in mary.get(f"{PAGE}?as_of=2026-07-01").text


def test_after_a_renewal_or_in_grace_it_says_what_holds_then(serve: Any, tmp_path: Path) -> None:
    lines = PROGRAMS.replace("grace: P14D", "grace: {for: P14D, counts: true}").splitlines(keepends=True)
    scene = open_scene(serve, database_in(tmp_path), "".join(line for line in lines if "signed_off" not in line))
    certify(scene)
    later(scene, 356)
    mary = scene.browser("mary")
    assert "on 14 June 2026 , good until 28 June 2027" in sound(mary.get(SHEET).text).words
    before = sound(mary.get(SHEET).text).words.partition("Statement ")[2].split()[0]
    send(
        scene,
        said("bob", "passed", "theory", "2027-06-18"),
        said("bob", "passed", "exam", "2027-06-20", **score(0.85)),
    )
    words = sound(mary.get(SHEET).text).words
    assert "on 20 June 2027 , good until" in words
    assert words.partition("Statement ")[2].split()[0] != before


def withdraw(scene: Office) -> None:
    published_of(scene.served.prowess).apply([Source("programs.yaml", ACTIVITIES.removeprefix("\n---\n"))])
    later(scene, 1)


def test_after_the_program_was_withdrawn_there_was_no_certificate_any_more(each_scene: Office) -> None:
    certify(each_scene)
    mary = each_scene.browser("mary")
    statement = sound(mary.get(SHEET).text).words.partition("Statement ")[2].split()[0]
    withdraw(each_scene)
    mary = each_scene.browser("mary")
    page = sound(mary.get(PAGE).text)
    assert "The program was withdrawn on 30 June 2026" in page.words
    assert SHEET in {one["href"] for one in page.all("a")}
    words = sound(mary.get(SHEET).text).words
    for needed in (
        "Certificate Bob Noyce has shown proficiency in Counterbalance forklift on 30 June 2026 , good until 30 June 2027 .",
        "What it took Pass Forklift theory",
        "The program was withdrawn on 30 June 2026: it can no longer be earned or renewed",
        f"Statement {statement}",
        "As of 1 July 2026",
    ):
        assert needed in words, words


def test_a_withdrawn_program_was_404_although_its_certificates_are_good(each_scene: Office) -> None:
    certify(each_scene)
    withdraw(each_scene)
    mary, ada = each_scene.browser("mary"), each_scene.browser("ada")
    page = sound(mary.get("/programs/forklift").text)
    assert re.search(
        r"Withdrawn since 30 June 2026, \d\d:\d\d BST : nobody is asked for it, and it can no longer be earned or "
        r"renewed. What was earned before stays to its date; who is certified",
        page.words,
    )
    assert "1 certified" in page.words
    assert "0 required" not in page.words
    assert "kind: certification id: forklift" in page.words
    links = [one["href"] for one in page.all("a")]
    assert "Bob Noyce withdrawn met valid" in sound(mary.get("/programs/forklift/people?state=certified").text).words
    root = sound(each_scene.browser("root").get("/programs/forklift").text)
    for browser, found in ((mary, links), (each_scene.browser("root"), [one["href"] for one in root.all("a")])):
        assert not [one for one in found if one.startswith("/") and browser.get(one).status_code != 200]
    assert "/programs/edit?file=programs.yaml" not in [one["href"] for one in root.all("a")]
    words = sound(ada.get("/programs/forklift").text).words
    assert "Withdrawn since" in words
    assert "who is certified" not in words
    assert ada.get("/programs/forklift/people").status_code == 403
    assert mary.get("/programs/forklit").status_code == 404


def test_what_was_earned_of_a_withdrawn_program_was_called_valid_after_its_end(serve: Any, tmp_path: Path) -> None:
    scene = open_scene(serve, database_in(tmp_path), PROGRAMS + GOVERNS)
    sign_off(scene, "grace")
    withdraw(scene)
    later(scene, 366)
    mary = scene.browser("mary")
    assert mary.get(SHEET).status_code == 404
    words = sound(mary.get(PAGE).text).words
    assert "certificate ended on 15 June 2027. The program was withdrawn" in words
    assert "As of 2 July 2027" in words
    before = sound(mary.get(f"{PAGE}?as_of=2027-06-15").text).words
    assert "certified until 15 June 2027." in before


def test_a_provisional_certificate_stays_one_when_the_program_is_withdrawn(serve: Any, tmp_path: Path) -> None:
    by = "recognised_by: {name: Institute X, "
    scene = open_scene(serve, database_in(tmp_path), PROGRAMS.replace(by, f"{by}endorsement: required, "))
    certify(scene)
    withdraw(scene)
    words = sound(scene.browser("mary").get(SHEET).text).words
    assert "Provisional certificate Bob Noyce" in words
    later(scene, 400)
    words = sound(scene.browser("mary").get(PAGE).text).words
    assert "certificate ended on 30 June 2027. The program was withdrawn" in words, "nor does that wait for anybody"


def test_in_a_grace_that_counts_the_certificate_of_a_withdrawn_program_was_good_until_a_day_that_was_past(
    serve: Any, tmp_path: Path
) -> None:
    lines = PROGRAMS.replace("grace: P14D", "grace: {for: P14D, counts: true}").splitlines(keepends=True)
    scene = open_scene(serve, database_in(tmp_path), "".join(line for line in lines if "signed_off" not in line))
    certify(scene)
    withdraw(scene)
    mary = scene.browser("mary")
    assert "on 14 June 2026 , good until 14 June 2027 ." in sound(mary.get(SHEET).text).words
    later(scene, 354)
    mary = scene.browser("mary")
    assert "on 14 June 2026 , good until 28 June 2027 ." in sound(mary.get(SHEET).text).words
    assert "It expired on 14 June 2027 and still counts until 28 June 2027." in sound(mary.get(PAGE).text).words
    later(scene, 9)
    mary = scene.browser("mary")
    assert mary.get(SHEET).status_code == 404
    assert "certificate ended on 14 June 2027." in sound(mary.get(PAGE).text).words


def test_the_certificate_named_neither_the_organisation_nor_who_signed_off(serve: Any, tmp_path: Path) -> None:
    name = "Example <Forwarding> Ltd"
    scene = open_scene(serve, database_in(tmp_path), PROGRAMS + GOVERNS, PROWESS_ORGANISATION_NAME=name)
    sign_off(scene, "olga", "grace")
    text = scene.browser("mary").get(SHEET).text
    assert "Example &lt;Forwarding&gt; Ltd" in text
    assert "Signed off by Grace Hopper" in sound(text).words
    assert "Olga Tufnell" not in text, "whose word does not count"
    assert "@example.org" not in text


def test_an_observer_without_a_name_is_not_named_by_their_address(serve: Any, tmp_path: Path) -> None:
    programs = PROGRAMS.replace("by: {relation: [manager]}", "by: {not: [self]}")
    scene = open_scene(serve, database_in(tmp_path), programs + GOVERNS)
    roster = "people: [{id: eve@example.org, email: eve@example.org, positions: [{from: 2025-01-01, job: evaluator}]}]"
    scene.served.prowess.people.record(roster_from(yaml_door.load(roster, "people.yaml")[0]))
    sign_off(scene, "eve")
    text = scene.browser("mary").get(SHEET).text
    assert "Counterbalance forklift" in text
    assert "Signed off" not in text
    assert "eve@" not in text


def test_names_are_text(scene: Office) -> None:
    certify(scene)
    roster = "people:\n  - {id: bob, name: '<b>Bob</b>', email: bob@example.org, positions: [{from: 2025-01-01, job: operator}]}\n"
    scene.served.prowess.people.record(roster_from(yaml_door.load(roster, "people.yaml")[0]))
    settle(scene.served.prowess)
    text = scene.browser("mary").get(SHEET).text
    assert "&lt;b&gt;Bob" in text
    assert "<b>Bob" not in text


def test_who_may_see_somebody_may_see_their_certificate(scene: Office) -> None:
    certify(scene)
    for name, status in (("ada", 403), ("olga", 403), ("mary", 200), ("root", 200), ("grace", 200)):
        assert scene.browser(name).get(SHEET).status_code == status, name
