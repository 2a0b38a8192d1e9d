"""Sheets: all of it or nothing, every bad cell named with line and column, the same row only once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lrs.store.audit import lines
from lrs.xapi.vocabulary import VOIDED
from rules import vocabulary as v
from tests.conftest import Served
from tests.entry.desk import Office, fill_in, open_office, sound
from tests.http.asking import asker
from tests.servers import sqlite_at

ATTENDANCE = """person,activity,date,present,duration,credit_type,credits,accredited_by,ref
ada,toolbox-talk,2026-06-29,yes,PT2H,CEU,0.2,IACET,
bob@example.org,toolbox-talk,2026-06-29,no,,,,,
"""
KPI = """person,indicator,date,value
ada,near-misses,2026-05-31,3
ada,https://lms.example/near-misses,2026-06-30T08:00:00+02:00,0.50
"""


def recorded(office: Office, verb: str) -> list[dict[str, Any]]:
    return office.statements(verb=verb)


def test_attendance_over_the_api_carries_the_sender_s_key_and_doubles_nothing(each_office: Office) -> None:
    lms = asker(each_office.served, ["statements/write", "statements/read/mine"])
    rows = [
        {"person": "ada", "activity": "toolbox-talk", "date": "2026-06-29", "present": True, "duration": "PT2H"},
        {
            "person": "bob@example.org",
            "activity": "toolbox-talk",
            "date": "2026-06-29",
            "present": False,
            "instructor": "grace",
        },
    ]
    first, again = (lms.api("POST", "attendance", {"attendance": rows}) for _ in range(2))
    assert first.status_code == 200, first.text
    assert (first.json()["recorded"], first.json()["known"]) == (2, 0)
    assert (again.json()["recorded"], again.json()["known"]) == (0, 2)
    assert again.json()["statements"] == first.json()["statements"]
    ada, bob = recorded(each_office, v.ATTENDED)
    assert ada["result"] == {"duration": "PT2H"}
    assert ada["timestamp"] == "2026-06-29T11:00:00.000000Z"
    assert "instructor" not in ada["context"]
    assert bob["result"] == {"success": False}
    assert bob["context"]["instructor"]["mbox"] == "mailto:grace@example.org"
    assert set(lms.found()) == {ada["id"], bob["id"]}


def test_samples_over_the_api_and_every_mistake_of_a_body(office: Office) -> None:
    lms = asker(office.served, ["statements/write"])
    good = {"person": "ada", "indicator": "near-misses", "date": "2026-06-29", "value": 0.08}
    assert lms.api("POST", "kpi-samples", {"samples": [good]}).json()["recorded"] == 1
    (said,) = recorded(office, v.MEASURED)
    assert said["result"] == {"score": {"raw": 0.08}}
    bad = [
        good,
        {**good, "person": "adda"},
        {**good, "value": "many"},
        {**good, "valeu": 1},
        {**good, "date": "2026-07-09"},
        {**good, "indicator": "only-moodle"},
        {**good, "person": "nemo"},
        {"person": "ada"},
    ]
    answer = lms.api("POST", "kpi-samples", {"samples": bad})
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["detail"] == "7 of 8 rows cannot be recorded, so nothing was"
    found = {error["path"]: (error["detail"], error.get("hint")) for error in problem["errors"]}
    assert found["$.samples.1.person"] == (
        "no person has the id, mail address or account 'adda'",
        "did you mean 'ada'?",
    )
    assert found["$.samples.2.value"][0] == "'many' is no number"
    assert found["$.samples.3.valeu"][1] == "did you mean 'value'?"
    assert found["$.samples.4.date"][0] == "2026-07-09 lies in the future"
    assert "has no IRI that everybody may use" in found["$.samples.5.indicator"][0]
    assert "has no identifier" in found["$.samples.6.person"][0]
    assert {"$.samples.7.indicator", "$.samples.7.date", "$.samples.7.value"} <= found.keys()
    assert len(recorded(office, v.MEASURED)) == 1
    for body in ({}, {"samples": []}, {"samples": [1]}, {"samples": {}}):
        assert lms.api("POST", "kpi-samples", body).status_code == 400, body


def test_the_first_day_of_all_calendars_was_a_500(office: Office) -> None:
    lms = asker(office.served, ["statements/write"])
    row = {"person": "ada", "indicator": "near-misses", "value": 3}
    answer = lms.api("POST", "kpi-samples", {"samples": [{**row, "date": "0001-01-01"}]})
    assert answer.status_code == 400
    assert "no day on which anything" in answer.json()["errors"][0]["detail"]
    early = [{**row, "date": "0001-01-02"}, {**row, "date": "0001-01-01T00:00:00Z"}]
    assert lms.api("POST", "kpi-samples", {"samples": early}).json()["recorded"] == 2
    assert {said["timestamp"][:10] for said in recorded(office, v.MEASURED)} == {"0001-01-02", "0001-01-01"}


def test_no_character_breaks_the_search_for_a_person(each_office: Office) -> None:
    """PostgreSQL refuses NUL in every text; it was a fault of ours."""
    lms, grace = asker(each_office.served, ["statements/write"]), each_office.browser("grace")
    row = {"indicator": "near-misses", "date": "2026-06-29", "value": 3}
    for text in ("a\0da", "%", "_", "\\", "'", "x" * 5000, "a@\0"):
        answer = lms.api("POST", "kpi-samples", {"samples": [{**row, "person": text}]})
        assert answer.status_code == 400, text
        for path, fields in (
            ("/sign-off", {"person": text, "activity": "practical"}),
            ("/attendance", {"activity": "toolbox-talk", "date": "2026-06-29", "group": f"unit:{text}"}),
        ):
            assert grace.get(path, params=fields).status_code == 200, (path, text)


def test_a_row_that_was_taken_back_comes_again_only_with_a_ref_of_its_own(office: Office) -> None:
    root = asker(office.served)
    row = {"person": "ada", "indicator": "near-misses", "date": "2026-06-29", "value": 3}
    (id_,) = root.api("POST", "kpi-samples", {"samples": [row]}).json()["statements"]
    void = {
        "actor": {"mbox": "mailto:root@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": id_},
    }
    assert root.post(void).status_code == 200
    refused = root.api("POST", "kpi-samples", {"samples": [{**row, "person": "bob"}, row]})
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert error["path"] == "$.samples.1.ref"
    assert "taken back" in error["detail"]
    assert [one["verb"]["id"] for one in office.statements()] == [void["verb"]["id"]], "nothing of it was recorded"
    assert root.api("POST", "kpi-samples", {"samples": [{**row, "ref": "2"}]}).json()["recorded"] == 1


def test_acts_over_the_api_need_an_administrator_s_key(each_office: Office) -> None:
    body = {"act": "extend", "person": "ada", "program": "forklift", "reason": "Parental leave", "due_on": "2026-12-31"}
    assert asker(each_office.served, ["statements/write"]).api("POST", "acts", body).status_code == 403
    root = asker(each_office.served, ["admin"])
    first, again = (root.api("POST", "acts", {**body, "ref": "hr-7", "by": "grace"}) for _ in range(2))
    assert first.status_code == 200, first.text
    assert (first.json()["recorded"], again.json()["known"]) == (1, 1)
    (said,) = recorded(each_office, v.EXTENDED)
    assert said["object"]["id"].endswith("/programs/forklift")
    assert said["context"]["instructor"]["mbox"] == "mailto:grace@example.org"
    assert said["context"]["extensions"] == {
        v.OVERRIDE_EXTENSION: {"program": "forklift", "reason": "Parental leave", "due_on": "2026-12-31"}
    }
    assert said["authority"]["name"] == "prowess"
    for wrong, why in (
        ({**body, "reason": " "}, "needs a reason"),
        ({**body, "program": "forklif"}, "no program"),
        ({**body, "act": "pardon"}, "act"),
        ({**body, "due_on": "soon"}, "no day"),
        ({**body, "act": "waive"}, "has no 'due_on'"),
        ({"act": "waive", "person": "ada", "program": "forklift", "reason": "x", "criteria": ["exm"]}, "no criterion"),
    ):
        answer = root.api("POST", "acts", wrong)
        assert answer.status_code in {400, 404}, wrong
        assert why in answer.text, answer.text


def test_the_same_rows_from_many_at_once_are_recorded_once(each_office: Office) -> None:
    lms = asker(each_office.served, ["statements/write"])
    people = ("ada", "bob", "grace", "mary", "olga")
    rows = [
        {"person": person, "activity": "toolbox-talk", "date": "2026-06-30", "ref": str(number)}
        for person in people
        for number in range(10)
    ]

    def send(order: int) -> dict[str, Any]:
        answer = lms.api("POST", "attendance", {"attendance": rows[order:] + rows[:order]})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(send, range(0, 40, 5)))
    assert sum(one["recorded"] for one in told) == 50
    assert {one["recorded"] + one["known"] for one in told} == {50}
    assert len(recorded(each_office, v.ATTENDED)) == 50


@pytest.fixture
def installed(serve: Callable[..., Served], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office whose store commands find too."""
    url = sqlite_at(tmp_path / "store.db")
    monkeypatch.setenv("PROWESS_DATABASE_URL", url)
    monkeypatch.chdir(tmp_path)
    from datetime import UTC, datetime

    return open_office(serve, url, now=datetime.now(UTC))


