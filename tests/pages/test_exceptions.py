"""The queue of exceptions: each kind is found, counted, listed and leads to where it is mended."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, update

from lrs import jobs, yaml_door
from lrs.clock import SECOND, ManualClock
from lrs.people import tables as p
from lrs.people.roster import roster_from
from lrs.xapi.postings import posting_key
from rules import tables as r
from rules import vocabulary as v
from rules.published.composition import published_of
from rules.published.store import Source
from rules.troubles.catalogue import KINDS
from tests.entry.desk import Office, database_in, fill_in, sound
from tests.pages.scene import PROGRAMS, open_scene, said, send, settle


def counts(scene: Office, days: str = "") -> dict[str, int]:
    """By kind, as the page says."""
    words = sound(scene.browser("mary").get(f"/exceptions{days}").text).words.partition("No trouble")[0]
    found = {}
    for name, kind in KINDS.items():
        before = words.partition(f" {kind.title} {kind.why[:20]}")[0]
        found[name] = int(before.split()[-1]) if before != words else 0
    return found


def rows(scene: Office, kind: str, days: str = "") -> str:
    return sound(scene.browser("mary").get(f"/exceptions/{kind}{days}").text).words


def people(scene: Office, text: str) -> None:
    scene.served.prowess.people.record(roster_from(yaml_door.load(f"people:\n{text}", "people.yaml")[0]))
    settle(scene.served.prowess)


BASE = {"no-identifiers": 1}
"""Nemo has none."""
LONG = 15
"""Days after which a program has asked for long."""


def found(**more: int) -> dict[str, int]:
    return {**dict.fromkeys(KINDS, 0), **BASE, **{name.replace("_", "-"): count for name, count in more.items()}}


def test_people_whom_something_is_missing_about(each_scene: Office) -> None:
    start = counts(each_scene)
    assert {**start, "no-managers": 0} == found()
    assert "olga" in rows(each_scene, "no-managers"), "nobody above and nobody below"
    assert "mary" not in rows(each_scene, "no-managers").partition("Exceptions Missing")[2], "somebody reports to her"
    assert "Nemo nemo Mend" in rows(each_scene, "no-identifiers")
    people(
        each_scene,
        "  - {id: one, name: Sam Same, email: one@example.org}\n"
        "  - {id: two, name: sam same, email: two@example.org}\n"
        "  - {id: lost, name: Lost, email: l@example.org, positions: [{from: 2025-01-01, job: x, managers: [left]}]}\n"
        "  - {id: left, name: Left, email: left@example.org, left_on: 2026-01-31}\n",
    )
    assert counts(each_scene)["duplicates"] == 2
    assert counts(each_scene)["no-managers"] == start["no-managers"] + 1
    assert "the manager 'left' is not here, or not any more" in rows(each_scene, "no-managers").replace("&#39;", "'")
    prowess = each_scene.served.prowess
    identifier = '{"mbox":"mailto:ada@example.org"}'
    link = {"tenant_id": 1, "agent": posting_key("agent", identifier), "person_id": "bob", "known_from": 1}
    prowess.database.write(lambda conn: conn.execute(insert(p.identity_link), {**link, "ifi": identifier}))
    assert counts(each_scene)["duplicates"] == 4
    assert "shares" in rows(each_scene, "duplicates")


def test_nobody_hears_that_all_is_well_while_nobody_works(scene: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_STALLED", -3600 * SECOND)
    mary = scene.browser("mary")
    alarm = "Not everything is worked through. What came in since "
    assert alarm not in sound(mary.get("/exceptions").text).words
    with scene.served.session() as session:
        assert session.post(f"{scene.served.xapi}/statements", json=said("ada", "passed", "theory"), timeout=20).ok
    for path in ("/exceptions", "/"):
        assert alarm in sound(mary.get(path).text).words
    settle(scene.served.prowess)
    assert alarm not in sound(mary.get("/exceptions").text).words


def test_statements_of_nobody_are_shown_if_a_program_looks_for_them(each_scene: Office) -> None:
    (_, second, _) = send(
        each_scene, said("who", "failed", "exam"), said("who", "passed", "exam"), said("who", "passed", "elsewhere")
    )
    assert counts(each_scene) | {"no-managers": 0} == found(unknown_actors=1)
    page = sound(each_scene.browser("mary").get("/exceptions/unknown-actors").text)
    assert "who@example.org" in page.words
    assert f"/statements/{second}" in {one["href"] for one in page.all("a")}
    people(each_scene, "  - {id: who, name: Who, email: who@example.org}\n")
    assert counts(each_scene)["unknown-actors"] == 0


def test_acts_that_do_not_count_and_words_that_nobody_trusts(each_scene: Office) -> None:
    root = each_scene.browser("root")
    fill_in(root, "/acts?person=ada&program=forklift&act=waive", reason="Because", until="2026-07-05")
    sign = said("bob", v.SIGNED_OFF, "practical", context={"instructor": {"mbox": "mailto:grace@example.org"}})
    send(each_scene, sign)
    assert counts(each_scene) | {"no-managers": 0} == found(refused_acts=1, untrusted=1)
    words = rows(each_scene, "refused-acts")
    assert "Ada Byron ada Counterbalance forklift waived: Whoever answers for it does not have the job" in words
    for name, place in (("mary", "/people/ada/programs/forklift"), ("root", "/acts?person=ada&program=forklift")):
        page = sound(each_scene.browser(name).get("/exceptions/refused-acts").text)
        assert place in {one["href"] for one in page.all("a")}
    assert "Bob Noyce bob Counterbalance forklift It came from a system" in rows(each_scene, "untrusted")


def test_waivers_that_were_refused_stood_among_the_acts_that_hold(scene: Office) -> None:
    """And on the person's page unmarked; `explain` alone said why they do not count."""
    form = "/acts?person=ada&program=forklift&act=waive"
    fill_in(scene.browser("root"), form, reason="Because", until="2026-07-05")
    fill_in(scene.browser("grace"), form, reason="Broken leg", until="2026-09-30")
    fill_in(scene.browser("grace"), form, reason="Truck in repair", until="2026-07-05")
    jobless = "does not count : Whoever answers for it does not have the job that the program asks for."
    lengthy = "does not count : It is longer than the program allows."
    acts = sound(scene.browser("grace").get(form).text).words.partition("Acts so far")[2]
    assert acts.count("does not count") == 2
    assert f"{lengthy} Enter a shorter one." in acts.partition("Broken leg")[2].partition("Take back")[0]
    assert f"{jobless} Let somebody who has it enter it." in acts.partition("Because")[2].partition("Take back")[0]
    settle(scene.served.prowess)
    happened = sound(scene.browser("ada").get("/people/ada").text).words.partition("What happened")[2]
    assert happened.count("does not count") == 2
    assert f"waived: Because {jobless}" in happened
    assert f"waived: Broken leg {lengthy}" in happened


