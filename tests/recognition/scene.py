"""An organisation whose programs give badges, with somebody who has earned one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lrs.clock import ManualClock
from lrs.store import tables as t
from rules.recognition.badges import Badge, Badges
from tests.conftest import Served
from tests.entry.desk import Office, furnish, open_furnished, store_at
from tests.pages.scene import said, score, send, settle

ROOT = "http://prowess.example"
EXPLAINED = "/people/bob/programs/forklift"

PROGRAMS = """
kind: certification
id: forklift
title: Counterbalance forklift
description: Drives counterbalance trucks of up to three tonnes.
version: 1
effective: 2020-01-01
timezone: Europe/London
for: {job: operator}
due: {after: assigned, within: P60D}
recognised_by: {name: Institute X, standard: ISO/IEC 17024, url: "https://institute.example/f"}
require:
  all:
    - {id: theory, passed: theory}
    - {id: exam, passed: exam, min_score: 0.80}
valid: {for: P1Y}
renew: {window: P60D, grace: P14D}
award:
  badge: forklift-operator
  type: License
  evidence: [exam]
  align: [{framework: CASE, url: "https://case.example/CFItem/42"}]
---
kind: certification
id: plain
title: Without a badge
version: 1
effective: 2020-01-01
timezone: Europe/London
for: {job: operator}
require: {all: [{id: theory, passed: theory}]}
award: {points: 10}
---
{kind: activity, id: theory, title: Forklift theory, iris: ["https://lms.example/theory"]}
---
{kind: activity, id: exam, title: Driving exam, iris: ["https://lms.example/exam"]}
"""

ON = {
    "PROWESS_RULES_BADGES": "true",
    "PROWESS_SERVER_PUBLIC_URL": ROOT,
    "PROWESS_ORGANISATION_NAME": "Example Forwarding Ltd",
}


@cache
def signing_key() -> bytes:
    """One key for all tests: making one takes longer than most of them."""
    key = rsa.generate_private_key(65_537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def badges_template(url: str) -> None:
    """What every office of these tests begins with."""
    with store_at(url) as prowess:
        furnish(prowess, PROGRAMS)
        row = {"name": "badge-key-000001", "value": signing_key()}
        prowess.database.write(lambda conn: conn.execute(t.server_secret.insert(), row))
        settle(prowess)


def open_badges(serve: Callable[..., Served], url: str, *, now: datetime | None = None, **environment: str) -> Office:
    more = {} if now is None else {"now": now}
    return open_furnished(serve, url, **more, **{**ON, **environment})


def earn(office: Office, who: str = "bob") -> list[str]:
    """Somebody shows what the forklift takes; returns the ids of the statements."""
    return send(
        office,
        said(who, "passed", "theory", "2026-06-10"),
        said(who, "passed", "exam", "2026-06-14", **score(0.92)),
    )


def badges_in(office: Office) -> Badges:
    return Badges(office.served.prowess)


def badge_of(office: Office, who: str = "bob", program: str = "forklift") -> Badge:
    """The newest one."""
    return badges_in(office).of(who, program)[0]


def later(office: Office, days: float) -> None:
    clock = office.served.prowess.clock
    assert isinstance(clock, ManualClock)
    clock.move(days=days)
    settle(office.served.prowess)


def void(office: Office, id_: str) -> None:
    """A statement is taken back."""
    send(
        office,
        {
            "actor": {"mbox": "mailto:root@example.org"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
            "object": {"objectType": "StatementRef", "id": id_},
        },
    )
