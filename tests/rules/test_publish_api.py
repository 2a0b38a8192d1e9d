"""Programs over HTTP: checked, planned, published and gone back from, on a real server, as docs/pipeline.md says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from lrs import yaml_door
from lrs.people.roster import roster_from
from lrs.prowess import installed_plugins
from lrs.store.tenants import ensure_tenant
from rules.published.store import load_sources
from rules.refusals import refusal
from tests.commanding import prowess
from tests.conftest import Served
from tests.servers import sqlite_at

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "pipeline.md").read_text()
PROGRAM = """\
# why it is asked
kind: certification
id: first-aid
title: First aid
version: 1
effective: 2024-01-01
for: {job: operator}
due: {after: assigned, within: P30D}
require: {completed: course}
"""
COURSE = '{kind: activity, id: course, iris: ["https://x.example/course"]}\n'
SECOND = PROGRAM.replace("version: 1", "version: 2\napply: at_renewal").replace("2024", "2025").replace("P30D", "P60D")
BOTH = f"{PROGRAM}---\n{SECOND}"
OTHER = "{kind: certification, id: other, title: Other, for: {job: lead}, require: {completed: course}}\n"
PEOPLE = """
people:
  - {id: ada, name: Ada, positions: [{from: 2025-06-01, job: operator}]}
  - {id: bob, name: Bob, positions: [{from: 2025-06-01, job: lead}]}
