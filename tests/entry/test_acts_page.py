"""Acts of office on a page: only those who may, never without a reason, and taken back by a void."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lrs.store import audit
from rules import vocabulary as v
from rules.entry.acts import KINDS
from rules.entry.journal import Journal
from rules.entry.recorder import Recorder
from tests.conftest import Served
from tests.entry.desk import PROGRAMS, Office, database_in, fill_in, open_office, sound
from tests.pages.scene import said as evidence
from tests.pages.scene import score, send, settle

FORKLIFT = PROGRAMS.partition("\n---")[0]
WAIVE = "/acts?person=ada&program=forklift&act=waive"


def test_a_waiver_on_the_page_is_the_profile_s_statement_and_can_be_taken_back(each_office: Office) -> None:
    grace = each_office.browser("grace")
    done = fill_in(grace, WAIVE, reason="Broken leg", criteria=["exam"], until="2026-09-30")
    assert done.status_code == 303, done.text
    (said,) = each_office.statements()
    assert said["verb"] == {"id": v.WAIVED, "display": {"en": "waived"}}
    assert said["object"]["id"].endswith("/programs/forklift")
    assert said["context"]["instructor"]["mbox"] == "mailto:grace@example.org"
    assert said["context"]["extensions"] == {
        v.OVERRIDE_EXTENSION: {
            "program": "forklift",
            "reason": "Broken leg",
            "criteria": ["exam"],
            "until": "2026-09-30",
        }
    }
    assert "Ada Byron, waived: Forklift" in sound(grace.get(done.headers["Location"]).text).words
    page = sound(grace.get(WAIVE).text)
    assert "Broken leg" in page.words
    assert "waived, Exam, until 30 September 2026: Broken leg" in page.words
    path = f"/enter/{said['id']}/take-back"
    olga = each_office.browser("olga")
    assert olga.post(path, csrf=olga.page("/enter").hidden("csrf")).status_code == 403
    assert grace.post(path).status_code == 403
    token = grace.page("/enter").hidden("csrf")
    assert "Ada Byron, waived: Forklift" in grace.page("/enter").words
    assert grace.post(path, csrf=token).status_code == 303
    (void,) = each_office.statements()
    assert void["object"] == {"objectType": "StatementRef", "id": said["id"]}
    assert "Broken leg" not in sound(grace.get(WAIVE).text).words
    assert grace.post(path, csrf=token).status_code == 409


def test_until_when_a_waiver_holds_had_to_be_reckoned_from_a_period(office: Office) -> None:
    grace, form = office.browser("grace"), "/acts?person=ada&program=yard&act=waive"
    fill_in(grace, form, reason="Truck in repair", **{"for": "P14D"})
    assert "waived, until 14 July 2026: Truck in repair" in grace.page(form).words
    fill_in(office.browser("root"), form, reason="Because", **{"for": "P14D"})
    assert "waived, for 14 days: Because" in grace.page(form).words, "it does not count, so it holds until no day"


def test_an_act_without_a_reason_is_refused_and_keeps_what_was_typed(office: Office) -> None:
    root = office.browser("root")
    for act, fields, why in (
        ("waive", {"reason": "  ", "for": "P30D"}, "a waiver needs a reason"),
        ("waive", {"reason": "x", "for": "a month"}, "is no period"),
        ("waive", {"reason": "x", "for": "P1M", "until": "2026-12-31"}, "not both"),
        ("extend", {"reason": "x", "due_on": ""}, "needs 'due_on'"),
        ("exempt", {"reason": "x", "until": "soon"}, "is no day"),
        ("waive", {"reason": "x", "criteria": "exma"}, "did you mean 'exam'?"),
    ):
        answer = fill_in(root, f"/acts?person=ada&program=forklift&act={act}", **fields)
        assert answer.status_code == 400, act
        assert why.lower() in sound(answer.text).words.lower()
    assert office.statements() == []


def test_who_may_do_which_act(office: Office) -> None:
    for name, act, status in (
        ("grace", "waive", 200),
        ("grace", "extend", 200),
        ("mary", "extend", 200),
        ("root", "revoke", 200),
        ("grace", "revoke", 403),
        ("grace", "exempt", 403),
        ("olga", "waive", 403),
    ):
        found = office.browser(name).get(f"/acts?person=ada&program=forklift&act={act}")
        assert found.status_code == status, (name, act)
    grace = office.browser("grace")
    token = grace.page("/enter").hidden("csrf")
    for person, act in (("grace", "waive"), ("olga", "waive"), ("ada", "reinstate"), ("ada", "suspend")):
        fields = {"person": person, "act": act, "program": "forklift", "reason": "Because"}
        assert grace.post("/acts", csrf=token, nonce="n", **fields).status_code == 403, (person, act)
    assert office.browser("ada").get("/acts").status_code == 403
    words = sound(grace.get("/acts").text).words
    assert "Waive" in words
    assert "Revoke" not in words
    assert office.statements() == []


def test_managers_were_offered_what_only_administrators_may_do(office: Office) -> None:
    grace, root = office.browser("grace"), office.browser("root")
    assert "Waive and extend: one person, one program, one reason." in grace.page("/enter").words
    assert "Waive, exempt, extend, suspend, revoke, reinstate and endorse:" in root.page("/enter").words
    choice = sound(grace.get("/acts").text)
    assert [one["value"] for one in choice.all("option") if one["value"] in KINDS] == ["waive", "extend"]
    assert "Only administrators exempt, suspend, revoke, reinstate and endorse." in choice.words
    assert "Only administrators" not in root.page("/acts").words
    assert "Waive or extend" in grace.page("/people/ada/programs/forklift").words
    assert "Waive, exempt, extend and the like" in root.page("/people/ada/programs/forklift").words
    refused = grace.get("/acts?person=ada&program=forklift&act=exempt")
    assert refused.status_code == 403
    words = sound(refused.text).words
    assert "ou may not exempt anybody" in words
    assert "sk an administrator" in words
    assert "'ada'" not in words


def test_a_waiver_that_the_program_does_not_take_was_offered_without_a_word(office: Office) -> None:
    grace = office.browser("grace")
    assert "This program takes no waivers" in grace.page(WAIVE).words
    assert "a waiver by team-lead." in grace.page("/acts?person=ada&program=yard&act=waive").words
    assert "waiver" not in grace.page("/acts?person=ada&program=yard&act=extend").words


def test_the_start_page_shows_each_what_they_may(office: Office) -> None:
    for name, there, missing in (
        ("ada", "Answer a survey", "Sign off"),
        ("olga", "Sign off", "Acts of office"),
        ("grace", "Acts of office", "Review certificates"),
        ("root", "Review certificates", "Answer a survey"),
    ):
        page = sound(office.browser(name).get("/enter").text)
        assert there in page.words, name
        assert missing not in page.words, name
    stray = sound(office.browser("stray").get("/enter").text)
    assert "Ask an administrator to say which person your sign-in, stray, belongs to." in stray.words


def test_members_read_no_statements_of_others(office: Office) -> None:
    olga = office.browser("olga")
    fill_in(olga, "/sign-off?person=ada&activity=practical", outcome="done", date="2026-06-29")
    (said,) = office.statements()
    ada = office.browser("ada")
    assert ada.get("/statements").status_code == 403
    assert ada.get(f"/statements/{said['id']}").status_code == 403
    assert ada.get("/reports").status_code == 403
    home = sound(ada.get("/").text)
    assert "Statements" not in home.words
    assert "Enter" in home.words


def test_a_waiver_of_what_is_asked_today_although_another_version_is_published(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    second = FORKLIFT.replace("version: 1", "version: 2").replace("2025-01-01", "2026-07-01\napply: new")
    coming = second.replace("{id: exam, passed: exam}", "{id: talk, attended: toolbox-talk}")
    office = open_office(serve, database_in(tmp_path), f"{PROGRAMS}\n---\n{coming}")
    grace = office.browser("grace")
    offered = [one["value"] for one in sound(grace.get(WAIVE).text).all("input") if one["name"] == "criteria"]
    assert offered == ["exam", "talk"]
    assert fill_in(grace, WAIVE, reason="Broken leg", criteria=["exam"]).status_code == 303
    assert fill_in(grace, WAIVE, reason="Done before", criteria=["talk"]).status_code == 303


def test_an_act_is_in_the_audit_with_who_did_it_and_commits_with_its_statement(each_office: Office) -> None:
    refused = fill_in(each_office.browser("grace"), WAIVE, reason="Broken leg", criteria=["exma"])
    assert refused.status_code == 400
    assert _acts(each_office) == []
    fill_in(each_office.browser("grace"), WAIVE, reason="Broken leg", criteria=["exam"], until="2026-09-30")
    (said,) = each_office.statements()
    (line,) = _acts(each_office)
    assert (line.by, line.action, line.subject) == (audit.Asker("account", "grace", "127.0.0.1"), "act.waive", "ada")
    assert line.details == {"program": "forklift", "criteria": ["exam"], "until": "2026-09-30", "statement": said["id"]}
    with each_office.served.session(None) as session:
        asked = {"act": "exempt", "person": "bob", "program": "forklift", "reason": "Leaves", "ref": "hr-7"}
        for _ in range(2):  # the second time it is known
            assert session.post(f"{each_office.served.url}/api/v1/acts", json=asked).status_code == 200
    newest, *others = _acts(each_office)
    assert (newest.by.kind, newest.action, newest.subject, len(others)) == ("key", "act.exempt", "bob", 1)
    assert "Leaves" not in str(newest.details)


def test_an_act_that_was_sent_twice_at_once_left_two_lines_in_the_audit(
    each_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked before either was stored, within one microsecond: one statement, and once it was done."""
    with monkeypatch.context() as together, each_office.served.session(None) as session:
        together.setattr(Recorder, "_fresh", lambda _, statements: list(statements))
        asked = {"act": "exempt", "person": "bob", "program": "forklift", "reason": "Leaves", "ref": "hr-7"}
        for _ in range(2):
            assert session.post(f"{each_office.served.url}/api/v1/acts", json=asked).status_code == 200
    (said,) = each_office.statements()
    assert [one.details["statement"] for one in _acts(each_office)] == [said["id"]]
    with monkeypatch.context() as together:
        find = each_office.served.prowess.reader.find_any
        together.setattr(Journal, "_entry", lambda _, id_: find(1, id_)._replace(voided_seq=None))
        root = each_office.browser("root")
        token = root.page("/enter").hidden("csrf")
        for _ in range(2):
            assert root.post(f"/enter/{said['id']}/take-back", csrf=token).status_code == 303
    assert len(each_office.statements()) == 1, "the one that voids"
    assert [one.action for one in _acts(each_office)] == ["act.take-back", "act.exempt"]