def test_acts_under_an_identifier_of_two_people_are_listed(scene: Office) -> None:
    form = "/acts?person=ada&program=forklift&act=exempt"
    fill_in(scene.browser("root"), form, reason="Away", until="2026-07-14")
    identifier = '{"mbox":"mailto:ada@example.org"}'
    link = {"tenant_id": 1, "agent": posting_key("agent", identifier), "known_from": 1, "ifi": identifier}
    for other in ("bob", "olga"):
        scene.served.prowess.database.write(
            lambda conn, other=other: conn.execute(insert(p.identity_link), {**link, "person_id": other})
        )
    assert "Away" in sound(scene.browser("root").get(form).text).words


def test_a_refused_waiver_that_was_taken_back_stayed_an_exception(each_scene: Office) -> None:
    root = each_scene.browser("root")
    fill_in(root, "/acts?person=ada&program=forklift&act=waive", reason="Because", until="2026-07-05")
    settle(each_scene.served.prowess)
    assert counts(each_scene)["refused-acts"] == 1
    act = next(one for one in each_scene.statements() if one["verb"]["id"] == v.WAIVED)
    token = root.page("/enter").hidden("csrf")
    assert root.post(f"/enter/{act['id']}/take-back", csrf=token).status_code == 303
    settle(each_scene.served.prowess)
    assert counts(each_scene)["refused-acts"] == 0
    happened = sound(root.get("/people/ada").text).words.partition("What happened")[2]
    assert "waived: Because taken back" in happened
    assert "does not count" not in happened


def test_a_sign_off_that_does_not_count_showed_nowhere(each_scene: Office) -> None:
    send(each_scene, said("ada", "passed", "theory", "2026-06-28"))
    olga = each_scene.browser("olga")
    answer = fill_in(olga, "/sign-off?person=ada&activity=practical", outcome="done", date="2026-06-29")
    told = sound(olga.get(answer.headers["Location"]).text).words
    assert "does not count for Counterbalance forklift. The observer does not have the relation" in told
    settle(each_scene.served.prowess)
    assert counts(each_scene)["unused-sign-offs"] == 1
    words = rows(each_scene, "unused-sign-offs")
    assert "Ada Byron ada Counterbalance forklift The observer does not have the relation that is asked for." in words
    grace = each_scene.browser("grace")
    answer = fill_in(grace, "/sign-off?person=ada&activity=practical", outcome="done", date="2026-06-29")
    for reader in (grace, each_scene.browser("root")):
        assert "does not count" not in sound(reader.get(answer.headers["Location"]).text).words
    settle(each_scene.served.prowess)
    assert counts(each_scene)["unused-sign-offs"] == 0


