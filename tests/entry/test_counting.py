"""What was entered and counts for nothing was recorded without a word: the answer says that, why, and what would make it count."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rules.entry import counting
from rules.explain.part import part_of, parts_of
from tests.conftest import Served
from tests.entry.desk import PROGRAMS, Office, database_in, fill_in, open_office, sound
from tests.entry.test_sheets import installed, upload
from tests.http.asking import asker

__all__ = ["installed"]

MORE = """
---
kind: certification
id: soon
title: Soon
version: 1
effective: 2027-01-01
for: {job: operator}
due: {after: assigned, within: P60D}
require: {all: [{id: exam, passed: exam}]}
waive: {by: [team-lead]}
---
kind: certification
id: endless
title: Endless
version: 1
effective: 2025-01-01
for: {job: operator}
require: {all: [{id: exam, passed: exam}]}
---
{kind: activity, id: lonely, title: Lonely, iris: ["https://lms.example/lonely"]}
"""


@pytest.fixture
def desk(serve: Callable[..., Served], tmp_path: Path) -> Office:
    return open_office(serve, database_in(tmp_path), PROGRAMS + MORE)


def told(answer: Any) -> list[tuple[str, str | None, str, str]]:
    assert answer.status_code == 200, answer.text
    return [(one["person"], one["program"], one["why"], one["mend"]) for one in answer.json()["not_counted"]]


ACTS = [
    (
        {"act": "waive", "person": "ada", "program": "forklift"},
        ("The program lets nobody waive anything.", "Give the program a waive:, or extend instead."),
    ),
    (
        {"act": "waive", "person": "ada", "program": "yard", "by": "mary"},
        (
            "Whoever answers for it does not have the job that the program asks for.",
            "Let somebody who has it enter it.",
        ),
    ),
    ({"act": "waive", "person": "ada", "program": "yard", "criteria": ["talk"]}, None),
    (
        {"act": "waive", "person": "olga", "program": "yard"},
        (
            "Yard lead is not asked of Olga Tufnell now.",
            "It counts once the program is asked of them, if it still holds.",
        ),
    ),
    (
        {"act": "waive", "person": "ada", "program": "soon"},
        ("Soon is not in force before 1 January 2027.", "It counts from then on, if it still holds."),
    ),
    (
        {"act": "waive", "person": "ada", "program": "yard", "until": "2026-01-31"},
        ("It has ended already, on 31 January 2026.", "Enter it again with a day to come."),
    ),
    (
        {"act": "extend", "person": "ada", "program": "yard", "due_on": "2026-05-31"},
        ("The new due date, 31 May 2026, has passed already.", "Enter it again with a day to come."),
    ),
    (
        {"act": "extend", "person": "ada", "program": "endless", "due_on": "2026-12-31"},
        (
            "There is no due date to move.",
            "It counts once something is due: the program needs a due: for that.",
        ),
    ),
    ({"act": "extend", "person": "ada", "program": "yard", "due_on": "2026-12-31"}, None),
    (
        {"act": "endorse", "person": "ada", "program": "yard"},
        ("There is no award to endorse.", "Enter it again once the award is there."),
    ),
    (
        {"act": "reinstate", "person": "ada", "program": "yard"},
        ("Nothing is suspended or revoked.", "Nothing: there is nothing to undo."),
    ),
    ({"act": "revoke", "person": "ada", "program": "yard"}, None),
    ({"act": "exempt", "person": "ada", "program": "yard"}, None),
]


@pytest.mark.parametrize(("body", "why"), ACTS, ids=lambda one: " ".join(one.values()) if isinstance(one, dict) and "criteria" not in one else "")  # fmt: skip
def test_an_act_that_does_nothing_says_so(desk: Office, body: dict[str, Any], why: tuple[str, str] | None) -> None:
    root = asker(desk.served, ["admin"])
    answer = root.api("POST", "acts", {"reason": "Because", "by": "grace", **body})
    assert answer.json()["recorded"] == 1
    assert told(answer) == ([(body["person"], body["program"], *why)] if why else [])


def test_an_extension_that_moves_a_due_date_is_no_complaint(desk: Office) -> None:
    root = asker(desk.served, ["admin"])
    body = {"act": "extend", "person": "ada", "program": "yard", "reason": "x"}
    assert told(root.api("POST", "acts", {**body, "due_on": "2026-12-31"})) == []
    assert told(root.api("POST", "acts", {**body, "due_on": "2026-07-31"})) == []
    endless = {**body, "program": "endless", "due_on": "2026-12-31"}
    assert told(root.api("POST", "acts", endless))[0][2] == "There is no due date to move."


def test_attendance_of_whom_nothing_is_asked_says_so_in_json(desk: Office) -> None:
    rows = [
        {"person": "ada", "activity": "toolbox-talk", "date": "2026-06-29"},
        {"person": "olga", "activity": "toolbox-talk", "date": "2026-06-29"},
        {"person": "ada", "activity": "lonely", "date": "2026-06-29"},
        {"person": "olga", "activity": "lonely", "date": "2026-06-29", "present": False},
        {"person": "ada", "activity": "exam", "date": "2026-06-29"},
    ]
    answer = asker(desk.served, ["statements/write", "reports"]).api("POST", "attendance", {"attendance": rows})
    assert answer.json()["recorded"] == 5
    assert told(answer)[:2] == [
        (
            "olga",
            None,
            "The program that looks at it is not asked of Olga Tufnell now: Yard lead.",
            "It counts once such a program is asked of them.",
        ),
        (
            "ada",
            None,
            "No program asks for it.",
            "Name the activity in a program, or enter it for one that a program asks for.",
        ),
    ]
    assert told(answer)[2:] == [
        (
            "ada",
            None,
            "Endless and Forklift ask for something else of it.",
            "Do and enter what is asked for, or change the program.",
        )
    ]


def test_a_sample_that_no_program_looks_at_says_so(desk: Office) -> None:
    lms = asker(desk.served, ["statements/write", "reports"])
    row = {"person": "ada", "indicator": "near-misses", "date": "2026-06-29", "value": 3}
    assert told(lms.api("POST", "kpi-samples", {"samples": [row]})) == []
    assert told(lms.api("POST", "kpi-samples", {"samples": [{**row, "person": "grace"}]}))[0][:2] == ("grace", None)


def test_the_forms_say_what_does_not_count(desk: Office) -> None:
    root = desk.browser("root")
    done = fill_in(root, "/acts?person=ada&program=forklift&act=waive", reason="Broken leg", criteria=["exam"])
    page = sound(root.get(done.headers["Location"]).text)
    assert "it is recorded, and does not count now for Forklift" in page.words
    assert "The program lets nobody waive anything" in page.words
    sheet = "person,activity,date\nada,toolbox-talk,2026-06-29\nolga,toolbox-talk,2026-06-29\n"
    page = sound(root.get(upload(root, sheet).headers["Location"]).text)
    assert "2 new" in page.words
    assert "Olga Tufnell: it is recorded, and does not count now" in page.words
    assert "Ada Byron: it" not in page.words
    done = fill_in(desk.browser("mary"), "/sign-off?person=grace&activity=practical", outcome="done", date="2026-06-29")
    page = sound(desk.browser("mary").get(done.headers["Location"]).text)
    assert "The program that looks at it is not asked of Grace Hopper now: Yard lead." in page.words


def test_an_import_says_of_each_line_why_it_does_not_count(installed: Office, tmp_path: Path) -> None:
    from tests.commanding import prowess

    (tmp_path / "s.csv").write_text("person,activity,date\nada,toolbox-talk,2026-06-29\nolga,toolbox-talk,2026-06-29\n")
    done = prowess("attendance", "import", "s.csv", cwd=tmp_path, check=True)
    assert done.stdout == "2 read, 2 recorded, 0 known already\n"
    assert done.stderr.splitlines()[-1] == (
        "line 3, Olga Tufnell: recorded, and does not count: The program that looks at it is not asked of Olga Tufnell now: Yard lead. "
        "It counts once such a program is asked of them."
    )
    told = json.loads(prowess("attendance", "import", "s.csv", "--json", cwd=tmp_path, check=True).stdout)
    assert [(one["line"], one["person"]) for one in told["not_counted"]] == [(3, "olga")]
    done = prowess("act", "waive", "ada", "forklift", "--reason", "x", cwd=tmp_path, check=True)
    assert (
        "Ada Byron: recorded, and does not count for Forklift: The program lets nobody waive anything." in done.stderr
    )


def test_a_key_that_may_only_write_was_told_what_is_asked_of_whom(desk: Office) -> None:
    """Which programs ask what of somebody is read with `reports`; recording tells a sender what it recorded."""
    row = {"person": "olga", "activity": "toolbox-talk", "date": "2026-06-29"}
    answer = asker(desk.served, ["statements/write"]).api("POST", "attendance", {"attendance": [row]}).json()
    assert (answer["recorded"], answer["not_counted"], answer["not_looked_at"]) == (1, [], 1)
    assert "Yard" not in json.dumps(answer)
    for scope in ("reports", "admin"):
        answer = asker(desk.served, ["statements/write", scope]).api("POST", "attendance", {"attendance": [row]}).json()
        assert (len(answer["not_counted"]), answer["not_looked_at"]) == (1, 0)


def test_a_long_file_took_longer_to_look_at_than_to_record(
    installed: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many pairs of person and program are decided; of the rest the answer says that nobody looked."""
    monkeypatch.setattr(counting, "MOST", 2)
    root = asker(installed.served, ["admin"])
    rows = [
        {"person": one, "activity": "toolbox-talk", "date": f"2026-06-{day}"}
        for one in ("ada", "olga")
        for day in (28, 29)
    ]
    more = [{"person": one, "activity": "toolbox-talk", "date": "2026-06-29"} for one in ("grace", "mary")]
    answer = root.api("POST", "attendance", {"attendance": rows + more}).json()
    assert answer["recorded"] == 6
    assert ([one["person"] for one in answer["not_counted"]], answer["not_looked_at"]) == (["olga", "olga"], 2)


