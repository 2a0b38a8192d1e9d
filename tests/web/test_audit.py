"""The audit: who administered what, when, from where; by page, key and command, and never a secret."""

from __future__ import annotations

import csv
import getpass
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from lrs.cli import build
from lrs.clock import ManualClock
from lrs.errors import Conflict, NotFound
from lrs.prowess import Prowess
from lrs.store import audit
from lrs.store import tables as t
from lrs.store.tenants import ensure_tenant
from lrs.web.accounts import change_account, change_password, create_account, disable_account
from tests.conftest import Served
from tests.servers import sqlite_at
from tests.web.browser import Browser

PASSWORD = "a quiet morning walk"
NOON = 1_795_521_600_000_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def served(serve: Callable[..., Served], database_url: str, clock: ManualClock) -> Served:
    return serve(database_url, clock=clock)


def facts(prowess: Prowess, *, tenant_id: int = t.DEFAULT_TENANT) -> list[tuple[str, str, str, str]]:
    """Kind and name of who, action and subject; the oldest first, without the key of the fixture."""
    found = audit.lines(prowess.database, tenant_id, limit=1000)[::-1]
    return [(one.by.kind, one.by.name, one.action, one.subject) for one in found if not one.subject.startswith("all-")]


def command(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(build(), list(arguments), env={"PROWESS_DATABASE_URL": url})


def test_what_a_key_does_over_http_is_kept_with_its_name_and_address(served: Served, clock: ManualClock) -> None:
    made = served.prowess.credentials.list()[0].name
    with served.session() as session:
        keys = f"{served.url}/api/v1/keys"
        created = session.post(keys, json={"name": "moodle", "scopes": ["statements/write"]})
        assert created.status_code == 201
        rotated = session.post(f"{keys}/moodle/rotate", json={"keep_old": "P1D"})
        assert session.patch(f"{keys}/moodle", json={"expires": "P9D"}).ok
        assert session.delete(f"{keys}/moodle").ok
        assert session.post(keys, json={"name": "moodle", "scopes": ["all"]}).status_code == 409
        assert session.delete(f"{keys}/nobody").status_code == 404
    assert facts(served.prowess) == [
        ("key", made, f"key.{act}", "moodle") for act in ("create", "rotate", "change", "revoke")
    ]
    newest = audit.lines(served.prowess.database, 1, limit=4)
    assert {line.by.address for line in newest} == {"127.0.0.1"}
    assert {line.at for line in newest} == {clock.now()}
    assert newest[3].details["scopes"] == ["statements/write"]
    assert newest[1].details["expires"] == "2026-12-03T12:00:00.000000Z"
    secrets = [created.json()["secret"], rotated.json()["secret"]]
    told = json.dumps([line.facts() for line in newest])
    assert not any(secret in told for secret in secrets)


def test_what_is_refused_leaves_no_line_and_what_is_done_commits_with_it(served: Served) -> None:
    prowess = served.prowess
    prowess.credentials.create("one", ["all"])
    with pytest.raises(Conflict):
        prowess.credentials.create("one", ["all"])
    with pytest.raises(NotFound):
        change_account(prowess, "nobody", role="admin")
    with pytest.raises(NotFound):
        disable_account(prowess, "nobody", is_disabled=True)
    assert facts(prowess) == [("prowess", "prowess", "key.create", "one")]


def test_a_key_that_was_revoked_already_left_another_line(served: Served) -> None:
    keys = served.prowess.credentials
    keys.create("one", ["all"])
    keys.revoke("one")
    keys.revoke("one")
    keys.change("one", {"bad_statements": "refuse"})
    assert [action for _, _, action, _ in facts(served.prowess)] == ["key.create", "key.revoke"]


def test_an_import_of_people_left_no_line(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text(
        "id,name,email,site,site_timezone,from\nada,Ada,ada@x.example,hq,Europe/London,2026-01-05\nbo,Bo,,,,\n"
    )
    for _ in range(2):
        assert command(database_url, "people", "import", str(file)).exit_code == 0
    file.write_text("id,name\nada,Zoe\n,Bo\n")
    assert command(database_url, "people", "import", str(file)).exit_code == 1
    (line,) = json.loads(command(database_url, "audit", "--json").stdout)
    assert (line["kind"], line["action"], line["subject"]) == ("command", "people.import", "staff.csv")
    assert line["details"] == {
        "added": 2,
        "changed": 0,
        "unchanged": 0,
        "identifiers": 1,
        "merged": 0,
        "erased": 0,
        "sites": 1,
    }


def test_the_audit_could_be_had_in_no_form_that_a_spreadsheet_reads(served: Served, monkeypatch: Any) -> None:
    monkeypatch.setattr(audit, "_AT_ONCE", 2)
    create_account(served.prowess, "root", PASSWORD, "admin")
    create_account(served.prowess, "mary", PASSWORD, "analyst")
    for name in ("=1+1", "lms", "b"):
        served.prowess.credentials.create(name, ["all"])
    root, mary = Browser(served.url), Browser(served.url)
    root.sign_in("root", PASSWORD)
    mary.sign_in("mary", PASSWORD)
    assert "/audit.csv" in {one.get("href") for one in root.page("/audit").all("a")}
    answer = root.get("/audit.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-2026-11-24.csv"'
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [row["subject"] for row in rows][:5] == ["b", "lms", "'=1+1", "mary", "root"]
    assert json.loads(rows[0]["details"])["scopes"] == ["all"]
    assert mary.get("/audit.csv").status_code == 403
    url = served.prowess.settings.database.url
    typed = list(csv.DictReader(command(url, "audit", "--csv").stdout.splitlines()))
    assert typed == rows[::-1]
    assert command(url, "audit", "--csv", "--json").exit_code == 2


def test_the_store_s_own_keys_are_no_act_of_administration(served: Served) -> None:
    served.prowess.credentials.own("import")
    assert facts(served.prowess) == []


def test_commands_are_kept_with_who_typed_them_and_where(database_url: str) -> None:
    said = [
        command(database_url, "key", "create", "--name", "lms", "--json"),
        command(database_url, "account", "create", "grace", "--role", "analyst"),
        command(database_url, "account", "change", "grace", "--role", "admin"),
        command(database_url, "account", "password", "grace"),
        command(database_url, "account", "disable", "grace"),
        command(database_url, "account", "enable", "grace"),
    ]
    assert all(one.exit_code == 0 for one in said), [one.output for one in said]
    assert command(database_url, "account", "disable", "nobody").exit_code == 1
    found = json.loads(command(database_url, "audit", "--json").stdout)
    assert [(one["action"], one["subject"]) for one in found] == [
        ("key.create", "lms"),
        ("account.create", "grace"),
        ("account.change", "grace"),
        ("account.password", "grace"),
        ("account.disable", "grace"),
        ("account.enable", "grace"),
    ]
    assert {(one["kind"], one["name"], one["address"]) for one in found} == {
        ("command", getpass.getuser(), socket.gethostname())
    }
    assert found[1]["details"] == {"role": "analyst"}
    assert found[2]["details"] == {"role": "admin"}
    assert found[3]["details"] == {}
    secrets = [
        json.loads(said[0].stdout)["secret"],
        *(one.stdout.split(" / ")[1].split()[0] for one in (said[1], said[3])),
    ]
    assert not any(secret in json.dumps(found) for secret in secrets)
    text = command(database_url, "audit", "--limit", "1").stdout
    assert f"command {getpass.getuser()} ({socket.gethostname()})" in text
    assert text.count("\n") == 1


def test_only_what_is_asked_for_is_shown(database_url: str) -> None:
    assert command(database_url, "audit").stdout == "nothing was administered in that time\n"
    command(database_url, "key", "create", "--name", "lms")
    command(database_url, "key", "create", "--name", "other", "--tenant", "elsewhere")
    assert [one["subject"] for one in json.loads(command(database_url, "audit", "--json").stdout)] == ["lms"]
    there = command(database_url, "audit", "--json", "--tenant", "elsewhere")
    assert [one["subject"] for one in json.loads(there.stdout)] == ["other"]
    assert json.loads(command(database_url, "audit", "--json", "--since", "2999-01-01").stdout) == []
    assert len(json.loads(command(database_url, "audit", "--json", "--since", "2000-01-01T00:00:00Z").stdout)) == 1
    for wrong in ("yesterday", "2026-02-30", "P9D", "20260101"):
        refused = command(database_url, "audit", "--since", wrong)
        assert (refused.exit_code, "2026-11-01" in refused.stderr) == (1, True)


def test_the_page_is_for_administrators_and_shows_what_they_did(served: Served) -> None:
    create_account(served.prowess, "root", PASSWORD, "admin")
    create_account(served.prowess, "mary", PASSWORD, "analyst")
    evil = "<script>alert(1)</script>"
    served.prowess.credentials.create(evil, ["all"])
    root, mary = Browser(served.url), Browser(served.url)
    root.sign_in("root", PASSWORD)
    mary.sign_in("mary", PASSWORD)
    page = root.page("/audit")
    assert not page.faults
    assert f"key.create {evil}" in page.words
    assert "account.create mary role: analyst" in page.words
    assert PASSWORD not in page.words
    assert "/audit" in {one.get("href") for one in root.page("/").all("a")}
    assert mary.get("/audit").status_code == 403
    assert "/audit" not in {one.get("href") for one in mary.page("/").all("a")}
    assert Browser(served.url).get("/audit").status_code == 303


def test_older_lines_are_on_the_pages_behind(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"))
    create_account(served.prowess, "root", PASSWORD, "admin")
    for number in range(60):
        served.prowess.credentials.create(f"key{number:02}", ["all"])
    root = Browser(served.url)
    root.sign_in("root", PASSWORD)
    seen: list[str] = []
    path: str | None = "/audit"
    while path:
        page = root.page(path)
        seen += [word for word in page.words.split() if word.startswith("key") and word[3:].isdecimal()]
        path = next((one["href"] for one in page.all("a") if one.get("rel") == "next"), None)
    assert seen == [f"key{number:02}" for number in reversed(range(60))]
    for wrong in ("x", "-1", "9" * 40, "\N{ARABIC-INDIC DIGIT ONE}", ""):
        assert root.get("/audit", params={"before": wrong}).status_code == 400


def test_a_page_of_five_thousand_zeros_was_our_fault(served: Served) -> None:
    """Python turns no text of more than 4300 digits into a number."""
    create_account(served.prowess, "root", PASSWORD, "admin")
    root = Browser(served.url)
    root.sign_in("root", PASSWORD)
    assert root.get("/audit", params={"before": "0" * 5000}).status_code == 400


def test_tenants_do_not_see_each_other_s_lines(served: Served) -> None:
    there = ensure_tenant(served.prowess.database, "elsewhere")
    served.prowess.credentials.create("theirs", ["all"], tenant_id=there)
    create_account(served.prowess, "root", PASSWORD, "admin")
    root = Browser(served.url)
    root.sign_in("root", PASSWORD)
    assert "theirs" not in root.page("/audit").words
    assert facts(served.prowess, tenant_id=there) == [("prowess", "prowess", "key.create", "theirs")]


def test_the_address_is_the_client_s_behind_a_trusted_proxy(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), PROWESS_SERVER_TRUSTED_PROXIES="[127.0.0.1]")
    with served.session() as session:
        body: Any = {"name": "moodle", "scopes": ["all"]}
        headers = {"X-Forwarded-For": "203.0.113.9"}
        assert session.post(f"{served.url}/api/v1/keys", json=body, headers=headers).status_code == 201
    assert audit.lines(served.prowess.database, 1, limit=1)[0].by.address == "203.0.113.9"


def test_a_password_is_in_no_column(served: Served) -> None:
    create_account(served.prowess, "root", PASSWORD, "admin")
    change_password(served.prowess, "root", PASSWORD + "!")
    with served.prowess.database.read() as conn:
        rows = [str(row) for row in conn.execute(select(t.audit))]
    assert not any(PASSWORD in row or "argon2" in row for row in rows)
