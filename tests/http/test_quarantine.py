"""Bad statements: refused with their whole batch, or set aside while the rest is stored (lrs-lessons 8, case 15)."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from lrs.clock import ManualClock
from lrs.errors import Conflict
from lrs.store import audit
from lrs.store import tables as t
from lrs.store.tenants import ensure_tenant
from lrs.xapi.problems import StatementInvalid
from tests.conftest import Served
from tests.http.asking import asker
from tests.store.sending import VOIDED, reference, statement, void

COUNT = "X-Prowess-Quarantined"


class Organisation:
    """A tenant of its own: a lenient sender, a strict one, an administrator."""

    def __init__(self, served: Served) -> None:
        tenant_id = ensure_tenant(served.prowess.database, f"t{uuid4().hex}")
        rights = ["statements/write", "statements/read/mine"]
        self.served, self.tenant_id = served, tenant_id
        self.lenient = asker(served, rights, tenant_id=tenant_id, bad_statements="quarantine")
        self.strict = asker(served, rights, tenant_id=tenant_id)
        self.admin = asker(served, ["admin"], tenant_id=tenant_id)

    def entries(self, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.admin.api("GET", "quarantine", **parameters)
        assert answer.status_code == 200, answer.text
        entries: list[dict[str, Any]] = answer.json()["entries"]
        return entries

    def only(self) -> dict[str, Any]:
        (entry,) = self.entries()
        return entry


@pytest.fixture
def house(shared: Served) -> Organisation:
    return Organisation(shared)


def bad(**changes: Any) -> dict[str, Any]:
    """As Open edX really sends it for a problem of weight 0."""
    return statement(result={"score": {"min": 0, "max": 0, "raw": 0}}, **changes)


# Strict


def test_00326_every_bad_statement_of_a_strict_batch_is_named_and_nothing_is_stored(house: Organisation) -> None:
    batch = [statement(), bad(), statement(), {**statement(), "verb": {"id": "passed"}}]
    answer = house.strict.post(batch)
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert [error["index"] for error in errors] == [1, 3]
    for error in errors:
        assert error["path"].startswith(f"$[{error['index']}]")
        assert error["rule"]
        assert error["detail"]
        assert "hint" in error
    assert house.strict.found() == []
    assert house.entries() == []


def test_case_15_one_bad_of_ten_thousand_is_named_and_quarantine_keeps_it(house: Organisation) -> None:
    actor, verb = {"mbox": "mailto:a@x.example"}, {"id": "https://x.example/v"}
    batch = [{"actor": actor, "verb": verb, "object": {"id": f"https://x.example/{n}"}} for n in range(10_000)]
    batch[7_123]["actor"] = {"mbox": "a@x.example"}
    body = gzip.compress(json.dumps(batch).encode(), 1)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = house.strict.ask("POST", "/xapi/statements", data=body, headers=headers)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["index"], error["path"], error["rule"]) == (7_123, "$[7123].actor.mbox", "XAPI-00038")
    assert error["hint"]
    assert house.strict.get(limit=1).json()["statements"] == []
    answer = house.lenient.post(batch[7_000:7_200])
    assert (answer.status_code, answer.headers[COUNT], len(answer.json())) == (200, "1", 200)
    entry = house.only()
    assert (entry["place"], entry["statement_id"]) == (123, answer.json()[123])


def test_at_most_twenty_are_named(house: Organisation) -> None:
    answer = house.strict.post([bad() for _ in range(50)])
    assert len(answer.json()["errors"]) == 20


# Lenient


def test_the_bad_are_set_aside_and_the_rest_is_stored_in_the_order_sent(house: Organisation) -> None:
    good = [statement(), statement()]
    named, nameless = bad(), {**bad(), "id": None}
    del nameless["id"]
    broken = {**statement(), "id": "17"}
    answer = house.lenient.post([good[0], named, nameless, broken, good[1]])
    assert (answer.status_code, answer.headers[COUNT]) == (200, "3")
    ids = answer.json()
    assert (ids[0], ids[1], ids[4]) == (good[0]["id"], named["id"], good[1]["id"])
    assert len(set(ids)) == 5
    assert all(UUID(id_) for id_ in ids)
    assert set(house.lenient.found()) == {good[0]["id"], good[1]["id"]}
    entries = {entry["place"]: entry for entry in house.entries()}
    assert {place: entry["statement_id"] for place, entry in entries.items()} == {1: ids[1], 2: ids[2], 3: ids[3]}
    (flaw,) = entries[1]["flaws"]
    assert flaw["index"] == 1
    assert flaw["path"].startswith("$[1].result.score")
    assert flaw["rule"]
    assert entries[1]["version"] == "1.0.3"


def test_a_batch_of_nothing_but_bad_ones_is_accepted_too(house: Organisation) -> None:
    answer = house.lenient.post([bad(), bad()])
    assert (answer.status_code, answer.headers[COUNT]) == (200, "2")
    assert house.lenient.found() == []
    assert len(house.entries()) == 2


def test_what_is_no_statement_at_all_is_kept_as_it_came(house: Organisation) -> None:
    body = b'[ 17 , "x", {"actor" :  1.50}, null, []]'
    answer = house.lenient.ask("POST", "/xapi/statements", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers[COUNT]) == (200, "5")
    sent = {entry["place"]: house.admin.api("GET", f"quarantine/{entry['id']}").json() for entry in house.entries()}
    assert [sent[place]["statement"] for place in range(5)] == ["17", '"x"', '{"actor" :  1.50}', "null", "[]"]


@pytest.mark.parametrize(
    "body",
    [b'{"actor": 1}', b"[{]", b"", b"[1,]", b'[{"a":1,"a":2}]', b"17"],
    ids=["one-object", "no-json", "nothing", "comma", "key-twice", "number"],
)
def test_what_is_no_array_is_refused_by_both(house: Organisation, body: bytes) -> None:
    for one in (house.strict, house.lenient):
        answer = one.ask("POST", "/xapi/statements", data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert COUNT not in answer.headers
    assert house.entries() == []


def test_a_put_is_refused_as_ever(house: Organisation) -> None:
    one = bad()
    answer = house.lenient.ask("PUT", "/xapi/statements", params={"statementId": one["id"]}, json=one)
    assert answer.status_code == 400
    assert house.entries() == []


def test_a_good_batch_says_nothing_of_quarantine(house: Organisation) -> None:
    assert COUNT not in house.lenient.post([statement()]).headers


def test_a_resend_fills_the_quarantine_once(house: Organisation) -> None:
    batch = [bad(), statement(), {key: value for key, value in bad().items() if key != "id"}]
    answers = [house.lenient.post(batch) for _ in range(3)]
    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers[COUNT] for answer in answers} == {"2"}
    assert len(house.entries()) == 2
    twice = house.lenient.post([batch[0], batch[0]])
    assert twice.json() == [batch[0]["id"]] * 2
    assert len(house.entries()) == 2


def test_what_is_set_aside_and_what_is_stored_commit_together(house: Organisation) -> None:
    """A conflict refuses the batch, and then nothing of it is set aside either."""
    known = statement()
    house.lenient.post(known)
    answer = house.lenient.post([bad(), {**known, "verb": {"id": "https://x.example/other"}}])
    assert answer.status_code == 409
    assert house.entries() == []


def test_an_id_twice_in_a_batch_sets_the_second_aside(house: Organisation) -> None:
    one = statement()
    answer = house.lenient.post([one, {**one, "verb": {"id": "https://x.example/other"}}])
    assert answer.json() == [one["id"], one["id"]]
    assert house.lenient.found() == [one["id"]]
    assert house.only()["flaws"][0]["rule"] == "S-15"


# Settling


def test_a_mended_statement_is_stored_as_if_its_sender_had_sent_it_right(house: Organisation) -> None:
    before = statement()
    house.lenient.post(before)
    sent = {key: value for key, value in bad().items() if key != "id"}
    (id_,) = house.lenient.post([sent]).json()
    entry = house.only()
    mended = {**sent, "result": {"score": {"min": 0, "max": 1, "raw": 0}}}
    answer = house.admin.api("PUT", f"quarantine/{entry['id']}", mended)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["statement_id"]) == ("stored", id_)
    stored = house.lenient.get(statementId=id_).json()
    assert stored["result"] == mended["result"]
    assert stored["authority"] == house.lenient.get(statementId=before["id"]).json()["authority"]
    assert stored["version"] == "1.0.0"
    assert house.entries() == []
    (settled,) = house.entries(state="stored")
    assert settled["settled"] is not None
    assert house.admin.api("PUT", f"quarantine/{entry['id']}", mended).status_code == 409


def test_a_resend_of_what_was_mended_stays_settled(house: Organisation) -> None:
    sent = bad()
    house.lenient.post([sent])
    house.admin.api("PUT", f"quarantine/{house.only()['id']}", {**sent, "result": {}})
    assert house.lenient.post([sent]).json() == [sent["id"]]
    assert house.entries() == []


def test_a_mended_statement_that_is_still_bad_is_explained(house: Organisation) -> None:
    house.lenient.post([bad()])
    entry = house.only()
    answer = house.admin.api("PUT", f"quarantine/{entry['id']}", bad())
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert house.only() == entry


def test_a_mended_statement_keeps_its_id(house: Organisation) -> None:
    sent = bad()
    house.lenient.post([sent])
    path = f"quarantine/{house.only()['id']}"
    assert house.admin.api("PUT", path, statement()).status_code == 400
    assert house.admin.api("PUT", path, [statement(sent["id"])]).status_code == 400
    assert house.admin.api("PUT", path, statement(sent["id"])).status_code == 200


def test_mending_lends_nobody_the_right_to_void(house: Organisation) -> None:
    target = statement()
    house.lenient.post(target)
    wrong = {**reference(target["id"], verb=VOIDED), "object": {"id": "https://x.example/not-a-ref"}}
    house.lenient.post([wrong])
    path = f"quarantine/{house.only()['id']}"
    assert house.admin.api("PUT", path, void(target["id"], wrong["id"])).status_code == 403
    assert house.lenient.get(statementId=target["id"]).status_code == 200


def test_a_replay_stores_what_has_become_valid(house: Organisation) -> None:
    """As after a change of Prowess: the bytes are good, only their flaws are remembered."""
    one = statement()
    house.lenient.post([bad(id=None) | {"id": one["id"]}])
    entry = house.only()
    still = house.admin.api("POST", f"quarantine/{entry['id']}/replay")
    assert still.status_code == 400
    assert house.only()["flaws"][0]["path"].startswith("$.result.score")
    database = house.served.prowess.database
    change = t.quarantine.update().where(t.quarantine.c.id == UUID(entry["id"]).bytes)
    database.write(lambda conn: conn.execute(change.values(bytes=json.dumps(one).encode())))
    replayed = house.admin.api("POST", f"quarantine/{entry['id']}/replay")
    assert replayed.json()["state"] == "stored"
    assert house.lenient.found() == [one["id"]]
    assert house.admin.api("POST", f"quarantine/{entry['id']}/replay").status_code == 409


def test_what_one_discarded_another_stored_from_the_page_still_open(house: Organisation) -> None:
    """Both have looked at the entry while it waited; the second to settle it is told, and nothing is recorded."""
    sent = bad()
    mended = json.dumps({**sent, "result": {}}).encode()
    house.lenient.post([sent])
    quarantine = house.served.prowess.quarantine
    seen = quarantine.get(house.tenant_id, UUID(house.only()["id"]))
    quarantine.discard(seen)
    for settle in (lambda: quarantine.fix(seen, mended), lambda: quarantine.discard(seen)):
        with pytest.raises(Conflict, match="this entry is discarded already"):
            settle()
    with pytest.raises(StatementInvalid):
        quarantine.replay(seen)
    assert house.lenient.found() == []
    (entry,) = house.entries(state="all")
    assert (entry["state"], entry["flaws"]) == ("discarded", seen.flaws)


def test_what_one_stored_another_discarded_or_stored_otherwise(house: Organisation) -> None:
    sent = bad()
    mended = json.dumps({**sent, "result": {}}).encode()
    house.lenient.post([sent])
    quarantine = house.served.prowess.quarantine
    seen = quarantine.get(house.tenant_id, UUID(house.only()["id"]))
    quarantine.fix(seen, mended)
    other = json.dumps({**sent, "result": {"success": True}}).encode()
    for settle in (
        lambda: quarantine.fix(seen, mended),
        lambda: quarantine.fix(seen, other),
        lambda: quarantine.discard(seen),
    ):
        with pytest.raises(Conflict, match="this entry is stored already"):
            settle()
    assert house.lenient.found() == [sent["id"]]


def test_of_many_who_settle_an_entry_at_once_one_does(house: Organisation) -> None:
    sent = bad()
    house.lenient.post([sent])
    quarantine = house.served.prowess.quarantine
    seen = quarantine.get(house.tenant_id, UUID(house.only()["id"]))
    mended = json.dumps({**sent, "result": {}}).encode()

    def settle(number: int) -> bool:
        try:
            quarantine.fix(seen, mended) if number % 2 else quarantine.discard(seen)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(settle, range(4))) == 1
    (entry,) = house.entries(state="all")
    assert house.lenient.found() == ([sent["id"]] if entry["state"] == "stored" else [])


def test_what_became_of_statements_in_quarantine_left_no_line_in_the_audit(house: Organisation) -> None:
    sent = [bad(), bad()]
    house.lenient.post(sent)
    entries = {one["statement_id"]: one["id"] for one in house.entries()}
    first, second = (entries[one["id"]] for one in sent)
    assert house.admin.api("POST", f"quarantine/{first}/replay").status_code == 400
    assert house.admin.api("DELETE", f"quarantine/{first}").status_code == 204
    assert house.admin.api("DELETE", f"quarantine/{first}").status_code == 409
    assert house.admin.api("PUT", f"quarantine/{second}", {**sent[1], "result": {}}).status_code == 200
    newest, before = audit.lines(house.served.prowess.database, house.tenant_id, limit=2)
    assert (newest.action, newest.subject) == ("quarantine.fix", second)
    assert (before.action, before.subject) == ("quarantine.discard", first)
    assert {one.by.kind for one in (newest, before)} == {"key"}
    assert newest.details["statement"] == sent[1]["id"]


def test_what_is_discarded_stays_discarded(house: Organisation) -> None:
    sent = bad()
    house.lenient.post([sent])
    entry = house.only()
    assert house.admin.api("DELETE", f"quarantine/{entry['id']}").status_code == 204
    assert house.admin.api("DELETE", f"quarantine/{entry['id']}").status_code == 409
    assert house.lenient.post([sent]).json() == [sent["id"]]
    assert house.entries() == []
    assert [one["state"] for one in house.entries(state="all")] == ["discarded"]


# Looking


def test_the_list_is_paged_without_gap(house: Organisation, clock: ManualClock) -> None:
    for _ in range(4):
        house.lenient.post([bad() for _ in range(3)])
        clock.move(seconds=1)
    seen: list[str] = []
    parameters: dict[str, Any] = {"limit": 5}
    while True:
        page = house.admin.api("GET", "quarantine", **parameters).json()
        seen += [entry["id"] for entry in page["entries"]]
        if page["next"] is None:
            break
        parameters["before"] = page["next"]
    assert len(seen) == len(set(seen)) == 12
    received = [entry["received"] for entry in house.entries()]
    assert received == sorted(received, reverse=True)


@pytest.mark.parametrize(
    "parameters", [{"limit": 0}, {"limit": "x"}, {"state": "lost"}, {"before": "x"}, {"before": "1-zz"}, {"page": 2}]
)
def test_a_wrong_question_is_explained(house: Organisation, parameters: dict[str, Any]) -> None:
    answer = house.admin.api("GET", "quarantine", **parameters)
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_the_quarantine_is_for_administrators_of_the_tenant(shared: Served, house: Organisation) -> None:
    house.lenient.post([bad()])
    entry = house.only()
    elsewhere = Organisation(shared)
    for method, path in (("GET", ""), ("PUT", ""), ("POST", "/replay"), ("DELETE", "")):
        assert house.lenient.api(method, f"quarantine/{entry['id']}{path}", statement()).status_code == 403
        assert elsewhere.admin.api(method, f"quarantine/{entry['id']}{path}", statement()).status_code == 404
    assert elsewhere.entries() == []
    assert house.only() == entry


def test_what_is_in_quarantine_is_in_no_other_answer(house: Organisation) -> None:
    sent = bad()
    house.lenient.post([sent])
    assert house.lenient.get(statementId=sent["id"]).status_code == 404
    with house.served.prowess.database.read() as conn:
        known = conn.scalar(
            select(func.count()).select_from(t.statement_key).where(t.statement_key.c.id == UUID(sent["id"]).bytes)
        )
    assert known == 0