def test_what_waits_for_a_verdict_too_long(each_scene: Office) -> None:
    send(each_scene, said("ada", "passed", "exam", "2026-06-28", result={"success": True, "score": {"raw": 5}}))
    assert counts(each_scene)["pending"] == 0
    assert counts(each_scene, "?days=1")["pending"] == 1
    clock = each_scene.served.prowess.clock
    assert isinstance(clock, ManualClock)
    clock.move(days=15)
    assert "Ada Byron ada Counterbalance forklift" in rows(each_scene, "pending")
    send(each_scene, said("ada", "passed", "exam", "2026-07-08", result={"score": {"scaled": 0.9}}))
    assert counts(each_scene)["pending"] == 0
    for days in ("?days=-1", "?days=x", "?days=99999"):
        assert each_scene.browser("mary").get(f"/exceptions{days}").status_code == 400


MEASURED = PROGRAMS.replace(
    "    - {id: practical, signed_off",
    "    - {id: misses, kpi: misses, max: 3, min_samples: 2}\n    - {id: practical, signed_off",
) + ('---\n{kind: activity, id: misses, title: Near misses, iris: ["https://lms.example/misses"]}\n')


def test_everybody_without_a_figure_flooded_the_queue(serve: Any, database_url: str) -> None:
    scene = open_scene(serve, database_url, MEASURED)
    scene.served.prowess.clock.move(days=15)
    found = counts(scene)
    assert (found["pending"], found["silent-measures"]) == (0, 1)
    assert "Near misses Counterbalance forklift no value yet for 2 people Mend Near misses" in rows(
        scene, "silent-measures"
    )
    links = [one["href"] for one in scene.browser("mary").page("/exceptions/silent-measures").all("a")]
    assert "/programs/forklift/people" in links
    send(scene, said("ada", v.MEASURED, "misses", "2026-06-27", result={"score": {"raw": 1}}))
    assert "no value yet for 1 person and too few values for 1 person" in rows(scene, "silent-measures")
    send(scene, said("bob", "passed", "exam", "2026-06-20", result={"success": True, "score": {"raw": 5}}))
    assert "Bob Noyce bob Counterbalance forklift" in rows(scene, "pending"), "a score without its scale is no figure"
    assert counts(scene)["pending"] == 1
    send(scene, said("ada", v.MEASURED, "misses", "2026-06-28", result={"score": {"raw": 1}}))
    assert "forklift no value yet for 1 person Mend" in rows(scene, "silent-measures")


def test_figures_were_missed_minutes_after_they_were_first_asked_for(serve: Any, database_url: str) -> None:
    """A new program, a new measure in an old one, and somebody new in an old one."""
    scene = open_scene(serve, database_url, MEASURED)
    clock = scene.served.prowess.clock
    missed = "Near misses Counterbalance forklift no value yet for 2 people"
    assert missed not in rows(scene, "silent-measures")
    clock.move(days=13.5)
    assert missed not in rows(scene, "silent-measures")
    assert missed in rows(scene, "silent-measures", "?days=13")
    clock.move(days=1)
    assert missed in rows(scene, "silent-measures")
    people(
        scene,
        "  - {id: new, name: Newt, email: newt@example.org, positions: [{from: 2026-07-14, job: operator}]}\n",
    )
    assert missed in rows(scene, "silent-measures")
    clock.move(days=14)
    assert "no value yet for 3 people" in rows(scene, "silent-measures")
    head, _, rest = MEASURED.partition("\n---\n")
    second = head.replace("version: 1\neffective: 2026-06-01", "version: 2\neffective: 2026-06-02\napply: new")
    second = second.replace("kpi: misses", "kpi: dents")
    dents = '---\n{kind: activity, id: dents, title: Dents, iris: ["https://lms.example/dents"]}\n'
    published_of(scene.served.prowess).apply([Source("p.yaml", f"{head}\n---\n{second}\n---\n{rest}{dents}")])
    settle(scene.served.prowess)
    assert "no value" not in rows(scene, "silent-measures")
    clock.move(days=14.5)
    assert "Dents Counterbalance forklift no value yet for 3 people" in rows(scene, "silent-measures")


def test_a_learner_was_told_that_something_was_reported_when_no_figure_had_come(serve: Any, tmp_path: Any) -> None:
    scene = open_scene(serve, database_in(tmp_path), MEASURED)
    words = sound(scene.browser("ada").get("/people/ada/programs/forklift").text).words
    assert "A figure that it is judged by has not arrived yet; nothing is asked of you for that." in words
    assert "Something was reported" not in words
    assert (
        "The figure has not arrived yet. You need do nothing: it is sent by those who keep the figures."
        in words.partition("What waits")[2]
    )
    assert "something waits for a verdict" not in sound(scene.browser("mary").get("/people/ada").text).words


