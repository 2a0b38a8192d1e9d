"""Real clients of the field write to and read from a real server: what they can do with any LRS, they can do here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tincan import ActivityProfileDocument, Agent, RemoteLRS, StateDocument, Statement

from tests.conftest import Served

HERE = Path(__file__).parent
VERBS = "http://adlnet.gov/expapi/verbs/"


@pytest.fixture
def served(serve: Callable[..., Served], database_url: str) -> Served:
    return serve(database_url)


def play(name: str, served: Served, **environment: str) -> Any:
    """What a script saw.  The packages it needs are pinned beside it and installed by make."""
    if shutil.which("node") is None:
        pytest.skip("node is not here")
    assert (HERE / "node_modules").is_dir(), (
        "the clients' packages are missing: run make test, or npm ci in tests/clients"
    )
    environ = {**os.environ, "ENDPOINT": served.xapi, "KEY": served.key, "SECRET": served.secret, **environment}
    done = subprocess.run(
        ["node", name], cwd=HERE, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_xapi_js(served: Served, version: str) -> None:
    seen = play("xapi.js", served, VERSION=version)
    assert {"1.0.3", "2.0.0"} <= set(seen["versions"])
    assert len(set(seen["ids"])) == 4
    assert seen["one"] == f"{VERBS}experienced"
    assert seen["pages"] == [3, 1, ""]
    assert seen["voided"] == seen["ids"][3]
    assert seen["left"] == ["StatementRef"], "the voided one is gone; who voided it is found by what it refers to"
    assert seen["state"] == {"page": 7, "mark": "é"}
    assert seen["states"] == ["place"]
    assert seen["profile"] == {"colour": "plum"}
    assert (seen["changed"], seen["stale"]) == (204, 412)
    assert seen["person"]["objectType"] == "Person"
    assert seen["activity"]["definition"]["name"] == {"en": "A course"}


def test_tincan_js(served: Served) -> None:
    seen = play("tincan.js", served)
    assert seen["one"] == [True, f"{VERBS}attempted"]
    assert seen["pages"] == [2, 1]
    assert seen["notes"] == "notes"
    assert seen["state"] == [{"page": 3}, "application/json", "string"]
    assert seen["gone"] is None
    assert seen["profile"] == ["plain", "text/plain"]


def test_cmi5_js(served: Served) -> None:
    """The LMS's part is played here: launch data and preferences, then the unit reports from start to end."""
    registration, activity = str(uuid4()), "https://content.example/cmi5/au"
    actor = {"objectType": "Agent", "account": {"homePage": "https://lms.example", "name": "17"}}
    launch = {
        "contextTemplate": {
            "contextActivities": {"grouping": [{"id": "https://content.example/cmi5/publisher-id"}]},
            "extensions": {"https://w3id.org/xapi/cmi5/context/extensions/sessionid": str(uuid4())},
        },
        "launchMode": "Normal",
        "moveOn": "CompletedAndPassed",
        "masteryScore": 0.8,
    }
    with served.session() as lms:
        parameters = {
            "stateId": "LMS.LaunchData",
            "activityId": activity,
            "agent": json.dumps(actor),
            "registration": registration,
        }
        assert lms.put(f"{served.xapi}/activities/state", params=parameters, json=launch, timeout=10).status_code == 204
        preferences = {"profileId": "cmi5LearnerPreferences", "agent": json.dumps(actor)}
        answer = lms.put(
            f"{served.xapi}/agents/profile",
            params=preferences,
            json={"languagePreference": "en", "audioPreference": "on"},
            headers={"If-None-Match": "*"},
            timeout=10,
        )
        assert answer.status_code == 204
        seen = play("cmi5.js", served, REGISTRATION=registration, ACTIVITY=activity)
        found = lms.get(
            f"{served.xapi}/statements", params={"registration": registration, "ascending": "true"}, timeout=10
        ).json()["statements"]
    assert seen["launch"] == "Normal"
    assert seen["preferences"] == {"languagePreference": "en", "audioPreference": "on"}
    verbs = [one["verb"]["id"].rpartition("/")[2] for one in found]
    assert verbs == ["initialized", "progressed", "answered", "passed", "completed", "terminated"]
    assert found[3]["result"]["score"]["scaled"] == 0.9


def test_tincan_python(served: Served) -> None:
    lrs = RemoteLRS(endpoint=f"{served.xapi}/", version="1.0.3", username=served.key, password=served.secret)
    agent = Agent(mbox="mailto:tincan@example.org")
    sent = Statement(actor=agent, verb={"id": f"{VERBS}passed"}, object={"id": "https://content.example/tincan"})
    saved = lrs.save_statement(sent)
    assert saved.success, saved.data
    both = lrs.save_statements([Statement(actor=agent, verb=sent.verb, object=sent.object) for _ in range(2)])
    assert both.success, both.data
    assert str(lrs.retrieve_statement(saved.content.id).content.actor.mbox) == "mailto:tincan@example.org"
    page = lrs.query_statements({"agent": agent, "limit": 2})
    assert page.success, page.data
    rest = lrs.more_statements(page.content.more)
    assert [len(page.content.statements), len(rest.content.statements)] == [2, 1]
    state = StateDocument(
        id="place", activity={"id": "https://content.example/tincan"}, agent=agent, content=bytearray(b"7")
    )
    assert lrs.save_state(state).success
    assert lrs.retrieve_state(state.activity, agent, "place").content.content == b"7"
    profile = ActivityProfileDocument(id="p", activity=state.activity, content=bytearray(b"x"))
    refused = lrs.save_activity_profile(profile)
    assert not refused.success, "this client sends no If-None-Match, without which 1.0.3 lets nobody make a profile"
    assert "If-None-Match" in refused.data
