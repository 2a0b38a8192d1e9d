"""Two people who turned out to be one: what is known of them then, what files go on saying, and the way back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from itertools import combinations, count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from lrs import yaml_door
from lrs.errors import BadRequest, ConfigError, Conflict, NotFound
from lrs.people import tables as p
from lrs.people.changes import Imported
from lrs.people.merging import contradictions, joined, root_of
from lrs.people.roster import Leave, Named, Person, Position, Roster, collide, roster_from
from lrs.people.said import settled
from lrs.prowess import Prowess
from lrs.store.audit import lines
from lrs.verify.record import check_record
from lrs.xapi.actors import ifi_text
from tests.commanding import prowess as command

ADA, OTHER = "mailto:ada@x.example", "mailto:ada.byron@x.example"
TWO = """
people:
  - {id: ada, name: Ada King, email: ada@x.example, positions: [{from: 2026-01-05, job: driver, managers: [grace]}]}
  - id: a2
    name: Ada Byron
    email: ada.byron@x.example
    hired_on: 2024-03-01
    left_on: 2025-12-31
    leave: [{from: 2025-07-01, to: 2025-07-14}]
    positions: [{from: 2024-03-01, job: picker, managers: [grace]}]
  - {id: bob, positions: [{from: 2026-01-05, job: packer, managers: [a2, grace]}]}
  - {id: grace}
"""


def people(text: str, known: Roster | None = None) -> Roster:
    return roster_from(yaml_door.load(text, "people.yaml")[0], known or Roster({}, {}))


def say(prowess: Prowess, text: str) -> Imported:
    """Import people as the command does."""
    return prowess.people.record(people(text, prowess.people.said()))


def now(prowess: Prowess) -> int:
    return prowess.feed.last()


def mbox(address: str) -> str:
    return str(ifi_text({"mbox": address}))


def stood(prowess: Prowess, tenant_id: int = 1) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that is known of people, without the numbers from which it is."""
    tables = (p.person, p.position, p.manager, p.leave, p.identity_link, p.merged, p.told)
    with prowess.database.read() as conn:
        return {
            table.name: sorted(
                map(
                    tuple,
                    conn.execute(
                        select(*(column for column in table.c if column.name != "known_from")).where(
                            table.c.tenant_id == tenant_id, table.c.known_to.is_(None)
                        )
                    ),
                ),
                key=repr,
            )
            for table in tables
        }


def test_one_who_was_two_has_the_identifiers_positions_and_reports_of_both(prowess: Prowess) -> None:
    say(prowess, TWO)
    prowess.people.merge("a2", "ada")
    known = prowess.people.roster().people
    assert known.keys() == {"ada", "bob", "grace"}
    ada = known["ada"]
    assert (ada.name, ada.email, ada.left_on, ada.hired_on) == ("Ada King", "ada@x.example", None, date(2024, 3, 1))
    assert ada.identifiers == tuple(sorted((mbox(ADA), mbox(OTHER))))
    assert ada.leave == (Leave(date(2025, 7, 1), date(2025, 7, 14)),)
    assert ada.positions == (
        Position(date(2024, 3, 1), date(2025, 12, 31), job="picker", managers=("grace",)),
        Position(date(2026, 1, 5), None, job="driver", managers=("grace",)),
    )
    assert known["bob"].positions[0].managers == ("ada", "grace")
    assert prowess.people.known_as("a2") == "ada"
    assert prowess.people.ids_of("ada") == ["ada", "a2"]


def test_what_was_known_before_a_merge_stays_known(prowess: Prowess) -> None:
    say(prowess, TWO)
    before, seen = now(prowess), prowess.people.roster()
    prowess.people.merge("a2", "ada")
    between, merged = now(prowess), prowess.people.roster()
    prowess.people.unmerge("a2")
    assert prowess.people.roster(known_at=before) == seen == prowess.people.roster()
    assert prowess.people.roster(known_at=between) == merged != seen


def test_a_merge_that_is_taken_back_leaves_everything_as_it_was(prowess: Prowess) -> None:
    say(prowess, TWO)
    before = stood(prowess)
    prowess.people.merge("a2", "ada")
    assert stood(prowess) != before
    prowess.people.unmerge("a2")
    assert stood(prowess) == before
    assert not list(check_record(prowess))


