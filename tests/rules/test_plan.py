"""Plans against a store under a moved clock: what they say comes true, what moved is refused, and going back goes forward."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrs.errors import BadRequest, Conflict, NotFound
from lrs.prowess import Plugin, Push
from lrs.store.tables import DEFAULT_TENANT
from rules.published import editions
from rules.published.composition import published_of
from rules.published.store import Source, load_sources
from rules.publishing.plan import Plan, plan
from rules.publishing.plan import file as plan_file
from rules.publishing.plan.text import text
from rules.publishing.proposal import Proposal, again, propose, publish
from rules.tables import decision, emission, ruleset
from tests.rules.office import LADDER, PROGRAM, Office, office_at
from tests.servers import sqlite_at

BOTH = PROGRAM + LADDER
ACTIVITIES, FIRST = PROGRAM.partition("---")[2], PROGRAM.partition("---")[0]
BOB = """
people:
  - {id: bob, name: Bob, email: bob@example.org, positions: [{from: 2026-01-28, job: operator, site: hq, managers: [grace]}]}
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Ada passed; bob, who began on the same day, did not yet."""
    with office_at(sqlite_at(tmp_path / "office.db"), programs=BOTH) as office:
        office.people(BOB)
        office.until("2026-02-03T12:00Z")
        office.statement()
        office.until("2026-02-05T12:00Z")
        yield office


def second(**changes: str) -> str:
    """The program with a second version, some lines of which read differently."""
    lines = dict(line.split(": ", 1) for line in FIRST.strip().splitlines())
    lines |= {"version": "2", "effective": "2026-02-04", "apply": "at_renewal", **changes}
    return (
        FIRST + "---\n" + "\n".join(f"{key}: {value}" for key, value in lines.items()) + "\n---" + ACTIVITIES + LADDER
    )


def made(office: Office, programs: str, **options: Any) -> Proposal:
    sources = [Source("programs.yaml", programs)]
    return propose(office.prowess, published_of(office.prowess), sources, load_sources(sources), **options)


def planned(office: Office, programs: str) -> Plan:
    return plan(office.prowess, published_of(office.prowess), load_sources([Source("p.yaml", programs)]))


def applied(office: Office, proposal: Proposal, **options: Any) -> bool:
    options = {"withdraw": False, "by": None, **options}
    done = publish(published_of(office.prowess), proposal, **options).is_new
    office.drain()
    return done


def documents(office: Office) -> dict[str, dict[str, Any]]:
    return {row.person_id: json.loads(row.document) for row in office.rows(decision) if row.person_id in ("ada", "bob")}


def said(office: Office) -> list[tuple[str, str]]:
    rows = sorted(office.rows(emission), key=lambda row: (row.created_at, row.person_id))
    return [(row.transition, row.person_id) for row in rows]


def test_publishing_the_same_again_changes_nothing(office: Office) -> None:
    found = planned(office, BOTH)
    assert found.is_empty
    assert found.hash == found.current
    assert "nothing changes for any of 6 people" in text(found)
    assert not applied(office, made(office, BOTH))


def test_another_address_of_an_activity_is_a_change_although_it_concerns_nobody(office: Office) -> None:
    """`prowess plan --exit-code` said 0, and the editor hid its button."""
    more = BOTH.replace('"https://x.example/exam"', '"https://x.example/exam", "https://x.example/exam-2"')
    assert more != BOTH
    found = planned(office, more)
    assert (found.changed, found.changes) == ((), ())
    assert not found.is_empty
    assert text(found).startswith("no program reads differently, something they refer to does\n")
    assert applied(office, made(office, more))


def test_a_plan_says_which_dates_move_and_which_notices_follow(office: Office) -> None:
    """Bob's time to do it is doubled: the ladder he is on is another one from then on."""
    found = planned(office, second(due="{after: assigned, within: P60D}"))
    (change,) = [one for one in found.changes if one.person == "bob"]
    assert change.kinds == ("dates",)
    assert change.moved == {"due_on": ("2026-02-27", "2026-03-29")}
    assert [one.person for one in found.changes] == ["bob"], "ada keeps the date under which she earned it"
    assert {one.day for one in found.notices} == {"2026-03-29"}
    assert {one.day for one in found.dropped} == {"2026-02-27"}
    told = [(one.step, one.recipient, one.at) for one in found.notices if one.action is None][:3]
    assert told == [
        ("due-P14D", "bob", "2026-03-16T09:00:00Z"),
        ("due+P1D", "bob", "2026-03-30T08:00:00Z"),
        ("due+P1D", "grace", "2026-03-30T08:00:00Z"),
    ]
    shown = text(found)
    assert "1 of 6 people: 1 dates move" in shown
    assert "    bob                  due 2026-02-27 -> 2026-03-29" in shown
    assert "notices that do not come any more: 8" in shown
    assert "ada" not in shown
    assert "bob                  due+P1D of 2026-03-29: to bob as learner, 2026-03-30 09:00 Europe/London" in shown, (
        "in UTC it is 08:00, and of an evening in America the day after"
    )
    assert {one["zone"] for one in found.as_json()["notices"]} == {"Europe/London", "America/New_York"}