def test_files_are_imported_on_the_command_line(installed: Office, tmp_path: Path) -> None:
    from tests.commanding import prowess

    (tmp_path / "a.csv").write_text("\ufeff" + ATTENDANCE.replace(",", ";"), "utf-8")
    (tmp_path / "k.csv").write_text(KPI)
    done = prowess("attendance", "import", "a.csv", "--by", "grace", cwd=tmp_path, check=True)
    assert done.stdout == "2 read, 2 recorded, 0 known already\n"
    told = json.loads(prowess("attendance", "import", "a.csv", "--json", cwd=tmp_path, check=True).stdout)
    assert (told["read"], told["recorded"], told["known"]) == (2, 0, 2)
    assert prowess("kpi", "import", "k.csv", cwd=tmp_path, check=True).stdout.startswith("2 read, 2 recorded")
    ada, _ = recorded(installed, v.ATTENDED)
    assert ada["context"]["instructor"]["name"] == "Grace Hopper"
    assert ada["result"]["extensions"][v.CREDITS_EXTENSION]["amount"] == 0.2
    assert [one["result"]["score"]["raw"] for one in recorded(installed, v.MEASURED)] == [3, 0.5]


def test_a_bad_row_records_nothing_and_all_bad_rows_are_listed(installed: Office, tmp_path: Path) -> None:
    from tests.commanding import prowess

    (tmp_path / "a.csv").write_text(
        ATTENDANCE
        + "nobody,toolbox-talk,2026-06-29,,,,,,\n\nada,no-talk,29.6.26,maybe,two hours,,1,,\n"
        + "ada,toolbox-talk,2026-06-29,,,,,,,\nada,toolbox-talk,2026-06-29\n"
    )
    done = prowess("attendance", "import", "a.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("error")] == [
        "error: a.csv:4:1: person: no person has the id, mail address or account 'nobody'",
        "error: a.csv:6:2: activity: no published activity is called 'no-talk'",
        "error: a.csv:6:3: date: '29.6.26' is neither a day nor an instant",
        "error: a.csv:6:4: present: 'maybe' is neither yes nor no",
        "error: a.csv:6:5: duration: 'two hours' is no duration",
        "error: a.csv:6:6: credit_type: credits need a credit_type",
        "error: a.csv:7:10: ref: this row has 10 cells, but there are 9 columns",
        "error: a.csv: 3 of 6 rows cannot be recorded, so nothing was",
    ]
    assert installed.statements() == []
    for text, why in (
        ("person,activity,dat\n", "did you mean 'date'?"),
        ("person,date\n", "'activity' among them"),
        ("person,activity,date\n", "no row"),
        ('person,activity,date\n"a,b\n', "not valid CSV"),
    ):
        (tmp_path / "b.csv").write_text(text)
        refused = prowess("attendance", "import", "b.csv", cwd=tmp_path)
        assert refused.returncode == 1
        assert why in refused.stderr, refused.stderr
        assert "Traceback" not in refused.stderr
    (tmp_path / "b.csv").write_bytes(b"person\xff")
    assert "not UTF-8" in prowess("kpi", "import", "b.csv", cwd=tmp_path).stderr


