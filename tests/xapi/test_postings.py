"""Requirements section 12, the index side: under which keys a statement is found."""

from __future__ import annotations

import hashlib

import pytest

from lrs.xapi.postings import posting_key, postings
from tests.xapi.examples import ONLY_2_0, UUID_TEXT, send_one


def mbox(name):
    return {"mbox": f"mailto:{name}@x"}


def text(name):
    return f'{{"mbox":"mailto:{name}@x"}}'


AUTHORITY = ("agent", '{"account":{"homePage":"https://lrs.example","name":"key-1"}}', False)
BASE = {"actor": mbox("ada"), "verb": {"id": "a:did"}, "object": {"id": "a:course"}}
ADA, VERB, COURSE = ("agent", text("ada"), True), ("verb", "a:did", True), ("activity", "a:course", True)
FULL_CONTEXT = {
    "registration": UUID_TEXT.upper(),
    "instructor": {"objectType": "Group", "member": [mbox("ines")]},
    "team": {"objectType": "Group", "member": [mbox("tom")], **mbox("team")},
    "contextActivities": {"parent": {"id": "a:parent"}, "other": [{"id": "a:x"}, {"id": "a:y"}]},
    "statement": {"objectType": "StatementRef", "id": UUID_TEXT},
    "contextAgents": [{"objectType": "contextAgent", "agent": mbox("cara")}],
    "contextGroups": [
        {"objectType": "contextGroup", "group": {"objectType": "Group", "member": [mbox("gus")], **mbox("crew")}}
    ],
}
FROM_CONTEXT = {
    *(("agent", text(name), False) for name in ("ines", "team", "tom", "cara", "crew", "gus")),
    *(("activity", iri, False) for iri in ("a:parent", "a:x", "a:y")),
}
PLANNED = ("verb", "a:planned", False)
SUB = {"objectType": "SubStatement", "actor": mbox("sue"), "verb": {"id": "a:planned"}, "object": {"id": "a:task"}}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(BASE, {ADA, VERB, COURSE}, id="00181-actor-verb-activity"),
        pytest.param(
            {**BASE, "actor": {"objectType": "Group", "member": [mbox("ada"), mbox("bob")], **mbox("crew")}},
            {ADA, ("agent", text("bob"), True), ("agent", text("crew"), True), VERB, COURSE},
            id="00181-group-and-members",
        ),
        pytest.param(
            {**BASE, "object": {"objectType": "Agent", **mbox("bob")}},
            {ADA, VERB, ("agent", text("bob"), True)},
            id="00181-object-agent",
        ),
        pytest.param(
            {**BASE, "object": {"objectType": "Group", "member": [mbox("bob")]}},
            {ADA, VERB, ("agent", text("bob"), True)},
            id="00181-member-of-object-group",
        ),
        pytest.param(
            {**BASE, "object": {"objectType": "StatementRef", "id": UUID_TEXT}},
            {ADA, VERB},
            id="00162-statement-ref-has-keys-of-its-own-only",
        ),
        pytest.param(
            {**BASE, "context": FULL_CONTEXT},
            {ADA, VERB, COURSE, ("registration", UUID_TEXT, True), *FROM_CONTEXT},
            id="00176-00177-context",
        ),
        pytest.param(
            {**BASE, "object": {**SUB, "context": FULL_CONTEXT}},
            {ADA, VERB, PLANNED, ("agent", text("sue"), False), ("activity", "a:task", False), *FROM_CONTEXT},
            id="00176-00177-00178-sub-statement",
        ),
        pytest.param(
            {**BASE, "object": {**SUB, "object": {"objectType": "Agent", **mbox("bob")}}},
            {ADA, VERB, PLANNED, ("agent", text("sue"), False), ("agent", text("bob"), False)},
            id="00176-agent-in-sub-statement",
        ),
        pytest.param(
            {**BASE, "context": {"instructor": mbox("ada"), "contextActivities": {"parent": {"id": "a:course"}}}},
            {ADA, VERB, COURSE},
            id="00176-direct-is-not-repeated-as-related",
        ),
    ],
)
def test_postings(statement, expected):
    prepared = send_one(statement, ONLY_2_0[0])
    assert {posting[:3] for posting in prepared.postings} == {AUTHORITY, *expected}
    assert set(prepared.postings) == postings(prepared.statement)
    assert list(prepared.postings) == sorted(prepared.postings)


@pytest.mark.parametrize("length", [10, 255, 256, 257, 100_000])
def test_keys_are_short_and_tell_kinds_apart(length):
    text = "é" * length
    assert posting_key("verb", text) == hashlib.sha256(b"verb\0" + text.encode()).digest()[:16]
    assert posting_key("verb", text) != posting_key("activity", text)


def test_a_posting_carries_its_key():
    for posting in send_one(BASE).postings:
        assert posting.key == posting_key(posting.kind, posting.text)
