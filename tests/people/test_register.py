"""People: imports that change only what changed, known as of any feed number, linked to statements of any age."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select

from lrs import yaml_door
from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.errors import ConfigError, Conflict
from lrs.people import tables as p
from lrs.people.changes import Imported
from lrs.people.csv_file import load_csv
from lrs.people.owners import agent_key, owners, person_of
from lrs.people.roster import NOBODY, Roster, RosterError, roster_from
from lrs.prowess import Prowess
from lrs.verify.record import check_record
from lrs.xapi.actors import ifi_text
from lrs.xapi.postings import posting_key
from tests.listening import overheard
from tests.servers import sqlite_at

HEADER = "id,name,email,from,to,job,site,site_timezone,managers,account,leave\n"


def people(text: str) -> Roster:
    return roster_from(yaml_door.load(text, "people.yaml")[0])


def agent(**identifier: object) -> bytes:
    text = ifi_text(identifier)
    assert text is not None
    return posting_key("agent", text)


def csv_of(tmp_path: Path, rows: str) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(HEADER + rows)
    return file


def test_an_import_repeated_changes_nothing(prowess: Prowess) -> None:
    roster = people(
        "people: [{id: ada, email: a@x.example, positions: [{from: 2026-01-05, job: x, managers: [bo]}]}, {id: bo}]"
    )
    assert prowess.people.record(roster) == Imported(added=2, changed=0, unchanged=0, identifiers=1)
    cursor = len(prowess.feed.read(0, 100))
    assert prowess.people.record(roster) == Imported(added=0, changed=0, unchanged=2, identifiers=0)
    assert len(prowess.feed.read(0, 100)) == cursor


def test_an_import_repeated_changed_people_where_the_database_sorts_text_in_another_order(tmp_path: Path) -> None:
    """As PostgreSQL does with most locales: here SQLite is told to overlook capitals."""
    url = sqlite_at(tmp_path / "store.db")
    with closing(sqlite3.connect(tmp_path / "store.db")) as raw:
        raw.executescript("""
            PRAGMA writable_schema = ON;
            UPDATE sqlite_master SET sql = replace(sql, 'ifi TEXT', 'ifi TEXT COLLATE NOCASE') WHERE name = 'identity_link';
            UPDATE sqlite_master SET sql = replace(sql, 'manager_id VARCHAR(200)', 'manager_id VARCHAR(200) COLLATE NOCASE')
              WHERE name = 'manager';
        """)
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url}), clock=ManualClock(1)) as prowess:
        roster = people("""
people:
  - id: ada
    identifiers: [{openid: "https://x.example/B"}, {openid: "https://x.example/a"}]
    positions: [{from: 2026-01-05, managers: [B, a]}]
  - {id: a}
  - {id: B}
""")
        prowess.people.record(roster)
        assert prowess.people.record(roster) == Imported(added=0, changed=0, unchanged=3, identifiers=0)


def test_a_change_leaves_what_was_known_before_as_it_was(prowess: Prowess) -> None:
    prowess.people.record(people("people: [{id: ada, name: Ada, positions: [{from: 2026-01-05, job: picker}]}]"))
    before = prowess.feed.read(0, 100)[-1].seq
    prowess.people.record(people("people: [{id: ada, name: Ada, positions: [{from: 2026-01-05, job: driver}]}]"))
    assert prowess.people.roster().people["ada"].positions[0].job == "driver"
    assert prowess.people.roster(known_at=before).people["ada"].positions[0].job == "picker"
    assert prowess.people.roster(known_at=before - 1).people == {}


def test_people_who_are_not_in_the_file_stay(prowess: Prowess) -> None:
    prowess.people.record(people("people: [{id: ada}, {id: bo}]"))
    prowess.people.record(people("people: [{id: bo, name: Bo}]"))
    assert set(prowess.people.roster().people) == {"ada", "bo"}


def test_an_identifier_of_somebody_else_is_refused_and_nothing_is_kept(prowess: Prowess) -> None:
    prowess.people.record(people("people: [{id: ada, email: a@x.example}]"))
    with pytest.raises(Conflict, match=r"mbox 'mailto:a@x\.example' is given to 'bo' but belongs to 'ada'"):
        prowess.people.record(people("people: [{id: cy, name: Cy}, {id: bo, email: a@x.example}]"))
    assert set(prowess.people.roster().people) == {"ada"}


def test_an_identifier_moves_when_both_people_are_in_the_file(prowess: Prowess) -> None:
    prowess.people.record(people("people: [{id: ada, email: a@x.example}, {id: bo}]"))
    prowess.people.record(people("people: [{id: ada}, {id: bo, email: a@x.example}]"))
    key = agent(mbox="mailto:a@x.example")
    assert prowess.people.person_of([key]) == {key: "bo"}


def test_a_csv_and_a_yaml_of_the_same_people_are_the_same(prowess: Prowess, tmp_path: Path) -> None:
    rows = (
        "ada,Ada,a@x.example,2026-01-05,2026-06-30,picker,hq,Europe/London,bo,https://lms.example|17,2026-02-01/2026-02-08\n"
        "ada,,,2026-07-01,,driver,hq,,bo;cy,,\n"
        "bo,,,,,,,,,,\ncy,,,,,,,,,,\n"
    )
    from_yaml = people("""