def test_a_missed_step_comes_at_once(office: Office) -> None:
    found = planned(office, second(due="{after: assigned, within: P7D}"))
    (change,) = found.changes
    assert change.becomes_overdue
    assert [(one.step, one.recipient) for one in found.notices if one.at is None] == [
        ("due+P1D", "bob"),
        ("due+P1D", "grace"),
    ]
    assert "overdue at once: 1" in text(found)
    applied(office, made(office, second(due="{after: assigned, within: P7D}")))
    office.until("2026-02-05T18:00Z")
    sent = [row for row in office.notices() if row[2] == "sent"]
    assert [row[:2] for row in sent] == [("due+P1D", "bob"), ("due+P1D", "grace")], "what the plan said came true"


def test_what_a_plan_says_of_gains_comes_true(office: Office) -> None:
    """Bob failed by the old pass mark and passes by the new one."""
    office.statement("bob", result={"score": {"scaled": 0.7}}, verb="http://adlnet.gov/expapi/verbs/passed")
    office.drain()
    programs = second(require="{all: [{id: exam, passed: exam, min_score: 0.60}]}")
    proposal = made(office, programs)
    (change,) = proposal.plan.changes
    assert ("gain" in change.kinds, change.person) == (True, "bob")
    assert proposal.plan.counts == {"awarded": 1}
    before = said(office)
    assert applied(office, proposal)
    assert said(office)[len(before) :] == [("awarded", "bob")]
    assert documents(office)["bob"]["version"] == 2
    assert documents(office)["ada"]["version"] == 1, "an award remembers the version that granted it"


@pytest.mark.journey
@pytest.mark.parametrize(
    ("apply", "ada", "gaps", "due"),
    [
        ("new", "valid", [], None),
        ("at_renewal", "valid", [], None),
        ("{now: {due: P30D}}", "valid", ["extra"], "2026-03-06"),
    ],
)
def test_versions_meet_living_awards_as_they_say(
    office: Office, apply: str, ada: str, gaps: list[str], due: str | None
) -> None:
    programs = second(
        apply=apply, require="{all: [{id: exam, passed: exam, min_score: 0.80}, {id: extra, completed: exam}]}"
    )
    proposal = made(office, programs)
    hers = [one for one in proposal.plan.changes if one.person == "ada"]
    assert [one.moved.get("due_on", (None, None))[1] for one in hers] == ([due] if due else [])
    lacks = [{"criterion": gap, "text": "complete Exam"} for gap in gaps]
    assert [one.as_json()["owes"] for one in hers] == ([{"due_on": due, "lacks": lacks}] if due else [])
    said_of_her = "  owe more for an award they hold: 1\n    ada                  complete Exam, by 2026-03-06\n"
    assert (said_of_her in text(proposal.plan)) is (due is not None)
    assert not any("lose" in one.kinds for one in proposal.plan.changes)
    applied(office, proposal)
    document = documents(office)["ada"]
    assert (document["version"], document["award"], document["expires_on"]) == (1, ada, "2027-02-03")
    assert [gap["criterion"] for gap in document["gaps"]] == gaps
    office.until("2026-12-20T12:00Z")
    document = documents(office)["ada"]
    late = {"new": ("valid", ["exam"]), "at_renewal": ("valid", ["exam", "extra"])}
    assert (document["award"], [gap["criterion"] for gap in document["gaps"]]) == late.get(
        apply, ("suspended", ["extra"])
    )
    assert document["version"] == 1