def test_mistakes_of_the_first_line_came_in_rounds_and_some_in_column_1(installed: Office, tmp_path: Path) -> None:
    from tests.commanding import prowess

    def told(command: str, text: str) -> list[str]:
        (tmp_path / "s.csv").write_text(text)
        done = prowess(command, "import", "s.csv", cwd=tmp_path)
        assert done.returncode == 1
        return [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.startswith("error")]

    assert told("kpi", "person,indcator,date,vlaue,date\nada,near-misses,2026-01-31,3,\n") == [
        "s.csv:1:2: indcator: unknown column 'indcator'",
        "s.csv:1:4: vlaue: unknown column 'vlaue'",
        "s.csv:1:5: date: the column 'date' is there twice",
        "s.csv:1: indicator: the first line must name the columns, 'indicator' among them",
        "s.csv:1: value: the first line must name the columns, 'value' among them",
        "s.csv: the sheet cannot be recorded, so nothing was",
    ]
    rows = 'person,activity,date,credits\nada,toolbox-talk,"2026-\n01-12",\nada,toolbox-talk,2026-01-12,1\n'
    assert told("attendance", rows) == [
        "s.csv:2:3: date: '2026-",
        "s.csv:4:4: credits: credits need a credit_type",
        "s.csv: 2 of 2 rows cannot be recorded, so nothing was",
    ]
    assert installed.statements() == []