sites: {hq: {timezone: Europe/London}}
people:
  - id: ada
    name: Ada
    email: a@x.example
    identifiers: [{account: {homePage: "https://lms.example", name: "17"}}]
    leave: [{from: 2026-02-01, to: 2026-02-08}]
    positions:
      - {from: 2026-01-05, to: 2026-06-30, job: picker, site: hq, managers: [bo]}
      - {from: 2026-07-01, job: driver, site: hq, managers: [bo, cy]}
  - {id: bo}
  - {id: cy}
""")
    prowess.people.record(load_csv(csv_of(tmp_path, rows)))
    assert prowess.people.record(from_yaml).unchanged == 3


def test_what_a_further_row_of_a_person_says_was_dropped(tmp_path: Path) -> None:
    rows = (
        "ada,Ada,,2026-01-05,2026-06-30,picker,,,,https://lms.example|17,2026-02-01/2026-02-08\n"
        "ada,,a@x.example,2026-07-01,,driver,,,,https://lms.example|17;https://hr.example|9,2026-08-01/2026-08-02\n"
    )
    ada = load_csv(csv_of(tmp_path, rows)).people["ada"]
    assert (ada.name, ada.email, len(ada.identifiers), len(ada.leave)) == ("Ada", "a@x.example", 3, 2)


@pytest.mark.parametrize(
    ("rows", "line", "message"),
    [
        (
            "ada,Ada,,,,,,,,,\nada,,a@x.example,,,,,,,,\nada,,b@x.example,,,,,,,,\n",
            4,
            "'email' of 'ada' differs from an earlier row",
        ),
        (
            "ada,,,2026-01-05,,x,hq,Europe/London,,,\nbo,,,2026-01-05,,x,hq,Europe/Rome,,,\n",
            3,
            "'site_timezone' of 'hq' differs from an earlier row",
        ),
        ("ada,Ada,,2026-01-05,2025-01-01,x,,,,,\n", 2, "the position ends before it begins"),
        (",Ada,,,,,,,,,\n", 2, "this row has no id"),
        ("ada,Ada,,,,,,,,,\nada,Bea,,,,,,,,,\n", 3, "'name' of 'ada' differs from an earlier row"),
        ("ada,,,,,,,,,,next week\n", 2, "leave 'next week' is not FROM/TO"),
        ("ada,,,2026-01-05,,x,,,nobody,,\n", 2, "no person has the id, mail address or account 'nobody'"),
        ("ada,,,,,,,,,,,,\n", 2, "this row has 13 cells, but there are 11 columns"),
    ],
)
def test_a_csv_mistake_is_named_with_its_line(tmp_path: Path, rows: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_csv(csv_of(tmp_path, rows))
    assert (caught.value.line, caught.value.message) == (line, message)


def told(tmp_path: Path, text: str, known: Roster = NOBODY) -> list[tuple[int | None, int | None, str]]:
    file = tmp_path / "people.csv"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_csv(file, known)
    return [(one.line, one.column, one.message) for one in caught.value.errors]


def test_mistakes_of_a_csv_came_in_rounds_and_in_column_1(tmp_path: Path) -> None:
    text = (
        "id,name,email,from,to,job,site,site_timezone,managers,account,leave,mbox,timezone\n"
        "ada,Ada,,26-1-5,,x,hq,Mars/Base,nobody,no-bar,next week,a@x.example,here\n"
        ',Bo,,2026-01-05,,"x\ny",hq,Europe/Rome,,,,,\n'
        "\n"
        "cy,Cy,,2026-01-05,2025-01-01,x,lab,,cy;who,,2026-01-09/2026-01-02,,\n"
        "cy,Cyn,,,,y,,,,,,,\n"
    )
    assert told(tmp_path, text) == [
        (2, 4, "'from': expected a date such as 2026-01-31, found '26-1-5'"),
        (2, 8, "'Mars/Base' is not an IANA time zone"),
        (2, 9, "no person has the id, mail address or account 'nobody'"),
        (2, 10, "account 'no-bar' is not HOMEPAGE|NAME"),
        (2, 11, "leave 'next week' is not FROM/TO"),
        (2, 12, "an mbox starts with 'mailto:'"),
        (2, 13, "'here' is not an IANA time zone"),
        (3, 1, "this row has no id"),
        (3, 8, "'site_timezone' of 'hq' differs from an earlier row"),
        (6, 5, "the position ends before it begins"),
        (6, 7, "no site is called 'lab'"),
        (6, 9, "no person has the id, mail address or account 'who'"),
        (6, 11, "the leave ends before it begins"),
        (7, 2, "'name' of 'cy' differs from an earlier row"),
        (7, 4, "a position needs 'from'"),
    ]


def test_a_row_with_too_few_cells_made_a_person_without_a_site(tmp_path: Path) -> None:
    """What else is wrong with such a row is not told, and whom and which site it names is known to the other rows."""
    text = (
        "id,name,email,from,job,site,site_timezone,managers\n"
        "ada,Ada;x,a@x.example,31.31.2026,clerk,hq,Europe/London\n"
        "bo,Bo,b@x.example,2026-01-05,clerk,hq,,ada\n"
        "cy,Cy,c@x.example,2026-01-05,clerk,hq,,bo,di\n"
        ",,\n"
    )
    assert told(tmp_path, text) == [
        (2, 8, "this row has 7 cells, but there are 8 columns"),
        (4, 9, "this row has 9 cells, but there are 8 columns"),
    ]


def test_cells_that_a_spreadsheet_leaves_out_at_the_end_are_empty(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text('id;name;email;from;leave\nbo;"Byron, Bo"\nada;Ada;;2026-01-05\n')
    roster = load_csv(tmp_path / "p.csv")
    assert {id_: (one.name, one.leave) for id_, one in roster.people.items()} == {
        "bo": ("Byron, Bo", ()),
        "ada": ("Ada", ()),
    }


@pytest.mark.parametrize(
    ("mark", "row", "hint"),
    [
        (",", "ada;Ada;bo", "separate the cells by commas"),
        (",", "ada,Ada,bo,cy", "a cell with a comma in it stands in quotes"),
        (
            ",",
            'ada,Ada,"ada, bo"',
            "if these are several, name each by itself; in a CSV file semicolons stand between them",
        ),
        (";", "ada;Ada;bo;cy", "a cell with a semicolon in it stands in quotes, and so does a list"),
    ],
)
def test_how_lists_and_cells_are_kept_apart_is_told(tmp_path: Path, mark: str, row: str, hint: str) -> None:
    columns = mark.join(("id", "name", "managers"))
    (tmp_path / "p.csv").write_text(f"{columns}\n{row}\n")
    with pytest.raises(RosterError) as raised:
        load_csv(tmp_path / "p.csv")
    assert raised.value.errors[-1].hint == hint


def test_all_that_is_wrong_with_the_first_line_is_told_at_once(tmp_path: Path) -> None:
    assert told(tmp_path, "\nnmae,job,job,unti\nada,x,y,z\n") == [
        (2, None, "the first line must name the columns, 'id' among them"),
        (2, 1, "unknown column 'nmae'"),
        (2, 3, "the column 'job' is there twice"),
        (2, 4, "unknown column 'unti'"),
    ]
    assert told(tmp_path, "") == [(1, None, "the first line must name the columns, 'id' among them")]


def test_whose_identifier_was_taken_was_told_one_by_one_and_without_a_place(tmp_path: Path) -> None:
    known = people(
        "people: [{id: bo, email: bo@x.example, identifiers: [{account: {homePage: 'https://x.example', name: '7'}}]}]"
    )
    text = "id,job,from,email,account\nada,x,2026-01-05,bo@x.example,\ncy,x,2026-01-05,,https://x.example|7\n"
    assert told(tmp_path, text, known) == [
        (2, 4, "email 'bo@x.example' belongs to 'bo' already"),
        (3, 5, "account 'https://x.example|7' belongs to 'bo' already"),
    ]
    moved = csv_of(tmp_path, "bo,,bo2@x.example,,,,,,,,\nada,,bo@x.example,,,,,,,,\n")
    assert len(load_csv(moved, known).people) == 2


def test_which_of_several_identifiers_was_taken_was_not_said(tmp_path: Path) -> None:
    """And after one that cannot be read, the wrong cell was named."""
    known = people("people: [{id: bo, identifiers: [{openid: 'https://bo.example'}, {mbox: 'mailto:bo@x.example'}]}]")
    text = "id,mbox,openid\nada,bo@x.example;mailto:bo@x.example,https://bo.example\n"
    assert told(tmp_path, text, known) == [
        (2, 2, "an mbox starts with 'mailto:'"),
        (2, 2, "mbox 'mailto:bo@x.example' belongs to 'bo' already"),
        (2, 3, "openid 'https://bo.example' belongs to 'bo' already"),
    ]
    text = "id,mbox\nada,mailto:a@x.example\ncy,mailto:b@x.example;mailto:a@x.example\n"
    assert told(tmp_path, text) == [(3, 2, "mbox 'mailto:a@x.example' belongs to 'ada' already")]


def test_a_quote_left_open_in_the_first_line_was_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    for text in ('id,"name\nada,Ada\n', 'id,"na"me\n'):
        file.write_text(text)
        with pytest.raises(ConfigError, match="not valid CSV"):
            load_csv(file)


def test_an_unknown_column_names_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("id,nmae\nada,Ada\n")
    with pytest.raises(ConfigError) as caught:
        load_csv(file)
    assert caught.value.hint == "did you mean 'name'?"


def test_an_import_may_name_sites_and_managers_that_are_known_already(tmp_path: Path) -> None:
    known = people("sites: {hq: {timezone: Europe/London}}\npeople: [{id: bo}]")
    roster = load_csv(csv_of(tmp_path, "ada,,,2026-01-05,,x,hq,,bo,,\n"), known)
    assert set(roster.people) == {"ada"}
    assert roster.people["ada"].positions[0].managers == ("bo",)


def test_a_semicolon_file_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text('id;name;from;job;managers\nbo;Bo;;;\ncy;Cy;;;\nada;Ada;2026-01-05;driver;"bo;cy"\n')
    assert load_csv(file).people["ada"].positions[0].managers == ("bo", "cy")


def test_a_mailbox_is_somebody_s_in_whatever_case(prowess: Prowess) -> None:
    prowess.people.record(people("people: [{id: zoe, email: Zoe@Example.org}]"))
    key = agent(mbox="mailto:zoe@example.org")
    assert prowess.people.person_of([key]) == {key: "zoe"}


def test_an_identifier_of_two_people_is_the_same_person_s_wherever_one_is_wanted(prowess: Prowess) -> None:
    prowess.people.record(people("people: [{id: ada, email: a@x.example}, {id: bo}]"))
    key, nobodys = agent(mbox="mailto:a@x.example"), agent(mbox="mailto:nobody@x.example")
    assert agent_key({"mbox": "mailto:A@x.example", "name": "Ada"}) == key
    assert agent_key({"objectType": "Group", "member": []}) is None
    before = prowess.feed.read(0, 100)[-1].seq
    link = {"tenant_id": 1, "agent": key, "known_from": before + 1, "ifi": "by hand"}
    prowess.database.write(lambda conn: conn.execute(insert(p.identity_link), {**link, "person_id": "bo"}))
    with prowess.database.read() as conn:
        assert owners(conn, 1, [key, nobodys]) == {key: ["ada", "bo"]}
        assert owners(conn, 1, [key], known_at=before) == {key: ["ada"]}
        assert person_of(conn, 1, [key]) == prowess.people.person_of([key]) == {key: "bo"}


def test_the_examples_of_the_page_on_people_say_the_same(prowess: Prowess, tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "people.md").read_text()
    prowess.people.record(people(page.split("```yaml\n")[1].split("```")[0]))
    file = tmp_path / "page.csv"
    file.write_text(page.split("```csv\n")[1].split("```")[0])
    assert load_csv(file).people.keys() == prowess.people.roster().people.keys()
    assert load_csv(file).people["ada"].positions[0] == prowess.people.roster().people["ada"].positions[0]


def staff(many: int, job: str, domain: str) -> Roster:
    at = f"positions: [{{from: 2026-01-05, job: {job}, managers: [p0]}}], leave: [{{from: 2026-02-01, to: 2026-02-02}}]"
    listed = ", ".join(f"{{id: p{i}, email: p{i}@{domain}, {at}}}" for i in range(many))
    return people(f"sites: {{hq: {{timezone: Europe/London}}}}\npeople: [{listed}]")


def written(prowess: Prowess, roster: Roster) -> list[str]:
    """The statements of an import's write, without those in which whole tables of rows go."""
    with overheard(prowess.database.writing) as said:
        prowess.people.record(roster)
    return [one.sql for one in said if not one.sql.startswith(("BEGIN", "ANALYZE"))]