def test_of_all_that_somebody_owes_a_plan_names_the_first(office: Office) -> None:
    """The group says how many people; each line stays one line."""
    more = ", ".join(f"{{id: extra{number}, completed: exam}}" for number in range(5))
    found = planned(office, second(apply="{now: {due: P30D}}", effective="2026-02-10", require=f"{{all: [{more}]}}"))
    shown = text(found)
    assert "on 2026-02-10, by what is known now:" in shown
    assert "ada                  complete Exam; complete Exam; complete Exam; and 2 more, by 2026-03-12" in shown
    assert len(found.as_json()["later"][0]["changes"][0]["owes"]["lacks"]) == 5


def test_what_was_owed_before_is_not_told_as_new(office: Office) -> None:
    """A third version that asks the same of her by the same day changes nothing for her."""
    two = second(apply="{now: {due: P30D}}", require="{all: [{id: extra, completed: exam}]}")
    applied(office, made(office, two))
    found = planned(office, two.replace("title: Exam", "title: Examination"))
    assert [one.owes for one in found.changes if one.person == "ada"] == []


def test_a_version_of_a_day_to_come_is_planned_for_that_day(office: Office) -> None:
    found = planned(office, second(effective="2026-06-01", require="{all: [{passed: exam, min_score: 0.95}]}"))
    assert (found.changes, [later.day for later in found.later]) == ((), ["2026-06-01"])
    assert not found.is_empty
    found = planned(office, second(effective="2026-06-01", due="{after: assigned, within: P60D}"))
    ((change,),) = [later.changes for later in found.later]
    assert (change.person, change.moved) == ("bob", {"due_on": ("2026-02-27", "2026-03-29")})
    assert "on 2026-06-01, by what is known now:" in text(found)


def test_taking_back_a_version_to_come_said_that_nothing_changes(office: Office) -> None:
    wider = second(effective="2026-06-01", **{"for": "{job: lead}", "due": "{after: assigned, within: P60D}"})
    applied(office, made(office, wider))
    found = planned(office, BOTH)
    assert [tuple(one) for one in found.taken_back] == [("forklift", 2, "2026-06-01")]
    assert (found.changes, [later.day for later in found.later]) == ((), ["2026-06-01"])
    kinds = {change.person: change.kinds for later in found.later for change in later.changes}
    assert kinds["grace"] == ("released",)
    told = text(found)
    assert "taken back forklift version 2, which was to take effect on 2026-06-01" in told
    assert "nothing changes now for any of 6 people" in told
    assert "no longer asked: 1\n    grace" in told.partition("on 2026-06-01")[2]
    assert found.as_json()["taken_back"] == [{"program": "forklift", "version": 2, "effective": "2026-06-01"}]
    assert planned(office, wider).taken_back == ()


def test_taking_back_a_program_to_come_says_who_would_have_been_asked(office: Office) -> None:
    yard = FIRST.replace("id: forklift", "id: yard").replace("2024-01-01", "2026-06-01") + "---"
    applied(office, made(office, yard + BOTH))
    found = planned(office, BOTH)
    assert found.removed == ("yard",)
    assert [tuple(one) for one in found.taken_back] == [("yard", 1, "2026-06-01")]
    assert {change.person for later in found.later for change in later.changes if "released" in change.kinds} == {
        "ada",
        "bob",
    }


