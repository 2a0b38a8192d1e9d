"""Every report on rows made by hand, with answers computed by hand, on each database."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import update

from lrs.clock import ManualClock
from lrs.people import tables as p
from lrs.prowess import Prowess
from lrs.store import tables as t
from rules.decide import source_finder
from rules.decide.scores import share_of
from rules.facts.reader import FactsReader
from rules.published.composition import published_of
from rules.published.store import Source
from tests.reports.asking import ask, rows_of
from tests.reports.rows import Rows, day, us

IRI = "https://content.example/exam"


@pytest.fixture
def organisation(rows: Rows) -> Rows:
    """Six people in two units and one who left for another; a certification and a curriculum.

    On 2026-06-30: ada valid; bob valid, ends 2026-07-20; cid overdue since 06-10; dan due 07-15; eve due in October;
    fay exempt.  gus lost his award and has no unit.
    """
    rows.program("lift", "Lift driver")
    rows.program("start", "First days", "curriculum")
    rows.person("boss", "Boss", unit="dock")
    for person, unit in (
        ("ada", "dock"),
        ("bob", "dock"),
        ("cid", "dock"),
        ("dan", "shop"),
        ("eve", "shop"),
        ("fay", "shop"),
    ):
        rows.person(person, unit=unit, job="driver", site="us-1", manager="boss")
    rows.person("gus")
    rows.status("ada", "lift", "2026-01-01", "2026-03-01", due="2026-02-28")
    rows.status(
        "ada",
        "lift",
        "2026-03-01",
        "2027-03-01",
        award="valid",
        progress="met",
        valid_from="2026-03-01",
        expires="2027-02-28",
    )
    rows.status("ada", "lift", "2027-03-01", award="expired", overdue=1, due="2027-02-28", expires="2027-02-28")
    rows.status(
        "bob",
        "lift",
        "2025-07-21",
        "2026-07-21",
        award="valid",
        renewable=1,
        valid_from="2025-07-21",
        expires="2026-07-20",
    )
    rows.status("bob", "lift", "2026-07-21", award="expired", overdue=1, due="2025-07-31", expires="2026-07-20")
    rows.status("cid", "lift", "2026-05-01", "2026-06-11", due="2026-06-10")
    rows.status("cid", "lift", "2026-06-11", overdue=1, progress="in_progress", due="2026-06-10")
    rows.status("dan", "lift", "2026-05-01", due="2026-07-15")
    rows.status("eve", "lift", "2026-05-01", due="2026-10-15")
    rows.status("fay", "lift", "2026-05-01", assignment="exempt")
    rows.status("gus", "lift", "2026-05-01", award="revoked")
    rows.status("ada", "start", "2026-05-01", progress="met", award="none", met="2026-05-10")
    rows.status("eve", "start", "2026-05-01", assignment="suggested")
    return rows


OVERVIEW = (
    "unit",
    "program_id",
    "in_scope",
    "compliant",
    "expiring",
    "overdue",
    "at_risk",
    "on_track",
    "exempt",
    "rate",
)


def test_compliance_overview(organisation: Rows, report_store: Prowess) -> None:
    assert rows_of(report_store, "compliance-overview", *OVERVIEW) == [
        ("dock", "start", 1, 1, 0, 0, 0, 0, 0, 1.0),
        ("dock", "lift", 3, 2, 1, 1, 0, 0, 0, 0.6667),
        ("shop", "lift", 2, 0, 0, 0, 1, 1, 1, 0.0),
        (None, "lift", 1, 0, 0, 0, 1, 0, 0, 0.0),
    ]
    totals = ask(report_store, "compliance-overview").totals
    assert totals == {
        "rows": 4,
        "in_scope": 7,
        "compliant": 3,
        "expiring": 1,
        "overdue": 1,
        "at_risk": 2,
        "on_track": 1,
        "exempt": 1,
        "rate": 0.4286,
    }


def test_everybody_in_scope_stands_in_exactly_one_place(organisation: Rows, report_store: Prowess) -> None:
    for as_of in ("2026-02-01", "2026-06-30", "2026-07-20", "2026-07-21", "2027-03-01", "2020-01-01"):
        totals = ask(report_store, "compliance-overview", as_of=as_of).totals
        parts = [totals[name] for name in ("compliant", "overdue", "at_risk", "on_track")]
        assert totals["in_scope"] == sum(part for part in parts if isinstance(part, int))


def test_any_day_past_or_future_can_be_asked_for(organisation: Rows, report_store: Prowess) -> None:
    for as_of, ada in (
        ("2025-12-31", None),
        ("2026-02-15", "at_risk"),
        ("2026-03-01", "compliant"),
        ("2027-02-28", "compliant"),
        ("2027-03-01", "overdue"),
    ):
        found = rows_of(report_store, "standing", "standing", person="ada", program="lift", as_of=as_of)
        assert found == ([(ada,)] if ada else []), as_of


def test_every_number_of_the_overview_has_its_rows(organisation: Rows, report_store: Prowess) -> None:
    for row in ask(report_store, "compliance-overview").rows:
        here = {"unit": row["unit"] or "(none)", "program": row["program_id"]}
        for standing in ("compliant", "at_risk", "on_track", "exempt", "overdue"):
            assert ask(report_store, "standing", standing=standing, **here).totals["rows"] == row[standing]
        assert ask(report_store, "overdue", **here).totals["rows"] == row["overdue"]
        assert ask(report_store, "expiring", within=30, assignment="required", **here).totals["rows"] == row["expiring"]
        in_scope = ask(report_store, "standing", **here).totals["rows"]
        assert isinstance(in_scope, int)
        assert in_scope - row["exempt"] == row["in_scope"]  # type: ignore[operator]


def test_a_holder_with_a_newer_gap_stays_compliant(rows: Rows, report_store: Prowess) -> None:
    rows.program("lift", "Lift driver")
    rows.person("ada")
    rows.status("ada", "lift", "2026-01-01", award="valid", overdue=1, due="2026-05-01", expires="2027-01-01")
    assert rows_of(report_store, "standing", "standing") == [("compliant",)]
    assert rows_of(report_store, "overdue", "person_id") == []


def test_overdue(organisation: Rows, report_store: Prowess) -> None:
    organisation.evidence("cid", IRI, us("2026-06-05"))
    organisation.evidence("cid", IRI, us("2026-06-20"))
    organisation.evidence("cid", IRI, us("2026-06-25"), voided=99)
    organisation.evidence("cid", IRI, us("2026-07-02"))
    columns = ("person_id", "unit", "manager", "due_on", "days_late", "progress", "last_activity")
    assert rows_of(report_store, "overdue", *columns) == [
        ("cid", "dock", "Boss", "2026-06-10", 20, "in_progress", "2026-06-20T00:00:00.000000Z")
    ]
    assert rows_of(report_store, "overdue", "person_id", "days_late", as_of="2026-07-21") == [("cid", 41), ("bob", 1)]


def test_an_overdue_row_is_never_zero_days_late(rows: Rows, report_store: Prowess) -> None:
    """In Tokyo the day after 2026-06-30 begins while it is still that day in UTC."""
    rows.program("lift", "Lift driver")
    rows.person("rei")
    rows.status("rei", "lift", us("2026-06-30") + 1, overdue=1, due="2026-06-30")
    assert rows_of(report_store, "overdue", "days_late") == [(1,)]


def test_expiring(organisation: Rows, report_store: Prowess) -> None:
    columns = ("person_id", "issued_on", "expires_on", "days_left", "renewal")
    assert rows_of(report_store, "expiring", *columns) == [("bob", "2025-07-21", "2026-07-20", 20, "open")]
    assert rows_of(report_store, "expiring", "person_id", within=243) == [("bob",), ("ada",)]
    assert rows_of(report_store, "expiring", "person_id", within=242) == [("bob",)]
    assert rows_of(report_store, "expiring", "person_id", as_of="2026-07-21") == []


def test_a_certificate_is_good_until_the_end_of_the_local_day(rows: Rows, report_store: Prowess) -> None:
    """In New York 2026-06-29 ends at 04:00 UTC of the next day: until then the row says valid and 0 days left."""
    rows.program("lift", "Lift driver")
    rows.person("ny")
    end = us("2026-06-30") + 4 * 3_600_000_000
    rows.status("ny", "lift", "2026-01-01", end, award="valid", expires="2026-06-29")
    rows.status("ny", "lift", end, award="expired", expires="2026-06-29", overdue=1, due="2026-06-29")
    assert rows_of(report_store, "expiring", "days_left", as_of="2026-06-30T03:59:59Z") == [(0,)]
    assert rows_of(report_store, "expiring", "days_left", as_of="2026-06-30T04:00:00Z") == []
    assert rows_of(report_store, "overdue", "days_late", as_of="2026-06-30T04:00:00Z") == [(1,)]


def test_those_to_whom_it_is_no_longer_assigned_are_not_asked_to_renew(rows: Rows, report_store: Prowess) -> None:
    rows.program("lift", "Lift driver")
    for person, assignment in (("gone", "withdrawn"), ("free", "exempt"), ("keen", "suggested")):
        rows.person(person)
        rows.status(person, "lift", "2026-01-01", assignment=assignment, award="valid", expires="2026-07-01")
    assert rows_of(report_store, "expiring", "person_id") == [("keen",)]
    assert len(rows_of(report_store, "certification-register", "person_id")) == 3


def test_certification_register(organisation: Rows, report_store: Prowess) -> None:
    first, second, unsent = UUID(int=1), UUID(int=2), UUID(int=3)
    organisation.emission("ada", "lift", second, at=20)
    organisation.emission("ada", "lift", first, at=10)
    organisation.emission("ada", "lift", unsent, at=5, recorded=0)
    columns = ("person_id", "program", "award", "version", "valid_from", "expires_on", "statements")
    assert rows_of(report_store, "certification-register", *columns) == [
        ("ada", "Lift driver", "valid", 1, "2026-03-01", "2027-02-28", [str(first), str(second)]),
        ("bob", "Lift driver", "valid", 1, "2025-07-21", "2026-07-20", []),
        ("gus", "Lift driver", "revoked", 1, None, None, []),
    ]
    assert rows_of(report_store, "certification-register", "person_id", award="revoked") == [("gus",)]
    assert rows_of(report_store, "certification-register", "person_id", as_of="2026-02-01") == [("bob",)]
    assert rows_of(report_store, "certification-register", "award", person="ada", as_of="2028-01-01") == [("expired",)]


def test_the_register_says_which_programs_were_withdrawn_by_its_day(rows: Rows, report_store: Prowess) -> None:
    rows.program("lift", "Lift driver", withdrawn=us("2026-06-01"))
    rows.person("ada")
    rows.status("ada", "lift", "2026-01-01", "2026-06-01", award="valid", expires="2027-01-01")
    rows.status("ada", "lift", "2026-06-01", assignment="withdrawn", award="valid", expires="2027-01-01")
    found = ("award", "program_withdrawn")
    assert rows_of(report_store, "certification-register", *found, as_of="2026-05-31") == [("valid", None)]
    assert rows_of(report_store, "certification-register", *found) == [("valid", "2026-06-01T00:00:00.000000Z")]
    assert rows_of(report_store, "standing", "program_id") == []


def test_transcript(rows: Rows, report_store: Prowess) -> None:
    rows.person("ada")
    rows.activity("exam", "Exam", IRI)
    rows.activity("exam", "Exam", IRI + "/again")
    rows.evidence("ada", IRI, us("2026-06-01"), "launched")
    rows.evidence("ada", IRI, us("2026-06-02"), "failed", raw="15", most="30")
    rows.evidence("ada", IRI + "/again", us("2026-06-03"), "passed", raw="29", most="30", least="10", success=1)
    rows.evidence("ada", IRI, us("2026-06-04"), "passed", scaled="0.9")
    rows.evidence("ada", IRI, us("2026-06-05"), "completed", completion=1)
    rows.evidence("ada", IRI, us("2026-06-06"), "failed", scaled="0.1", voided=77)
    rows.evidence("ada", IRI, us("2026-07-09"), "failed", scaled="0.2")
    columns = ("activity_id", "attempts", "first_score", "best_score", "latest_score", "passes", "failures")
    assert rows_of(report_store, "transcript", *columns) == [("exam", 3, 0.5, 0.95, 0.9, 2, 1)]
    columns = ("latest_verdict", "completed", "first_seen", "last_seen", "certificates_held")
    assert rows_of(report_store, "transcript", *columns) == [
        ("passed", True, "2026-06-01T00:00:00.000000Z", "2026-06-05T00:00:00.000000Z", 0)
    ]
    assert rows_of(report_store, "transcript", "latest_verdict", "latest_score", as_of="2026-06-02") == [
        ("failed", 0.5)
    ]
    assert rows_of(report_store, "transcript", "attempts", as_of="2026-06-01") == [(0,)]


def test_the_transcript_read_scaled_otherwise_than_the_decision(rows: Rows, report_store: Prowess) -> None:
    """Moodle scales from -1 to 1: what a program took for 80 % was 60 % in the transcript."""
    keys = [report_store.credentials.create(name, ["all"])[0].id for name in ("campus", "other")]
    sources = f"""
