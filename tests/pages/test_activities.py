"""What sources really send, beside what programs ask for: the report, and the address that was misspelt."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lrs.cli_context import Invocation
from lrs.clock import ManualClock
from lrs.commands.operate import doctor
from lrs.prowess import installed_plugins
from reports.commands import report
from reports.documentation import PAGE
from reports.queries import activities
from rules.published.composition import published_of
from rules.published.store import Source
from rules.troubles import addresses
from tests.entry.desk import NOW, Office, furnish, sound
from tests.listening import overheard
from tests.pages import scene as scenes
from tests.pages.scene import AT, PROGRAMS, open_scene, said, settle
from tests.reports.asking import ask, rows_of

COURSE = {
    "id": f"{AT}module",
    "definition": {
        "name": {"de": "Modul", "en": "Module"},
        "type": "http://adlnet.gov/expapi/activities/module",
    },
}
INSIDE = {"contextActivities": {"parent": [{"id": f"{AT}course"}]}}
COMMAND = "prowess report activities"
SILENT = ["exam", "practical", "quiz"]


def send(scene: Office, *statements: dict[str, Any]) -> None:
    """Statements over HTTP, a minute before whatever is asked next."""
    scenes.send(scene, *statements)
    move(scene, seconds=60)


def move(scene: Office, **by: int) -> None:
    clock = scene.served.prowess.clock
    assert isinstance(clock, ManualClock)
    clock.move(**by)


def told(scene: Office, *columns: str, **given: Any) -> list[tuple[Any, ...]]:
    """Rows of the report, addresses without what all have in common."""
    rows = rows_of(scene.served.prowess, "activities", *columns, **given)
    return [tuple(one.removeprefix(AT) if isinstance(one, str) else one for one in row) for row in rows]


def test_what_came_stands_beside_what_programs_ask_for(each_scene: Office) -> None:
    send(
        each_scene,
        said("ada", "passed", "theory"),
        said("bob", "passed", "theory"),
        said("bob", "failed", "theory"),
        said("who", "attempted", "elsewhere"),
        {**said("bob", "completed", "", context=INSIDE), "object": COURSE},
    )
    rows = told(each_scene, "iri", "state", "statements", "learners", "in_context", "name", "type")
    assert rows == [
        ("course", "context", 0, 0, 1, "Driving course", None),
        *((one, "silent", 0, 0, 0, f"Driving {one.replace('al', 'e')}", None) for one in SILENT),
        ("elsewhere", "unused", 1, 0, 0, None, None),
        ("module", "unused", 1, 1, 0, "Module", COURSE["definition"]["type"]),  # type: ignore[index]
        ("theory", "used", 3, 2, 0, "Forklift theory", None),
    ]
    ((verbs, programs, activity, source, last_seen),) = told(
        each_scene, "verbs", "programs", "activity", "source", "last_seen", state="used"
    )
    assert [verb.rpartition("/")[2] for verb in verbs] == ["failed", "passed"]
    assert (programs, activity) == (["forklift"], "theory")
    assert told(each_scene, "iri", source=source) == [("elsewhere",), ("module",), ("theory",)]
    assert last_seen.startswith("2026-06-30T15:00")


def test_silent_rows_had_no_names(scene: Office) -> None:
    """No source names what is silent; the programs that ask for it do."""
    assert told(scene, "name", state="silent") == [
        (f"Driving {name}",) for name in ("course", "exam", "practice", "quiz")
    ] + [("Forklift theory",)]


def test_a_source_that_may_not_define_names_what_it_sends(each_scene: Office) -> None:
    served = each_scene.served
    key, secret = served.prowess.credentials.create("lms", ["statements/write"])
    with served.session() as session:
        session.auth = (key.key, str(secret))
        sent = {**said("bob", "completed", ""), "object": COURSE}
        assert session.post(f"{served.xapi}/statements", json=sent, timeout=20).status_code == 200
    send(each_scene, said("ada", "passed", "theory"))
    kind = COURSE["definition"]["type"]  # type: ignore[index]
    assert told(each_scene, "name", "type", source="lms") == [("Module", kind)]


def test_filters_and_order(each_scene: Office) -> None:
    send(each_scene, said("ada", "passed", "theory"), *(said("ada", "attempted", "other") for _ in range(2)))
    assert told(each_scene, "iri", state=["unused", "used"], sort="-statements") == [("other",), ("theory",)]
    assert len(told(each_scene, "iri", program="forklift")) == 5
    assert told(each_scene, "iri", source="nobody") == []
    assert len(told(each_scene, "iri", source="(none)")) == 4
    first = ask(each_scene.served.prowess, "activities", limit=2)
    assert first.next
    assert first.totals == {"rows": 6}
    seen = [row["iri"] for row in first.rows]
    while first.next:
        first = ask(each_scene.served.prowess, "activities", limit=2, cursor=first.next)
        seen += [row["iri"] for row in first.rows]
    assert len(set(seen)) == len(seen) == 6


def test_only_the_days_asked_for_count_but_what_programs_ask_for_stays(each_scene: Office) -> None:
    send(each_scene, said("ada", "passed", "theory"), said("ada", "passed", "other"))
    move(each_scene, days=89)
    assert ("other",) in told(each_scene, "iri")
    move(each_scene, days=1)
    assert ("other",) not in told(each_scene, "iri")
    assert told(each_scene, "iri", "statements", state="used") == [("theory", 0)]
    assert ("other",) in told(each_scene, "iri", within=91)
    assert told(each_scene, "iri", "state", as_of="2026-06-29") == [
        (one, "silent") for one in ("course", *SILENT, "theory")
    ]


def test_many_statements_are_counted_and_read_only_so_far(each_scene: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities, "COUNTED", 3)
    monkeypatch.setattr(activities, "READ", 2)
    send(each_scene, *(said(who, "passed", "theory") for who in ("grace", "mary", "ada", "bob")))
    assert told(each_scene, "statements", "learners", state="used") == [(3, 2)]


def test_what_came_under_nearly_the_same_address_is_named(each_scene: Office) -> None:
    send(
        each_scene,
        {**said("ada", "passed", ""), "object": {"id": "http://lms.example/exam"}},
        {**said("ada", "passed", ""), "object": {"id": f"{AT}quizz"}},
        said("ada", "passed", "theory"),
    )
    assert told(each_scene, "iri", "did_you_mean", "difference", state="silent") == [
        ("course", None, None),
        ("exam", "http://lms.example/exam", "http or https"),
        ("practical", None, None),
        ("quiz", "quizz", "spelling"),
    ]
    rows = sound(each_scene.browser("mary").get("/exceptions/silent-activities").text)
    assert (
        "Did you mean http://lms.example/exam , which statements are about? It differs in: http or https." in rows.words
    )
    assert "/statements?activity=http://lms.example/exam" in {one["href"] for one in rows.all("a")}


def test_an_address_that_another_activity_names_is_not_meant(serve: Any, database_url: str) -> None:
    other = '---\n{kind: activity, id: old-exam, iris: ["http://lms.example/exam"]}\n'
    scene = open_scene(serve, database_url, PROGRAMS + other)
    send(scene, {**said("ada", "passed", ""), "object": {"id": "http://lms.example/exam"}})
    assert told(scene, "did_you_mean", state="silent") == [(None,)] * 5
    assert told(scene, "activity", "programs", state="unused") == [("old-exam", [])]
    assert scene.served.prowess.complaints() == []


def test_what_is_only_named_beside_something_is_not_meant(each_scene: Office) -> None:
    beside = {"contextActivities": {"grouping": [{"id": "http://lms.example/exam"}]}}
    send(each_scene, said("ada", "passed", "theory", context=beside))
    assert each_scene.served.prowess.complaints() == []


def test_a_misspelt_address_is_complained_about_at_once(serve: Any, database_url: str) -> None:
    scene = open_scene(serve, database_url, PROGRAMS.replace("2026-06-01", "2026-06-30"))
    prowess = scene.served.prowess
    listed = lambda: sound(scene.browser("mary").get("/exceptions/silent-activities").text).words  # noqa: E731
    assert prowess.complaints() == []
    assert "nothing is to be done here" in listed(), "the program asks since today"
    send(scene, {**said("ada", "passed", ""), "object": {"id": "http://lms.example/exam"}})
    assert "Driving exam" in listed()
    (one,) = prowess.complaints()
    assert one.what == (
        "no statement is about 'Driving exam' at https://lms.example/exam; statements are about "
        "http://lms.example/exam, which differs in: http or https"
    )
    assert one.command == "prowess report activities --filter state=silent"
    assert "Driving exam" in sound(scene.browser("root").get("/").text).words
    assert "Driving exam" not in sound(scene.browser("mary").get("/").text).words
    send(scene, {**said("bob", "passed", ""), "object": {"id": "http://lms.example/quiz"}})
    assert "nor about 1 more of that kind" in prowess.complaints()[0].what
    send(scene, said("ada", "passed", "exam"), said("ada", "passed", "quiz"))
    (one,) = prowess.complaints()
    assert one.what == (
        "statements about http://lms.example/quiz count for nothing; 'Driving quiz' is looked for at "
        "https://lms.example/quiz, which differs in: http or https, and so with 1 more"
    )


def test_an_address_that_was_right_for_some_and_wrong_for_others_stood_only_in_the_report(each_scene: Office) -> None:
    prowess = each_scene.served.prowess
    wrong = {**said("bob", "passed", ""), "object": {"id": "http://lms.example/theory/"}}
    send(each_scene, said("ada", "passed", "theory"), wrong)
    (one,) = prowess.complaints()
    assert one.what == (
        "statements about http://lms.example/theory/ count for nothing; 'Forklift theory' is looked for at "
        "https://lms.example/theory, which differs in: http or https, slash at the end"
    )
    assert one.command == "prowess report activities --filter state=unused"
    assert one.what in sound(each_scene.browser("root").get("/").text).words
    rows = sound(each_scene.browser("mary").get("/exceptions/astray-activities").text)
    assert (
        "Forklift theory Counterbalance forklift https://lms.example/theory Did you mean http://lms.example/theory/ ,"
        in rows.words
    )
    assert told(each_scene, "iri", "did_you_mean", "difference", state="unused") == [
        ("http://lms.example/theory/", "theory", "http or https, slash at the end")
    ]
    assert "Forklift theory" not in sound(each_scene.browser("mary").get("/exceptions/silent-activities").text).words
    move(each_scene, days=31)
    assert prowess.complaints() == [], "its sender has mended it"


def test_beside_an_address_that_is_used_another_word_is_another_activity(each_scene: Office) -> None:
    others = (f"{AT}theorie", f"{AT}theory?page=2", f"{AT}theory#end", "https://other.example/theory-of-forklifts")
    wrong = [{**said("bob", "passed", ""), "object": {"id": iri}} for iri in others]
    send(each_scene, said("ada", "passed", "theory"), *wrong)
    assert each_scene.served.prowess.complaints() == []
    assert {one for (one,) in told(each_scene, "did_you_mean", state="unused")} == {None}


def test_one_of_two_addresses_that_was_misspelt_was_not_complained_about(serve: Any, database_url: str) -> None:
    both = PROGRAMS.replace('["https://lms.example/exam"]', '["https://lms.example/exam", "https://old.example/exam"]')
    scene = open_scene(serve, database_url, both)
    old = {**said("bob", "passed", ""), "object": {"id": "https://old.example/exams"}}
    send(scene, said("ada", "passed", "exam"), old)
    (one,) = scene.served.prowess.complaints()
    assert "'Driving exam' is looked for at https://old.example/exam, which differs in: spelling" in one.what
    assert told(scene, "did_you_mean", state="unused") == [("https://old.example/exam",)]
    named = both.replace('"https://old.example/exam"', '"https://old.example/exams"')
    published_of(scene.served.prowess).apply([Source("programs.yaml", named)])
    settle(scene.served.prowess)
    assert scene.served.prowess.complaints() == []


def test_programs_of_days_to_come_are_not_complained_about(serve: Any, database_url: str) -> None:
    scene = open_scene(serve, database_url, PROGRAMS.replace("2026-06-01", "2026-07-02"))
    send(scene, {**said("ada", "passed", ""), "object": {"id": "http://lms.example/exam"}})
    assert scene.served.prowess.complaints() == []


def test_a_day_that_began_at_the_site_and_not_in_utc_was_no_day_yet(serve: Any, database_url: str) -> None:
    scene = open_scene(serve, database_url, PROGRAMS.replace("2026-06-01", "2026-07-01"))
    send(scene, {**said("ada", "passed", ""), "object": {"id": "http://lms.example/exam"}})
    assert len(scene.served.prowess.complaints()) == 1


def test_an_address_in_a_table_was_cut_before_the_id_that_tells_it_apart(scene: Office, tmp_path: Path) -> None:
    address = "https://learning.example.org/mod/quiz/view.php?id=55"
    name = {"name": {"en": "A name that is rather longer than what fits into a cell of a table"}}
    send(scene, {**said("ada", "passed", ""), "object": {"id": address, "definition": name}})
    config = tmp_path / "config.yaml"
    config.write_text(f"database: {{url: '{scene.served.prowess.settings.database.url}'}}\n", "utf-8")
    asked = ["activities", "--filter", "within=3650"]
    shown = CliRunner().invoke(report, asked, obj=Invocation(config)).output
    assert f"{address} " in shown
    assert "A name that is rather longer than what …" in shown


def test_a_store_without_programs_shows_what_came(serve: Any, database_url: str) -> None:
    served = serve(database_url, installed_plugins(), clock=ManualClock(NOW), PROWESS_RUNNER_KIND="none")
    scene = Office(served)
    assert ask(served.prowess, "activities").rows == []
    send(scene, said("ada", "passed", "theory"))
    assert told(scene, "iri", "state") == [("theory", "unused")]
    assert served.prowess.complaints() == []
    furnish(served.prowess, PROGRAMS)
    settle(served.prowess)
    assert told(scene, "iri", "learners", state="used") == [("theory", 1)]


def test_our_own_announcements_are_not_what_sources_send(each_scene: Office) -> None:
    send(each_scene, said("ada", "attempted", "elsewhere"))
    verbs = {one["verb"]["id"] for one in each_scene.statements() if "/elsewhere" not in one["object"].get("id", "")}
    assert verbs, "assignments are announced"
    assert told(each_scene, "iri", state=["used", "unused"]) == [("elsewhere",)]


def test_the_page_and_the_files(scene: Office) -> None:
    send(scene, {**said("ada", "passed", ""), "object": {"id": "http://lms.example/exam"}})
    mary = scene.browser("mary")
    page = sound(mary.get("/reports/activities").text)
    assert "What your sources really send" not in page.words
    assert "Shows what your sources really send" in page.words
    links = {one["href"] for one in page.all("a")}
    assert "/statements?activity=http://lms.example/exam" in links
    assert "forklift" in page.words
    assert " passed " in page.words, "verbs by their last word"
    lines = list(csv.DictReader(mary.get("/reports/activities.csv").text.splitlines()))
    assert {line["iri"]: line["did_you_mean"] for line in lines}[f"{AT}exam"] == "http://lms.example/exam"
    body = json.loads(mary.get("/reports/activities.json?state=silent").text)
    assert body["filters"] == {"state": ["silent"], "within": ["90"]}
    assert [row["programs"] for row in body["rows"]] == [["forklift"]] * 5
    lines = [json.loads(line) for line in mary.get("/reports/activities.ndjson").text.splitlines()]
    assert len(lines) == 6


@pytest.mark.parametrize(("who", "status"), [("root", 200), ("mary", 200), ("grace", 403), ("ada", 403), ("olga", 403)])
def test_administrators_and_analysts_read_it_and_nobody_else(scene: Office, who: str, status: int) -> None:
    browser = scene.browser(who)
    for path in ("/reports/activities", "/reports/activities.csv", "/reports/activities.json"):
        assert browser.get(path).status_code == status
    listed = browser.get("/reports")
    assert ("/reports/activities" in listed.text) == (status == 200)


def test_no_more_addresses_are_compared_than_so_many(each_scene: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    send(each_scene, {**said("ada", "passed", ""), "object": {"id": "http://lms.example/exam"}})
    assert each_scene.served.prowess.complaints()
    monkeypatch.setattr(addresses, "MOST_HEARD", 0)
    assert each_scene.served.prowess.complaints() == []


def test_statements_are_found_by_the_index_and_never_scanned(scene: Office) -> None:
    send(
        scene,
        said("ada", "passed", "theory"),
        {**said("ada", "passed", ""), "object": {"id": "http://lms.example/exam"}},
    )
    prowess = scene.served.prowess
    with overheard(prowess.database.reading) as asked:
        assert ask(prowess, "activities", limit=3).next
        assert prowess.complaints()
    with prowess.database.read() as conn:
        for statement, parameters in asked:
            for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                assert not re.match("SCAN (statement|posting|evidence|body)", row.detail), statement


def test_what_the_page_for_analysts_says_can_be_typed(scene: Office, tmp_path: Path) -> None:
    send(scene, {**said("ada", "passed", ""), "object": {"id": "http://lms.example/exam"}})
    config = tmp_path / "config.yaml"
    config.write_text(f"database: {{url: '{scene.served.prowess.settings.database.url}'}}\n", "utf-8")
    lines = [line.partition("#")[0] for line in PAGE.read_text("utf-8").splitlines() if line.startswith(COMMAND)]
    assert len(lines) == 5
    for line in lines:
        arguments = shlex.split(line.replace("first-aid", "forklift"))[2:]
        done = CliRunner().invoke(report, arguments, obj=Invocation(config))
        assert done.exit_code == 0, done.output
        if "state=unused" not in line:
            assert "http://lms.example/exam" in done.output
    known = CliRunner().invoke(doctor, obj=Invocation(config)).output
    assert "to mend: no statement is about 'Driving exam' at https://lms.example/exam" in known
    assert "see: prowess report activities --filter state=silent" in known