def test_withdrawing_a_program_in_force_says_once_who_is_released(office: Office) -> None:
    applied(office, made(office, second(effective="2026-06-01", due="{after: assigned, within: P60D}")))
    rest = FIRST.replace("id: forklift", "id: other") + "---" + ACTIVITIES + LADDER
    found = planned(office, rest)
    assert [tuple(one) for one in found.taken_back] == [("forklift", 2, "2026-06-01")]
    assert found.later == ()


def test_another_text_of_a_version_to_come_is_no_version_taken_back(office: Office) -> None:
    applied(office, made(office, second(effective="2026-06-01")))
    found = plan(
        office.prowess,
        published_of(office.prowess),
        load_sources([Source("p.yaml", second(effective="2026-07-01"))]),
    )
    assert found.taken_back == ()
    assert [later.day for later in found.later] == ["2026-06-01", "2026-07-01"]


def test_thousands_are_counted_and_only_the_first_are_named(office: Office) -> None:
    people = [
        f"{{id: p{n:02}, name: P, positions: [{{from: 2026-01-28, job: operator, site: hq}}]}}" for n in range(30)
    ]
    office.people("people:\n" + "\n".join(f"  - {one}" for one in people))
    office.drain()
    found = planned(office, second(due="{after: assigned, within: P60D}"))
    short, long = text(found).splitlines(), text(found, most=None).splitlines()
    assert "31 of 36 people: 31 dates move" in short[1]
    assert "    and 21 more (--all)" in short
    assert sum("due 2026-02-27 ->" in line for line in long) == 31
    assert len(short) < 60


def written(office: Office, proposal: Proposal, path: Path) -> plan_file.PlanFile:
    path.write_text(plan_file.text_of(proposal.as_json(office.clock.now())))
    return plan_file.load(path)


def test_a_plan_is_applied_as_it_was_planned(office: Office, tmp_path: Path) -> None:
    programs = second(due="{after: assigned, within: P60D}")
    kept = written(office, made(office, programs), tmp_path / "plan.json")
    assert kept.made_at > 0
    office.until("2026-02-06T12:00Z")
    assert applied(office, again(office.prowess, published_of(office.prowess), kept, tolerance=0))
    assert documents(office)["bob"]["due_on"] == "2026-03-29"
    same = again(office.prowess, published_of(office.prowess), kept, tolerance=0)
    assert not applied(office, same), "applying it twice is no second edition"


def test_a_plan_is_refused_when_facts_moved_past_the_tolerance(office: Office, tmp_path: Path) -> None:
    programs = second(due="{after: assigned, within: P60D}")
    kept = written(office, made(office, programs), tmp_path / "plan.json")
    office.statement("bob")
    office.until("2026-02-06T12:00Z")
    published = published_of(office.prowess)
    before = published.current().applied_seq
    with pytest.raises(Conflict, match="1 outcome differs from the plan: bob in forklift changes otherwise") as refused:
        again(office.prowess, published, kept, tolerance=0)
    assert "--tolerance 1" in str(refused.value.hint)
    assert published.current().applied_seq == before
    assert applied(office, again(office.prowess, published, kept, tolerance=1))


def test_a_plan_whose_notices_went_to_others_meanwhile_was_applied(office: Office, tmp_path: Path) -> None:
    programs = second(due="{after: assigned, within: P60D}")
    kept = written(office, made(office, programs), tmp_path / "plan.json")
    office.people(BOB.replace("[grace]", "[hopper]"))
    office.drain()
    with pytest.raises(Conflict, match="1 outcome differs from the plan: bob in forklift brings other") as refused:
        again(office.prowess, published_of(office.prowess), kept, tolerance=0)
    assert "now due+P1D of 2026-03-29 to hopper as manager" in refused.value.message
    assert "without due+P1D of 2026-03-29 to grace as manager" in refused.value.message
    assert again(office.prowess, published_of(office.prowess), kept, tolerance=1)