kind: certification
id: lift
title: Lift driver
version: 1
effective: 2026-01-01
require: {{all: [{{passed: exam, min_score: 0.8}}]}}
---
{{kind: activity, id: exam, title: Exam, iris: ["{IRI}"]}}
---
{{kind: source, id: campus, match: {{credential: campus}}, profile: moodle-logstore}}
---
{{kind: source, id: trusted, match: {{credential: campus, platform: Plain}}}}
---
{{kind: source, id: old, match: {{platform: Old}}, profile: moodle-logstore}}
"""
    published_of(report_store).apply([Source("programs.yaml", sources)])
    sent: list[tuple[str, int, dict[str, str], float]] = [
        ("ada", keys[0], {"scaled": "0.6"}, 0.8),
        ("bob", keys[0], {"scaled": "0.6", "platform": "Plain"}, 0.6),
        ("cid", keys[1], {"scaled": "0.6"}, 0.6),
        ("dan", keys[1], {"scaled": "-1", "platform": "Old"}, 0.0),
        ("eve", keys[0], {"scaled": "0.6", "raw": "9", "most": "10"}, 0.9),
        ("fay", keys[0], {"scaled": "0.6", "most": "10"}, 0.8),
    ]
    for person, key, score, _ in sent:
        rows.person(person)
        rows.evidence(person, IRI, us("2026-06-02"), credential_id=key, **score)
    ruleset = published_of(report_store).current(1).ruleset
    facts = FactsReader(report_store.database, report_store.people).read(1, ruleset)
    source_of = source_finder(ruleset.sources)
    decided = {
        person: [share_of(row, source_of(row)[1].scale) for row in facts[person].evidence] for person, *_ in sent
    }
    found = dict(rows_of(report_store, "transcript", "person_id", "latest_score"))
    assert found == {person: wanted for person, _, _, wanted in sent}
    assert {person: [float(share or 0) for share in shares] for person, shares in decided.items()} == {
        person: [wanted] for person, wanted in found.items()
    }


def test_a_score_without_a_scale_is_unknown(rows: Rows, report_store: Prowess) -> None:
    rows.person("ada")
    rows.activity("exam", "Exam", IRI)
    rows.evidence("ada", IRI, us("2026-06-02"), "passed", raw="24")
    rows.evidence("ada", IRI, us("2026-06-03"), "passed", raw="1", most="1", least="1")
    assert rows_of(report_store, "transcript", "attempts", "best_score") == [(2, None)]


def test_a_score_beyond_all_numbers_broke_the_transcript(rows: Rows, report_store: Prowess) -> None:
    rows.person("ada")
    far, near = "1E+400", "1E-400"
    scores: list[tuple[dict[str, str], float | None]] = [
        ({"raw": far, "most": "2E+400"}, None),
        ({"raw": "1", "most": far}, None),
        ({"raw": "1", "most": "2", "least": near}, None),
        ({"raw": far, "most": far, "scaled": "0.5"}, 0.5),
        ({"raw": "9" * 400, "most": "9" * 401}, None),
        ({"scaled": near}, None),
        ({"scaled": "1E-7"}, 0.0),
        ({"raw": "80", "most": "1E+2"}, 0.8),
        ({"raw": "8E+11", "most": "1E+12"}, 0.8),
        ({"raw": "3", "most": "1", "least": "2", "scaled": "0.25"}, 0.25),
    ]
    for number, (score, _) in enumerate(scores):
        rows.activity(f"a{number}", "An exam", f"{IRI}/{number}")
        rows.evidence("ada", f"{IRI}/{number}", us("2026-06-02"), "passed", **score)
    found = rows_of(report_store, "transcript", "activity_id", "best_score")
    assert dict(found) == {f"a{number}": wanted for number, (_, wanted) in enumerate(scores)}


def test_an_attempt_counts_for_its_quiz_and_not_for_the_course(rows: Rows, report_store: Prowess) -> None:
    rows.person("ada")
    rows.activity("quiz", "Quiz", "https://lms.example/quiz")
    rows.activity("course", "Course", "https://lms.example/course")
    types = "http://adlnet.gov/expapi/activities/"
    at = us("2026-06-02")
    rows.evidence("ada", "https://lms.example/quiz", at, scaled="0.8", relation=1, activity_type=types + "assessment")
    rows.evidence("ada", "https://lms.example/course", at, scaled="0.8", relation=1, activity_type=types + "course")
    assert rows_of(report_store, "transcript", "activity_id", "best_score") == [("quiz", 0.8)]


def test_data_health(rows: Rows, report_store: Prowess, clock: ManualClock) -> None:
    report_store.credentials.create("lms", ["all"])
    noon = clock.now()
    seconds = [1, 2, 3, 100]
    for place, lag in enumerate(seconds):
        rows.sent([_statement("ada", _before(noon + place, lag))], clock=clock, at=noon + place)
    rows.person("ada")
    rows.evidence("stranger", IRI, noon, seq=noon + 1)
    rows.evidence("ada", IRI, noon, seq=noon + 2)
    rows.add(t.parked, consumer="rules.evidence", seq=noon + 3, error="boom", parked_at=noon)
    columns = ("source", "day", "statements", "lag_p50", "lag_p95", "voids", "unknown_actors", "parked")
    assert rows_of(report_store, "data-health", *columns) == [("lms", "2026-06-30", 4, 2, 100, 0, 1, 1)]
    assert rows_of(report_store, "data-health", "day", to="2026-06-29") == []
    assert rows_of(report_store, "data-health", "day", from_="2026-06-30", source="lms") == [("2026-06-30",)]


def _before(us_: int, seconds: int) -> str:
    from lrs.clock import to_text

    return to_text(us_ - seconds * 1_000_000)


def _statement(person: str, timestamp: str) -> dict[str, object]:
    return {
        "actor": {"mbox": f"mailto:{person}@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": IRI},
        "timestamp": timestamp,
    }


def test_the_unit_of_the_day_counts_and_a_person_counts_once(rows: Rows, report_store: Prowess) -> None:
    rows.program("lift", "Lift driver")
    rows.person("ada", unit="dock", until="2026-05-31", manager="boss")
    rows.position("ada", 1, unit="shop", since="2026-06-01")
    rows.position("ada", 2, unit="yard", since="2026-06-01")
    rows.status("ada", "lift", "2026-01-01")
    assert rows_of(report_store, "compliance-overview", "unit", "in_scope", as_of="2026-05-31") == [("dock", 1)]
    assert rows_of(report_store, "compliance-overview", "unit", "in_scope") == [("shop", 1)]
    assert rows_of(report_store, "standing", "person_id", manager="boss") == []
    assert rows_of(report_store, "standing", "manager", manager="boss", as_of="2026-05-31") == [("boss",)]


def test_the_manager_of_a_report_was_the_first_by_id_and_not_as_written(rows: Rows, report_store: Prowess) -> None:
    rows.program("lift", "Lift driver")
    rows.person("ada", manager="zoe")
    also = {"person_id": "ada", "known_from": 1, "ordinal": 0, "from_day": day("2020-01-01"), "to_day": None}
    rows.add(p.manager, **also, manager_id="amy", place=1)
    rows.status("ada", "lift", "2026-01-01")
    assert rows_of(report_store, "standing", "manager") == [("zoe",)]
    unknown = update(p.manager).values(place=None)
    report_store.database.write(lambda conn: conn.execute(unknown))
    assert rows_of(report_store, "standing", "manager") == [("amy",)]


def test_filters(organisation: Rows, report_store: Prowess) -> None:
    def people(**given: object) -> list[str]:
        return [
            id_ for (id_,) in rows_of(report_store, "standing", "person_id", program="lift", sort="person_id", **given)
        ]

    assert people(unit="dock") == ["ada", "bob", "cid"]
    assert people(unit=["dock", "(none)"]) == ["ada", "bob", "cid", "gus"]
    assert people(job="driver", site="us-1") == ["ada", "bob", "cid", "dan", "eve", "fay"]
    assert people(manager="boss", standing=["overdue", "exempt"]) == ["cid", "fay"]
    assert people(unit="") == ["ada", "bob", "cid", "dan", "eve", "fay", "gus"]


def test_another_tenant_sees_nothing(organisation: Rows, report_store: Prowess) -> None:
    for name in (
        "compliance-overview",
        "standing",
        "overdue",
        "expiring",
        "certification-register",
        "transcript",
        "data-health",
    ):
        page = ask(report_store, name, tenant_id=2)
        assert (page.rows, page.totals["rows"]) == ([], 0)


def test_what_is_due_soon_was_chosen_by_another_day_than_the_one_that_is_shown(report_store: Prowess) -> None:
    """Of an award that expired the day of its end counts, whatever the due day of the first time was."""
    rows = Rows(report_store)
    rows.person("kim")
    rows.person("lea")
    for person, due, expires in (("kim", None, "2026-07-01"), ("lea", "2026-07-02", "2026-12-01")):
        rows.status(person, "forklift", "2026-06-01", award="expired", due=due, expires=expires)
    found = dict(rows_of(report_store, "due-soon", "person_id", "due_on", within=30))
    assert found["kim"] == "2026-07-01"
    assert "lea" not in found, "its last good day is in December"


def test_a_lapsed_award_was_late_from_one_day_in_the_report_and_from_another_in_its_letters(
    rows: Rows, report_store: Prowess
) -> None:
    rows.program("lift", "Lift driver")
    rows.person("ann")
    rows.status(
        "ann",
        "lift",
        "2026-06-25",
        award="lapsed",
        overdue=1,
        due="2024-01-31",
        expires="2026-06-10",
        grace="2026-06-24",
    )
    assert rows_of(report_store, "overdue", "due_on", "days_late") == [("2026-06-10", 20)]
