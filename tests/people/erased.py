"""Somebody who stands in every table in which anybody can stand, and how to look for them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import Table, func, insert, select

from connectors import tables as ct
from lrs import yaml_door
from lrs.jobs import MAIN
from lrs.people.roster import roster_from
from lrs.prowess import Prowess
from lrs.store import audit
from lrs.store import tables as t
from lrs.web.accounts import create_account
from reports import tables as pt
from rules import tables as r
from rules.escalation import tables as e
from rules.published.composition import published_of
from rules.published.store import Source
from tests.conftest import Served
from tests.http.attached import BOUNDARY, attachment, body_of, data
from tests.web.browser import Browser

PASSWORD = "a quiet morning walk"
NOW = datetime(2026, 6, 30, 15, 0, tzinfo=UTC)
ADL = "http://adlnet.gov/expapi/verbs/"
OURS = "https://w3id.org/prowess/xapi/"
MAIL, OLD, ACCOUNT, NAME, OTHER_NAME = (
    "ottilie.quandt@firma.example",
    "o.quandt-alt@firma.example",
    "oquandt77",
    "Ottilie Quandt",
    "Ottilie Alt-Quandt",
)
WORDS = (MAIL, OLD, ACCOUNT, NAME, OTHER_NAME, "quandt")
ADA = {"mbox": f"mailto:{MAIL}", "name": NAME}
ADA_OLD = {"mbox": f"mailto:{OLD}", "name": OTHER_NAME}
ADA_LMS = {"account": {"homePage": "https://lms.example", "name": ACCOUNT}, "name": NAME}
BOB = {"mbox": "mailto:bob@firma.example", "name": "Bob Noyce"}
EXAM = {"id": "https://lms.example/exam"}

_TICKS = count()
"""Of two statements of one instant the order may change: it follows from what they say."""

PEOPLE = f"""
sites: {{hq: {{timezone: Europe/London}}}}
people:
  - {{id: grace, name: Grace Hopper, email: grace@firma.example, positions: [{{from: 2024-03-01, job: team-lead, site: hq, managers: [ottilie]}}]}}
  - {{id: bob, name: Bob Noyce, email: bob@firma.example, positions: [{{from: 2025-01-06, job: operator, site: hq, managers: [ottilie, grace]}}]}}
  - id: ottilie
    name: {NAME}
    email: {MAIL}
    left_on: 2026-05-31
    identifiers: [{{account: {{homePage: "https://lms.example", name: {ACCOUNT}}}}}]
    leave: [{{from: 2025-03-01, to: 2025-03-09}}]
    positions: [{{from: 2025-01-06, job: operator, site: hq, managers: [grace]}}]
  - {{id: o2, name: {OTHER_NAME}, email: {OLD}, left_on: 2026-05-31}}