def test_acts_on_the_command_line(installed: Office, tmp_path: Path) -> None:
    from tests.commanding import prowess

    what = ("act", "waive", "ada", "forklift", "--reason", "Prior learning")
    done = prowess(*what, "--criterion", "exam", "--for", "P30D", "--by", "mary", "--json", cwd=tmp_path, check=True)
    (said,) = recorded(installed, v.WAIVED)
    (idle,) = json.loads(done.stdout)["not_counted"]
    assert json.loads(done.stdout)["statement"] == idle["statement"] == said["id"]
    assert said["context"]["extensions"][v.OVERRIDE_EXTENSION] == {
        "program": "forklift",
        "reason": "Prior learning",
        "criteria": ["exam"],
        "for": "P30D",
    }
    assert said["context"]["instructor"]["name"] == "Mary Shaw"
    prowess("act", "revoke", "ada", "forklift", "--reason", "Fraud", cwd=tmp_path, check=True)
    assert recorded(installed, v.REVOKED_BY)[0]["context"]["instructor"]["account"]["name"] == "command line"
    assert prowess("act", "waive", "ada", "forklift", cwd=tmp_path).returncode == 2
    assert "needs a reason" in prowess("act", "revoke", "ada", "forklift", "--reason", " ", cwd=tmp_path).stderr
    assert "did you mean 'exam'?" in prowess(*what, "--criterion", "exma", cwd=tmp_path).stderr
    assert (
        prowess("act", "revoke", "ada", "forklift", "--reason", "x", "--until", "2026-01-01", cwd=tmp_path).returncode
        == 2
    )


def test_an_act_with_several_mistakes_showed_only_the_first(installed: Office, tmp_path: Path) -> None:
    from tests.commanding import prowess

    wrong = ("--reason", " ", "--criterion", "exma", "--until", "2026-02-30", "--for", "soon", "--by", "nobody")
    told = prowess("act", "waive", "adda", "forklift", *wrong, cwd=tmp_path)
    assert told.returncode == 1
    for one in ("adda", "exma", "2026-02-30", "needs a reason", "'soon' is no period", "--by: ", "6 mistakes"):
        assert one in told.stderr, one
    assert installed.statements() == []


