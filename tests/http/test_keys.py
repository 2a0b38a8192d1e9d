"""Keys over HTTP and what they open: section 24 of the requirements, rotation, ends, last use."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest
import requests
from sqlalchemy import select

from lrs.clock import SECOND, ManualClock, to_text
from lrs.store import tables as t
from lrs.store.scopes import SCOPES
from tests.conftest import Served
from tests.http.asking import Asker, asker
from tests.store.sending import statement, void


def made(admin: Asker, **body: Any) -> tuple[dict[str, Any], Asker]:
    """A key that an administrator made, and somebody who has it."""
    answer = admin.api("POST", "keys", {"name": uuid4().hex, **body})
    assert answer.status_code == 201, answer.text
    key = answer.json()
    return key, Asker(admin.served, key["key"], key["secret"])


@pytest.fixture
def admin(shared: Served) -> Asker:
    return asker(shared, ["admin"])


# What opens the door


@pytest.mark.parametrize(
    ("version", "wanted"), [("1.0.3", 200), ("2.0.0", 200)], ids=["00335-basic-1.0.3", "00335-basic-2.0"]
)
def test_http_basic_works(shared: Served, version: str, wanted: int) -> None:
    one = asker(shared)
    one.session.headers["X-Experience-API-Version"] = version
    assert one.get().status_code == wanted


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="00334-none"),
        pytest.param("Basic eA==", id="00334-basic-x"),
        pytest.param("Basic %%%", id="00334-not-base64"),
        pytest.param("Basic /w==", id="00334-not-utf8"),
        pytest.param("Basic bm9ib2R5OnNlY3JldA==", id="00334-unknown"),
        pytest.param("Basic bGF1bmNoLng6eA==", id="00334-launch-nobody-made"),
        pytest.param("Bearer abc", id="00334-other-scheme"),
        pytest.param('OAuth oauth_consumer_key="x", oauth_signature="y"', id="S-67-oauth-is-not-offered"),
    ],
)
def test_without_a_valid_key_it_is_401_and_says_which_scheme_is_wanted(shared: Served, header: str | None) -> None:
    headers = {"X-Experience-API-Version": "1.0.3", **({"Authorization": header} if header else {})}
    answer = requests.get(f"{shared.xapi}/statements", headers=headers, timeout=30)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert answer.json()["detail"]


def test_s_67_no_route_speaks_oauth(shared: Served) -> None:
    assert not [rule.rule for rule in shared.app.url_map.iter_rules() if "oauth" in rule.rule.lower()]


WRITERS = {"all", "statements/write"}
READERS = {"all", "all/read", "statements/read", "statements/read/mine"}


@pytest.mark.parametrize("scope", SCOPES)
def test_s_62_a_scope_opens_what_it_says_and_nothing_else(shared: Served, scope: str) -> None:
    one, sent = asker(shared, [scope]), statement()
    writes = [
        one.post(sent),
        one.ask("PUT", "/xapi/statements", params={"statementId": sent["id"]}, json=sent),
    ]
    reads = [one.get(), one.ask("HEAD", "/xapi/statements")]
    assert {answer.status_code == 403 for answer in writes} == {scope not in WRITERS}
    assert {answer.status_code == 403 for answer in reads} == {scope not in READERS}
    for answer in [*writes, *reads[:1]]:
        if answer.status_code == 403:
            assert "lacks the scope 'statements/" in answer.json()["detail"]
            assert answer.json()["hint"]


def test_s_63_a_key_for_which_nothing_is_asked_writes_and_reads_its_own(admin: Asker) -> None:
    key, one = made(admin)
    assert key["scopes"] == ["statements/read/mine", "statements/write"]
    assert one.post(statement()).status_code == 200
    assert len(one.found()) == 1


def test_s_65_without_define_the_statement_is_stored_all_the_same(shared: Served) -> None:
    activity = {"id": f"https://x.example/{uuid4()}", "definition": {"name": {"en": "Named by a stranger"}}}
    writer = asker(shared, ["statements/write", "statements/read/mine"])
    sent = statement(object=activity)
    assert writer.post(sent).status_code == 200
    assert writer.get(statementId=sent["id"]).json()["object"] == activity


def test_s_66_one_key_may_do_everything_and_can_be_switched_off(admin: Asker) -> None:
    key, one = made(admin, scopes=["all"])
    sent = statement()
    assert one.post(sent).status_code == 200
    assert one.post(void(sent["id"])).status_code == 200
    assert one.api("GET", "keys").status_code == 200
    assert admin.api("DELETE", f"keys/{key['name']}").status_code == 204
    assert one.get().status_code == 401
    assert admin.api("DELETE", f"keys/{key['name']}").status_code == 204


def test_s_28_and_00327_a_key_without_void_may_not_void(shared: Served) -> None:
    one = asker(shared, ["statements/write", "statements/read/mine"])
    sent = statement()
    one.post(sent)
    answer = one.post([statement(), void(sent["id"])])
    assert answer.status_code == 403
    assert one.found() == [sent["id"]]


# Other people's statements


def test_d_11_read_mine_sees_its_own_everywhere_and_404_for_the_rest(shared: Served) -> None:
    mine = asker(shared, ["statements/write", "statements/read/mine"])
    other = asker(shared, ["all"])
    own, foreign, gone = statement(), statement(), statement()
    mine.post(own)
    other.post([foreign, gone])
    other.post(void(gone["id"]))
    for parameters in ({"statementId": foreign["id"]}, {"voidedStatementId": gone["id"]}):
        answer = mine.get(**parameters)
        assert answer.status_code == 404
        assert mine.ask("HEAD", "/xapi/statements", params=parameters).status_code == 404
        assert other.get(**parameters).status_code == 200
    assert mine.found() == [own["id"]]
    assert mine.found(agent='{"mbox":"mailto:ada@example.org"}') == [own["id"]]
    assert mine.found(format="ids") == [own["id"]]


def test_d_11_a_more_link_of_somebody_else_shows_nothing_of_theirs(shared: Served) -> None:
    mine, other = asker(shared, ["statements/write", "statements/read/mine"]), asker(shared)
    own = statement()
    mine.post(own)
    other.post([statement() for _ in range(5)])
    more = other.get(limit=1).json()["more"]
    page = mine.ask("GET", more)
    assert page.status_code == 200
    assert {one["id"] for one in page.json()["statements"]} <= {own["id"]}


def test_d_11_a_more_link_of_another_tenant_is_refused(shared: Served) -> None:
    from lrs.store.tenants import ensure_tenant

    elsewhere = asker(shared, tenant_id=ensure_tenant(shared.prowess.database, f"t{uuid4().hex}"))
    elsewhere.post([statement() for _ in range(2)])
    more = elsewhere.get(limit=1).json()["more"]
    assert asker(shared).ask("GET", more).status_code == 400


# Administration


def test_a_key_is_made_shown_changed_and_listed_without_its_secret(admin: Asker) -> None:
    key, one = made(
        admin, scopes=["statements/write"], expires="P90D", bad_statements="quarantine", missing_ids="content"
    )
    secret = key.pop("secret")
    assert len(secret) >= 43
    assert key["expires"] is not None
    assert (key["bad_statements"], key["missing_ids"], key["last_used"]) == ("quarantine", "content", None)
    assert admin.api("GET", f"keys/{key['name']}").json() == key
    assert admin.api("GET", f"keys/{key['key']}").json() == key
    listed = admin.api("GET", "keys")
    assert key in listed.json()["keys"]
    assert secret not in listed.text
    changed = admin.api("PATCH", f"keys/{key['name']}", {"expires": None, "bad_statements": "refuse"}).json()
    assert changed == {**key, "expires": None, "bad_statements": "refuse"}
    assert one.post(statement()).status_code == 200


def test_the_answer_with_a_secret_is_kept_by_nobody(admin: Asker) -> None:
    answer = admin.api("POST", "keys", {"name": uuid4().hex})
    assert answer.headers["Cache-Control"] == "no-store"
    assert admin.api("GET", answer.headers["Location"].removeprefix("/api/v1/")).status_code == 200


def test_scopes_never_change_after_creation(admin: Asker) -> None:
    key, _ = made(admin)
    answer = admin.api("PATCH", f"keys/{key['name']}", {"scopes": ["all"]})
    assert answer.status_code == 400
    assert "another key" in answer.json()["hint"]
    assert admin.api("GET", f"keys/{key['name']}").json()["scopes"] == key["scopes"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$.name"),
        ({"name": ""}, "$.name"),
        ({"name": 7}, "$.name"),
        ({"name": "x", "scopes": ["al"]}, "$.scopes.0"),
        ({"name": "x", "scopes": []}, "$.scopes"),
        ({"name": "x", "expires": "tomorrow"}, "$.expires"),
        ({"name": "x", "expires": "2020-01-01"}, "$.expires"),
        ({"name": "x", "expires": 5}, "$.expires"),
        ({"name": "x", "bad_statements": "keep"}, "$.bad_statements"),
        ({"name": "x", "missing_ids": "none"}, "$.missing_ids"),
        ({"name": "x", "expiers": "P1D"}, "$.expiers"),
    ],
)
def test_a_wrong_body_is_explained_member_by_member(admin: Asker, body: dict[str, Any], path: str) -> None:
    answer = admin.api("POST", "keys", body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert path in [error["path"] for error in answer.json()["errors"]]


def test_a_misspelt_member_is_guessed(admin: Asker) -> None:
    assert "expires" in admin.api("POST", "keys", {"name": "x", "expiers": "P1D"}).json()["hint"]


def test_what_is_no_json_object_is_refused(admin: Asker) -> None:
    for body, status in (
        (b"[]", 400),
        (b"{", 400),
        (b'{"name":"x","name":"y"}', 400),
        (b'{"n":"' + b"x" * 70_000, 413),
    ):
        headers = {"Content-Type": "application/json"}
        assert admin.ask("POST", "/api/v1/keys", data=body, headers=headers).status_code == status
    assert admin.ask("POST", "/api/v1/keys", data=b"name=x").status_code == 400


def test_names_are_taken_once_and_the_stores_own_are_nobodys(admin: Asker) -> None:
    key, _ = made(admin)
    assert admin.api("POST", "keys", {"name": key["name"]}).status_code == 409
    assert admin.api("POST", "keys", {"name": "prowess"}).status_code == 400
    assert admin.api("GET", "keys/nobody").status_code == 404
    assert admin.api("PATCH", "keys/nobody", {}).status_code == 404
    assert admin.api("POST", "keys/nobody/rotate").status_code == 404
    assert admin.api("DELETE", "keys/nobody").status_code == 404


def test_keys_of_another_tenant_are_not_there(shared: Served, admin: Asker) -> None:
    from lrs.store.tenants import ensure_tenant

    elsewhere = asker(shared, ["admin"], tenant_id=ensure_tenant(shared.prowess.database, f"t{uuid4().hex}"))
    key, one = made(admin)
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/rotate"), ("DELETE", "")):
        assert elsewhere.api(method, f"keys/{key['key']}{path}", {}).status_code == 404
    assert [listed["key"] for listed in elsewhere.api("GET", "keys").json()["keys"]] == [elsewhere.key]
    assert one.get().status_code == 200


# Ends and rotation


def test_a_key_ends_when_it_says_and_may_be_given_more_time(admin: Asker, clock: ManualClock) -> None:
    key, one = made(admin, expires="PT1M")
    assert one.get().status_code == 200
    clock.move(seconds=61)
    assert one.get().status_code == 401
    assert admin.api("PATCH", f"keys/{key['name']}", {"expires": "P1D"}).status_code == 200
    assert one.get().status_code == 200


def test_an_end_beyond_the_year_9999_in_utc_made_the_list_of_keys_a_500(admin: Asker) -> None:
    refused = admin.api("POST", "keys", {"name": "late", "expires": "9999-12-31T23:59:59-23:59"})
    assert refused.status_code == 400
    assert admin.api("GET", "keys").status_code == 200


def test_a_day_counts_to_its_end(admin: Asker, clock: ManualClock) -> None:
    day = to_text(clock.now())[:10]
    key, _ = made(admin, expires=day)
    midnight = (clock.now() // (86_400 * SECOND) + 1) * 86_400 * SECOND
    assert key["expires"] == to_text(midnight)


def test_a_rotated_key_keeps_its_authority_and_its_former_secret_for_a_while(admin: Asker, clock: ManualClock) -> None:
    key, old = made(admin)
    sent = statement()
    old.post(sent)
    answer = admin.api("POST", f"keys/{key['name']}/rotate", {"keep_old": "PT1H"})
    assert answer.headers["Cache-Control"] == "no-store"
    rotated = answer.json()
    assert rotated["key"] == key["key"]
    new = old.with_secret(rotated["secret"])
    assert new.found() == old.found() == [sent["id"]]
    authorities = []
    for one in (old, new):
        again = statement()
        one.post(again)
        authorities.append(one.get(statementId=again["id"]).json()["authority"])
    assert authorities[0] == authorities[1]
    clock.move(seconds=3_601)
    assert (old.get().status_code, new.get().status_code) == (401, 200)


def test_without_keep_old_the_former_secret_ends_at_once(admin: Asker) -> None:
    key, old = made(admin)
    assert old.get().status_code == 200
    new = old.with_secret(admin.api("POST", f"keys/{key['name']}/rotate").json()["secret"])
    assert (old.get().status_code, new.get().status_code) == (401, 200)


def test_only_the_latest_former_secret_works(admin: Asker) -> None:
    key, first = made(admin)
    secrets = [admin.api("POST", f"keys/{key['name']}/rotate", {"keep_old": "P1D"}).json()["secret"] for _ in range(2)]
    assert [first.with_secret(secret).get().status_code for secret in secrets] == [200, 200]
    assert first.get().status_code == 401


def test_a_revoked_key_is_not_rotated_and_its_former_secret_ends_too(admin: Asker) -> None:
    key, old = made(admin)
    admin.api("POST", f"keys/{key['name']}/rotate", {"keep_old": "P1D"})
    admin.api("DELETE", f"keys/{key['name']}")
    assert old.get().status_code == 401
    assert admin.api("POST", f"keys/{key['name']}/rotate").status_code == 409


def test_secrets_are_kept_as_hashes_only(shared: Served, admin: Asker) -> None:
    key, _ = made(admin)
    rotated = admin.api("POST", f"keys/{key['name']}/rotate", {"keep_old": "P1D"}).json()
    with shared.prowess.database.read() as conn:
        row = conn.execute(select(t.credential).where(t.credential.c.key == key["key"])).one()
    kept = repr(tuple(row))
    assert key["secret"] not in kept
    assert rotated["secret"] not in kept
    assert len(row.secret_hash) == len(row.former_hash) == 32


def last_used(admin: Asker, name: str, wanted: bool) -> str | None:
    """What the list says, once what is written behind the requests has come through."""
    found: str | None = None
    for _ in range(100):
        found = admin.api("GET", f"keys/{name}").json()["last_used"]
        if (found is not None) == wanted:
            break
        time.sleep(0.02)
    return found


def test_last_use_is_noted_once_a_minute(shared: Served, admin: Asker, clock: ManualClock) -> None:
    key, one = made(admin)
    assert last_used(admin, key["name"], wanted=False) is None
    one.get()
    first = last_used(admin, key["name"], wanted=True)
    assert first == to_text(clock.now())
    clock.move(seconds=30)
    one.get()
    clock.move(seconds=31)
    assert last_used(admin, key["name"], wanted=True) == first
    one.get()
    for _ in range(100):
        if (second := last_used(admin, key["name"], wanted=True)) != first:
            break
        time.sleep(0.02)
    assert second == to_text(clock.now())


def test_a_note_that_cannot_be_written_costs_no_request_anything(shared: Served, admin: Asker) -> None:
    from lrs.store.last_used import LastUsed

    broken: Any = object()
    notes = LastUsed(broken)
    notes.note(1, 0)
    notes.close()
    notes.note(2, 0)
    assert asker(shared).get().status_code == 200


def test_without_any_secret_of_its_own_a_key_has_no_former_one(shared: Served) -> None:
    """A key that was never rotated has no former secret; no text may be taken for one."""
    one = asker(shared)
    for secret in ("nobody", "", "\x00" * 32):
        assert one.with_secret(secret).get().status_code == 401