"""
PROGRAMS = """
kind: certification
id: forklift
title: Forklift
version: 1
effective: 2025-01-01
timezone: site
for: {job: operator}
due: {after: assigned, within: P60D}
require: {all: [{id: exam, passed: exam}]}
valid: {for: P1Y}
---
{kind: activity, id: exam, title: Exam, iris: ["https://lms.example/exam"]}
"""


def said(actor: dict[str, Any], verb: str = "passed", **changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "actor": actor,
        "verb": {"id": ADL + verb},
        "object": EXAM,
        "timestamp": f"2026-02-03T10:00:00.{next(_TICKS):03}Z",
        **changes,
    }


def statements() -> list[dict[str, Any]]:
    """In every place where an agent or a text can stand."""
    group = {"objectType": "Group", "member": [BOB, ADA]}
    passed = {"success": True, "score": {"scaled": 0.9}}
    sub = {"objectType": "SubStatement", "actor": ADA, "verb": {"id": ADL + "failed"}, "object": EXAM}
    extension = {"https://x.example/who": {"mail": MAIL, "about": f"said by {NAME}"}, "https://x.example/n": 3}
    return [
        said(ADA, result={**passed, "response": f"I am {NAME}", "extensions": extension}),
        said(ADA_LMS, result={**passed, "extensions": {"https://x.example/free": "a long story of my life"}}),
        said(ADA_OLD, "experienced"),
        said({"mbox": f"mailto:{MAIL.title()}", "name": NAME}, "experienced"),
        said(group, "attended"),
        said({"objectType": "Group", "name": f"{NAME} and friends", "mbox": f"mailto:{MAIL}"}, "attended"),
        said(BOB, "commented", object={"objectType": "Agent", **ADA}),
        said(
            BOB, context={"instructor": ADA, "extensions": extension}, result={**passed, "response": f"thanks {NAME}"}
        ),
        said(BOB, context={"team": group}),
        said(BOB, "recommended", object=sub),
        said(BOB, "recommended", object={**sub, "actor": BOB, "context": {"instructor": ADA_LMS}}),
        said(
            BOB,
            "experienced",
            object={"id": "https://x.example/page", "definition": {"description": {"en": f"ask {MAIL}"}}},
        ),
        said(BOB, "experienced", result={"response": f"write to {MAIL}!"}),
        said(BOB, "attended", context={"extensions": {"https://x.example/by": {"mbox": f"mailto:{MAIL}"}}}),
    ]


def settle(prowess: Prowess) -> None:
    prowess.work.drain(MAIN)


def furnish(served: Served) -> None:
    """Them, their team and a program."""
    prowess = served.prowess
    (document,) = yaml_door.load(PEOPLE, "people.yaml")
    prowess.people.record(roster_from(document))
    published_of(prowess).apply([Source("programs.yaml", PROGRAMS)])
    settle(prowess)


def seed(served: Served) -> None:
    """They stand in every table in which anybody can stand."""
    prowess = served.prowess
    client = served.session()
    assert client.post(f"{served.xapi}/statements", json=statements(), timeout=30).status_code == 200
    late = client.post(f"{served.xapi}/statements", json=[{**said(ADA_LMS), "version": "1.0.3"}], timeout=30)
    assert late.status_code == 200
    with served.session("2.0.0") as newer:
        agents = [{"objectType": "contextAgent", "agent": ADA}, {"objectType": "contextAgent", "agent": BOB}]
        groups = [{"objectType": "contextGroup", "group": {"objectType": "Group", "member": [ADA_LMS]}}]
        context = {"contextAgents": agents, "contextGroups": groups}
        answer = newer.post(f"{served.xapi}/statements", json=said(BOB, context=context), timeout=30)
        assert answer.status_code == 200, answer.text
    paper = f"certificate of {NAME}".encode()
    with_data = said(ADA, "attended", attachments=[attachment(paper, display={"en": f"Paper of {NAME}"})])
    body = body_of([({"Content-Type": "application/json"}, json.dumps(with_data).encode()), data(paper)])
    head = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
    assert client.post(f"{served.xapi}/statements", data=body, headers=head, timeout=30).status_code == 200
    first = with_data["id"]
    about = said(BOB, "commented", object={"objectType": "StatementRef", "id": first})
    assert client.post(f"{served.xapi}/statements", json=about, timeout=30).status_code == 200
    agent = json.dumps({"mbox": ADA["mbox"]})
    state = {"activityId": EXAM["id"], "agent": agent, "stateId": "bookmark"}
    assert (
        client.put(f"{served.xapi}/activities/state", params=state, data=f"I am {NAME}", timeout=30).status_code == 204
    )
    profile = {"agent": agent, "profileId": "likes"}
    head = {"If-None-Match": "*"}
    answer = client.put(f"{served.xapi}/agents/profile", params=profile, data=MAIL, headers=head, timeout=30)
    assert answer.status_code == 204
    lenient, secret = prowess.credentials.create("lenient", ["all"], bad_statements="quarantine")
    client.auth = (lenient.key, str(secret))
    bad = [said(BOB), {**said(ADA), "verb": {"id": "no iri"}}]
    assert client.post(f"{served.xapi}/statements", json=bad, timeout=30).status_code == 200
    client.close()
    prowess.people.merge("o2", "ottilie")
    create_account(prowess, MAIL, PASSWORD, "member", person="ottilie")
    browser = Browser(served.url)
    assert browser.sign_in(MAIL, PASSWORD).status_code == 303
    settle(prowess)
    fill(prowess)


def fill(prowess: Prowess) -> None:
    """What letters, ladders and other systems leave, without those."""
    at = prowess.clock.now()
    notice = {
        "tenant_id": 1,
        "program_id": "forklift",
        "escalation_id": "late",
        "deadline": "due",
        "deadline_day": 20_300,
        "step": "P7D",
        "state": "sent",
    }
    letter = {"role": "self", "zone": "UTC", "planned_at": at, "created_at": at, "announced": 1, "not_before": 0}
    waiting = {"give_up_at": at, "attempts": 1, "last_error": f"550 <{MAIL}> unknown"}
    mine = {"tenant_id": 1, "person_id": "ottilie", "program_id": "forklift"}
    mailed = {"tenant_id": 1, "kind": "digest", "name": "team", "period": "2026-W20", "view": "team", "as_of": at}
    rows: list[tuple[Table, dict[str, Any]]] = [
        (e.notice, {**notice, **letter, **waiting, "id": b"1" * 16, "person_id": "ottilie", "recipient_id": "grace"}),
        (e.notice, {**notice, **letter, **waiting, "id": b"2" * 16, "person_id": "bob", "recipient_id": "ottilie"}),
        (
            e.consequence,
            {
                **notice,
                "id": b"3" * 16,
                "person_id": "ottilie",
                "action": "restrict",
                "state": "refused",
                "round": 0,
                "raised_at": at,
                "decided_by": MAIL,
                "note": f"{NAME} was ill",
            },
        ),
        (pt.mailing, {**mailed, **waiting, "id": b"4" * 16, "recipient": MAIL, "created_at": at, "state": "sent", "not_before": 0}),
        (pt.mailing, {**mailed, **waiting, "id": b"5" * 16, "recipient": "ottilie", "created_at": at, "state": "sent", "not_before": 0}),
        (pt.opt_out, {"tenant_id": 1, "name": "team", "recipient": MAIL, "since": at}),
        (ct.remote_person, {"tenant_id": 1, "connector": "lms", "person_id": "ottilie", "remote_id": ACCOUNT, "matched_by": MAIL, "matched_at": at}),
        (t.parked, {"consumer": "other", "seq": 1, "error": f"ValueError('{MAIL}')", "parked_at": at}),
    ]  # fmt: skip

    def put(conn: Any) -> None:
        for table, row in rows:
            conn.execute(insert(table), row)
        emission = conn.execute(select(r.emission).where(r.emission.c.person_id == "ottilie")).first()
        assert emission is not None
        audit.record(conn, "people.import", "people.yaml", {"first": NAME, "person": "ottilie"}, at=at)
        delivery = {"id": b"6" * 16, "seq": 1, "statement_id": emission.id, "connector": "lms", "kind": "write_result"}
        told = {
            "payload": json.dumps({"name": NAME}),
            "state": "sent",
            "attempts": 1,
            "not_before": 0,
            "created_at": at,
        }
        conn.execute(insert(ct.delivery), {**mine, **delivery, **told})

    prowess.database.write(put)


def rows_with(prowess: Prowess, words: tuple[str, ...]) -> list[str]:
    """Every cell of every table in which a word stands, in any capital letters."""
    found = []
    with prowess.database.read(snapshot=True) as conn:
        for plugin in prowess.plugins:
            for table in plugin.metadata.tables.values() if plugin.metadata else ():
                for row in conn.execute(select(table)):
                    for name, value in row._mapping.items():
                        raw = value if isinstance(value, bytes) else str(value).encode()
                        text = raw.decode("utf-8", "replace").lower()
                        found += [f"{table.name}.{name}: {text[:300]}" for word in words if word.lower() in text]
    return found


def tables_naming(prowess: Prowess) -> set[str]:
    return {line.partition(".")[0] for line in rows_with(prowess, (*WORDS, "ottilie"))}


def counted(prowess: Prowess) -> dict[str, Any]:
    """What must be the same after: ids, numbers and how many of each."""
    s, k, d, st = t.statement.c, t.statement_key.c, r.decision.c, r.status.c
    with prowess.database.read(snapshot=True) as conn:
        status = select(st.program_id, st.assignment, st.progress, st.award, st.from_us, st.until_us, func.count())
        groups = (st.program_id, st.assignment, st.progress, st.award, st.from_us, st.until_us)
        return {
            "statements": list(map(tuple, conn.execute(select(s.seq, s.id, s.voided_seq).order_by(s.seq)))),
            "keys": sorted(map(tuple, conn.execute(select(k.id, k.seq)))),
            "evidence": conn.scalar(select(func.count()).select_from(r.evidence)),
            "decisions": sorted(map(tuple, conn.execute(select(d.program_id, d.version, d.timeline)))),
            "status": sorted(map(tuple, conn.execute(status.group_by(*groups))), key=repr),
            "log": conn.scalar(select(func.count()).select_from(r.decision_log)),
            "emissions": sorted(conn.scalars(select(r.emission.c.id))),
            "people": conn.scalar(select(func.count()).select_from(t.metadata.tables["person"])),
        }


def bodies(prowess: Prowess) -> list[tuple[Any, ...]]:
    with prowess.database.read() as conn:
        return list(map(tuple, conn.execute(select(t.body).order_by(t.body.c.seq))))