def test_an_import_kept_every_other_writer_waiting_for_some_statements_a_person(prowess: Prowess) -> None:
    assert len(written(prowess, staff(60, "picker", "x.example"))) < 27
    few, all_of_them = staff(2, "driver", "y.example"), staff(60, "clerk", "z.example")
    assert len(written(prowess, few)) == len(written(prowess, all_of_them)) < 27
    assert prowess.people.roster().people["p59"].positions[0].job == "clerk"
    assert prowess.people.ids() == [f"p{i}" for i in sorted(range(60), key=str)]
    old, new = agent(mbox="mailto:p59@x.example"), agent(mbox="mailto:p59@z.example")
    assert prowess.people.person_of([old, new]) == {old: "p59", new: "p59"}


def test_an_import_that_changes_nothing_waits_for_no_writer(prowess: Prowess) -> None:
    prowess.people.record(staff(2, "picker", "x.example"))
    assert not any("LOCK" in sql or "lock" in sql for sql in written(prowess, staff(2, "picker", "x.example")))


@contextmanager
def overtaken(prowess: Prowess, other: Callable[[], Roster], times: int) -> Iterator[list[Imported]]:
    """So many times another import comes between what an import reads and its write."""
    came: list[Imported] = []
    busy: list[bool] = []

    def come(*_: object) -> None:
        if not busy and len(came) < times:
            busy.append(True)
            came.append(prowess.people.record(other()))
            busy.clear()

    event.listen(prowess.database.reading, "checkin", come)
    try:
        yield came
    finally:
        event.remove(prowess.database.reading, "checkin", come)


