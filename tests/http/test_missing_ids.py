"""Senders without ids that send again after a lost answer, as Moodle's logstore does (connectors.md 1.2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lrs.store.tenants import ensure_tenant
from tests.conftest import Served
from tests.http.asking import Asker, asker
from tests.store.sending import ADL, statement

RIGHTS = ("statements/write", "statements/read/mine")


@pytest.fixture
def moodle(shared: Served) -> Asker:
    return asker(shared, RIGHTS, missing_ids="content")


def nameless(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in statement(**changes).items() if key != "id"}


def test_a_resend_adds_nothing_and_gets_the_same_ids(moodle: Asker) -> None:
    batch = [nameless(), nameless(verb={"id": f"{ADL}passed"})]
    answers = [moodle.post(batch).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert moodle.post(batch[1]).json() == [answers[0][1]]
    assert sorted(moodle.found()) == sorted(answers[0])


def test_halves_of_a_batch_are_recognised(moodle: Asker) -> None:
    """On a 400 the plugin halves its batch and sends the parts: 4, 2, 1, 1, 2, 1, 1."""
    batch = [nameless(object={"id": f"https://x.example/{n}"}) for n in range(4)]
    ids = moodle.post(batch).json()
    for part in (slice(0, 2), slice(0, 1), slice(1, 2), slice(2, 4), slice(2, 3), slice(3, 4)):
        assert moodle.post(batch[part]).json() == ids[part]
    assert len(moodle.found()) == 4


def test_equal_ones_in_one_batch_are_one_statement_listed_twice(moodle: Asker) -> None:
    one, other = nameless(), nameless(verb={"id": f"{ADL}passed"})
    answer = moodle.post([one, other, one])
    assert answer.status_code == 200
    ids = answer.json()
    assert ids[0] == ids[2] != ids[1]
    assert sorted(moodle.found()) == sorted(set(ids))


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": "2026-03-01T12:00:01.000Z"},
        {"timestamp": None},
        {"verb": {"id": f"{ADL}failed"}},
        {"result": {"completion": True}},
        {"actor": {"mbox": "mailto:grace@example.org"}},
    ],
    ids=["later", "no-timestamp", "verb", "result", "actor"],
)
def test_what_differs_is_another_statement(moodle: Asker, changes: dict[str, Any]) -> None:
    ids = moodle.post([nameless(), nameless(**changes)]).json()
    assert len(set(ids)) == 2


def test_what_only_looks_different_is_the_same(moodle: Asker) -> None:
    sent = nameless(verb={"id": f"{ADL}passed", "display": {"en": "passed"}})
    again = nameless(verb={"id": f"{ADL}passed"}, timestamp="2026-03-01T13:00:00+01:00", version="1.0.3")
    assert moodle.post(sent).json() == moodle.post(again).json()


def test_both_versions_make_the_same_id(shared: Served, moodle: Asker) -> None:
    newer = Asker(shared, *moodle.session.auth, version="2.0.0")  # type: ignore[misc]
    assert moodle.post(nameless()).json() == newer.post(nameless()).json()


def test_without_a_timestamp_a_resend_is_the_same_too(moodle: Asker) -> None:
    assert moodle.post(nameless(timestamp=None)).json() == moodle.post(nameless(timestamp=None)).json()


def test_every_key_and_every_tenant_has_its_own_ids(shared: Served, moodle: Asker) -> None:
    neighbour = asker(shared, RIGHTS, missing_ids="content")
    tenant_id = ensure_tenant(shared.prowess.database, "elsewhere")
    stranger = asker(shared, RIGHTS, missing_ids="content", tenant_id=tenant_id)
    ids = [one.post(nameless()).json()[0] for one in (moodle, neighbour, stranger)]
    assert len(set(ids)) == 3


def test_an_id_that_was_sent_stays(moodle: Asker) -> None:
    one = statement()
    assert moodle.post([one, nameless()]).json()[0] == one["id"]
    assert moodle.post([one, one]).status_code == 400


def test_by_default_every_statement_without_id_is_a_new_one(shared: Served) -> None:
    one = asker(shared, RIGHTS)
    assert len({id_ for _ in range(2) for id_ in one.post([nameless(), nameless()]).json()}) == 4


@pytest.mark.journey
def test_a_moodle_that_sends_everything_again_adds_nothing(moodle: Asker, corpus: Path) -> None:
    """Every POST that a real Moodle made, each sent again at once as after a lost answer."""
    with (corpus / "moodle_live" / "requests.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    bodies = [row["body"] for row in rows if row["method"] == "POST" and row["path"].endswith("/statements")]
    ids: set[str] = set()
    count = 0
    for body in bodies:
        first, second = moodle.post(body), moodle.post(body)
        assert first.status_code == second.status_code == 200
        assert first.json() == second.json()
        assert len(first.json()) == len(body)
        ids |= set(first.json())
        count += len(body)
    assert 0 < len(ids) <= count
    assert set(moodle.found()) == ids
    assert len(moodle.found()) == len(ids)


def test_the_duplicates_of_a_real_moodle_are_stored_once(shared: Served, corpus: Path) -> None:
    with (corpus / "moodle_live" / "statements.jsonl").open(encoding="utf-8") as lines:
        statements = [json.loads(line) for line in lines]
    bare = [
        {key: value for key, value in one.items() if key not in {"id", "stored", "authority"}} for one in statements
    ]
    texts = {json.dumps(one, sort_keys=True) for one in bare}
    one = asker(shared, RIGHTS, missing_ids="content")
    ids: list[str] = []
    for start in range(0, len(bare), 200):
        ids += one.post(bare[start : start + 200]).json()
    assert len(ids) == len(bare)
    assert len(set(ids)) == len(texts) < len(bare)
