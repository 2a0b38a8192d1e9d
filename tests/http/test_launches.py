"""Launch credentials: what content in a learner's browser may do with one, and what it may not (S-28, S-64, C-02)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Blueprint, Response
from sqlalchemy import MetaData, func, select

from lrs.clock import SECOND, ManualClock, to_text
from lrs.http.access import needs
from lrs.prowess import Plugin
from lrs.store import tables as t
from tests.conftest import Served
from tests.http.asking import Asker, asker
from tests.servers import sqlite_at
from tests.store.sending import reference, statement, void

ACTIVITY = "https://x.example/course"
ADA = {"mbox": "mailto:ada@example.org"}
GRACE = {"mbox": "mailto:grace@example.org"}


def launch(parent: Asker, **changes: Any) -> dict[str, Any]:
    body = {"actor": ADA, "activity": ACTIVITY, **changes}
    answer = parent.api("POST", "launches", body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    launched: dict[str, Any] = answer.json()
    return launched


def content(parent: Asker, **changes: Any) -> Asker:
    """Content that was launched for Ada."""
    launched = launch(parent, **changes)
    return Asker(parent.served, launched["key"], launched["secret"])


@pytest.fixture
def lms(shared: Served) -> Asker:
    return asker(shared, ["launch", "statements/write", "statements/read/mine"])


# What a launch says


def test_a_launch_says_everything_that_content_needs(shared: Served, lms: Asker, clock: ManualClock) -> None:
    launched = launch(lms, expires_in=60)
    assert launched["endpoint"] == f"{shared.url}/xapi/"
    assert launched["auth"] == "Basic " + base64.b64encode(f"{launched['key']}:{launched['secret']}".encode()).decode()
    assert launched["expires_at"] == to_text(clock.now() + 60 * SECOND)
    lms.session.auth = None
    answer = lms.ask("GET", "/xapi/statements", headers={"Authorization": launched["auth"]})
    assert answer.status_code == 200


def test_nothing_is_stored_for_a_launch(shared: Served, lms: Asker) -> None:
    content(lms).get()

    def count() -> int | None:
        with shared.prowess.database.read() as conn:
            return conn.scalar(select(func.count()).select_from(t.credential))

    before = count()
    assert content(lms).post(statement()).status_code == 200
    assert count() == before


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"actor": None}, "$.actor"),
        ({"actor": "ada"}, "$.actor"),
        ({"actor": {"name": "Ada"}}, "$.actor"),
        ({"actor": {"objectType": "Group", "member": [ADA]}}, "$.actor"),
        ({"activity": "course"}, "$.activity"),
        ({"registration": "17"}, "$.registration"),
        ({"expires_in": 86_401}, "$.expires_in"),
        ({"expires_in": 0}, "$.expires_in"),
        ({"expires_in": "60"}, "$.expires_in"),
        ({"statement": {}}, "$.statement"),
    ],
)
def test_a_wrong_launch_is_explained(lms: Asker, changes: dict[str, Any], path: str) -> None:
    answer = lms.api("POST", "launches", {"actor": ADA, "activity": ACTIVITY, **changes})
    assert answer.status_code == 400
    assert path in [error["path"] for error in answer.json()["errors"]]


def test_launching_takes_a_scope(shared: Served, lms: Asker) -> None:
    body = {"actor": ADA, "activity": ACTIVITY}
    assert asker(shared, ["statements/write", "state"]).api("POST", "launches", body).status_code == 403
    assert asker(shared, ["admin"]).api("POST", "launches", body).status_code == 200
    assert content(lms).api("POST", "launches", body).status_code == 403


# What it may write


def test_s_64_content_speaks_of_its_learner_with_the_authority_of_its_lms(lms: Asker) -> None:
    one = content(lms)
    sent = statement(actor={**ADA, "name": "Ada Byron"})
    assert one.post(sent).status_code == 200
    put = statement()
    assert one.ask("PUT", "/xapi/statements", params={"statementId": put["id"]}, json=put).status_code == 204
    by_lms = statement()
    lms.post(by_lms)
    assert one.get(statementId=sent["id"]).json()["authority"] == lms.get(statementId=by_lms["id"]).json()["authority"]
    assert sent["id"] in lms.found()


@pytest.mark.parametrize(
    "actor",
    [
        GRACE,
        {"mbox": "mailto:Ada@example.org"},
        {"account": {"homePage": "https://x.example", "name": "ada"}},
        {"objectType": "Group", "member": [ADA]},
        {"objectType": "Group", **ADA},
    ],
    ids=["grace", "other-case", "other-identifier", "group-with-ada", "group-called-ada"],
)
def test_s_64_of_nobody_else_alone_or_in_a_batch(lms: Asker, actor: dict[str, Any]) -> None:
    one, foreign = content(lms), statement(actor=actor)
    assert one.post(foreign).status_code == 403
    assert one.post([statement(), foreign]).status_code == 403
    assert one.ask("PUT", "/xapi/statements", params={"statementId": foreign["id"]}, json=foreign).status_code == 403
    assert lms.found() == []


def test_s_28_content_never_voids_whatever_its_lms_may(shared: Served) -> None:
    lms = asker(shared, ["all"])
    one, sent = content(lms), statement()
    one.post(sent)
    assert one.post({**void(sent["id"]), "actor": ADA}).status_code == 403
    assert one.get(statementId=sent["id"]).status_code == 200


def test_c_02_another_registration_is_refused(lms: Asker) -> None:
    ours, other = str(uuid4()), str(uuid4())
    one = content(lms, registration=ours)
    assert one.post(statement(context={"registration": ours.upper()})).status_code == 200
    assert one.post(statement()).status_code == 200
    assert one.post(statement(context={"registration": other})).status_code == 403


def test_bad_statements_of_content_are_refused_whatever_its_lms_wants(shared: Served) -> None:
    lms = asker(shared, ["launch", "statements/write", "statements/read/mine"], bad_statements="quarantine")
    bad = [statement(), {"actor": ADA}]
    assert content(lms).post(bad).status_code == 400
    assert lms.found() == []
    assert lms.post(bad).status_code == 200


# What it may read


def test_content_reads_what_its_learner_did_and_nothing_else(shared: Served, lms: Asker) -> None:
    own = statement()
    target = statement(actor=GRACE)
    about_ada = statement(actor=GRACE, object={"objectType": "Agent", **ADA})
    about_hers = reference(own["id"])
    gone = statement(actor=GRACE)
    lms.post([own, target, about_ada, about_hers, gone])
    foreign = statement()
    asker(shared).post(foreign)
    one = content(lms)
    assert one.found() == [own["id"]]
    assert one.found(limit=1) == [own["id"]]
    assert one.found(agent=json.dumps(ADA)) == [own["id"]]
    assert one.found(agent=json.dumps(GRACE)) == []
    assert one.found(agent=json.dumps(ADA), related_agents="true") == [own["id"]]
    assert one.get(statementId=own["id"]).status_code == 200
    for hidden in (target, about_ada, about_hers, foreign):
        assert one.get(statementId=hidden["id"]).status_code == 404
        assert one.ask("HEAD", "/xapi/statements", params={"statementId": hidden["id"]}).status_code == 404
    head = one.ask("HEAD", "/xapi/statements")
    assert head.headers["Content-Length"] == str(len(one.get().content))


def test_content_reads_what_was_voided_of_its_learner_only(shared: Served) -> None:
    lms = asker(shared, ["launch", "statements/write", "statements/read/mine", "void"])
    own, other = statement(), statement(actor=GRACE)
    lms.post([own, other])
    lms.post([void(own["id"]), void(other["id"])])
    one = content(lms)
    assert one.get(voidedStatementId=own["id"]).status_code == 200
    assert one.get(voidedStatementId=other["id"]).status_code == 404


def test_a_more_link_of_its_lms_shows_content_no_more(lms: Asker) -> None:
    lms.post([statement(actor=GRACE) for _ in range(3)])
    more = lms.get(limit=1).json()["more"]
    answer = content(lms).ask("GET", more)
    assert answer.status_code == 200
    assert answer.json()["statements"] == []


@pytest.mark.parametrize("path", ["keys", "quarantine"])
def test_content_administers_nothing(shared: Served, path: str) -> None:
    assert content(asker(shared, ["all"])).api("GET", path).status_code == 403


# What ends it


def test_a_launch_ends_by_itself(lms: Asker, clock: ManualClock) -> None:
    one = content(lms, expires_in=60)
    assert one.get().status_code == 200
    clock.move(seconds=60)
    assert one.get().status_code == 401


def test_a_launch_ends_with_its_key(shared: Served, clock: ManualClock) -> None:
    admin = asker(shared, ["admin"])
    ending = admin.api("POST", "keys", {"name": uuid4().hex, "scopes": ["launch"], "expires": "PT5M"}).json()
    lms = Asker(shared, ending["key"], ending["secret"])
    launched = launch(lms, expires_in=3_600)
    assert launched["expires_at"] == ending["expires"]
    one = Asker(shared, launched["key"], launched["secret"])
    assert one.get().status_code == 200
    admin.api("PATCH", f"keys/{ending['name']}", {"expires": "PT1M"})
    clock.move(seconds=61)
    assert one.get().status_code == 401


def test_revoking_its_key_ends_a_launch_and_rotating_does_not(shared: Served) -> None:
    admin = asker(shared, ["admin"])
    key = admin.api("POST", "keys", {"name": uuid4().hex, "scopes": ["launch"]}).json()
    one = content(Asker(shared, key["key"], key["secret"]))
    admin.api("POST", f"keys/{key['name']}/rotate")
    assert one.get().status_code == 200
    admin.api("DELETE", f"keys/{key['name']}")
    assert one.get().status_code == 401


def spellings(launched: dict[str, Any]) -> Iterable[tuple[str, str]]:
    key, secret = launched["key"], launched["secret"]
    yield key, secret[:-1] + ("0" if secret[-1] != "0" else "1")
    yield key, ""
    yield key[:-1] + ("A" if key[-1] != "A" else "B"), secret
    yield key + "=", secret
    yield key.replace("launch.", "launch.."), secret
    yield key.removeprefix("launch."), secret
    yield "launch.", secret


def test_a_launch_that_was_tampered_with_opens_nothing(lms: Asker) -> None:
    for key, secret in spellings(launch(lms)):
        answer = Asker(lms.served, key, secret).get()
        assert answer.status_code == 401
        assert answer.json()["detail"] == "unknown key or wrong secret"


# Documents, activities and agents


def test_s_64_state_is_lent_for_one_actor_activity_and_registration(lms: Asker) -> None:
    ours = str(uuid4())
    one, master = content(lms, registration=ours), asker(lms.served, ["all"])

    def state(who: Asker, method: str, agent: Any = ADA, activity: str = ACTIVITY, of: str | None = ours) -> int:
        named = {"stateId": "place", "agent": json.dumps(agent), "activityId": activity, "registration": of}
        body = {} if method in {"GET", "DELETE"} else {"json": {"page": 1}}
        return who.ask(method, "/xapi/activities/state", params=named, **body).status_code

    assert [state(one, method) for method in ("PUT", "POST", "GET", "DELETE", "GET")] == [204, 204, 200, 204, 404]
    assert state(one, "PUT", {**ADA, "name": "Ada"}) == 204
    assert state(one, "PUT", of=None) == 204
    for method in ("PUT", "POST", "GET", "DELETE"):
        assert state(one, method, GRACE) == 403
        assert state(one, method, {"objectType": "Group", "member": [], **GRACE}) == 403
        assert state(one, method, activity=ACTIVITY + "/1") == 403
        assert state(one, method, of=str(uuid4())) == 403
    assert state(master, "PUT", GRACE, "https://y.example", None) == 204


def test_c_04_profiles_of_the_learner_and_the_activity_may_be_read_and_not_changed(lms: Asker) -> None:
    one, master = content(lms), asker(lms.served, ["all"])
    for path, own, foreign in (
        ("/xapi/agents/profile", {"agent": json.dumps(ADA)}, {"agent": json.dumps(GRACE)}),
        ("/xapi/activities/profile", {"activityId": ACTIVITY}, {"activityId": ACTIVITY + "/1"}),
    ):
        new = {"headers": {"If-None-Match": "*"}, "json": {}}
        name = uuid4().hex
        assert master.ask("PUT", path, params={"profileId": name, **own}, **new).status_code == 204
        assert one.ask("GET", path, params={"profileId": name, **own}).status_code == 200
        assert one.ask("GET", path, params=foreign).status_code == 403
        for method in ("PUT", "POST", "DELETE"):
            assert one.ask(method, path, params={"profileId": uuid4().hex, **own}, **new).status_code == 403


def test_d_11_a_launch_asks_for_its_own_activity_and_agent_only(lms: Asker) -> None:
    one = content(lms)
    for path, own, foreign in (
        ("/xapi/agents", {"agent": json.dumps(ADA)}, {"agent": json.dumps(GRACE)}),
        ("/xapi/activities", {"activityId": ACTIVITY}, {"activityId": ACTIVITY + "/1"}),
    ):
        assert one.ask("GET", path, params=own).status_code == 200
        assert one.ask("GET", path, params=foreign).status_code == 403


def silent_view() -> Plugin:
    """A view that says nothing of launches."""
    views = Blueprint("bound", __name__, url_prefix="/xapi/bound")

    @views.get("/silent")
    @needs("state")
    def silent() -> Response:
        return Response("fine")

    return Plugin(name="bound", metadata=MetaData(), blueprints=lambda _prowess: [views])


@pytest.fixture
def bound(serve: Any, tmp_path: Path) -> Served:
    served: Served = serve(sqlite_at(tmp_path / "store.db"), (silent_view(),))
    return served


def test_a_route_that_says_nothing_of_launches_is_closed_to_them(bound: Served) -> None:
    lms = asker(bound, ["all"])
    assert lms.ask("GET", "/xapi/bound/silent").status_code == 200
    assert content(lms).ask("GET", "/xapi/bound/silent").status_code == 403