def _acts(office: Office) -> list[audit.Line]:
    found = audit.lines(office.served.prowess.database, 1, limit=100)
    return [one for one in found if one.action.startswith("act.")]


def test_a_waiver_that_was_taken_back_left_no_line_in_the_audit(each_office: Office) -> None:
    grace = each_office.browser("grace")
    fill_in(grace, WAIVE, reason="Broken leg", criteria=["exam"])
    (said,) = each_office.statements()
    path, root = f"/enter/{said['id']}/take-back", each_office.browser("root")
    token = root.page("/enter").hidden("csrf")
    assert [root.post(path, csrf=token).status_code for _ in range(2)] == [303, 409]
    (void,) = each_office.statements()
    lines = audit.lines(each_office.served.prowess.database, 1, limit=9)
    (line,) = [one for one in lines if one.action == "act.take-back"]
    assert (line.by, line.subject) == (audit.Asker("account", "root", "127.0.0.1"), "ada")
    told = {"act": "waive", "program": "forklift", "statement": said["id"], "voided_by": void["id"]}
    assert line.details == told


def test_one_tap_took_an_entry_back(serve: Callable[..., Served], tmp_path: Path) -> None:
    """A page asks first, says what follows, and nothing is void before its button is pressed."""
    waivable = PROGRAMS.replace("[{id: exam, passed: exam}]}", "[{id: exam, passed: exam}]}\nwaive: {by: [team-lead]}")
    office = open_office(serve, database_in(tmp_path), waivable)
    grace = office.browser("grace")
    fill_in(grace, WAIVE, reason="Broken leg")
    (said,) = office.statements()
    path = f"/enter/{said['id']}/take-back"
    for page in (grace.page("/enter"), grace.page(WAIVE)):
        assert path not in [one.get("action") for one in page.all("form")]
        assert path in [one.get("href") for one in page.all("a")]
    asked = sound(grace.get(path).text)
    assert "Ada Byron, waived: Forklift" in asked.words
    assert "Broken leg" in asked.words
    assert "Ada Byron loses the certificate of Forklift." in asked.words
    assert "Then: This was due on 7 March 2025 and is not done yet." in asked.words
    assert "Then still missing: pass Exam." in asked.words
    assert office.statements() == [said]
    assert office.browser("olga").get(path).status_code == 403
    done = fill_in(grace, path)
    assert done.status_code == 303
    assert "Taken back : Ada Byron, waived: Forklift" in sound(grace.get(done.headers["Location"]).text).words
    assert grace.get(path).status_code == 409