def test_a_plan_was_applied_although_a_system_was_connected_meanwhile(office: Office, tmp_path: Path) -> None:
    programs = second(due="{after: assigned, within: P7D}", apply="{now: {due: P30D}}", valid="{for: P2Y}")
    kept = written(office, made(office, programs), tmp_path / "plan.json")
    lms = Plugin(name="lms", pushes=lambda _, statement: [Push("moodle", "assign")])
    office.prowess.plugins = (*office.prowess.plugins, lms)
    with pytest.raises(Conflict, match="brings other messages: now moodle assign"):
        again(office.prowess, published_of(office.prowess), kept, tolerance=0)


def test_a_plan_holds_while_only_the_hours_of_its_steps_come(office: Office, tmp_path: Path) -> None:
    """The step of 13 February was sent by the old ladder, so that the new one no longer keeps it from being sent."""
    programs = second(due="{after: assigned, within: P60D}")
    kept = written(office, made(office, programs), tmp_path / "plan.json")
    office.until("2026-02-16T12:00Z")
    assert ("due-P14D", "bob", "sent") in [row[:3] for row in office.notices()]
    assert applied(office, again(office.prowess, published_of(office.prowess), kept, tolerance=0))


def test_a_plan_is_refused_when_other_programs_were_published_since(office: Office, tmp_path: Path) -> None:
    kept = written(office, made(office, second(due="{after: assigned, within: P60D}")), tmp_path / "plan.json")
    racing = made(office, second(due="{after: assigned, within: P60D}"))
    applied(office, made(office, second(version="3", effective="2026-02-05")))
    with pytest.raises(Conflict, match="other programs were published since"):
        again(office.prowess, published_of(office.prowess), kept, tolerance=1000)
    rows = office.rows(ruleset)
    with pytest.raises(Conflict, match="meanwhile"):
        applied(office, racing)
    assert office.rows(ruleset) == rows, "nothing is half done"


def test_a_version_that_is_written_over_the_one_before_is_refused(office: Office) -> None:
    """It took everybody's assignments and certificates away, and `apply` asked nothing."""
    over = BOTH.replace("version: 1", "version: 2\napply: {now: {due: P30D}}")
    rows = office.rows(ruleset)
    with pytest.raises(Conflict, match="version 1 of 'forklift' is published and missing here") as refused:
        made(office, over)
    assert "keep version 1 as it was, and write version 2 below it" in (refused.value.hint or "")
    with pytest.raises(Conflict, match="missing here, where version 2 is"):
        published_of(office.prowess).apply([Source("p.yaml", over)])
    assert office.rows(ruleset) == rows
    applied(office, made(office, second()))
    applied(office, made(office, BOTH))