def test_due_dates_that_nobody_can_tell(serve: Any, tmp_path: Any) -> None:
    scene = open_scene(serve, database_in(tmp_path), PROGRAMS.replace("after: assigned", "after: hired"))
    assert counts(scene)["missing-clocks"] == 2
    assert "Ada Byron ada Counterbalance forklift the day of hiring is missing" in rows(scene, "missing-clocks")
    explained = sound(scene.browser("ada").get("/people/ada/programs/forklift").text).words
    assert "There is no due date, because the day on which you began here is not known." in explained


def test_pairs_that_could_not_be_decided(each_scene: Office) -> None:
    row = {"tenant_id": 1, "person_id": "ada", "program_id": "*", "gen": 1, "not_before": 0, "attempts": 3, "since": 0}
    write = each_scene.served.prowess.database.write
    write(lambda conn: conn.execute(insert(r.dirty), {**row, "error": "ZeroDivisionError('<b>')"}))
    assert counts(each_scene)["undecided"] == 1
    text = each_scene.browser("mary").get("/exceptions/undecided").text
    assert "Ada Byron ada every program ZeroDivisionError" in sound(text).words
    assert "<b>" not in text
    write(lambda conn: conn.execute(update(r.dirty).values(error=None)))
    assert counts(each_scene)["undecided"] == 0


def test_what_a_program_asks_for_was_missed_on_the_day_it_was_published(scene: Office) -> None:
    """It takes effect on the first of the month, and was published on the last."""
    assert counts(scene)["silent-activities"] == 0
    assert counts(scene, "?days=1")["silent-activities"] == 0
    scene.served.prowess.clock.move(days=13.5)
    assert counts(scene)["silent-activities"] == 0
    scene.served.prowess.clock.move(days=1)
    assert counts(scene)["silent-activities"] == 5


def test_a_quiz_whose_address_is_misspelt_is_told(each_scene: Office) -> None:
    each_scene.served.prowess.clock.move(days=LONG)
    send(each_scene, said("ada", "passed", "theory"), said("ada", "passed", "quizz"))
    said_ = rows(each_scene, "silent-activities")
    assert (
        "Activity Program What Driving course Counterbalance forklift https://lms.example/course Driving quiz" in said_
    )
    assert "theory" not in said_.partition("Activity Program")[2]
    assert "Mend " not in said_
    send(each_scene, said("who", "attempted", "quiz"))
    assert "quiz" not in rows(each_scene, "silent-activities").partition("Activity Program")[2]
    assert counts(each_scene, "?days=60")["silent-activities"] == 0, "the program asks since 15 days"


def test_nobody_misses_what_must_not_happen_or_is_only_asked_later(serve: Any, tmp_path: Any) -> None:
    theory = "    - {id: theory, passed: theory}\n"
    programs = PROGRAMS.replace(theory, f"{theory}    - {{not: {{passed: crash}}}}\n").replace(
        "grace: P14D}", "grace: P14D, require: {passed: refresher}}"
    )
    for name in ("crash", "refresher"):
        programs += f'---\n{{kind: activity, id: {name}, iris: ["https://lms.example/{name}"]}}\n'
    scene = open_scene(serve, database_in(tmp_path), programs)
    scene.served.prowess.clock.move(days=LONG)
    assert counts(scene)["silent-activities"] == 5


def test_what_counts_for_an_activity_is_heard_as_well(serve: Any, tmp_path: Any) -> None:
    other = '---\n{kind: activity, id: old-quiz, iris: ["https://old.example/quiz"], counts_for: [{id: quiz}]}\n'
    scene = open_scene(serve, database_in(tmp_path), PROGRAMS + other)
    scene.served.prowess.clock.move(days=LONG)
    assert counts(scene)["silent-activities"] == 5
    send(scene, {**said("ada", "passed", ""), "object": {"id": "https://old.example/quiz"}})
    assert counts(scene)["silent-activities"] == 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_without_trouble_says_so(scene: Office, kind: str) -> None:
    if kind not in {"no-identifiers", "no-managers"}:
        assert "None : nothing is to be done here." in rows(scene, kind)


def test_only_readers_see_the_queue(scene: Office) -> None:
    for name, status in (("ada", 403), ("olga", 403), ("mary", 200), ("root", 200)):
        browser = scene.browser(name)
        for path in ("/exceptions", "/exceptions/untrusted"):
            assert browser.get(path).status_code == status, (name, path)
        assert ("Exceptions" in browser.page("/").words) == (status == 200)
    assert scene.browser("mary").get("/exceptions/nothing").status_code == 404
