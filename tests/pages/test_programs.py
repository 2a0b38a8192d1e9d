"""Programs on pages: in plain words for everybody, with numbers and YAML for readers."""

from __future__ import annotations

from tests.entry.desk import Office, sound
from tests.pages.scene import PROGRAMS, open_scene, said, send


def test_the_list_counts_people_and_each_number_leads_to_them(each_scene: Office) -> None:
    send(each_scene, said("ada", "passed", "theory"))
    mary = each_scene.browser("mary")
    page = sound(mary.get("/programs").text)
    assert "Counterbalance forklift forklift 2 0 0 certification 1 1 June 2026" in page.words
    links = {one["href"] for one in page.all("a") if "state=" in (one["href"] or "")}
    assert links == {"/programs/forklift/people?state=required"}
    listed = sound(mary.get("/programs/forklift/people?state=required").text)
    assert "Ada Byron required in progress none 31 July 2026" in listed.words
    assert "Bob Noyce" in listed.words
    assert "/people/ada/programs/forklift" in {one["href"] for one in listed.all("a")}
    for state in ("certified", "overdue"):
        assert "Nobody is" in sound(mary.get(f"/programs/forklift/people?state={state}").text).words
    assert mary.get("/programs/forklift/people?state=late").status_code == 404


def test_a_program_in_plain_words(scene: Office) -> None:
    words = sound(scene.browser("ada").get("/programs/forklift").text).words
    for needed in (
        "For Job operator",
        "Within 60 days of being assigned, and never less than 14 days after being assigned",
        "Good for 1 year",
        "Opens 60 days before the last day; stays open for 14 days after it, in which it does not count",
        "By team-lead, for at most 30 days",
        "You may drive every truck on the site.",
        "All of these: Pass Forklift theory One of these: All of these: Complete Driving course Pass Driving quiz",
    ):
        assert needed in words
    assert "As it is written" not in words
    assert "kind: certification" not in words
    assert "required" not in sound(scene.browser("ada").get("/programs").text).words.lower()


def test_readers_see_the_yaml_and_the_versions(scene: Office) -> None:
    text = scene.browser("mary").get("/programs/forklift").text
    words = sound(text).words
    assert "kind: certification id: forklift" in words
    assert "id: theory, title: Forklift theory" not in words
    assert "1 1 June 2026 30 June 2026, " in words
    assert "/programs/edit" not in text
    assert "/programs/edit?file=programs.yaml" in scene.browser("root").get("/programs/forklift").text


def test_who_may_see_what_of_programs(scene: Office) -> None:
    for path, allowed in (
        ("/programs", {"ada", "olga", "mary", "root"}),
        ("/programs/forklift", {"ada", "olga", "mary", "root"}),
        ("/programs/forklift/people", {"mary", "root"}),
        ("/programs/edit", {"root"}),
    ):
        for name in ("ada", "olga", "mary", "root"):
            expected = 200 if name in allowed else 403
            assert scene.browser(name).get(path).status_code == expected, (path, name)
    missing = scene.browser("ada").get("/programs/forklit")
    assert missing.status_code == 404
    assert "did you mean" in sound(missing.text).words


def test_a_program_may_have_a_slash_in_its_id(serve: object, tmp_path: object) -> None:
    from tests.entry.desk import database_in

    programs = PROGRAMS.replace("id: forklift\n", "id: yard/forklift\n")
    scene = open_scene(serve, database_in(tmp_path), programs)  # type: ignore[arg-type]
    mary = scene.browser("mary")
    for path in ("/programs/yard/forklift", "/programs/yard/forklift/people", "/people/ada/programs/yard/forklift"):
        assert "Counterbalance forklift" in sound(mary.get(path).text).words, path
    with scene.served.session() as session:
        answer = session.get(f"{scene.served.url}/api/v1/people/ada/programs/yard/forklift/explain", timeout=20)
    assert answer.json()["program"] == "yard/forklift"


def test_a_store_without_programs_says_how_to_get_one(serve: object, tmp_path: object) -> None:
    from tests.entry.desk import database_in

    scene = open_scene(serve, database_in(tmp_path), '{kind: activity, id: a, iris: ["https://a.example/"]}')  # type: ignore[arg-type]
    assert "No program is published. Write or paste one" in sound(scene.browser("root").get("/programs").text).words
    assert "An administrator publishes them." in sound(scene.browser("ada").get("/programs").text).words


def test_a_version_to_come_does_not_hide_the_one_in_force(serve: object, tmp_path: object) -> None:
    """From the moment version 2 was published the page asked everybody for what nobody was judged by."""
    from tests.entry.desk import database_in

    first = PROGRAMS.partition("\n---")[0]
    second = (
        first.replace("version: 1", "version: 2")
        .replace("effective: 2026-06-01", "effective: 2027-01-01\napply: new")
        .replace("Counterbalance forklift", "All forklifts")
    )
    assert second != first
    scene = open_scene(serve, database_in(tmp_path), f"{PROGRAMS}\n---\n{second}")  # type: ignore[arg-type]
    ada = scene.browser("ada")
    listed = sound(ada.get("/programs").text)
    assert "Counterbalance forklift certification 1 1 June 2026; version 2 from 1 January 2027" in listed.words
    now = sound(ada.get("/programs/forklift").text)
    assert "version 1 in force from 1 June 2026" in now.words
    assert "Version 2 is in force from 1 January 2027" in now.words
    assert "/programs/forklift?version=2" in {one["href"] for one in now.all("a")}
    later = sound(ada.get("/programs/forklift?version=2").text)
    assert "All forklifts" in later.words
    assert "Not in force yet. In force is version 1" in later.words
    unknown = ada.get("/programs/forklift?version=3")
    assert unknown.status_code == 404
    assert "there are: 1, 2" in sound(unknown.text).words