def test_what_nothing_rests_on_is_asked_about_too(office: Office) -> None:
    grace = office.browser("grace")
    fill_in(grace, "/sign-off?person=ada&activity=practical", outcome="not-yet", date="2026-06-29", note="Too fast")
    (said,) = office.statements()
    asked = sound(grace.get(f"/enter/{said['id']}/take-back").text).words
    assert "Nothing that is asked of Ada Byron now rests on it." in asked
    assert "Too fast" in asked


def test_a_sign_off_that_is_taken_back_is_no_act_of_office(office: Office) -> None:
    root = office.browser("root")
    fill_in(root, "/sign-off?person=ada&activity=practical", outcome="done", date="2026-06-29")
    (said,) = office.statements()
    assert root.post(f"/enter/{said['id']}/take-back", csrf=root.page("/enter").hidden("csrf")).status_code == 303
    assert not [one for one in audit.lines(office.served.prowess.database, 1, limit=9) if one.action.startswith("act.")]


def test_what_was_decided_of_an_act_was_listed_as_one_and_could_be_taken_back(office: Office) -> None:
    """Decisions speak with some of the same verbs, under the same key; the page answered 500."""
    root, page = office.browser("root"), "/acts?person=ada&program=forklift&act="
    send(office, evidence("ada", "passed", "exam", **score(0.9)))
    fill_in(root, page + "suspend", reason="Under review")
    settle(office.served.prowess)
    said = [one for one in office.statements() if one["verb"]["id"] == v.SUSPENDED]
    (decided,) = [one for one in said if v.OVERRIDE_EXTENSION not in one["context"]["extensions"]]
    assert sound(root.get(page + "reinstate").text).words.count("Take back") == 1
    assert root.get(f"/enter/{decided['id']}").status_code == 404
    assert root.get(f"/enter/{decided['id']}/take-back").status_code == 404