"""
FILES = {"first-aid.yaml": PROGRAM, "more/course.yaml": COURSE}
PROGRAMS = "/api/v1/programs"
NAMELESS = b"--y\r\nContent-Disposition: form-data\r\n\r\nkind: certification\r\n--y--\r\n"


@dataclass
class House:
    """A store with two people, and a key for each thing that one may do."""

    served: Served

    def __post_init__(self) -> None:
        make = self.served.prowess.credentials.create
        self.keys = {}
        for scope in ("programs", "reports", "statements/write"):
            credential, secret = make(f"only {scope}", [scope])
            self.keys[scope] = (credential.key, str(secret))

    def ask(self, method: str, path: str, *, scope: str = "programs", **options: Any) -> requests.Response:
        return requests.request(method, self.served.url + path, auth=self.keys[scope], timeout=60, **options)

    def answered(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = self.ask(method, path, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def people(self, text: str) -> None:
        (document,) = yaml_door.load(text, "people.yaml")
        self.served.prowess.people.record(roster_from(document))

    def publish(self, files: dict[str, str], **parameters: Any) -> Any:
        plan = self.answered("POST", f"{PROGRAMS}/plan", json=files)
        return self.answered("POST", f"{PROGRAMS}/apply", json=plan, params=parameters)

    def editions(self) -> list[dict[str, Any]]:
        return list(self.answered("GET", "/api/v1/editions")["editions"])


def opened(serve: Callable[..., Served], url: str) -> House:
    house = House(serve(url, installed_plugins(), PROWESS_RUNNER_KIND="none"))
    house.people(PEOPLE)
    return house


@pytest.fixture
def house(serve: Callable[..., Served], tmp_path: Path) -> House:
    return opened(serve, sqlite_at(tmp_path / "store.db"))


@pytest.fixture
def each_house(serve: Callable[..., Served], database_url: str) -> House:
    return opened(serve, database_url)


def test_programs_are_planned_published_listed_and_gone_back_from(each_house: House) -> None:
    house = each_house
    assert house.publish(FILES)["programs"] == {"first-aid": 1}
    files = {**FILES, "first-aid.yaml": BOTH}
    plan = house.answered("POST", f"{PROGRAMS}/plan", json=files)
    assert {"digest", "hash", "current", "totals", "changes"} <= plan.keys()
    assert len(house.editions()) == 1, "a plan writes nothing"
    done = house.answered("POST", f"{PROGRAMS}/apply", json=plan, params={"by": "grace"})
    assert done == {"applied": True, "hash": plan["hash"], "programs": {"first-aid": 2}, "withdrawn": []}
    again = house.answered("POST", f"{PROGRAMS}/apply", json=plan)
    assert again == {**done, "applied": False}

    (program,) = house.answered("GET", PROGRAMS)["programs"]
    assert program == house.answered("GET", f"{PROGRAMS}/first-aid")
    assert (program["in_force"], program["withdrawn_at"]) == (2, None)
    assert [(one["version"], one["effective"]) for one in program["versions"]] == [(1, "2024-01-01"), (2, "2025-01-01")]
    assert [one["published_at"] for one in program["versions"]] == [
        one["applied_at"] for one in reversed(house.editions())
    ]
    for version, text in ((1, PROGRAM), (2, SECOND)):
        answer = house.ask("GET", f"{PROGRAMS}/first-aid/versions/{version}")
        assert (answer.text, answer.headers["Content-Type"]) == (text, "application/yaml; charset=utf-8")
    assert "there are: 1, 2" in house.answered("GET", f"{PROGRAMS}/first-aid/versions/3", 404)["hint"]

    assert [(one["number"], one["by"]) for one in house.editions()] == [
        (2, "grace, by the key only programs"),
        (1, "the key only programs"),
    ]
    for name in ("current", "2", plan["hash"][:12]):
        edition = house.answered("GET", f"/api/v1/editions/{name}")
        assert (edition["number"], edition["documents"]) == (2, files)

    back = house.answered("POST", f"{PROGRAMS}/rollback", params={"to": "1"})
    assert len(house.editions()) == 2, "looking at what going back would do is not going back"
    assert house.answered("POST", f"{PROGRAMS}/apply", json=back)["programs"] == {"first-aid": 1}
    assert [one["restores"] for one in house.editions()] == [1, None, None]


def test_a_stale_plan_is_refused_and_says_whose_outcome_moved(each_house: House) -> None:
    house = each_house
    plan = house.answered("POST", f"{PROGRAMS}/plan", json=FILES)
    house.people(PEOPLE.replace("job: lead", "job: operator"))
    refused = house.answered("POST", f"{PROGRAMS}/apply", 409, json=plan)
    assert refused["moved"] == [{"person": "bob", "program": "first-aid", "day": None, "how": "changes too"}]
    assert house.editions() == []
    assert house.answered("POST", f"{PROGRAMS}/apply", json=plan, params={"tolerance": 1})["applied"]
    older = house.answered("POST", f"{PROGRAMS}/plan", json={**FILES, "other.yaml": OTHER})
    house.publish({**FILES, "first-aid.yaml": BOTH})
    refused = house.answered("POST", f"{PROGRAMS}/apply", 409, json=older, params={"tolerance": 1000})
    assert "other programs were published since" in refused["detail"]


def test_every_mistake_of_every_file_is_told_as_the_command_tells_it(house: House, tmp_path: Path) -> None:
    wrong = {"a.yaml": PROGRAM.replace("completed:", "complete:"), "b/c.yaml": "kind: nonsense\n"}
    told = house.answered("POST", f"{PROGRAMS}/check", 400, json=wrong)
    assert told["type"] == "urn:prowess:problem:programs-invalid"
    for name, text in wrong.items():
        path = tmp_path / "programs" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    said = json.loads(prowess("check", "--json", cwd=tmp_path).stdout)
    for one in said["errors"]:
        one["file"] = one["file"].removeprefix("programs/")
    assert {"ok": told["ok"], "errors": told["errors"]} == said
    assert len(told["errors"]) > 1
    assert all(one["line"] and one["column"] and one["hint"] for one in told["errors"])
    assert house.answered("POST", f"{PROGRAMS}/plan", 400, json=wrong)["errors"] == told["errors"]
    broken = house.answered("POST", f"{PROGRAMS}/check", 400, json={"a.yaml": "a: [", "b.yaml": "b: {"})
    assert [one["file"] for one in broken["errors"]] == ["a.yaml", "b.yaml"]


def test_what_is_right_comes_with_warnings_and_its_tests(house: House) -> None:
    tests = "tests:\n  - {name: not yet, as_of: 2026-01-01, given: {}, expect: {award: valid}}\n"
    told = house.answered("POST", f"{PROGRAMS}/check", json={**FILES, "first-aid.yaml": PROGRAM + tests})
    assert (told["ok"], told["programs"][0]["id"]) == (True, "first-aid")
    assert (told["tests"]["ok"], told["tests"]["failed"]) == (False, 1)
    assert {"rule", "file", "line", "column", "message", "why", "hint"} == told["warnings"][0].keys()
    assert house.editions() == []


def test_a_name_that_is_nobodys_was_told_by_the_command_and_not_over_http(house: House) -> None:
    files = {**FILES, "first-aid.yaml": PROGRAM + "review: {every: P1Y, owner: adda}\n"}
    plan = house.answered("POST", f"{PROGRAMS}/plan", json=files)
    (told,) = plan["warnings"]
    assert (told["file"], told["line"], told["hint"]) == ("first-aid.yaml", 10, "did you mean 'ada'?")
    assert house.answered("POST", f"{PROGRAMS}/apply", json=plan)["applied"]
    assert house.publish({**files, "other.yaml": OTHER})["applied"]
    back = house.answered("POST", f"{PROGRAMS}/rollback")
    assert back["warnings"] == [told]


def test_a_form_and_json_are_the_same_files(house: House) -> None:
    form = [("files", (name, text.replace("\n", "\r\n"))) for name, text in reversed(FILES.items())]
    plans = [
        house.answered("POST", f"{PROGRAMS}/plan", files=form),
        house.answered("POST", f"{PROGRAMS}/plan", json=FILES),
        house.answered("POST", f"{PROGRAMS}/plan", files={name: (None, text) for name, text in FILES.items()}),
    ]
    assert (
        plans[0]["documents"] == plans[1]["documents"] == plans[2]["documents"] == [list(one) for one in FILES.items()]
    )
    assert plans[0]["hash"] == plans[1]["hash"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"json": {}}, "there are no programs in this request"),
        ({"json": {"a.yaml": "  "}}, "there are no programs in this request"),
        ({"json": ["kind: certification"]}, "not an object of texts"),
        ({"json": {"a.yaml": {"kind": "certification"}}}, "not an object of texts"),
        ({"data": "kind: certification", "headers": {"Content-Type": "application/yaml"}}, "is not accepted"),
        ({"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, "not multipart/form-data"),
        ({"data": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}}, "not multipart/form-data"),
        ({"files": [("f", ("a.yaml", "{}")), ("f", ("a.yaml", "{}"))]}, "two files are called 'a.yaml'"),
        ({"files": {"f": ("a.yaml", b"kind: \xff")}}, "not UTF-8 text"),
        ({"data": NAMELESS, "headers": {"Content-Type": "multipart/form-data; boundary=y"}}, "has no name"),
    ],
)
def test_what_holds_no_programs_is_refused(house: House, sent: dict[str, Any], said: str) -> None:
    for step in ("check", "plan"):
        assert said in house.answered("POST", f"{PROGRAMS}/{step}", 400, **sent)["detail"]


def test_what_is_no_plan_or_was_changed_is_refused(house: House) -> None:
    plan = house.answered("POST", f"{PROGRAMS}/plan", json=FILES)
    for body in (b"", b"{}", b"[]", b"\xff", b"[" * 5000, json.dumps({**plan, "after": 1e999}).encode()):
        told = house.answered("POST", f"{PROGRAMS}/apply", 400, data=body)
        assert "the body is no plan" in told["detail"]
    for changed, said in (
        ({"documents": [["a.yaml", BOTH], ["b.yaml", COURSE]]}, "not those that were planned"),
        ({"documents": [["a.yaml", "kind: nonsense"]]}, "a.yaml:1:7"),
        ({"changes": []}, "was changed after it was planned"),
        ({"restores": 1}, "not those of the edition it restores"),
    ):
        told = house.answered("POST", f"{PROGRAMS}/apply", 400, json={**plan, **changed})
        assert said in told["detail"]
    assert house.editions() == []


@pytest.mark.parametrize(
    "odd", [{"restores": 10**30}, {"restores": -1}, {"after": 2**63}, {"documents": [["\ud800.yaml", PROGRAM]]}]
)
def test_a_plan_with_an_odd_number_or_half_a_letter_was_a_fault_of_ours(house: House, odd: dict[str, Any]) -> None:
    plan = house.answered("POST", f"{PROGRAMS}/plan", json=FILES)
    told = house.answered("POST", f"{PROGRAMS}/apply", 400, json={**plan, **odd})
    assert "the body is no plan" in told["detail"]


def test_a_plan_cannot_pass_itself_off_as_an_earlier_edition(house: House) -> None:
    """What was published once may be published again without the checks that keep versions from being lost."""
    house.publish({**FILES, "first-aid.yaml": BOTH})
    (first,) = house.editions()
    fresh = house.answered("POST", f"{PROGRAMS}/plan", json={**FILES, "first-aid.yaml": BOTH, "other.yaml": OTHER})
    told = house.answered("POST", f"{PROGRAMS}/apply", 400, json={**fresh, "restores": first["applied_seq"]})
    assert "not those of the edition it restores" in told["detail"]
    assert len(house.editions()) == 1


def test_a_plan_without_programs_cannot_pass_itself_off_as_an_edition_that_never_was(house: House) -> None:
    house.publish(FILES)
    plan = house.answered("POST", f"{PROGRAMS}/plan", json=FILES)
    nothing = {"restores": 7, "documents": [], "programs": {}, "hash": load_sources([]).hash}
    path = f"{PROGRAMS}/apply?withdraw=true"
    told = house.answered("POST", path, 400, json={**plan, **nothing})
    assert "not those of the edition it restores" in told["detail"]
    assert len(house.editions()) == 1


def test_programs_are_withdrawn_only_when_asked_to(house: House) -> None:
    house.publish({**FILES, "other.yaml": OTHER})
    plan = house.answered("POST", f"{PROGRAMS}/plan", json=FILES)
    assert "missing here: other" in house.answered("POST", f"{PROGRAMS}/apply", 409, json=plan)["detail"]
    assert house.answered("POST", f"{PROGRAMS}/apply", json=plan, params={"withdraw": "true"})["withdrawn"] == ["other"]
    other = house.answered("GET", PROGRAMS)["programs"][1]
    assert (other["id"], other["in_force"]) == ("other", None)
    assert other["withdrawn_at"] == house.editions()[0]["applied_at"]
    assert "id: other" in house.ask("GET", f"{PROGRAMS}/other/versions/1").text


def test_a_published_version_that_reads_otherwise_is_a_conflict(house: House) -> None:
    house.publish(FILES)
    changed = {**FILES, "first-aid.yaml": PROGRAM.replace("P30D", "P31D")}
    for step in ("check", "plan"):
        assert "reads differently now" in house.answered("POST", f"{PROGRAMS}/{step}", 409, json=changed)["detail"]


def test_who_may_read_reports_plans_and_only_who_may_publish_applies(house: House) -> None:
    plan = house.answered("POST", f"{PROGRAMS}/plan", json=FILES, scope="reports")
    refused = house.answered("POST", f"{PROGRAMS}/apply", 403, json=plan, scope="reports")
    assert "--scope programs" in refused["hint"]
    assert house.answered("POST", f"{PROGRAMS}/apply", json=plan)["applied"]
    house.answered("GET", PROGRAMS, 403, scope="statements/write")


def test_tenants_publish_apart(house: House) -> None:
    credentials = house.served.prowess.credentials
    tenant_id = ensure_tenant(house.served.prowess.database, "elsewhere")
    credential, secret = credentials.create("theirs", ["programs"], tenant_id=tenant_id)
    house.keys["theirs"] = (credential.key, str(secret))
    house.publish(FILES)
    assert house.answered("GET", PROGRAMS, scope="theirs") == {"programs": []}
    assert house.answered("GET", "/api/v1/editions", scope="theirs") == {"editions": []}
    house.answered("GET", "/api/v1/editions/current", 404, scope="theirs")
    plan = house.answered("POST", f"{PROGRAMS}/plan", json={"a.yaml": OTHER + "---\n" + COURSE}, scope="theirs")
    assert house.answered("POST", f"{PROGRAMS}/apply", json=plan, scope="theirs")["programs"] == {"other": 1}
    assert len(house.editions()) == 1


def test_a_decision_is_what_the_explanation_is_about(house: House) -> None:
    house.publish(FILES)
    path = "/api/v1/people/ada/programs/first-aid"
    asked = {"as_of": "2026-01-31", "known_at": "2099-01-01"}
    decided = house.answered("GET", f"{path}/decide", scope="reports", params=asked)
    explained = house.answered("GET", f"{path}/explain", scope="reports", params=asked)
    beside = {"account", "undigested_since"}
    assert decided == {name: value for name, value in explained.items() if name not in beside}
    assert (decided["assignment"], decided["as_of"], bool(decided["gaps"])) == (
        "required",
        "2026-01-31T23:59:59.999999Z",
        True,
    )
    assert house.answered("GET", f"{path}/decide", 400, scope="reports", params={"as_of": "soon"})


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_commands_of_the_page_publish_a_directory(each_house: House, tmp_path: Path) -> None:
    scopes = dict(re.findall(r"prowess key create --name git-(\w+) --scope (\w+)", PAGE))
    assert scopes == {"plan": "reports", "publish": "programs"}
    for name, text in FILES.items():
        path = tmp_path / "programs" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    environ = {
        "PATH": os.environ["PATH"],
        "PROWESS_URL": each_house.served.url,
        **{f"{name.upper()}_KEY": ":".join(each_house.keys[scope]) for name, scope in scopes.items()},
    }
    script = "set -eu\n" + "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (edition,) = each_house.editions()
    assert (edition["by"], edition["added"]) == ("grace, by the key only programs", ["first-aid"])
    (tmp_path / "programs" / "first-aid.yaml").write_text("kind: nonsense\n")
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 22
    assert '"line": 1' in done.stdout


def test_a_refusal_without_a_place_has_the_same_members() -> None:
    from lrs.errors import ConfigError

    assert refusal(ConfigError("no")) == {
        "ok": False,
        "errors": [{"file": None, "line": None, "column": None, "message": "no", "hint": None}],
    }
