"""The table of docs/evidence.md says who may enter what about whom; the code says the same, cell by cell."""

from __future__ import annotations

import re

import pytest

from lrs.errors import Forbidden
from lrs.people.roster import Person
from lrs.web.accounts import change_account, create_account
from rules import vocabulary as v
from rules.entry.journal import _is_by
from rules.entry.rights import Deed, Enterer
from tests.entry.desk import PASSWORD, Office
from tests.entry.test_page import PAGE

ROWS = {
    "sign off": [Deed.SIGN_OFF],
    "attendance": [Deed.ATTENDANCE],
    "enter a measure": [Deed.MEASURE],
    "hand in an external certificate": [Deed.HAND_IN],
    "review it": [Deed.REVIEW],
    "answer a survey": [Deed.SURVEY],
    "waive, extend": [Deed.WAIVE, Deed.EXTEND],
    "exempt, suspend, revoke, reinstate, endorse": [
        Deed.EXEMPT,
        Deed.SUSPEND,
        Deed.REVOKE,
        Deed.REINSTATE,
        Deed.ENDORSE,
    ],
}
ME = Person("me", "Me")
AGENT = {"mbox": "mailto:me@example.org"}
WHO = (
    Enterer("admin", AGENT, ME),
    Enterer("observer", AGENT, ME),
    Enterer("member", AGENT, ME, frozenset({"report"})),
    Enterer("member", AGENT, ME),
)
TABLE = PAGE.partition("| | administrator |")[2].partition("\n\n")[0]
CELLS = {
    name.strip(): [cell.strip() for cell in cells.split("|")]
    for name, cells in re.findall(r"^\| ([^|]+?) \| (.+) \|$", TABLE, re.MULTILINE)
    if not name.startswith("---")
}


def test_the_table_is_whole() -> None:
    assert CELLS.keys() == ROWS.keys()
    assert {deed for deeds in ROWS.values() for deed in deeds} == set(Deed)


@pytest.mark.parametrize(
    ("deed", "who", "cell"),
    [
        (deed, who, cell)
        for name, deeds in ROWS.items()
        for deed in deeds
        for who, cell in zip(WHO, CELLS[name], strict=True)
    ],
)
def test_a_cell_of_the_table(deed: Deed, who: Enterer, cell: str) -> None:
    about = {learner for learner in ("report", "other") if who.may(deed, learner)}
    if who.role != "member" or not who.reports:
        about -= {"report"} if "other" not in about else set()
    wanted = {"anybody": {"report", "other"}}.get(cell, {"report"} if "those people" in cell else set())
    assert about == wanted
    if "their own" in cell:
        assert who.may(deed, "me")
    if cell == "nobody" or deed in {Deed.SIGN_OFF, Deed.REVIEW, Deed.WAIVE, Deed.REVOKE}:
        assert not who.may(deed, "me")
    assert who.may_ever(deed) == (cell != "nobody")


@pytest.mark.parametrize("deed", Deed)
def test_whoever_is_nobody_enters_nothing_unless_an_administrator(deed: Deed) -> None:
    for role in ("member", "observer", "analyst"):
        stray = Enterer(role, AGENT, None)
        assert not stray.may_ever(deed)
        with pytest.raises(Forbidden) as caught:
            stray.require(deed, "other")
        assert caught.value.hint == "ask an administrator to say who you are"
    assert Enterer("admin", AGENT, None).may_ever(deed) == (deed is not Deed.SURVEY)


def test_a_learner_takes_back_what_they_entered_and_no_measurement_of_them() -> None:
    ada = {"objectType": "Agent", "mbox": "mailto:ada@example.org"}
    learner = Enterer("member", ada, None)
    for verb, mine in ((v.PRESENTED, True), (v.RESPONDED, True), (v.MEASURED, False), (v.ATTENDED, False)):
        assert _is_by({"actor": ada, "verb": {"id": verb}, "object": {"id": "x:y"}}, learner) is mine
    signed = {"actor": {"mbox": "mailto:bob@example.org"}, "verb": {"id": v.SIGNED_OFF}, "context": {"instructor": ada}}
    assert _is_by(signed, learner)


def test_those_who_report_to_somebody_are_only_those(office: Office) -> None:
    """An observer may sign for anybody; the list of their own reports is still their own."""
    change_account(office.served.prowess, "grace", role="observer")
    page = office.browser("grace").get("/attendance?activity=toolbox-talk&date=2026-06-29&group=reports").text
    assert {name for name in ("Ada Byron", "Bob Noyce", "Mary Shaw", "Olga Tufnell") if name in page} == {
        "Ada Byron",
        "Bob Noyce",
    }


@pytest.mark.parametrize(
    ("page", "form"),
    [
        ("/acts?person=bob&program=forklift&act=waive", {"reason": "Because", "until": "2026-12-31"}),
        ("/sign-off?person=bob&activity=practical", {"outcome": "passed"}),
    ],
)
@pytest.mark.parametrize("me", ["ada", "ada@example.org", "ADA@example.org"])
def test_an_administrator_was_their_own_judge_under_their_mail_address(
    office: Office, page: str, form: dict[str, str], me: str
) -> None:
    create_account(office.served.prowess, "boss", PASSWORD, "admin", person="ada")
    boss = office.browser("boss")
    hidden = {one["name"]: one["value"] for one in boss.page(page).all("input") if one.get("type") == "hidden"}
    answer = boss.post(page.partition("?")[0], **{**hidden, **form, "person": me})
    assert answer.status_code == 403, answer.text
    assert "nobody does that for themselves" in answer.text
