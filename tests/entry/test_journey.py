"""What is entered counts: each page's statement meets the criterion it is for, and an act of office lets one go."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from lrs.jobs import LANES
from rules import tables as r
from tests.entry.desk import Office, fill_in
from tests.entry.test_credentials import hand_in, waiting
from tests.http.asking import asker


def decided(office: Office, person: str, program: str) -> dict[str, Any]:
    """What is decided once all work is done."""
    prowess = office.served.prowess
    while any([prowess.work.drain(lane) for lane in LANES]):  # noqa: C419 - both, each time
        pass
    d = r.decision.c
    with prowess.database.read() as conn:
        text = conn.scalar(select(d.document).where(d.person_id == person, d.program_id == program))
    assert text
    return dict(json.loads(text))


def test_everything_that_is_entered_counts(each_office: Office) -> None:
    office = each_office
    ada, olga, root = (office.browser(name) for name in ("ada", "olga", "root"))
    assert {gap["criterion"] for gap in decided(office, "ada", "yard")["gaps"]} == {
        "practical",
        "talk",
        "asked",
        "safe",
        "pit",
        "units",
    }
    fill_in(olga, "/sign-off?person=ada&activity=practical", rubric=["horn"], outcome="done", date="2026-06-29")
    assert "practical" in {gap["criterion"] for gap in decided(office, "ada", "yard")["gaps"]}
    ticks = ["load-centre", "pedestrian-stop", "horn"]
    fill_in(olga, "/sign-off?person=ada&activity=practical", rubric=ticks, outcome="done", date="2026-06-29")
    fill_in(ada, "/surveys", activity="toolbox-talk", rating="5")
    hand_in(ada)
    hr = asker(office.served, ["statements/write"])
    row = {"person": "ada", "date": "2026-06-29"}
    talk = {**row, "activity": "toolbox-talk", "credit_type": "CEU", "credits": 0.2}
    assert hr.api("POST", "attendance", {"attendance": [talk]}).status_code == 200
    sample = {**row, "indicator": "near-misses", "value": 3}
    assert hr.api("POST", "kpi-samples", {"samples": [sample]}).status_code == 200
    assert [gap["criterion"] for gap in decided(office, "ada", "yard")["gaps"]] == ["pit"]
    fill_in(root, waiting(root), verdict="accept")
    found = decided(office, "ada", "yard")
    assert (found["progress"], found["award"]) == ("met", "valid"), found["gaps"]


def test_acts_of_office_count(each_office: Office) -> None:
    office, root, grace = each_office, each_office.browser("root"), each_office.browser("grace")

    def criteria(person: str) -> set[str]:
        return {gap["criterion"] for gap in decided(office, person, "yard")["gaps"]}

    asked = "/acts?person=bob&program=yard&act="
    fill_in(root, asked + "waive", reason="Done before", criteria=["pit"])
    assert "pit" in criteria("bob"), "the program says who waives, and root is nobody's team lead"
    fill_in(grace, asked + "waive", reason="Done before", criteria=["pit", "units"])
    assert criteria("bob") == {"practical", "talk", "asked", "safe"}
    due = decided(office, "bob", "yard")["due_on"]
    fill_in(grace, asked + "extend", reason="Parental leave", due_on="2027-01-31")
    assert decided(office, "bob", "yard")["due_on"] == "2027-01-31" != due
    fill_in(root, asked + "exempt", reason="Office work for now")
    assert decided(office, "bob", "yard")["assignment"] == "exempt"
    exempted = next(one for one in office.statements() if one["verb"]["id"].endswith("/exempted"))
    root.post(f"/enter/{exempted['id']}/take-back", csrf=root.page("/enter").hidden("csrf"))
    assert decided(office, "bob", "yard")["assignment"] == "required"
