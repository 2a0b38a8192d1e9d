"""Escalation as a whole: deciding, ladders, letters, consequences, on both databases and under a moved clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rules.office import LADDER, PROGRAM, Office, office_at


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_at(database_url) as office:
        yield office


@pytest.fixture
def light(tmp_path: object) -> Iterator[Office]:
    with office_at(f"sqlite:///{tmp_path}/office.db") as office:
        yield office


def test_the_ladder_is_climbed_step_by_step(office: Office) -> None:
    office.until("2026-03-31T12:00Z")
    assert office.sent_at() == [
        "ada Fri 02-13 09:00",
        "ada Mon 03-02 09:00",
        "grace Mon 03-02 09:00",
        "grace Fri 03-06 09:00",
        "hopper Fri 03-06 14:00",
        "hr Fri 03-13 09:00",
    ]
    assert office.consequences() == [("flag-noncompliant", "in_force"), ("restrict-access", "waiting")]
    assert office.post.told()[:3] == [
        ("ada", "Forklift: due 27 February 2026"),
        ("ada", "Forklift: was due 27 February 2026"),
        ("grace", "Forklift: Ada Byron, was due 27 February 2026"),
    ]


def test_looking_again_and_again_tells_nobody_twice(office: Office) -> None:
    office.until("2026-03-10T12:00Z")
    before = office.post.told()
    office.people(
        "people: [{id: ada, name: Ada B., email: ada@example.org, positions: [{from: 2026-01-28, job: operator, site: hq, managers: [grace]}]}]"
    )
    office.drain()
    assert office.post.told() == before
    assert len({letter.key for letter in office.post.letters}) == len(before)


def test_after_an_outage_only_the_highest_step_is_sent(office: Office) -> None:
    """program-language 5: engine down over +1D and +7D."""
    office.until("2026-02-20T12:00Z")
    office.post.letters.clear()
    office.sleep_until("2026-03-09T12:00Z")
    assert office.post.told() == [
        ("grace", "Forklift: Ada Byron, was due 27 February 2026"),
        ("hopper", "Forklift: Ada Byron, was due 27 February 2026"),
    ]
    assert ("due+P1D", "ada", "skipped", "superseded") in office.notices()


def test_passing_stops_the_ladder_and_lifts_what_was_raised(office: Office) -> None:
    office.until("2026-03-30T12:00Z")
    office.statement()
    office.until("2026-06-30T12:00Z")
    assert office.consequences() == [("flag-noncompliant", "lifted"), ("restrict-access", "cancelled")]
    assert len(office.post.letters) == 6


def test_what_waits_for_the_morning_is_called_off_when_it_is_met_at_night(office: Office) -> None:
    office.until("2026-02-20T12:00Z")
    office.sleep_until("2026-03-02T22:00Z")
    assert ("due+P1D", "ada", "waiting", None) in office.notices()
    office.statement()
    office.until("2026-03-03T12:00Z")
    assert ("due+P1D", "ada", "cancelled", "met") in office.notices()
    assert office.post.told() == [("ada", "Forklift: due 27 February 2026")]


def test_a_notice_whose_reason_was_taken_away_later_stays_in_the_log_as_corrected(office: Office) -> None:
    """program-language 5: timestamp 2026-02-20, stored 2026-03-05."""
    office.until("2026-03-05T12:00Z")
    assert ("due+P1D", "ada", "sent", None) in office.notices()
    late = office.statement(at="2026-02-20T12:00:00Z")
    office.drain()
    assert ("due+P1D", "ada", "corrected", "met") in office.notices()
    assert ("due-P14D", "ada", "sent", None) in office.notices()
    office.void(late)
    office.drain()
    assert ("due+P1D", "ada", "sent", None) in office.notices()


def test_a_renewal_escalates_by_the_day_it_expires(office: Office) -> None:
    office.statement()
    office.until("2027-02-16T12:00Z")
    assert office.sent_at() == ["ada Thu 01-14 09:00", "ada Fri 01-29 09:00", "grace Fri 01-29 09:00"] + [
        "grace Thu 02-04 09:00",
        "hopper Thu 02-04 14:00",
        "hr Thu 02-11 09:00",
    ]
    assert office.post.told()[0] == ("ada", "Forklift: expires 28 January 2027")


def test_suggested_things_never_escalate(light: Office) -> None:
    """The program becomes a suggestion: what was asked is asked no more, by no ladder."""
    light.until("2026-02-20T12:00Z")
    suggested = PROGRAM.replace("{job: operator}", "{job: operator, assign: suggested}")
    light.publish(
        PROGRAM
        + suggested.partition("---")[0].replace("version: 1", "version: 2").replace("2024-01", "2026-02")
        + "---"
        + LADDER
    )
    light.until("2026-06-01T12:00Z")
    assert [step for step, *_ in light.notices()] == ["due-P14D"]