def test_the_attendance_page_did_not_say_how_much_nobody_looked_at(
    installed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST", 1)
    root = installed.browser("root")
    rows = "".join(f"{one},toolbox-talk,2026-06-29\n" for one in ("ada", "bob", "olga"))
    words = sound(root.get(upload(root, f"person,activity,date\n{rows}").headers["Location"]).text).words
    assert "3 new" in words
    assert "Whether the last 2 of them count was not looked at: there are too many rows." in words


def test_one_statement_is_looked_at_however_many_programs_read_it(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST", 0)
    row = {"person": "olga", "activity": "toolbox-talk", "date": "2026-06-29"}
    answer = asker(desk.served, ["admin"]).api("POST", "attendance", {"attendance": [row]}).json()
    assert (len(answer["not_counted"]), answer["not_looked_at"]) == (1, 0)


def test_thousands_of_rows_about_one_person_took_a_minute() -> None:
    """Each row looked through the whole proof; now one look finds what every statement did."""
    proof = {
        "used": ["a"],
        "rejected": [{"statement": "b", "reason": "repeated"}, {"statement": "a", "reason": "other_actor"}],
        "of": [{"act": "waived", "statement": "c", "rejected": "no_job"}, {"act": "exempted", "statement": "d"}],
    }
    whole = parts_of(proof)
    assert whole == {
        "a": (True, {"other_actor"}),
        "b": (False, {"repeated"}),
        "c": (False, {"no_job"}),
        "d": (True, set()),
    }
    assert all(part_of(proof, one) == whole[one] for one in whole)