def test_the_record_of_a_merge_is_checked(prowess: Prowess) -> None:
    say(prowess, TWO)
    prowess.people.merge("a2", "ada")
    assert not list(check_record(prowess))
    prowess.database.write(lambda conn: conn.execute(update(p.merged).values(known_from=7)))
    assert [(one.table, one.column) for one in check_record(prowess)] == [("merged", "known_from")]


def test_an_import_that_still_lists_both_undid_the_merge(prowess: Prowess) -> None:
    say(prowess, TWO)
    prowess.people.merge("a2", "ada")
    before, cursor = stood(prowess), now(prowess)
    assert say(prowess, TWO) == Imported(added=0, changed=0, unchanged=4, identifiers=0, merged=1)
    assert (stood(prowess), now(prowess)) == (before, cursor)


def test_an_import_of_one_alone_took_what_the_other_had(prowess: Prowess) -> None:
    say(prowess, TWO)
    prowess.people.merge("a2", "ada")
    say(prowess, "people: [{id: ada, name: Ada Lovelace, email: ada@x.example, positions: []}]")
    ada = prowess.people.roster().people["ada"]
    assert (ada.name, len(ada.identifiers), [one.job for one in ada.positions]) == ("Ada Lovelace", 2, ["picker"])
    moved = "{id: a2, email: new@x.example, identifiers: [], positions: []}"
    say(prowess, f"people: [{moved}, {{id: cy, positions: [{{from: 2026-02-02, managers: [a2]}}]}}]")
    known = prowess.people.roster().people
    assert known["ada"].identifiers == tuple(sorted((mbox(ADA), mbox("mailto:new@x.example"))))
    assert known["cy"].positions[0].managers == ("ada",)
    prowess.people.unmerge("a2")
    known = prowess.people.roster().people
    assert (known["a2"].email, known["a2"].positions, known["ada"].name) == ("new@x.example", (), "Ada Lovelace")
    assert known["cy"].positions[0].managers == ("a2",)


def test_a_file_that_gives_one_the_identifiers_of_both_was_refused(prowess: Prowess) -> None:
    say(prowess, TWO)
    prowess.people.merge("a2", "ada")
    before = prowess.people.roster()
    mended = f'people: [{{id: ada, name: Ada King, email: ada@x.example, identifiers: [{{mbox: "{OTHER}"}}]}}]'
    say(prowess, mended)
    assert prowess.people.roster().people["ada"].identifiers == before.people["ada"].identifiers
    with pytest.raises(Conflict, match=r"ada\.byron@x\.example' is given to 'a2' but belongs to 'ada'") as refused:
        prowess.people.unmerge("a2")
    assert refused.value.hint == "list both in one people file, where one of them has it, and import that"
    say(prowess, mended.replace("]}]", "]}, {id: a2}]"))
    prowess.people.unmerge("a2")
    assert prowess.people.roster().people["a2"].identifiers == ()
    with pytest.raises(ConfigError, match="belongs to 'ada' already"):
        say(prowess, "people: [{id: cy, email: ada.byron@x.example}]")


def test_an_identifier_of_somebody_merged_is_nobody_else_s(prowess: Prowess) -> None:
    say(prowess, TWO)
    prowess.people.merge("a2", "ada")
    with pytest.raises(Conflict, match="is given to 'cy' but belongs to 'ada'"):
        say(prowess, "people: [{id: cy, email: ada.byron@x.example}]")


def test_merges_of_merged_people_are_taken_back_in_any_order(prowess: Prowess) -> None:
    say(prowess, TWO)
    before = stood(prowess)
    prowess.people.merge("a2", "ada")
    say(prowess, "people: [{id: zed, name: Zed}]")
    with_zed = stood(prowess)
    prowess.people.merge("ada", "zed")
    zed = prowess.people.roster().people["zed"]
    assert (zed.name, len(zed.identifiers), prowess.people.known_as("a2")) == ("Zed", 2, "zed")
    prowess.people.unmerge("a2")
    assert prowess.people.roster().people["a2"].email == "ada.byron@x.example"
    assert prowess.people.roster().people["zed"].identifiers == (mbox(ADA),)
    prowess.people.merge("a2", "zed")
    prowess.people.unmerge("ada")
    prowess.people.unmerge("a2")
    prowess.people.merge("a2", "ada")
    assert stood(prowess) == with_zed
    prowess.people.unmerge("a2")
    assert {name: [row for row in rows if "zed" not in row] for name, rows in stood(prowess).items()} == before


