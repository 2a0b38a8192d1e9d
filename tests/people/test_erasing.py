"""Somebody who is erased: nothing names them any more, whatever counted goes on counting, and they do not come back."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, event, func, select, update

from connectors import tables as ct
from connectors.composition import outbox_of
from connectors.contract import Capability
from connectors.outbox import Delivery
from lrs import yaml_door
from lrs.clock import ManualClock
from lrs.erasure import lists
from lrs.erasure.erasing import erase, foresee, refuse_erased
from lrs.erasure.policies import Delete, Keep, Scrub
from lrs.erasure.pseudonyms import Pseudonyms
from lrs.errors import BadRequest, Conflict, ProwessError, Unavailable
from lrs.jobs import MAIN
from lrs.migrate import migrate
from lrs.people.roster import roster_from
from lrs.prowess import Prowess, installed_plugins
from lrs.store import audit
from lrs.store import tables as t
from lrs.store.backup import back_up, restore
from lrs.store.chain import Chain, Fault, examine
from lrs.verify.proof import prove
from lrs.web.accounts import create_account
from lrs.xapi.actors import ifi_text
from lrs.xapi.vocabulary import SIGNATURE
from reports.catalogue import CATALOGUE
from tests.commanding import prowess as command
from tests.conftest import Served
from tests.http.attached import BOUNDARY, attachment, body_of, data
from tests.journey.house import until
from tests.people.erased import (
    ACCOUNT,
    ADA,
    ADA_LMS,
    ADA_OLD,
    ADL,
    BOB,
    EXAM,
    MAIL,
    NAME,
    NOW,
    OLD,
    OURS,
    PEOPLE,
    WORDS,
    bodies,
    counted,
    rows_with,
    said,
    settle,
    statements,
    tables_naming,
)
from tests.reports.asking import ask
from tests.servers import sqlite_at

_HARD = {
    "evidence",
    "ladder",
    "dirty",
    "session",
    "blob",
    "posting",
    "ruleset",
    "credential",
    "inherited",
    "leave",
    "blob_chunk",
}
"""Tables in which they stand by a digest, or not in this house."""


def test_nothing_in_any_table_names_them_and_all_that_counts_is_as_before(seeded: Served, tmp_path: Path) -> None:
    prowess = seeded.prowess
    assert [str(one) for one in prove(prowess).findings if one.part != "connectors.record"] == []
    named, before = tables_naming(prowess), counted(prowess)
    everywhere = {table for plugin in prowess.plugins for table, one in plugin.erasure.items() if one.word != "keep"}
    expected = {name for name in everywhere if name not in _HARD}
    assert named >= expected, expected - named
    done = erase(prowess, "ottilie")
    settle(prowess)
    assert rows_with(prowess, WORDS) == []
    assert [line for line in rows_with(prowess, ("ottilie",)) if '"ottilie"' in line or ": ottilie" in line] == []
    assert counted(prowess) == before
    assert [str(one) for one in prove(prowess).findings] == []
    assert prowess.database.dialect.clear(prowess.database.writing) is None
    if prowess.database.dialect.name == "sqlite":
        file = Path(str(prowess.database.url.database))
        for one in file.parent.glob(f"{file.name}*"):
            raw = one.read_bytes().lower()
            assert [word for word in WORDS if word.lower().encode() in raw] == [], one
    assert prowess.people.roster().people[done.pseudonym].name == ""


def test_every_report_counts_as_before(seeded: Served) -> None:
    prowess = seeded.prowess
    asked = {name: {} if name != "transcript" else {"person": "ottilie"} for name in CATALOGUE}
    needed = {"cohort-members": {"program": "forklift", "cohort": "2026-06"}}

    def read() -> dict[str, Any]:
        found = {}
        for name, given in asked.items():
            with suppress(BadRequest):
                found[name] = len(ask(prowess, name, **{**given, **needed.get(name, {})}).rows)
        return found

    before = read()
    assert before["standing"]
    assert before["certification-register"]
    assert before["transcript"]
    done = erase(prowess, "ottilie")
    settle(prowess)
    asked["transcript"] = {"person": done.pseudonym}
    assert read() == before


def test_no_other_system_is_told_of_a_pseudonym(served: Served) -> None:
    prowess = served.prowess
    done = erase(prowess, "ottilie")
    told = {
        "tenant_id": 1,
        "seq": 1,
        "statement_id": uuid4(),
        "connector": "lms",
        "program_id": "forklift",
        "payload": "{}",
    }
    many = [
        Delivery(key=uuid4(), capability=Capability.WRITE_RESULT, person_id=one, **told)
        for one in (done.pseudonym, "bob")
    ]
    outbox = outbox_of(prowess)
    prowess.database.write(lambda conn: outbox.add(conn, many))
    with prowess.database.read() as conn:
        assert conn.scalars(select(ct.delivery.c.person_id)).all() == ["bob"]


def test_every_statement_is_there_under_its_id_and_is_one(seeded: Served) -> None:
    prowess = seeded.prowess
    with seeded.session() as client:
        url = f"{seeded.xapi}/statements"
        before = {one["id"]: one for one in client.get(url, params={"limit": 0}, timeout=20).json()["statements"]}
        done = erase(prowess, "ottilie")
        after = {one["id"]: one for one in client.get(url, params={"limit": 0}, timeout=20).json()["statements"]}
        assert list(after) == list(before)
        assert [one["stored"] for one in after.values()] == [one["stored"] for one in before.values()]
        theirs = {"account": {"homePage": f"{prowess.settings.public_url}/people", "name": f"{done.pseudonym}.3"}}
        agents = {
            json.dumps(one["actor"], sort_keys=True) for one in after.values() if done.pseudonym in str(one["actor"])
        }
        assert len(agents) >= 4, "each way of naming them is one of its own"
        for text in agents:
            if "member" not in json.loads(text):
                found = client.get(url, params={"agent": text}, timeout=20).json()["statements"]
                assert found, text
        gone = client.get(url, params={"agent": json.dumps({"mbox": ADA["mbox"]})}, timeout=20)
        assert gone.json()["statements"] == []
        assert client.get(f"{seeded.xapi}/agents", params={"agent": json.dumps(theirs)}, timeout=20).status_code == 200
        for parameters in ({"agent": json.dumps({"mbox": ADA["mbox"]}), "related_agents": "true"},):
            assert client.get(url, params=parameters, timeout=20).json()["statements"] == []


def test_what_is_sent_again_is_the_same_and_what_is_new_says_the_pseudonym(served: Served) -> None:
    prowess = served.prowess
    batch = statements()
    with served.session() as client:
        url = f"{served.xapi}/statements"
        ours = len(client.get(url, params={"limit": 0}, timeout=20).json()["statements"])
        assert client.post(url, json=batch, timeout=20).status_code == 200
        done = erase(prowess, "ottilie")
        assert client.post(url, json=batch, timeout=20).status_code == 200
        new = [
            said(ADA, result={"response": f"I, {NAME}"}),
            said({"mbox": f"mailto:{MAIL.upper()}", "name": NAME}),
            said(BOB),
            said(ADA, context={"extensions": {f"{OURS}extensions/decision": {"person": "ottilie"}}}),
        ]
        for _ in range(2):
            assert client.post(url, json=new, timeout=20).status_code == 200
        found = client.get(url, params={"limit": 0}, timeout=20).json()["statements"]
        assert len(found) == ours + len(batch) + len(new)
        otherwise = {**new[2], "verb": {"id": f"{ADL}failed"}}
        assert client.post(url, json=otherwise, timeout=20).status_code == 409
    assert rows_with(prowess, (MAIL, ACCOUNT, NAME, '"ottilie"')) == []
    settle(prowess)
    assert [str(one) for one in prove(prowess).findings] == []
    with prowess.database.read() as conn:
        texts = conn.scalars(select(t.term.c.text).where(t.term.c.kind == "agent")).all()
    assert sum(done.pseudonym in text for text in texts) == 2


def test_another_process_that_does_not_know_yet_lets_nobody_back(served: Served) -> None:
    prowess = served.prowess
    with served.session() as client:
        url = f"{served.xapi}/statements"
        assert client.post(url, json=said(ADA), timeout=20).status_code == 200
        with Prowess(prowess.settings, installed_plugins(), clock=prowess.clock) as other:
            erase(other, "ottilie")
        assert prowess.erasures.mark == 0
        assert client.post(url, json=said(ADA), timeout=20).status_code == 200
        assert prowess.erasures.mark > 0
    assert [line for line in rows_with(prowess, (MAIL,)) if line.startswith(("body", "term", "posting"))] == []


def test_a_document_of_an_erased_agent_is_refused(served: Served) -> None:
    with Prowess(served.prowess.settings, installed_plugins(), clock=served.prowess.clock) as other:
        erase(other, "ottilie")
    with served.session() as client:
        state = {"activityId": EXAM["id"], "agent": json.dumps({"mbox": ADA["mbox"]}), "stateId": "x"}
        for _ in range(2):
            answer = client.put(f"{served.xapi}/activities/state", params=state, data="x", timeout=20)
            assert answer.status_code == 403, answer.text
            assert "erased" in answer.text
        state["agent"] = json.dumps({"mbox": BOB["mbox"]})
        assert client.put(f"{served.xapi}/activities/state", params=state, data="x", timeout=20).status_code == 204


def test_what_is_set_aside_brings_nobody_back(served: Served) -> None:
    prowess = served.prowess
    erase(prowess, "ottilie")
    lenient, secret = prowess.credentials.create("lenient", ["all"], bad_statements="quarantine")
    with served.session() as client:
        client.auth = (lenient.key, str(secret))
        bad = [{**said(ADA), "verb": {"id": f"no iri of {NAME}"}}]
        for _ in range(2):
            assert client.post(f"{served.xapi}/statements", json=bad, timeout=20).status_code == 200
    with prowess.database.read() as conn:
        assert conn.scalar(select(func.count()).select_from(t.quarantine)) == 1
    assert rows_with(prowess, (MAIL, NAME)) == []


def test_a_people_file_that_still_lists_them_brings_nobody_back(served: Served) -> None:
    prowess = served.prowess
    done = erase(prowess, "ottilie")
    (document,) = yaml_door.load(PEOPLE, "people.yaml")
    imported = prowess.people.record(roster_from(document))
    assert (imported.erased, imported.added, imported.changed, imported.unchanged) == (1, 0, 0, 3)
    assert prowess.people.roster().people["bob"].positions[0].managers == (done.pseudonym, "grace")
    moved = PEOPLE.replace("id: ottilie", "id: somebody").replace("[ottilie", "[somebody")
    (document,) = yaml_door.load(moved, "people.yaml")
    assert prowess.people.record(roster_from(document)).erased == 1
    assert "somebody" not in prowess.people.roster().people
    assert rows_with(prowess, (MAIL, NAME, ACCOUNT)) == []


def test_erasing_once_more_is_a_clear_error(served: Served) -> None:
    prowess = served.prowess
    done = erase(prowess, "ottilie")
    for text in ("ottilie", MAIL, f"https://lms.example|{ACCOUNT}", done.pseudonym):
        with pytest.raises(Conflict, match="erased already") as caught:
            refuse_erased(prowess, text)
        assert done.pseudonym in str(caught.value.hint)
    refuse_erased(prowess, "bob")


def test_who_was_two_is_erased_under_both_ids(served: Served) -> None:
    prowess = served.prowess
    prowess.people.merge("o2", "ottilie")
    done = erase(prowess, "o2")
    assert done.people == 2
    assert rows_with(prowess, WORDS) == []
    assert prowess.people.merges().keys() == {f"{done.pseudonym}.1"}
    prowess.people.unmerge(f"{done.pseudonym}.1")
    assert {done.pseudonym, f"{done.pseudonym}.1"} <= prowess.people.roster().people.keys()
    settle(prowess)
    assert [str(one) for one in prove(prowess).findings] == []


def test_an_identifier_that_somebody_else_has_by_now_stays_theirs(served: Served) -> None:
    prowess = served.prowess
    desk = {"mbox": "mailto:desk@firma.example", "name": "The desk"}
    first = "people: [{id: ottilie, left_on: 2026-05-31, email: desk@firma.example}]"
    then = f"people: [{{id: ottilie, left_on: 2026-05-31, email: {MAIL}}}, {{id: cleo, email: desk@firma.example}}]"
    for text in (first, then):
        (document,) = yaml_door.load(text, "people.yaml")
        prowess.people.record(roster_from(document, prowess.people.said()))
    with served.session() as client:
        client.post(f"{served.xapi}/statements", json=[said(desk), said(ADA)], timeout=20)
        erase(prowess, "ottilie")
        found = client.get(f"{served.xapi}/statements", params={"agent": json.dumps(desk)}, timeout=20)
        assert len(found.json()["statements"]) == 1
    cleo = prowess.people.roster().people["cleo"]
    assert (cleo.email, cleo.identifiers) == ("desk@firma.example", (str(ifi_text(desk)),))
    assert rows_with(prowess, (MAIL,)) == []
    settle(prowess)
    assert [str(one) for one in prove(prowess).findings] == []


def test_who_works_here_is_not_erased(served: Served) -> None:
    with pytest.raises(Conflict, match="works here") as caught:
        erase(served.prowess, "bob")
    assert "left_on" in str(caught.value.hint)


def test_what_it_would_do_is_shown_and_changes_nothing(seeded: Served) -> None:
    prowess = seeded.prowess

    def everything() -> dict[str, list[str]]:
        with prowess.database.read(snapshot=True) as conn:
            return {
                table.name: sorted(map(repr, conn.execute(select(table))))
                for plugin in prowess.plugins
                for table in (plugin.metadata.tables.values() if plugin.metadata else ())
            }

    before = everything()
    foreseen = foresee(prowess, "ottilie")
    assert everything() == before
    done = erase(prowess, "ottilie")
    assert [part[1:4] for part in done.parts] == [part[1:4] for part in foreseen.parts]
    assert {part.table for part in done.parts} == set(before)


def test_the_audit_says_that_somebody_was_erased_and_not_who(served: Served) -> None:
    done = erase(served.prowess, "ottilie")
    line = audit.lines(served.prowess.database, 1, limit=1)[0]
    assert (line.action, line.subject) == ("people.erase", done.pseudonym)
    assert line.details["person"] >= 1


def test_the_chain_of_the_audit_holds_after_an_erasure_and_still_tells_what_others_change(served: Served) -> None:
    prowess = served.prowess

    def act(conn: Connection) -> None:
        audit.record(conn, "act.waive", "ottilie", {"program": "yard"}, at=prowess.clock.now())
        audit.record(conn, "act.waive", "grace", {"program": "yard"}, at=prowess.clock.now())

    def chain_of() -> Chain:
        with prowess.database.read() as conn:
            return examine(conn, 1)

    prowess.database.write(act)
    head = chain_of().head
    done = erase(prowess, "ottilie")
    assert done is not None
    acts = audit.lines(prowess.database, 1, limit=9)
    erased = [line for line in acts if line.action == "people.erase"]
    assert {line.subject for line in erased} == {done.pseudonym}
    assert [sorted(line.details)[:1] for line in erased[1:]] == [["rewritten"], ["begun"]]
    lines = [erased[1], *(line for line in acts if line.action == "act.waive")]
    assert [line.subject for line in lines] == [done.pseudonym, "grace", done.pseudonym]
    assert list(lines[0].details["rewritten"]) == [str(lines[2].id)]
    assert chain_of().holds
    with prowess.database.read() as conn:
        assert examine(conn, 1, since=head[1] if head else None).holds_since
    for id_, name in ((lines[2].id, "action"), (lines[1].id, "subject")):
        change = update(t.audit).where(t.audit.c.id == id_)
        was = getattr(next(line for line in lines if line.id == id_), name)
        prowess.database.write(lambda conn, c=change, n=name: conn.execute(c.values({n: "other"})))
        assert [(one.fault, one.line) for one in chain_of().breaks] == [(Fault.ALTERED, id_)]
        prowess.database.write(lambda conn, c=change, n=name, w=was: conn.execute(c.values({n: w})))
    assert chain_of().holds


def test_others_of_the_same_name_stay_who_they_are(served: Served) -> None:
    prowess = served.prowess
    other = {"mbox": "mailto:another@firma.example", "name": NAME}
    with served.session() as client:
        client.post(f"{served.xapi}/statements", json=[said(other), said(ADA)], timeout=20)
        settle(prowess)
        erase(prowess, "ottilie")
        found = client.get(f"{served.xapi}/agents", params={"agent": json.dumps({"mbox": other["mbox"]})}, timeout=20)
        assert found.json()["name"] == [NAME]
    assert [str(one) for one in prove(prowess).findings] == []


def stored(served: Served, id_: str) -> dict[str, Any]:
    with served.session() as client:
        found = client.get(f"{served.xapi}/statements", params={"statementId": id_}, timeout=20)
    said: dict[str, Any] = found.json()
    return said


@pytest.mark.parametrize(
    "other",
    [
        {"mbox": f"mailto:max-{MAIL}"},
        {"mbox": f"mailto:a.{MAIL}"},
        {"mbox": f"mailto:{MAIL}.au"},
        {"account": {"homePage": "https://other.example", "name": ACCOUNT}},
        {"account": {"homePage": "https://other.example", "name": f"x-{ACCOUNT}"}},
    ],
    ids=json.dumps,
)
def test_somebody_with_a_longer_address_or_the_same_account_elsewhere_stays_who_they_are(
    served: Served, other: dict[str, Any]
) -> None:
    prowess = served.prowess
    about = {"response": f"ask {other['mbox'].removeprefix('mailto:')}"} if "mbox" in other else {}
    alone, beside = said(other), said(other, context={"instructor": ADA}, result=about)
    named = said(BOB, context={"instructor": other})
    later = said(other, context={"instructor": ADA}, result=about)
    with served.session() as client:
        assert client.post(f"{served.xapi}/statements", json=[alone, beside, named], timeout=20).status_code == 200
        settle(prowess)
        assert erase(prowess, "ottilie").statements == 1
        assert client.post(f"{served.xapi}/statements", json=[later], timeout=20).status_code == 200
    for one in (alone, beside, later):
        found = stored(served, one["id"])
        assert found["actor"].items() >= other.items()
        assert found.get("result", {}) == one.get("result", {})
    assert stored(served, named["id"])["context"]["instructor"].items() >= other.items()
    assert [str(one) for one in prove(prowess).findings] == []


def test_what_a_namesake_sent_and_was_set_aside_is_not_lost(served: Served) -> None:
    prowess = served.prowess
    lenient, secret = prowess.credentials.create("lenient", ["all"], bad_statements="quarantine")
    other = {"mbox": "mailto:another@firma.example", "name": NAME}
    with served.session() as client:
        client.auth = (lenient.key, str(secret))
        bad = {**said(other), "verb": {"id": "no iri"}}
        assert client.post(f"{served.xapi}/statements", json=[bad], timeout=20).status_code == 200
    erase(prowess, "ottilie")
    with prowess.database.read() as conn:
        (row,) = conn.execute(select(t.quarantine)).all()
    assert (row.state, json.loads(row.bytes)["actor"]) == ("waiting", other)


def test_who_is_called_as_a_program_or_a_system_takes_nothing_along(served: Served) -> None:
    prowess = served.prowess
    (document,) = yaml_door.load("people:\n  - {id: forklift, name: Forklift, left_on: 2026-05-31}\n", "people.yaml")
    prowess.people.record(roster_from(document), source="forklift")
    prowess.credentials.create("forklift", ["all"])
    prowess.database.write(lambda conn: audit.record(conn, "deliveries.retry", "forklift", {}, at=prowess.clock.now()))
    titled = said(BOB, object={"id": "https://x.example/f", "definition": {"name": {"en": "Forklift"}}})
    with served.session() as client:
        assert client.post(f"{served.xapi}/statements", json=[titled], timeout=20).status_code == 200
    settle(prowess)
    with prowess.database.read() as conn:
        before = [(row.action, row.subject) for row in conn.execute(select(t.audit))]
    erase(prowess, "forklift")
    settle(prowess)
    with prowess.database.read() as conn:
        after = [(row.action, row.subject) for row in conn.execute(select(t.audit))]
    assert after[: len(before)] == before
    assert "forklift" in [one.name for one in prowess.credentials.list()]
    assert stored(served, titled["id"])["object"]["definition"]["name"] == {"en": "Forklift"}
    assert [str(one) for one in prove(prowess).findings] == []


def test_two_keys_named_after_them_do_not_keep_them_from_being_erased(served: Served) -> None:
    prowess = served.prowess
    for name in (NAME, MAIL):
        prowess.credentials.create(name, ["all"])
    done = erase(prowess, "ottilie")
    names = [one.name for one in prowess.credentials.list()]
    assert {done.pseudonym, f"{done.pseudonym}.1"} <= set(names)


def test_a_document_of_an_erased_mailbox_in_other_letters_is_refused(served: Served) -> None:
    erase(served.prowess, "ottilie")
    with served.session() as client:
        for address in (MAIL, MAIL.upper(), MAIL.title()):
            agent = json.dumps({"mbox": f"mailto:{address}"})
            state = {"activityId": EXAM["id"], "agent": agent, "stateId": "bookmark"}
            answer = client.put(f"{served.xapi}/activities/state", params=state, data="x", timeout=20)
            assert answer.status_code == 403, address


def test_an_account_called_by_their_address_is_theirs_though_no_file_says_so(served: Served) -> None:
    prowess = served.prowess
    unlisted = {"account": {"homePage": "https://unlisted.example", "name": MAIL.title()}}
    sent = [said({**unlisted, "name": NAME}), said(BOB, context={"instructor": unlisted})]
    with served.session() as client:
        assert client.post(f"{served.xapi}/statements", json=sent, timeout=20).status_code == 200
        settle(prowess)
        erase(prowess, "ottilie")
        assert client.post(f"{served.xapi}/statements", json=[*sent, said(unlisted)], timeout=20).status_code == 200
    settle(prowess)
    assert rows_with(prowess, (MAIL, NAME)) == []
    assert [str(one) for one in prove(prowess).findings] == []


def test_an_address_that_makes_a_statement_invalid_is_not_kept_with_it(served: Served) -> None:
    prowess = served.prowess
    erase(prowess, "ottilie")
    lenient, secret = prowess.credentials.create("lenient", ["all"], bad_statements="quarantine")
    with served.session() as client:
        client.auth = (lenient.key, str(secret))
        bad = [said({"mbox": MAIL.title()}), said({"mbox": f" mailto:{MAIL}"}), said({"email": MAIL})]
        assert client.post(f"{served.xapi}/statements", json=bad, timeout=20).status_code == 200
    with prowess.database.read() as conn:
        assert len(conn.execute(select(t.quarantine)).all()) == 3
    assert rows_with(prowess, (MAIL,)) == []


def test_a_people_file_that_still_names_them_as_a_manager_is_taken(served: Served) -> None:
    prowess = served.prowess
    done = erase(prowess, "ottilie")
    text = PEOPLE.partition("  - id: ottilie")[0]
    (document,) = yaml_door.load(text, "people.yaml")
    imported = prowess.people.record(roster_from(document, prowess.people.said()))
    assert (imported.changed, imported.unchanged, imported.erased) == (0, 2, 0)
    assert done.pseudonym in prowess.people.said().people["bob"].positions[0].managers
    (document,) = yaml_door.load(text.replace("managers: [ottilie]", f"managers: [{MAIL}]"), "people.yaml")
    by_mail = prowess.people.record(roster_from(document, prowess.people.said()))
    assert (by_mail.changed, by_mail.unchanged) == (0, 2)
    wrong = text.replace("managers: [ottilie]", "managers: [ottili]")
    (document,) = yaml_door.load(wrong, "people.yaml")
    with pytest.raises(ProwessError, match="no person has the id, mail address or account 'ottili'"):
        roster_from(document, prowess.people.said())


def test_an_account_called_as_a_word_with_a_hyphen_changes_no_texts(served: Served) -> None:
    prowess = served.prowess
    account = '{account: {homePage: "https://lms.example", name: e-learning}}'
    people = f"people:\n  - {{id: el, name: E L, left_on: 2026-05-31, identifiers: [{account}]}}\n"
    (document,) = yaml_door.load(people, "people.yaml")
    prowess.people.record(roster_from(document))
    one = said(BOB, result={"response": "more E-Learning, please"})
    with served.session() as client:
        assert client.post(f"{served.xapi}/statements", json=[one], timeout=20).status_code == 200
    assert erase(prowess, "el").statements == 0
    assert stored(served, one["id"])["result"] == one["result"]


def test_nobody_is_merged_into_who_was_erased(served: Served) -> None:
    prowess = served.prowess
    done = erase(prowess, "ottilie")
    for one, other in (("o2", done.pseudonym), (done.pseudonym, "o2")):
        with pytest.raises(Conflict, match="somebody who was erased"):
            prowess.people.merge(one, other)
    refuse_erased(prowess, "o2")


def test_a_thread_that_reads_the_list_anew_lets_nobody_back_through_another(served: Served) -> None:
    prowess = served.prowess
    with Prowess(prowess.settings, installed_plugins(), clock=prowess.clock) as other:
        erase(other, "ottilie")
    erasures = prowess.erasures
    refuse, without = erasures.refuse, prowess.statements._without_erased

    def refused(*asked: Any) -> None:
        refuse(*asked)
        erasures.reload()

    erasures.refuse = refused  # type: ignore[method-assign]
    state = {"activityId": EXAM["id"], "agent": json.dumps({"mbox": ADA["mbox"]}), "stateId": "bookmark"}
    with served.session() as client:
        answer = client.put(f"{served.xapi}/activities/state", params=state, data="x", timeout=20)
        assert answer.status_code == 403
        with Prowess(prowess.settings, installed_plugins(), clock=prowess.clock) as other:
            erase(other, "o2")

        def looked(intake: Any) -> Any:
            found = without(intake)
            erasures.reload()
            return found

        prowess.statements._without_erased = looked  # type: ignore[method-assign]
        one = said(ADA_OLD)
        assert client.post(f"{served.xapi}/statements", json=[one], timeout=20).status_code == 200
    assert OLD not in json.dumps(stored(served, one["id"]))


def test_what_was_read_before_an_erasure_is_not_written_after_it(served: Served) -> None:
    prowess = served.prowess
    with served.session() as client:
        client.post(f"{served.xapi}/statements", json=[said(ADA, definition=None), said(ADA)][1:], timeout=20)
    (projector,) = [one for one in prowess.work.consumers if one.name == "rules.evidence"]
    (keeper,) = [one for one in prowess.work.consumers if one.name == "lrs.directory"]
    settle(prowess)
    with served.session() as client:
        client.post(f"{served.xapi}/statements", json=[said(ADA)], timeout=20)
    consume, erased = projector.consume, []

    def slowly(items: Any) -> Any:
        effect = consume(items)
        if not erased:
            erased.append(erase(prowess, "ottilie"))
        return effect

    projector.consume = slowly  # type: ignore[method-assign]
    prowess.feed.step(projector)
    prowess.feed.step(keeper)
    del projector.consume
    settle(prowess)
    assert erased
    assert [str(one) for one in prove(prowess).findings] == []
    assert rows_with(prowess, (MAIL, NAME)) == []


def test_senders_and_workers_go_on_while_somebody_is_erased(served: Served) -> None:
    prowess, ended, faults = served.prowess, Event(), list[str]()

    def send() -> None:
        with served.session() as client:
            while not ended.is_set():
                batch = [said(ADA), said(BOB), said(ADA_LMS, "attended")]
                answer = client.post(f"{served.xapi}/statements", json=batch, timeout=30)
                if answer.status_code not in (200, 503):
                    faults.append(answer.text)

    def work() -> None:
        with Prowess(prowess.settings, installed_plugins(), clock=prowess.clock) as worker:
            while not ended.is_set():
                with suppress(Unavailable):
                    worker.work.drain(MAIN)

    threads = [Thread(target=one) for one in (send, send, work)]
    for one in threads:
        one.start()
    try:
        until(lambda: prowess.feed.last() and len(bodies(prowess)) > 30, "some statements")
        before = len(bodies(prowess))
        erase(prowess, "ottilie")
        until(lambda: len(bodies(prowess)) > before + 30, "some more")
    finally:
        ended.set()
        for one in threads:
            one.join(30)
    settle(prowess)
    assert faults == []
    assert rows_with(prowess, (MAIL, ACCOUNT, NAME)) == []
    assert [str(one) for one in prove(prowess).findings] == []


def test_a_backup_of_before_forgets_them_again(seeded: Served, tmp_path: Path) -> None:
    prowess = seeded.prowess
    back_up(prowess.database, prowess.plugins, tmp_path / "backup.db", prowess.clock)
    done = erase(prowess, "ottilie")
    settle(prowess)
    file = tmp_path / "erasures.json"
    assert lists.export(prowess, file) == 1
    assert lists.export(prowess, file) == 1, "it can be written again"
    assert file.stat().st_mode & 0o077 == 0
    assert [word for word in WORDS if word in file.read_text()] == []
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    settings = replace(prowess.settings, database=replace(prowess.settings.database, url=url))
    with Prowess(settings, installed_plugins(), clock=prowess.clock) as restored:
        restore(restored.database, restored.plugins, tmp_path / "backup.db", restored.clock)
        assert rows_with(restored, (MAIL,))
        (again,) = lists.apply(restored, lists.load(file))
        settle(restored)
        assert again.pseudonym == done.pseudonym
        assert rows_with(restored, WORDS) == []
        assert [str(one) for one in prove(restored).findings] == []
        assert bodies(restored) == bodies(prowess)
        assert lists.apply(restored, lists.load(file)) == [], "once more changes nothing"


def test_a_list_also_keeps_out_who_is_not_here(served: Served, tmp_path: Path) -> None:
    prowess = served.prowess
    erase(prowess, "ottilie")
    lists.export(prowess, tmp_path / "list.json")
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    settings = replace(prowess.settings, database=replace(prowess.settings.database, url=url))
    with Prowess(settings, installed_plugins(), clock=prowess.clock) as fresh:
        migrate(fresh.database, fresh.plugins)
        assert lists.apply(fresh, lists.load(tmp_path / "list.json")) == []
        (document,) = yaml_door.load(PEOPLE, "people.yaml")
        assert fresh.people.record(roster_from(document)).erased == 1
        assert rows_with(fresh, (MAIL,)) == []
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(ProwessError, match="no list of erasures"):
        lists.load(tmp_path / "bad.json")


def test_data_outside_of_the_database_goes_too(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(
        sqlite_at(tmp_path / "store.db"),
        clock=ManualClock(NOW),
        PROWESS_RUNNER_KIND="none",
        PROWESS_ATTACHMENTS_STORE=str(tmp_path / "blobs"),
    )
    (document,) = yaml_door.load(PEOPLE, "people.yaml")
    served.prowess.people.record(roster_from(document))
    mine, shared = f"of {NAME}".encode(), b"everybody's"
    with served.session() as client:
        for actor, content in ((ADA, mine), (ADA, shared), (BOB, shared)):
            one = said(actor, attachments=[attachment(content)])
            body = body_of([({"Content-Type": "application/json"}, json.dumps(one).encode()), data(content)])
            head = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
            assert client.post(f"{served.xapi}/statements", data=body, headers=head, timeout=20).status_code == 200
    assert len([one for one in (tmp_path / "blobs").rglob("*") if one.is_file()]) == 2
    foresee(served.prowess, "ottilie")
    assert len([one for one in (tmp_path / "blobs").rglob("*") if one.is_file()]) == 2
    erase(served.prowess, "ottilie")
    (left,) = [one for one in (tmp_path / "blobs").rglob("*") if one.is_file()]
    assert left.read_bytes() == shared
    assert [str(one) for one in prove(served.prowess).findings] == []


def test_a_store_that_has_erased_nobody_asks_no_question_more(served: Served) -> None:
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(served.prowess.database.writing, "before_cursor_execute", note)
    with served.session() as client:
        assert client.post(f"{served.xapi}/statements", json=[said(ADA), said(BOB)], timeout=20).status_code == 200
    assert len([one for one in asked if "FROM erasure" in one]) == 1
    assert served.prowess.erasures.mark == 0


def test_a_policy_that_does_nothing_or_says_no_reason_cannot_be_made() -> None:
    for policy in (Delete, Scrub):
        with pytest.raises(ValueError, match="says"):
            policy(why="because")
    with pytest.raises(ValueError, match="why"):
        Keep(why=" ")


def test_of_a_signed_statement_of_others_the_signature_goes() -> None:
    signature = {
        "usageType": SIGNATURE,
        "display": {},
        "contentType": "application/octet-stream",
        "length": 1,
        "sha2": "0" * 64,
    }
    photo = {**signature, "usageType": "https://x.example/photo"}
    agents = {str(ifi_text(ADA)): {"account": {"homePage": "https://p.example/people", "name": "erased-1"}}}
    pseudonyms = Pseudonyms("erased-1", {}, agents)
    about = said(BOB, context={"instructor": ADA}, attachments=[signature, photo])
    assert pseudonyms.statement(about)["attachments"] == [photo]
    assert "attachments" not in pseudonyms.statement({**about, "attachments": [signature]})
    other = said(BOB, attachments=[signature])
    assert pseudonyms.statement(other) == other


def test_what_rules_read_stays_and_what_was_written_freely_goes() -> None:
    agents = {str(ifi_text(ADA)): {"account": {"homePage": "https://p.example/people", "name": "erased-1"}}}
    pseudonyms = Pseudonyms("erased-1", {"ottilie": "erased-1"}, agents, {NAME, MAIL}, (OURS,))
    credential = {"issuer": "Pit Board", "number": "77-A", "issued_on": "2026-01-01"}
    act = {"program": "forklift", "reason": "she was ill", "person": "ottilie"}
    one = said(
        ADA,
        result={
            "response": "yes",
            "extensions": {f"{OURS}extensions/credential": credential, "https://x.example/t": "free text"},
        },
        context={"extensions": {f"{OURS}extensions/override": act}, "platform": "LMS"},
    )
    found = pseudonyms.statement(one)
    assert found["result"] == {"extensions": {f"{OURS}extensions/credential": {**credential, "number": "erased"}}}
    assert found["context"]["extensions"] == {
        f"{OURS}extensions/override": {"program": "forklift", "reason": "erased", "person": "erased-1"}
    }
    assert found["context"]["platform"] == "LMS"
    assert pseudonyms.statement(found) == found


def test_a_key_named_after_them_is_told_of_before(served: Served) -> None:
    prowess = served.prowess
    key, secret = prowess.credentials.create(f"{NAME} pad", ["all"])
    prowess.credentials.create("ottilie", ["all"])
    with served.session() as client:
        client.auth = (key.key, str(secret))
        assert client.post(f"{served.xapi}/statements", json=[said(BOB), said(BOB)], timeout=20).status_code == 200
    assert foresee(prowess, "ottilie").keys == [(f"{NAME} pad", 2), ("ottilie", 0)]


def test_a_key_that_is_made_with_somebody_s_name_is_warned_of(tmp_path: Path) -> None:
    command("init", "mine", cwd=tmp_path, check=True)
    mine = tmp_path / "mine"
    (mine / "people.yaml").write_text(PEOPLE)
    command("people", "import", "people.yaml", cwd=mine, check=True)
    for name in (NAME.lower(), MAIL, "ottilie"):
        assert "name keys after systems" in command("key", "create", "--name", name, cwd=mine, check=True).stderr
    assert "systems" not in command("key", "create", "--name", "moodle", cwd=mine, check=True).stderr
    shown = command("people", "erase", MAIL, "--dry-run", cwd=mine, check=True).stdout
    assert shown.count("is named after them: the name stays in the authority of the 0 statements") == 3


def test_a_sign_in_is_not_made_again_under_an_erased_address(served: Served) -> None:
    prowess = served.prowess
    erase(prowess, "ottilie")
    for name in (MAIL, MAIL.title(), "ottilie"):
        with pytest.raises(Conflict, match="somebody who was erased"):
            create_account(prowess, name, None, "member")
    create_account(prowess, "another@firma.example", None, "member")


def test_the_command_shows_asks_and_tells(tmp_path: Path) -> None:
    command("init", "mine", cwd=tmp_path, check=True)
    mine = tmp_path / "mine"
    (mine / "people.yaml").write_text(PEOPLE)
    command("people", "import", "people.yaml", cwd=mine, check=True)
    shown = command("people", "erase", MAIL, "--dry-run", cwd=mine, check=True)
    assert shown.stdout.startswith("1 id, ")
    assert "scrub" in shown.stdout
    assert "person" in shown.stdout
    assert shown.stdout.endswith("nothing was changed\n")
    unasked = command("people", "erase", MAIL, cwd=mine)
    assert (unasked.returncode, "--yes" in unasked.stderr) == (1, True)
    done = command("people", "erase", MAIL, "--yes", "--json", cwd=mine, check=True)
    facts = json.loads(done.stdout)
    assert facts["dry_run"] is False
    assert facts["pseudonym"].startswith("erased-")
    assert {"plugin", "table", "word", "rows", "why"} == facts["tables"][0].keys()
    again = command("people", "erase", MAIL, "--yes", cwd=mine)
    assert again.returncode == 1
    assert "they were erased already" in again.stderr
    assert "1 left out" in command("people", "import", "people.yaml", cwd=mine, check=True).stdout
    assert command("people", "erasures", cwd=mine, check=True).stdout == "1 person was erased\n"
    command("people", "erasures", "--export", "list.json", cwd=mine, check=True)
    command("backup", "b.db", cwd=mine, check=True)
    (mine / "prowess.db").rename(mine / "old.db")
    told = command("restore", "b.db", "--erasures", "list.json", cwd=mine, check=True)
    assert "0 people who were erased are erased again" in told.stdout
    assert command("people", "erasures", "--clear", cwd=mine, check=True).stdout == "cleared\n"
