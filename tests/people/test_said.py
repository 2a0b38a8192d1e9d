"""What a file does not name stays as it is known, and what an import takes away is told."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from lrs import yaml_door
from lrs.errors import ConfigError, Conflict
from lrs.people import tables as p
from lrs.people.csv_file import COLUMNS, load_csv
from lrs.people.identity import identity_words
from lrs.people.roster import Person, Position, Roster, RosterError, roster_from
from lrs.people.said import settled
from lrs.prowess import Prowess
from tests.commanding import prowess as command

NOBODY = Roster({}, {})
EXPORT = """id;name;email;hired_on;from;to;job;site;site_timezone;managers;account;leave
1001;Max Boss;max@x.example;;;;;;;;;
1004;Anna Weiß;anna@x.example;2021-01-05;2021-01-05;2026-08-31;forklift-driver;hq;Europe/Berlin;1001;https://moodle.example|44;2025-07-01/2025-07-14
"""

Say = Callable[[str], Person]


@pytest.fixture
def say(prowess: Prowess, tmp_path: Path) -> Say:
    """Imports a file and tells who 1004 is then: CSV when it begins with an id, else YAML."""

    def import_(text: str, *, whole: bool = False) -> Person:
        known = prowess.people.said()
        if text.startswith("id"):
            (tmp_path / "p.csv").write_text(text)
            roster = load_csv(tmp_path / "p.csv", known, whole=whole)
        else:
            roster = roster_from(yaml_door.load(text, "people.yaml")[0], known, whole=whole)
        prowess.people.record(roster)
        return prowess.people.roster().people["1004"]

    import_(EXPORT)
    return import_


def words(person: Person) -> list[str]:
    return [identity_words(one) for one in person.identifiers]


ACCOUNTS = ["account 'https://moodle.example|44'", "account 'https://moodle.example|45'"]
MAIL = "mbox 'mailto:anna@x.example'"


def test_a_csv_with_fewer_columns_erased_what_was_known_of_the_people_in_it(say: Say) -> None:
    before = say(EXPORT)
    after = say("id;name;account\n1004;Anna Weiß;https://moodle.example|45\n")
    assert words(after) == [*ACCOUNTS, MAIL]
    assert replace(after, identifiers=before.identifiers) == before
    assert say("people: [{id: '1004'}]") == say("id\n1004\n") == after


def test_a_file_with_the_current_position_only_erased_those_before_it(say: Say) -> None:
    (driver,) = say(EXPORT).positions
    after = say("id;from;job\n1004;2026-09-01;team-lead\n")
    lead = Position(date(2026, 9, 1), None, job="team-lead")
    assert (after.positions, after.hired_on) == ((driver, lead), date(2021, 1, 5))
    assert say("id;from;job\n1004;2026-08-01;team-lead\n").positions == (
        replace(driver, end=date(2026, 7, 31)),
        replace(lead, start=date(2026, 8, 1)),
    )


def test_a_position_that_is_told_of_in_part_lost_the_rest(say: Say) -> None:
    (driver,) = say(EXPORT).positions
    assert say("id;from;job\n1004;2021-01-05;picker\n").positions == (replace(driver, job="picker"),)
    assert say("id;from;to;managers\n1004;2021-01-05;;\n").positions == (
        replace(driver, job="picker", end=None, managers=()),
    )
    two = "{from: 2021-01-05, job: picker, level: senior}, {from: 2021-01-05, job: clerk}"
    first, second = say(f"people: [{{id: '1004', positions: [{two}]}}]").positions
    assert (first.site, first.level, second.site) == ("hq", "senior", None)
    again = say("people: [{id: '1004', positions: [{from: 2021-01-05, job: picker, level: junior}]}]").positions
    assert again == (replace(first, level="junior"),)


def test_positions_that_are_told_of_in_part_are_refused_where_they_contradict(say: Say) -> None:
    say("people: [{id: '1004', positions: [{from: 2026-01-01, job: picker}]}]")
    twice = "{from: 2026-01-01, to: 2026-12-31}, {from: 2026-06-01, job: picker}"
    with pytest.raises(
        Conflict, match="'1004' would be picker from 2026-01-01 to 2026-12-31 and picker from 2026-06-01"
    ):
        say(f"people: [{{id: '1004', positions: [{twice}]}}]")


def test_an_empty_cell_clears_and_rows_without_a_position_do_not(say: Say) -> None:
    before = say(EXPORT)
    after = say("id;email;hired_on;leave;account;from;job\n1004;;;;;;\n")
    assert (after.email, after.hired_on, after.leave) == (None, None, ())
    assert (after.identifiers, after.positions) == (before.identifiers, before.positions)


def test_a_key_without_a_value_clears(say: Say) -> None:
    after = say("people: [{id: '1004', email: , identifiers: [], positions: [], hired_on: , leave: []}]")
    assert after == Person("1004", "Anna Weiß")
    say(EXPORT)
    assert words(say("people: [{id: '1004', identifiers: []}]")) == [MAIL]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("id;email;name\n1004;a@x.example;\n", (2, 3)),
        ("people:\n  - id: '1004'\n    name:\n", (3, 10)),
    ],
)
def test_an_empty_cell_erased_a_name(say: Say, text: str, place: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match="the name of '1004' cannot be cleared") as refused:
        say(text)
    assert refused.value.hint == "write 'Anna Weiß', or another name, or leave 'name' out of the file"
    assert (refused.value.line, refused.value.column) == place


def test_a_further_row_of_somebody_may_leave_the_name_out(say: Say) -> None:
    assert say("id;name;mbox\n1004;;mailto:a@y.example\n1004;Anna;\n").name == "Anna"


def test_an_address_that_changes_goes_on_naming_whose_it_was(say: Say) -> None:
    after = say("id;email\n1004;anna.weiss@x.example\n")
    assert after.email == "anna.weiss@x.example"
    assert words(after) == [ACCOUNTS[0], "mbox 'mailto:anna.weiss@x.example'", MAIL]


def test_what_is_given_to_another_of_a_file_is_lost_by_whose_it_was(say: Say, prowess: Prowess) -> None:
    with pytest.raises(ConfigError, match="belongs to '1004' already"):
        say("id;email\n1009;anna@x.example\n")
    after = say("id;email;account\n1009;anna@x.example;\n1004;anna.w@x.example;\n")
    assert words(after) == [ACCOUNTS[0], "mbox 'mailto:anna.w@x.example'"]
    assert words(prowess.people.roster().people["1009"]) == [MAIL]
    after = say("people: [{id: '1004'}, {id: '1009', identifiers: [{mbox: 'mailto:anna.w@x.example'}]}]")
    assert (after.email, words(after)) == (None, [ACCOUNTS[0]])


def test_people_are_as_the_file_has_them_where_it_replaces(prowess: Prowess, say: Say) -> None:
    text = "people: [{id: '1004', name: Anna W, positions: [{from: 2026-09-01}]}]"
    roster = roster_from(yaml_door.load(text, "people.yaml")[0], prowess.people.said(), whole=True)
    prowess.people.record(roster)
    there = prowess.people.roster().people
    assert there["1004"] == Person("1004", "Anna W", positions=(Position(date(2026, 9, 1)),))
    assert there["1001"].name == "Max Boss"
    with pytest.raises(ConfigError, match="the name of '1004' cannot be cleared"):
        roster_from(yaml_door.load("people: [{id: '1004'}]", "people.yaml")[0], prowess.people.said(), whole=True)


@pytest.mark.parametrize("text", ["max@x.example", "MAX@x.example", "1001", "https://l.example|1"])
def test_managers_were_named_by_ids_alone(prowess: Prowess, say: Say, tmp_path: Path, text: str) -> None:
    say("id;account\n1001;https://l.example|1\n")
    after = say(f"id;from;job;managers\n1004;2026-09-01;team-lead;{text}\n")
    assert after.positions[-1].managers == ("1001",)
    file = tmp_path / "new.csv"
    file.write_text(
        f"id;from;managers;email;account\n7;2026-09-01;{text};;\n1001;;;max@x.example;https://l.example|1\n"
    )
    assert load_csv(file).people["7"].positions[0].managers == ("1001",)


def test_who_is_meant_by_a_manager_of_two_is_asked(say: Say, prowess: Prowess) -> None:
    say("people: [{id: max@x.example}]")
    with pytest.raises(ConfigError, match=r"'max@x\.example' may be '1001' and 'max@x\.example'") as refused:
        say("id;from;managers\n1004;2026-09-01;max@x.example\n")
    assert (refused.value.line, refused.value.column) == (2, 3)
    with pytest.raises(ConfigError, match=r"address or account 'nix@x\.example'"):
        say("id;from;managers\n1004;2026-09-01;nix@x.example\n")


def test_a_manager_is_named_by_an_address_of_somebody_merged(say: Say, prowess: Prowess) -> None:
    say("id;email\nm2;max2@x.example\n")
    prowess.people.merge("m2", "1001")
    assert say("id;from;managers\n1004;2026-09-01;max2@x.example\n").positions[-1].managers == ("1001",)


def test_the_first_manager_was_not_the_one_who_was_written_first(say: Say, prowess: Prowess) -> None:
    for first, second in (("1005", "1001"), ("1001", "1005")):
        text = f'id;from;managers\n1004;2026-09-01;"{first};{second};{first}"\n1005;;\n'
        assert say(text).positions[-1].managers == (first, second)
        cursor = prowess.feed.last()
        say(text)
        assert prowess.feed.last() == cursor


def test_managers_of_before_their_order_was_kept_are_by_id(say: Say, prowess: Prowess) -> None:
    text = 'id;from;managers\n1004;2026-09-01;"1005;1001"\n1005;;\n'
    say(text)
    prowess.database.write(lambda conn: conn.execute(update(p.manager).values(place=None)))
    assert prowess.people.roster().people["1004"].positions[-1].managers == ("1001", "1005")
    assert say(text).positions[-1].managers == ("1005", "1001")


SEEDS = st.integers(0, 2**32).map(Random)
DAY_ONE = date(2020, 1, 1)
OF_A_PERSON = ("name", "email", "timezone", "hired_on", "left_on", "leave", "account", "openid")
OF_A_POSITION = ("to", "job", "level", "unit", "employment", "managers")


def rows_of(random: Random, id_: str) -> list[dict[str, str]]:
    """The rows of somebody in a file with all columns: one position after the other."""
    day, rows = DAY_ONE, []
    for _ in range(random.randint(0, 3)):
        last = day + timedelta(days=random.randint(0, 300))
        row = {"from": str(day), "to": str(last), **{name: random.choice("xyz") for name in OF_A_POSITION[1:-1]}}
        row["managers"] = random.choice(["", "a", "b;c", "c;b"])
        rows.append(row)
        day = last + timedelta(days=random.randint(1, 50))
    if rows and random.random() < 0.5:
        rows[-1]["to"] = ""
    person = {
        "name": f"Name {random.random()}",
        "email": random.choice(["", f"{id_}{random.randint(0, 3)}@x.example"]),
        "timezone": random.choice(["", "Europe/London"]),
        "hired_on": random.choice(["", "2020-01-01"]),
        "left_on": random.choice(["", "2026-01-01"]),
        "leave": random.choice(["", "2021-01-01/2021-01-05", "2021-01-01/2021-01-05;2022-01-01/2022-01-05"]),
        "account": random.choice(["", f"https://x.example|{id_}{random.randint(0, 3)}"]),
        "openid": random.choice(["", f"https://{id_}.example"]),
    }
    return [{"id": id_, **person, **row} for row in rows or [{}]]


def file_of(path: Path, rows: Sequence[Mapping[str, str]], columns: Sequence[str], known: Roster = NOBODY) -> Roster:
    text = io.StringIO()
    out = csv.DictWriter(text, columns, extrasaction="ignore")
    out.writeheader()
    out.writerows(rows)
    (path / "p.csv").write_text(text.getvalue())
    return load_csv(path / "p.csv", known)


def some(random: Random) -> list[str]:
    """Columns of a file that says less: where any is of positions, the day they begin is."""
    columns = [name for name in OF_A_PERSON if random.random() < 0.5]
    positions = [name for name in OF_A_POSITION if random.random() < 0.5]
    return ["id", *columns, *(["from", *positions] if random.random() < 0.7 else [])]


@given(SEEDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_file_again_and_less_of_it_change_nothing(tmp_path: Path, random: Random) -> None:
    rows = [rows_of(random, id_) for id_ in "abc"]
    everything = [row for of_one in rows for row in of_one]
    whole = file_of(tmp_path, everything, COLUMNS)
    known = settled({}, whole)
    assert settled(known, whole) == known
    latest = [row for of_one in rows if random.random() < 0.8 for row in of_one[random.randrange(len(of_one)) :]]
    try:
        less = file_of(tmp_path, latest, some(random), Roster(known, {}))
    except RosterError:  # without its days or its job a position would be there twice
        assume(False)
    assert {**known, **settled(known, less)} == known


@given(SEEDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_changes_nothing_that_it_does_not_name(tmp_path: Path, random: Random) -> None:
    known = settled({}, file_of(tmp_path, [row for id_ in "abc" for row in rows_of(random, id_)], COLUMNS))
    columns = some(random)
    try:
        said = file_of(tmp_path, [row for id_ in "ab" for row in rows_of(random, id_)], columns, Roster(known, {}))
    except RosterError:
        assume(False)
    then = settled(known, said)
    assert then.keys() == {"a", "b"}
    assert settled({**known, **then}, said) == then
    for id_, one in then.items():
        was = known[id_]
        for name in ("name", "email", "timezone", "hired_on", "left_on", "leave"):
            assert getattr(one, name) == getattr(said.people[id_] if name in columns else was, name)
        assert set(was.identifiers) <= set(one.identifiers)
        first = min((there.start for there in said.people[id_].positions), default=date.max)
        ended = [there for there in was.positions if there.end is not None and there.end < first]
        assert [there for there in one.positions if there in ended] == ended
        for day in (DAY_ONE + timedelta(days=days) for days in range(0, 1200, 20)):
            if day < first:
                held = [replace(there, end=None) for there in was.positions if there.holds_on(day)]
                assert [replace(there, end=None) for there in one.positions if there.holds_on(day)] == held


def test_the_page_on_people_shows_what_a_file_leaves_out_as_it_is(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "people.md").read_text()
    (tmp_path / "people.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    (tmp_path / "hr.csv").write_text(page.split("```csv\n")[2].split("```")[0])
    first, *shown = page.split("```console\n")[1].split("```")[0].splitlines()
    command("init", ".", cwd=tmp_path, check=True)
    command("people", "import", "people.yaml", cwd=tmp_path, check=True)
    told = command(*first.removeprefix("$ prowess ").split(), cwd=tmp_path, check=True).stdout
    assert told.splitlines() == shown


def test_what_an_import_takes_away_is_told_and_may_be_seen_before(tmp_path: Path) -> None:
    command("init", ".", cwd=tmp_path, check=True)
    (tmp_path / "all.csv").write_text(EXPORT)
    (tmp_path / "new.csv").write_text(
        "id;name;email;from;job;site;site_timezone\n1004;Anna Weiß;;2026-08-01;lead;hq;Europe/Rome\n1005;Eva;;;;;\n"
    )
    first = command("people", "import", "all.csv", cwd=tmp_path, check=True).stdout
    assert first == "2 added, 0 changed, 0 unchanged, 3 identifiers linked\n"
    before = command("people", "show", "1004", "--json", cwd=tmp_path, check=True).stdout
    foreseen = command("people", "import", "new.csv", "--dry-run", cwd=tmp_path, check=True).stdout
    lost = [
        "  mail address  - anna@x.example",
        "  position      - forklift-driver, hq from 2021-01-05 to 2026-08-31, reporting to 1001",
        "  position      + forklift-driver, hq from 2021-01-05 to 2026-07-31, reporting to 1001",
        "  position      + lead, hq from 2026-08-01",
    ]
    site = ["site hq", "  time zone     - Europe/Berlin", "  time zone     + Europe/Rome"]
    done = "1 added, 1 changed, 0 unchanged, 0 identifiers linked"
    new = ["1005 (Eva) is new", "  name          + Eva"]
    assert foreseen.splitlines() == ["1004 (Anna Weiß)", *lost, *new, *site, done, "nothing was changed"]
    assert command("people", "show", "1004", "--json", cwd=tmp_path, check=True).stdout == before
    facts = json.loads(command("people", "import", "new.csv", "--dry-run", "--json", cwd=tmp_path, check=True).stdout)
    assert (facts["dry_run"], facts["before"]["1004"]["email"], facts["after"]["1004"]["email"]) == (
        True,
        "anna@x.example",
        None,
    )
    told = command("people", "import", "new.csv", cwd=tmp_path, check=True).stdout
    assert told.splitlines() == ["1004 (Anna Weiß)", *lost, *site, done]
    replaced = command("people", "import", "new.csv", "--replace", "--json", cwd=tmp_path, check=True)
    told = {"added": 0, "changed": 1, "unchanged": 1, "identifiers": 0, "merged": 0, "erased": 0}
    assert json.loads(replaced.stdout) == told
    assert "  hired on      - 2021-01-05" in replaced.stderr.splitlines()