@pytest.mark.parametrize(
    ("person", "into", "error", "message", "hint"),
    [
        ("ada", "nobody", NotFound, "no person has the id 'nobody'", "known here: "),
        ("adda", "bob", NotFound, "no person has the id 'adda'", "did you mean 'ada'?"),
        ("ada", "ada", BadRequest, "are the same", "name two people"),
        (
            "ada",
            "grace",
            Conflict,
            "'ada' reports to 'grace', and nobody reports to themselves",
            "mend it in the people",
        ),
        ("a2", "cy", Conflict, "'a2' was merged into 'ada' already", "first: prowess people unmerge a2"),
        ("cy", "a2", Conflict, "'a2' was merged into 'ada' already", "merge into 'ada'"),
        (
            "cy",
            "ada",
            Conflict,
            "'ada' is driver from 2026-01-05, reporting to grace; 'cy' is driver, senior from 2026-02-01",
            "mend it in the people file",
        ),
    ],
)
def test_people_who_cannot_be_one_are_not_merged(
    prowess: Prowess, person: str, into: str, error: type[Exception], message: str, hint: str
) -> None:
    say(prowess, TWO)
    say(prowess, "people: [{id: cy, positions: [{from: 2026-02-01, job: driver, level: senior}]}]")
    prowess.people.merge("a2", "ada")
    before, cursor = stood(prowess), now(prowess)
    with pytest.raises(error, match=message.replace("?", r"\?")) as refused:
        prowess.people.merge(person, into)
    assert hint in str(getattr(refused.value, "hint", None))
    assert (stood(prowess), now(prowess)) == (before, cursor)


def test_who_was_not_merged_cannot_be_separated(prowess: Prowess) -> None:
    say(prowess, TWO)
    with pytest.raises(NotFound, match="'bob' was not merged into anybody"):
        prowess.people.unmerge("bob")


def test_what_contradicts_later_is_decided_by_the_one_who_is_left(prowess: Prowess) -> None:
    say(prowess, TWO)
    prowess.people.merge("a2", "ada")
    clash = "{from: 2026-03-01, job: driver, level: senior, managers: [ada]}"
    say(prowess, f"people: [{{id: a2, email: ada.byron@x.example, positions: [{clash}]}}]")
    assert [one.level for one in prowess.people.roster().people["ada"].positions if one.job == "driver"] == [None]
    say(prowess, "people: [{id: ada, positions: []}]")
    ada = prowess.people.roster().people["ada"]
    assert [(one.level, one.managers) for one in ada.positions if one.job == "driver"] == [("senior", ())]


def test_what_a_merge_would_change_is_seen_and_not_done(prowess: Prowess) -> None:
    say(prowess, TWO)
    before, cursor = stood(prowess), now(prowess)

    def look(conn: Any, changed: Any) -> tuple[set[str], list[str]]:
        return set(prowess.people.roster(conn=conn).people), sorted(changed)

    change, was, is_ = prowess.people.foresee("a2", "ada", look)
    assert was == ({"ada", "a2", "bob", "grace"}, ["a2", "ada", "bob"])
    assert is_ == ({"ada", "bob", "grace"}, ["a2", "ada", "bob"])
    assert (change.before.keys(), change.after.keys()) == ({"a2", "ada", "bob"}, {"ada", "bob"})
    assert (stood(prowess), now(prowess)) == (before, cursor)
    assert prowess.people.merges() == {}


def test_merges_and_their_end_are_audited(prowess: Prowess) -> None:
    say(prowess, TWO)
    prowess.people.merge("a2", "ada")
    prowess.people.unmerge("a2")
    told = [(line.action, line.subject, line.details) for line in lines(prowess.database, 1, limit=2)]
    assert told == [("people.unmerge", "a2", {"from": "ada"}), ("people.merge", "a2", {"into": "ada"})]


def test_an_import_of_people_who_were_merged_is_one_line_of_the_audit(prowess: Prowess) -> None:
    say(prowess, TWO)
    prowess.people.merge("a2", "ada")
    again = people("sites: {hq: {timezone: UTC}}\npeople: [{id: a2, name: Ada B}, {id: cy}]", prowess.people.said())
    prowess.people.record(again, source="staff.yaml")
    first, *_, last = lines(prowess.database, 1, limit=10)
    assert (first.action, first.subject) == ("people.import", "staff.yaml")
    assert first.details == {
        "added": 1,
        "changed": 1,
        "unchanged": 0,
        "identifiers": 0,
        "merged": 1,
        "erased": 0,
        "sites": 1,
    }
    assert (last.action, last.subject, last.details["merged"]) == ("people.import", "people", 0)
    assert len(lines(prowess.database, 1, limit=10)) == 3


