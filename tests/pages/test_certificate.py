"""What somebody holds, on one sheet to be printed."""

from __future__ import annotations

from tests.entry.desk import Office, fill_in, sound
from tests.pages.scene import said, score, send

PAGE = "/people/bob/programs/forklift"
SHEET = PAGE + "/certificate"


def certify(scene: Office) -> None:
    """Bob shows everything, but for the practical, which is waived for a month from 30 June."""
    send(
        scene, said("bob", "passed", "theory", "2026-06-10"), said("bob", "passed", "exam", "2026-06-14", **score(0.92))
    )
    reason = {"reason": "Broken leg", "criteria": ["practical"]}
    fill_in(scene.browser("grace"), "/acts?person=bob&program=forklift&act=waive", **reason)
    send(scene)


def test_what_is_held_can_be_printed(each_scene: Office) -> None:
    certify(each_scene)
    bob = each_scene.browser("mary")
    assert SHEET in {one["href"] for one in sound(bob.get(PAGE).text).all("a")}
    words = sound(bob.get(SHEET).text).words
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


def test_there_is_no_certificate_where_nothing_is_held(scene: Office) -> None:
    mary = scene.browser("mary")
    answer = mary.get("/people/ada/programs/forklift/certificate")
    assert answer.status_code == 404
    assert "Ada Byron holds no valid certificate" in answer.text
    assert "certificate" not in mary.get("/people/ada/programs/forklift").text.lower().partition("dates")[0]
    certify(scene)
    assert "/certificate" not in mary.get(f"{PAGE}?as_of=2026-07-01").text


def test_who_may_see_somebody_may_see_their_certificate(scene: Office) -> None:
    certify(scene)
    for name, status in (("ada", 403), ("olga", 403), ("mary", 200), ("root", 200), ("grace", 200)):
        assert scene.browser(name).get(SHEET).status_code == status, name