def test_an_act_made_by_command_could_be_taken_back_on_a_page_alone(installed: Office, tmp_path: Path) -> None:
    from tests.commanding import prowess

    done = prowess("act", "exempt", "ada", "forklift", "--reason", "Prior learning", "--json", cwd=tmp_path, check=True)
    back = ("act", "take-back", json.loads(done.stdout)["statement"])
    why = ("--reason", "Meant for Bob", "--by", "mary")
    assert prowess(*back, cwd=tmp_path).returncode == 2
    assert "needs a reason" in prowess(*back, "--reason", " ", cwd=tmp_path).stderr
    assert "nobody is there to confirm it" in prowess(*back, *why, cwd=tmp_path).stderr
    shown = prowess(*back, *why, "--dry-run", cwd=tmp_path, check=True).stdout.splitlines()
    assert shown[0] == "Ada Byron, exempted: Forklift, because: Prior learning"
    assert shown[1].startswith("  Ada Byron, Forklift: ")
    assert " -> " in shown[1]
    assert shown[-1] == "nothing was changed"
    assert len(recorded(installed, v.EXEMPTED)) == 1
    told = json.loads(prowess(*back, *why, "--yes", "--json", cwd=tmp_path, check=True).stdout)
    assert (told["statement"], told["dry_run"], told["changes"][0]["program"]) == (back[2], False, "forklift")
    assert [one["verb"]["id"] for one in recorded(installed, v.EXEMPTED)] == [VOIDED], "what refers to it is found"
    (void,) = recorded(installed, VOIDED)
    assert (void["id"], void["object"]["id"]) == (told["voided_by"], back[2])
    assert (void["actor"]["name"], void["result"]) == ("Mary Shaw", {"response": "Meant for Bob"})
    (line,) = [one for one in lines(installed.served.prowess.database, 1, limit=9) if one.action == "act.take-back"]
    assert (line.by.kind, line.subject, line.details["voided_by"]) == ("command", "ada", void["id"])
    assert "taken back already" in prowess(*back, *why, "--yes", cwd=tmp_path).stderr
    assert "nothing was entered under" in prowess(*back[:2], str(uuid4()), *why, "--yes", cwd=tmp_path).stderr


def test_a_page_s_ticks_and_its_file_say_the_same_as_the_command(office: Office) -> None:
    grace = office.browser("grace")
    page = sound(grace.get("/attendance?activity=toolbox-talk&date=2026-06-29&group=reports").text)
    assert "Ada Byron" in page.words
    assert "Olga" not in page.words
    sent = fill_in(
        grace,
        "/attendance?activity=toolbox-talk&date=2026-06-29&group=reports",
        expected=["ada", "bob"],
        present=["ada"],
        absent="1",
        duration="PT2H",
    )
    assert sent.headers["Location"] == "/attendance?new=2&known=0&activity=toolbox-talk&date=2026-06-29"
    assert "Recorded : Toolbox talk on 29 June 2026, 2 new" in sound(grace.get(sent.headers["Location"]).text).words
    again = upload(grace, "person,activity,date,duration\nada,toolbox-talk,2026-06-29,PT2H\n")
    assert again.headers["Location"] == "/attendance?new=0&known=1&activity=toolbox-talk&date=2026-06-29"
    said = recorded(office, v.ATTENDED)
    assert [one.get("result") for one in said] == [{"duration": "PT2H"}, {"success": False}]
    assert {one["context"]["instructor"]["name"] for one in said} == {"Grace Hopper"}


def test_a_file_on_the_page_is_held_to_the_same_rights_and_its_mistakes_are_listed(office: Office) -> None:
    grace = office.browser("grace")
    answer = upload(grace, "person,activity,date\nada,toolbox-talk,2026-06-29\nolga,toolbox-talk,2026-06-29\n")
    assert answer.status_code == 400
    page = sound(answer.text)
    assert "1 of 2 rows cannot be recorded, so nothing was" in page.words
    assert "3 person you may not take attendance of 'olga'" in page.words
    assert "nknown column" in upload(grace, "person,activity,date,instructor\nada,toolbox-talk,2026-06-29,mary\n").text
    assert "No file was chosen" in sound(upload(grace, "", name="").text).words
    assert recorded(office, v.ATTENDED) == []
    nobody = fill_in(grace, "/attendance?activity=toolbox-talk&date=2026-06-29&group=reports")
    assert "Nobody is ticked" in sound(nobody.text).words
    for name in ("ada", "stray"):
        assert office.browser(name).get("/attendance").status_code == 403


LIST = "/attendance?activity=toolbox-talk&date=2026-06-29&group=reports"