def test_somebody_has_left_when_all_of_them_have_who_worked_here() -> None:
    left, here, account = (
        Person("left", hired_on=date(2024, 1, 1), left_on=date(2025, 6, 30)),
        Person("here", positions=(Position(date(2025, 9, 1)),)),
        Person("account"),
    )
    told = {one.id: one for one in (left, here, account)}
    assert joined(told, {"left": "here"})["here"].left_on is None
    assert joined(told, {"here": "left"})["left"].left_on is None
    assert joined(told, {"account": "left"})["left"].left_on == date(2025, 6, 30)
    assert joined(told, {"left": "account"})["account"].left_on == date(2025, 6, 30)


DAYS = (date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1))
IDS = "abcdef"


def somebody(random: Random, id_: str) -> Person:
    positions = [
        Position(
            random.choice(DAYS),
            random.choice([None, date(2026, 12, 31)]),
            job=job,
            level=random.choice([None, None, None, "senior"]),
            managers=tuple(one for one in random.sample(IDS, len(IDS)) if random.random() < 0.15 and one != id_),
        )
        for job in random.sample("xyz", random.randint(0, 2))
    ]
    leave = sorted(random.sample(DAYS, random.randint(0, 2)))
    return Person(
        id_,
        random.choice(["", f"Name of {id_}"]),
        None,
        tuple(mbox(f"mailto:{id_}{n}@x.example") for n in range(random.randint(0, 2))),
        random.choice([None, "Europe/London"]),
        random.choice([None, *DAYS]),
        random.choice([None, None, date(2026, 9, 30)]),
        tuple(Leave(day, day.replace(day=random.choice([3, 28]))) for day in leave),
        tuple(sorted(positions, key=lambda one: one.start)),
    )


def everybody(random: Random) -> dict[str, Person]:
    return {id_: somebody(random, id_) for id_ in IDS}


def partial(random: Random, people: dict[str, Person]) -> Roster:
    """A file that says some of it: what it does not name is not there."""
    said, named = {}, {}
    for id_, one in people.items():
        fields = {name for name in ("name", "timezone", "hired_on", "left_on", "leave") if random.random() < 0.5}
        fields |= {name for name in ("identifiers", "positions") if not getattr(one, name) and random.random() < 0.5}
        of_it = [
            {"start", *(name for name in ("end", "job", "managers") if random.random() < 0.6)} for _ in one.positions
        ]
        positions = [
            replace(Position(there.start), **{name: getattr(there, name) for name in names})
            for there, names in zip(one.positions, of_it, strict=True)
        ]
        if not any(collide(*two) for two in combinations(positions, 2)):
            said[id_] = replace(one, positions=tuple(positions))
            named[id_] = Named(fields, tuple(of_it))
    return Roster(said, {}, named)


SEEDS = st.integers(0, 2**32).map(Random)
"""Chance of ours: drawn piece by piece a scene would take most of the time."""


def days_of(person: Person) -> set[tuple[str | None, date]]:
    """On which of the days that matter somebody has which job."""
    last = person.left_on or date.max
    return {(one.job, day) for one in person.positions for day in DAYS if one.holds_on(day) and day <= last}


@given(SEEDS)
def test_nobody_loses_anything_by_being_merged(random: Random) -> None:
    told, merges = everybody(random), dict[str, str]()
    for _ in range(4):
        one, other = random.choice(IDS), random.choice(IDS)
        known = joined(told, merges)
        if one in known and other in known and one != other and not list(contradictions(known[other], known[one])):
            merges[one] = other
    known = joined(told, merges)
    assert joined(told, {}) == told
    assert known.keys() == told.keys() - merges.keys()
    for id_, person in told.items():
        whole = known[root_of(merges, id_)]
        assert set(person.identifiers) <= set(whole.identifiers)
        assert days_of(person) <= days_of(whole)
        assert all(
            any(one.start <= leave.start and leave.end <= one.end for one in whole.leave) for leave in person.leave
        )
    for person in known.values():
        reached = {id_ for position in person.positions for id_ in position.managers}
        assert not reached & merges.keys()
        assert person.id not in reached or person.id not in merges.values()
        assert sum(len(told[id_].identifiers) for id_ in told if root_of(merges, id_) == person.id) == len(
            person.identifiers
        )


