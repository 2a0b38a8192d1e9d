"""people.yaml: what it becomes, and where it is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lrs.errors import ConfigError
from lrs.people.identity import identity_of
from lrs.people.roster import (
    Leave,
    Position,
    RosterError,
    load_day,
    load_roster,
    roster_from,
)
from lrs.yaml_door import load

DESIGN = """
sites: {us-1: {timezone: America/New_York}}
people:
  - id: ada
    name: Ada Byron
    email: ada@example.org
    identifiers: [{mbox: "mailto:ada@example.org"}, {account: {homePage: "https://lms.example", name: "17"}}]
    timezone: America/New_York
    hired_on: 2025-01-06
    left_on: null
    leave: [{from: 2026-01-20, to: 2026-02-02}]
    positions: [{from: 2025-01-06, to: null, job: forklift-operator, level: individual-contributor, site: us-1, unit: warehouse, employment: employee, managers: [grace]}]
  - {id: grace, positions: [{from: 2024-01-01}]}
"""


def errors(people: str, sites: str = "{}") -> list[str]:
    with pytest.raises(RosterError) as caught:
        roster_from(load(f"sites: {sites}\npeople: {people}", "people.yaml")[0])
    return [f"{e.line}:{e.column}: {e.message}" + (f" | {e.hint}" if e.hint else "") for e in caught.value.errors]


def test_the_example_of_the_design(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text(DESIGN)
    roster = load_roster(file)
    ada = roster.people["ada"]
    assert roster.sites["us-1"].timezone == "America/New_York"
    assert (ada.name, ada.email, ada.timezone) == ("Ada Byron", "ada@example.org", "America/New_York")
    assert (ada.hired_on, ada.left_on) == (date(2025, 1, 6), None)
    assert ada.identifiers == (
        '{"mbox":"mailto:ada@example.org"}',
        '{"account":{"homePage":"https://lms.example","name":"17"}}',
    )
    assert ada.leave == (Leave(date(2026, 1, 20), date(2026, 2, 2)),)
    assert ada.positions == (
        Position(
            date(2025, 1, 6),
            None,
            "forklift-operator",
            "individual-contributor",
            "us-1",
            "warehouse",
            "employee",
            ("grace",),
        ),
    )
    assert (roster.people["grace"].name, roster.people["grace"].email) == ("", None)
    assert roster.people["grace"].positions == (Position(date(2024, 1, 1)),)


def test_identifiers_are_unambiguous() -> None:
    assert identity_of({"openid": "https://a.example"}) == '{"openid":"https://a.example"}'
    assert identity_of({"objectType": "Group", "member": []}) is None


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ("{}", ["2:9: 'people' must be a list | begin each of its items with a dash"]),
        (
            "[ada]",
            ["2:10: a person must be a mapping of keys to values"],
        ),
        ("[{name: Ada}]", ["2:10: a person needs an id | such as id: ada, by which managers and reports name them"]),
        ("[{id: 7}]", ["2:15: 'id': expected text, found 7 | write \"7\" in quotes"]),
        (
            "[{id: a}, {id: a}]",
            [
                "2:24: there are two people with the id 'a' | give one of them another id; several positions of one person stand in one list"
            ],
        ),
        ("[{id: a, nmae: x}]", ["2:18: a person has no key 'nmae' | did you mean 'name'?"]),
        (
            "[{id: a, timezone: Mars}]",
            ["2:28: 'Mars' is not an IANA time zone | for example Europe/London or America/New_York"],
        ),
        (
            "[{id: a, hired_on: 2026-02-30}]",
            [
                "2:28: 'hired_on': expected a day that the calendar has, found '2026-02-30' | the last day of that month is 2026-02-28"
            ],
        ),
        ("[{id: a, hired_on: 20260201}]", ["2:28: 'hired_on': expected a date such as 2026-01-31, found 20260201"]),
        (
            "[{id: a, hired_on: 2026-W01-1}]",
            ["2:28: 'hired_on': expected a date such as 2026-01-31, found '2026-W01-1'"],
        ),
        (
            "[{id: a, hired_on: 2026-02-02, left_on: 2026-02-01}]",
            ["2:49: left_on is before hired_on | correct one of the two days; they may be the same one"],
        ),
        (
            "[{id: a, positions: [{from: 2026-01-01, managers: 'bo; ada'}]}]",
            ["2:59: 'managers' must be a list | write managers: [bo, ada]"],
        ),
        (
            "[{id: a, hired_on: 31.02.2026}]",
            [
                "2:28: 'hired_on': expected a day that the calendar has, found '31.02.2026' | the last day of that month is 2026-02-28"
            ],
        ),
        (
            "[{id: a, hired_on: 1/2/2026}]",
            ["2:28: 'hired_on': expected a date such as 2026-01-31, found '1/2/2026' | write 2026-01-02 or 2026-02-01"],
        ),
        ("[{id: a, leave: [{from: 2026-01-01}]}]", ["2:26: a leave needs 'to'"]),
        (
            "[{id: a, leave: [{from: soon, to: 2026-01-01}]}]",
            ["2:33: 'from': expected a date such as 2026-01-31, found 'soon'"],
        ),
        ("[{id: a, leave: [{}]}]", ["2:26: a leave needs 'from' and 'to'"]),
        (
            "[{id: a, leave: [{from: 2026-01-09, to: 2026-01-01}]}]",
            ["2:49: the leave ends before it begins | correct one of the two days; they may be the same one"],
        ),
        (
            "[{id: a, leave: [{from: 2026-01-01, to: 2026-01-09}, {from: 2026-01-09, to: 2026-01-10}]}]",
            [
                "2:62: this leave overlaps another one of the same person | join the two, or correct a day: the first and the last day count too"
            ],
        ),
        ("[{id: a, positions: [{job: x}]}]", ["2:30: a position needs 'from'"]),
        (
            "[{id: a, positions: [{from: 2026-01-09, to: 2026-01-01}]}]",
            [
                "2:53: the position ends before it begins | correct one of the two days; they may be the same one; a position without an end has no 'to'"
            ],
        ),
        (
            "[{id: a, positions: [{from: 2026-01-01, job: x}, {from: 2027-01-01, job: x}]}]",
            [
                "2:58: this position overlaps another one with the same job, site and unit | end the earlier one the day before this one begins, or leave one of them out"
            ],
        ),
        (
            "[{id: a, positions: [{from: 2026-01-01, site: us-2}]}]",
            ["2:55: no site is called 'us-2' | did you mean 'us-1'?"],
        ),
        (
            "[{id: ada, positions: [{from: 2026-01-01, managers: [adda]}]}]",
            ["2:62: no person has the id, mail address or account 'adda' | did you mean 'ada'?"],
        ),
        ("[{id: a, identifiers: [{mbox: a@b.c}]}]", ["2:39: an mbox starts with 'mailto:' | write mailto:a@b.c"]),
        ("[{id: a, identifiers: [{mbox: 7}]}]", ["2:39: 'mbox': expected text, found 7 | write \"7\" in quotes"]),
        (
            "[{id: a, identifiers: [{mbox: 'mailto:a@b.c', openid: 'x:y'}]}]",
            ["2:32: an identifier is exactly one of mbox, mbox_sha1sum, openid or account"],
        ),
        ("[{id: a, identifiers: [{account: {name: x}}]}]", ["2:42: an account needs homePage and name"]),
        (
            "[{id: a, identifiers: [{openid: 'x:y'}]}, {id: b, identifiers: [{openid: 'x:y'}]}]",
            ["2:73: openid 'x:y' belongs to 'a' already"],
        ),
        (
            "[{id: a, email: a@b.c}, {id: b, email: A@b.c}]",
            ["2:48: email 'a@b.c' belongs to 'a' already"],
        ),
    ],
)
def test_mistakes_point_at_their_place(people: str, expected: list[str]) -> None:
    assert errors(people, "{us-1: {timezone: Europe/London}}") == expected


def test_mistakes_in_sites() -> None:
    assert errors("[]", "{a: {}, b: {timezone: X}, c: {zone: UTC}}") == [
        "1:12: site 'a' needs a timezone | for example timezone: Europe/London",
        "1:30: 'X' is not an IANA time zone | for example Europe/London or America/New_York",
        "1:37: site 'c' needs a timezone | for example timezone: Europe/London",
        "1:38: a site has no key 'zone' | did you mean 'timezone'?",
    ]


def test_a_people_file_has_one_document(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text("people: []\n---\npeople: []\n")
    with pytest.raises(ConfigError, match="expected one document"):
        load_roster(file)


def test_two_positions_at_once_are_fine_when_they_differ() -> None:
    roster = roster_from(
        load("people: [{id: a, positions: [{from: 2026-01-01, job: x}, {from: 2026-01-01, job: y}]}]", "p")[0]
    )
    assert [position.job for position in roster.people["a"].positions] == ["x", "y"]


@pytest.mark.parametrize("raw", [None, 7, "2026-1-1", "2026-W01-1", "2026-02-30", "20260101"])
def test_no_days(raw: object) -> None:
    assert load_day(raw) is None
