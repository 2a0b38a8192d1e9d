"""A program is taken away: the LMS is told, what was earned stays, and it can come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.arguments import parse_arguments
from reports.catalogue import get_report
from reports.declaration import Scope
from reports.formats import visible
from reports.reading import ReportReader
from rules import tables as r
from rules.decider import Decider
from rules.explain.explanation import explain
from rules.explain.telling import explain_text
from rules.facts import dirty
from rules.published.composition import published_of
from rules.published.store import load_sources, read_sources
from rules.publishing.plan import Plan, plan
from tests.journey.house import PROGRAM, House, check_rebuild, counts, house_in, passed, voiding

OTHER = """
kind: certification
id: ladder
title: Ladder
version: 1
effective: 2024-01-01
for: {job: operator}
require: {passed: climb}
---
{kind: activity, id: climb, title: Climb, iris: ["https://lms.example/climb"]}
"""

BOB = """id,name,email,from,job,site,site_timezone
bob,Bob,bob@example.org,2024-01-05,operator,hq,Europe/London
"""


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> Iterator[House]:
    """Ada was awarded, bob only assigned; grace has nothing to do with the program."""
    with house_in(tmp_path, database_url, light=True) as house:
        house.write("bob.csv", BOB)
        house.furnish()
        house.serve_here()
        house.import_people("bob.csv")
        house.drain()
        house.post(passed("ada@example.org"))
        house.drain()
        assert sorted(house.announced()) == [("assigned", "ada"), ("assigned", "bob"), ("awarded", "ada")]
        yield house


def publish(house: House, text: str) -> None:
    house.write("programs/forklift.yaml", text)
    house.apply()
    house.drain()


def since(house: House, before: list[Any]) -> list[tuple[str, str]]:
    return sorted(house.announced()[len(before) :])


def suspended(house: House) -> set[bool]:
    return {row["suspended"] for row in house.seen()["enrolments"]}


def ask(house: House, report: str, *columns: str, **given: str) -> list[tuple[Any, ...]]:
    found = get_report(report)
    arguments = parse_arguments(found, Scope(1), list(given.items()), house.prowess.clock.now())
    rows = ReportReader(house.prowess).page(found, arguments).rows
    return [tuple(visible(found, row)[name] for name in columns) for row in rows]


def planned(house: House, text: str) -> Plan:
    house.write("programs/forklift.yaml", text)
    ruleset = load_sources(read_sources(house.directory / "programs"))
    return plan(house.prowess, published_of(house.prowess), ruleset)


def test_withdrawing_a_program_unassigns_everybody_and_suspends_their_enrolments(house: House) -> None:
    assert suspended(house) == {False}
    before = house.announced()
    publish(house, OTHER.replace("job: operator", "job: nobody"))
    assert since(house, before) == [("unassigned", "ada"), ("unassigned", "bob")]
    assert suspended(house) == {True}
    assert house.told().count(("unassigned", "bob")) == 1
    assert house.grade("ada") == 90, "the grade that says she passed stays"
    (said,) = [one for one in house.statements() if "unassigned" in str(one) and "ada" in str(one["actor"])]
    (told,) = [value for key, value in said["context"]["extensions"].items() if key.endswith("/decision")]
    assert (told["assignment"], told["award"], told["due_on"]) == ("withdrawn", "valid", None)
    assert said["object"]["definition"]["name"] == {"en": "Forklift"}


@pytest.mark.journey
def test_withdrawing_is_said_once_however_often_it_is_derived_again(house: House) -> None:
    publish(house, OTHER)
    for _ in range(10):
        check_rebuild(house)
    before = counts(house)
    house.apply()
    house.write("again.csv", BOB.replace("Bob", "Robert"))
    house.import_people("again.csv")
    house.drain()
    assert counts(house) == {**before, "event": before["event"] + 1}


def test_what_was_earned_is_found_in_the_reports_with_the_program_marked(house: House) -> None:
    publish(house, OTHER)
    columns = ("person_id", "program", "award", "program_withdrawn")
    ((person, program, award, when),) = ask(house, "certification-register", *columns)
    assert (person, program, award) == ("ada", "Forklift", "valid")
    assert when is not None
    assert ask(house, "transcript", "person_id", "activity", "certificates_held") == [("ada", "Exam", 1)]
    assert {row[0] for row in ask(house, "standing", "program_id")} == {"ladder"}
    assert {row[0] for row in ask(house, "standing", "program_id", as_of="-1d")} == {"forklift", "ladder"}


def test_a_withdrawn_program_is_still_explained_to_whoever_holds_its_award(house: House) -> None:
    """It was "no program 'forklift' is published", while the register listed the award."""
    before = explain(house.prowess, "ada", "forklift")
    publish(house, OTHER)
    after = explain(house.prowess, "ada", "forklift")
    assert (after.document["assignment"], after.document["award"]) == ("withdrawn", "valid")
    assert after.document["proof"] == before.document["proof"]
    assert "nobody is asked for it any more" in explain_text(after)
    earlier = explain(house.prowess, "ada", "forklift", as_of=str(before.document["as_of"]))
    assert (earlier.document["assignment"], earlier.withdrawn) == ("required", None)


def test_a_program_that_comes_back_is_assigned_by_new_statements_and_awards_nothing_twice(house: House) -> None:
    before = house.announced()
    publish(house, OTHER)
    publish(house, PROGRAM)
    assert [one for one in house.announced()[len(before) :] if one[0] == "assigned"].count(("assigned", "ada")) == 2
    gone = house.announced()
    assert suspended(house) == {False}
    assert ask(house, "certification-register", "award", "program_withdrawn") == [("valid", None)]
    check_rebuild(house)
    publish(house, OTHER)
    back = [one for one in since(house, gone) if one[0] == "unassigned"]
    assert ("unassigned", "ada") in back
    assert ("unassigned", "bob") in back
    assert house.announced().count(("awarded", "ada")) == 1
    assert suspended(house) == {True}
    check_rebuild(house)


def test_what_was_sent_before_the_withdrawal_counts_and_what_came_after_does_not(house: House) -> None:
    """Whoever passed in time is certified, however far behind the deciding was."""
    before = house.announced()
    house.post(passed("bob@example.org"))
    house.write("programs/forklift.yaml", OTHER)
    house.apply()
    house.post(passed("grace@example.org"))
    house.drain()
    forklift = [one for one in since(house, before) if one[0] != "assigned"]
    assert forklift == [("awarded", "bob"), ("unassigned", "ada"), ("unassigned", "bob")]
    check_rebuild(house)


def test_a_person_decided_between_withdrawal_and_projection_is_not_ended_too_early(house: House) -> None:
    """An import just then makes ada dirty; what came before the withdrawal has still to be followed."""
    prowess = house.prowess
    before = house.announced()
    house.post(passed("bob@example.org"))
    house.write("programs/forklift.yaml", OTHER)
    house.apply()
    prowess.database.write(
        lambda conn: dirty.mark(conn, prowess.database.dialect, 1, {("bob", "*"): 1}, prowess.ids.token())
    )
    assert Decider(prowess, published_of(prowess)).run()
    assert len(house.rows(r.decision, person_id="bob", program_id="forklift")) == 1
    house.drain()
    assert ("awarded", "bob") in since(house, before)
    assert house.rows(r.decision, program_id="forklift") == []


def test_taking_evidence_back_later_revokes_nothing_of_a_withdrawn_program(house: House) -> None:
    (evidence,) = [one["id"] for one in house.statements() if one["verb"]["id"].endswith("/passed")]
    publish(house, OTHER)
    before = house.announced()
    house.post(voiding(evidence))
    house.drain()
    assert since(house, before) == []
    assert house.rows(r.decision, program_id="forklift") == []
    check_rebuild(house)


def test_the_plan_says_what_a_withdrawal_and_a_return_would_announce(house: House) -> None:
    found = planned(house, OTHER.replace("job: operator", "job: nobody"))
    assert (found.removed, found.counts) == (("forklift",), {"unassigned": 2})
    (ada,) = [one for one in found.changes if one.person == "ada"]
    assert (ada.before["assignment"], ada.after["assignment"], ada.after["award"]) == ("required", "withdrawn", "valid")
    house.apply()
    house.drain()
    assert planned(house, OTHER.replace("job: operator", "job: nobody")).is_empty
    assert planned(house, PROGRAM).counts == {"assigned": 2}, "the award was said already"
    assert json.dumps(found.as_json())