_tenants = count(1_000)


@pytest.mark.journey
@given(SEEDS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_merged_and_imported_the_way_back_leads_to_what_files_say(
    prowess: Prowess, random: Random
) -> None:
    """At each step the store holds what the pure function makes of files and merges, and each moment stays as it was."""
    tenant = next(_tenants)
    register, told, merges = prowess.people, everybody(random), dict[str, str]()
    register.record(Roster(told, {}), tenant_id=tenant)
    moments = {}
    for _ in range(8):
        act, subject, other = (
            random.choice(["say", "merge", "merge", "unmerge"]),
            random.choice(IDS),
            random.choice(IDS),
        )
        if act == "say":
            said = {id_: somebody(random, id_) for id_ in random.sample(IDS, random.randint(1, 6))}
            roster = random.choice([Roster(said, {}), partial(random, said)])
            try:
                told = {**told, **settled(told, roster)}
            except Conflict:
                with pytest.raises(Conflict):
                    register.record(roster, tenant_id=tenant)
            else:
                register.record(roster, tenant_id=tenant)
        elif act == "merge":
            known = joined(told, merges)
            is_right = subject != other and subject not in merges and other not in merges
            if is_right and not list(contradictions(known[other], known[subject])):
                register.merge(subject, other, tenant_id=tenant)
                merges[subject] = other
            else:
                with pytest.raises((BadRequest, Conflict)):
                    register.merge(subject, other, tenant_id=tenant)
        elif subject in merges:
            register.unmerge(subject, tenant_id=tenant)
            del merges[subject]
        moments[now(prowess)] = register.roster(tenant_id=tenant).people
        assert register.roster(tenant_id=tenant).people == joined(told, merges)
        assert {id_: one.into for id_, one in register.merges(tenant).items()} == merges
    for moment, people_then in moments.items():
        assert register.roster(tenant_id=tenant, known_at=moment).people == people_then
    for id_ in list(merges):
        register.unmerge(id_, tenant_id=tenant)
    never = next(_tenants)
    register.record(Roster(told, {}), tenant_id=never)
    plain = stood(prowess, never)
    assert {name: [row[1:] for row in rows] for name, rows in stood(prowess, tenant).items()} == {
        name: [row[1:] for row in rows] for name, rows in plain.items()
    }
    assert not list(check_record(prowess))


def test_the_commands_show_what_changes_before_it_does(tmp_path: Path) -> None:
    command("init", ".", cwd=tmp_path, check=True)
    (tmp_path / "people.yaml").write_text(TWO)
    command("people", "import", "people.yaml", cwd=tmp_path, check=True)
    told = command("people", "merge", "a2", "ada", "--dry-run", cwd=tmp_path, check=True).stdout
    assert told.splitlines() == [
        "ada (Ada King)",
        "  hired on      + 2024-03-01",
        "  known as      + mbox 'mailto:ada.byron@x.example'",
        "  position      + picker from 2024-03-01 to 2025-12-31, reporting to grace",
        "  away          + 2025-07-01 to 2025-07-14",
        "a2 (Ada Byron) is known as ada",
        "reports         bob report to ada",
        "decided again   4 people: a2, ada, bob, grace",
        "nothing was changed",
    ]
    refused = command("people", "merge", "a2", "ada", cwd=tmp_path)
    assert (refused.returncode, "nobody is there to confirm it" in refused.stderr) == (1, True)
    assert command("people", "merge", "a2", "ada", "--yes", cwd=tmp_path, check=True).stdout.endswith(
        "a2 is ada now; take it back with: prowess people unmerge a2\n"
    )
    again = command("people", "import", "people.yaml", cwd=tmp_path, check=True).stdout
    assert again == (
        "0 added, 0 changed, 4 unchanged, 0 identifiers linked; 1 of them merged into others (prowess people list)\n"
    )
    assert "a2                       merged into ada on " in command("people", "list", cwd=tmp_path).stdout
    assert "  merged        a2; take it back with: prowess people unmerge a2" in (
        command("people", "show", "ada", cwd=tmp_path, check=True).stdout
    )
    shown = command("people", "show", "a2", cwd=tmp_path, check=True).stdout
    assert shown == command("people", "show", "ada.byron@x.example", cwd=tmp_path, check=True).stdout
    assert shown.startswith("ada (Ada King)\n")
    back = command("people", "unmerge", "a2", "--yes", "--json", cwd=tmp_path, check=True)
    facts = json.loads(back.stdout)
    assert (facts["person"], facts["into"], facts["dry_run"]) == ("a2", "ada", False)
    assert (facts["before"].keys(), facts["after"].keys()) == ({"ada", "bob"}, {"a2", "ada", "bob"})
    assert facts["after"]["a2"]["positions"][0]["job"] == "picker"
    assert "a2 (Ada Byron) is known again" in back.stderr


def test_only_by_its_id_was_somebody_merged_and_separated(tmp_path: Path) -> None:
    command("init", ".", cwd=tmp_path, check=True)
    (tmp_path / "people.yaml").write_text(TWO)
    command("people", "import", "people.yaml", cwd=tmp_path, check=True)
    merged = command("people", "merge", "ada.byron@x.example", ADA, "--yes", cwd=tmp_path, check=True).stdout
    assert merged.endswith("a2 is ada now; take it back with: prowess people unmerge a2\n")
    again = command("people", "merge", "a2", "bob", "--yes", cwd=tmp_path)
    assert (again.returncode, "'a2' was merged into 'ada' already" in again.stderr) == (1, True)
    alone = command("people", "unmerge", "ada@x.example", "--yes", cwd=tmp_path)
    assert (alone.returncode, "'ada' was not merged into anybody" in alone.stderr) == (1, True)
    back = command("people", "unmerge", "ada.byron@x.example", "--yes", cwd=tmp_path, check=True).stdout
    assert back.endswith("a2 and ada are two people again\n")
    unknown = command("people", "unmerge", "a3", "--yes", cwd=tmp_path)
    assert (unknown.returncode, "no person has the id, mail address or account 'a3'" in unknown.stderr) == (1, True)


def test_an_id_that_was_merged_named_nobody(prowess: Prowess) -> None:
    say(prowess, TWO)
    prowess.people.merge("a2", "ada")
    say(prowess, "people: [{id: zed}]")
    prowess.people.merge("ada", "zed")
    register = prowess.people
    assert [register.meant(text) for text in ("a2", "ada", OTHER, "a2\0")] == [{"zed"}, {"zed"}, {"zed"}, set()]
    assert (register.find("a2"), register.find("a2", even_merged=True)) == ("zed", "a2")
    assert [register.find_merged(text) for text in ("a2", OTHER, ADA, "bob")] == ["a2", "a2", "ada", "bob"]


def test_a_person_of_a_file_as_they_are_kept_apart(prowess: Prowess) -> None:
    """What `told` keeps is the very same person, whatever is said of them."""
    whole = Person(
        "a2",
        "Ada “Byron”",
        "a2@x.example",
        (mbox("mailto:a2@x.example"), str(ifi_text({"account": {"homePage": "https://x.example", "name": "7"}}))),
        "Europe/London",
        date(2024, 3, 1),
        date(2026, 3, 1),
        (Leave(date(2025, 1, 1), date(2025, 1, 2)),),
        (Position(date(2024, 3, 1), None, "j", "l", None, "u", "e", ("bob",)),),
    )
    prowess.people.record(
        Roster(
            {
                "a2": replace(whole, identifiers=tuple(sorted(whole.identifiers))),
                **{id_: Person(id_) for id_ in ("ada", "bob")},
            },
            {},
        )
    )
    before = prowess.people.roster().people["a2"]
    prowess.people.merge("a2", "ada")
    assert prowess.people.said().people["a2"] == replace(before, identifiers=())
    prowess.people.unmerge("a2")
    assert prowess.people.roster().people["a2"] == before


def test_the_page_on_people_shows_a_merge_as_it_is(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "people.md").read_text()
    command("init", ".", cwd=tmp_path, check=True)
    for number, block in enumerate(page.split("```yaml\n")[1:3]):
        (tmp_path / f"{number}.yaml").write_text(block.split("```")[0])
        command("people", "import", f"{number}.yaml", cwd=tmp_path, check=True)
    shown = page.split("```console\n")[2].split("```")[0]
    said = ""
    for line in shown.splitlines():
        if line.startswith("$ prowess "):
            said += f"{line}\n" + command(*line.removeprefix("$ prowess ").split(), cwd=tmp_path, check=True).stdout
    assert said == shown