@pytest.mark.parametrize("times", [1, 50])
def test_an_import_that_another_one_overtakes_supersedes_what_that_one_said(prowess: Prowess, times: int) -> None:
    prowess.people.record(people("people: [{id: ada, name: Ada, email: a@x.example}]"))
    names = iter(range(100))
    mine = people("people: [{id: ada, name: Ada Byron, email: ada@x.example}]")

    def theirs() -> Roster:
        return people(f"people: [{{id: ada, name: N{next(names)}, email: n@x.example}}]")

    with overtaken(prowess, theirs, times) as came:
        assert prowess.people.record(mine) == Imported(added=0, changed=1, unchanged=0, identifiers=1)
    assert 1 <= len(came) < 50
    prowess.people.record(mine)
    assert prowess.people.roster().people["ada"].name == "Ada Byron"
    with prowess.database.read() as conn:
        c, link = p.person.c, p.identity_link.c
        spans = conn.execute(select(c.known_from, c.known_to).order_by(c.known_from)).all()
        links = conn.scalars(select(link.ifi).where(link.known_to.is_(None))).all()
    assert [until for _, until in spans] == [*(start for start, _ in spans[1:]), None]
    assert ifi_text({"mbox": "mailto:ada@x.example"}) in links
    assert list(check_record(prowess)) == []


def test_an_identifier_that_somebody_was_given_meanwhile_is_refused(prowess: Prowess) -> None:
    prowess.people.record(people("people: [{id: ada}, {id: bo}]"))
    theirs, mine = (people(f"people: [{{id: {id_}, email: a@x.example}}]") for id_ in ("bo", "ada"))
    with overtaken(prowess, lambda: theirs, 1), pytest.raises(Conflict, match="belongs to 'bo'"):
        prowess.people.record(mine)
    assert prowess.people.roster().people["ada"].email is None