def test_a_plan_that_was_edited_is_refused(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    written(office, made(office, second(due="{after: assigned, within: P60D}")), path)
    whole = path.read_text()
    path.write_text(whole.replace('"due_on": "2026-03-29"', '"due_on": "2026-04-29"'))
    with pytest.raises(BadRequest, match="was changed after it was planned"):
        plan_file.load(path)
    path.write_text(whole.replace("within: P60D", "within: P90D"))
    with pytest.raises(BadRequest, match="not those that were planned"):
        again(office.prowess, published_of(office.prowess), plan_file.load(path), tolerance=0)
    for no_plan in ("", "{}", "[]", '{"plan": 1}', "[" * 5000):
        path.write_text(no_plan)
        with pytest.raises(BadRequest, match="is no plan"):
            plan_file.load(path)


def history(office: Office) -> list[editions.Entry]:
    with office.prowess.database.read() as conn:
        return editions.history(conn, DEFAULT_TENANT)


def back(office: Office, name: str | None = None) -> Proposal:
    entry = editions.get(history(office), name)
    published = published_of(office.prowess)
    edition = published.edition(DEFAULT_TENANT, entry.applied_seq)
    sources = published.sources(DEFAULT_TENANT, entry.applied_seq)
    return propose(office.prowess, published, sources, edition.ruleset, restores=entry.applied_seq)


def test_rolling_back_publishes_the_earlier_edition_as_a_new_one(office: Office) -> None:
    """What only the version that is taken back gave is revoked; what the earlier one gives as well is kept."""
    office.statement("bob", result={"score": {"scaled": 0.7}}, verb="http://adlnet.gov/expapi/verbs/passed")
    applied(office, made(office, second(require="{all: [{passed: exam, min_score: 0.60}]}")), by="grace")
    assert {name: one["award"] for name, one in documents(office).items()} == {"ada": "valid", "bob": "valid"}
    proposal = back(office)
    (change,) = proposal.plan.changes
    assert (change.person, "lose" in change.kinds, change.transitions) == ("bob", True, ("revoked",))
    before = said(office)
    assert applied(office, proposal, by="hr")
    assert said(office)[len(before) :] == [("revoked", "bob")]
    assert {name: one["award"] for name, one in documents(office).items()} == {"ada": "valid", "bob": "none"}
    assert documents(office)["bob"]["due_on"] == "2026-02-27", "what was owed is owed again, by the same day"
    found = history(office)
    assert [(one.number, one.by, one.restores) for one in found] == [(1, None, None), (2, "grace", None), (3, "hr", 1)]
    assert [one.changed for one in found[1:]] == [("forklift",), ("forklift",)]
    assert found[0].hash == found[2].hash
    before = said(office)
    forward = back(office)
    assert forward.plan.counts == {"awarded": 1}
    assert applied(office, forward)
    assert said(office)[len(before) :] == [("awarded", "bob")], "forward again: it is granted anew, and announced anew"


def test_rolling_back_twice_announces_only_what_is_new(office: Office) -> None:
    for _ in range(3):
        applied(office, made(office, second(due="{after: assigned, within: P60D}")))
        applied(office, back(office, "1"))
    assert [one for one in said(office) if one[0] not in ("assigned", "awarded")] == []
    assert len(history(office)) == 7


def test_a_version_that_was_taken_back_still_never_changes(office: Office) -> None:
    applied(office, made(office, second(due="{after: assigned, within: P60D}")))
    applied(office, back(office))
    with pytest.raises(Conflict, match="version 2 of 'forklift' was published and reads differently now"):
        made(office, second(due="{after: assigned, within: P45D}"))


def test_an_edition_has_a_number_and_a_hash(office: Office) -> None:
    applied(office, made(office, second(due="{after: assigned, within: P60D}")))
    entries = history(office)
    assert editions.get(entries, "1") == entries[0] == editions.get(entries, None)
    assert editions.get(entries, entries[1].hash[:8].upper()) == entries[1]
    for name in ("0", "3", "abc", "nothing"):
        with pytest.raises(NotFound, match="there is no edition"):
            editions.get(entries, name)
    with pytest.raises(NotFound, match="nothing was published before"):
        editions.get(entries[:1], None)
    with pytest.raises(BadRequest, match="several editions"):
        editions.get(
            [entries[0], editions.Entry(2, 2, entries[0].hash[:5] + "x", None, None, (), (), (), ())],
            entries[0].hash[:5],
        )


def test_a_program_that_the_earlier_edition_lacks_is_withdrawn_when_that_is_said(office: Office) -> None:
    other = "---\n{kind: certification, id: other, for: {job: operator}, require: {passed: exam}}\n"
    applied(office, made(office, BOTH + other))
    proposal = back(office)
    assert proposal.plan.removed == ("other",)
    with pytest.raises(Conflict, match="missing here: other"):
        applied(office, proposal)
    assert applied(office, proposal, withdraw=True)


def test_what_was_published_without_apply_is_still_read_and_can_be_restored(office: Office) -> None:
    """From version 2 on `apply:` has to be said; editions of before that must not stop a store."""
    old = second().replace("apply: at_renewal\n", "")
    with pytest.raises(Exception, match="has to say what becomes of living awards"):
        load_sources([Source("p.yaml", old)])
    assert load_sources([Source("p.yaml", old)], is_published=True).programs["forklift"][1].apply.how == "at_renewal"
    published = published_of(office.prowess)
    published.apply([Source("p.yaml", old)], restores=history(office)[0].applied_seq)
    office.drain()
    assert documents(office)["ada"]["award"] == "valid"
    applied(office, made(office, BOTH))
    assert applied(office, back(office))