def test_a_slip_in_the_length_of_a_session_was_told_far_from_its_field(office: Office) -> None:
    answer = fill_in(office.browser("grace"), LIST, expected=["ada", "bob"], present=["ada"], duration="soon")
    page = sound(answer.text)
    (field,) = (one for one in page.all("input") if one.get("name") == "duration")
    assert (field["value"], field["aria-invalid"], field["aria-describedby"]) == ("soon", "true", "duration-problem")
    assert page.words.count("'soon' is no duration") == 1
    assert [one["value"] for one in page.all("input") if one.get("name") == "present" and "checked" in one] == ["ada"]


def test_two_hundred_people_had_to_be_ticked_one_by_one(office: Office) -> None:
    grace = office.browser("grace")
    link = next(str(one["href"]) for one in grace.page(LIST).all("a") if "ticked=all" in str(one["href"]))
    page = grace.page(link)
    boxes = [one for one in page.all("input") if one.get("name") == "present"]
    assert boxes
    assert all("checked" in one for one in boxes)
    assert "Tick nobody" in page.words


def test_the_day_of_a_session_is_today_unless_another_is_said(office: Office) -> None:
    (field,) = (one for one in office.browser("grace").page("/attendance").all("input") if one.get("name") == "date")
    assert field["value"] == "2026-06-30"


def upload(browser: Any, text: str, name: str = "a.csv") -> Any:
    return browser.session.post(
        browser.url + "/attendance/file",
        data={"csrf": browser.page("/attendance").hidden("csrf")},
        files={"file": (name, text.encode(), "text/csv")},
        timeout=20,
        allow_redirects=False,
    )


def test_a_file_as_a_spreadsheet_writes_it_is_recorded_as_any_other(installed: Office, tmp_path: Path) -> None:
    from tests.commanding import prowess

    text = "person;indicator;date;value\r\nada;near-misses;31.05.2026;3,5\r\n"
    (tmp_path / "e.csv").write_bytes(text.encode("utf-16"))
    (tmp_path / "p.csv").write_text("person,indicator,date,value\nada,near-misses,2026-05-31,3.5\n")
    done = prowess("kpi", "import", "e.csv", cwd=tmp_path, check=True)
    assert done.stdout == "1 read, 1 recorded, 0 known already\n"
    assert prowess("kpi", "import", "p.csv", cwd=tmp_path, check=True).stdout == "1 read, 0 recorded, 1 known already\n"
    (tmp_path / "w.csv").write_text("person;indicator;date;value\nada;near-misses;1/2/2026;1,500\n")
    told = prowess("kpi", "import", "w.csv", cwd=tmp_path).stderr
    assert "w.csv:2:3: date: '1/2/2026' may be one day or another" in told
    assert "write 2026-01-02 or 2026-02-01" in told
    assert "w.csv:2:4: value: '1,500' may be 1.5 or 1500" in told


def test_a_length_of_time_in_plain_words_is_recorded_in_iso_8601(office: Office) -> None:
    root = office.browser("root")
    done = fill_in(root, "/acts?person=ada&program=yard&act=waive", reason="x", **{"for": "90 days"})
    assert done.status_code == 303
    (said,) = recorded(office, v.WAIVED)
    assert said["context"]["extensions"][v.OVERRIDE_EXTENSION]["for"] == "P90D"
    upload(root, "person,activity,date,duration\nada,toolbox-talk,29.06.2026,90 minutes\n")
    (said,) = recorded(office, v.ATTENDED)
    assert (said["result"], said["timestamp"][:10]) == ({"duration": "PT90M"}, "2026-06-29")


def test_a_point_between_thousands_was_recorded_as_a_decimal_point(installed: Office, tmp_path: Path) -> None:
    from tests.commanding import prowess

    (tmp_path / "k.csv").write_text(KPI.replace("0.50", "1.500").replace(",", ";"))
    done = prowess("kpi", "import", "k.csv", cwd=tmp_path)
    assert (done.returncode, "k.csv:3:4: value: '1.500' may be 1.5 or 1500" in done.stderr) == (1, True)
    (tmp_path / "k.csv").write_text(KPI.replace("0.50", "1.500"))
    assert prowess("kpi", "import", "k.csv", cwd=tmp_path, check=True).stdout.startswith("2 read, 2 recorded")
    assert sorted(str(one["result"]["score"]["raw"]) for one in recorded(installed, v.MEASURED)) == ["1.5", "3"]
