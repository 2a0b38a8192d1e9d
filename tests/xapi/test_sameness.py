"""Requirements section 25: what makes two statements the same one, and what does not."""

from __future__ import annotations

import copy
import json

import pytest

from lrs.xapi.json_door import load
from lrs.xapi.sameness import HASH_VERSION, content_hash, same_timestamp
from lrs.xapi.versions import Version
from tests.xapi.examples import AGENT, GONE, ONLY_2_0, STATEMENT, changed, nest, put, send_one

GROUP = {"objectType": "Group", "member": [AGENT, {"mbox": "mailto:b@c"}], "name": "crew"}
TURNED = {"objectType": "Group", "member": [{"mbox": "mailto:b@c"}, AGENT], "name": "crew"}
REF = {"objectType": "StatementRef", "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"}


def same(name, one, other):
    return pytest.param(one, other, True, id=name)


def different(name, one, other=()):
    return pytest.param(one, other, False, id=name)


def edit(path, value):
    return ((path, value),)


EXTENSION = "result.extensions"
PAIRS = [
    same("S-68-id", edit("id", GONE), edit("id", "00000000-0000-4000-8000-000000000009")),
    same("S-68-authority", edit("authority", GONE), edit("authority", AGENT)),
    same("S-68-stored", edit("stored", GONE), edit("stored", "2030-01-01T00:00:00Z")),
    same("S-68-version", edit("version", GONE), edit("version", "1.0.3")),
    same("S-68-timestamp", edit("timestamp", GONE), edit("timestamp", "2030-01-01T00:00:00Z")),
    same("S-68-verb-display", edit("verb.display", GONE), edit("verb.display", {"fr": "x"})),
    same("S-68-activity-definition", edit("object.definition", GONE), edit("object.definition.name", {"fr": "x"})),
    same("S-68-activity-object-type", edit("object.objectType", GONE), ()),
    same("S-68-agent-object-type", edit("actor.objectType", GONE), ()),
    same("S-68-S-69-order-of-members", edit("actor", GROUP), edit("actor", TURNED)),
    same("S-68-order-of-members-in-team", edit("context.team", GROUP), edit("context.team", TURNED)),
    same(
        "S-68-one-activity-or-an-array", edit("context.contextActivities.other", [{"id": "http://example.com/x"}]), ()
    ),
    same("S-68-definition-in-context", edit("context.contextActivities.other.definition", {"name": {"en": "x"}}), ()),
    same("S-68-empty-relation", edit("context.contextActivities.category", []), ()),
    same("S-68-no-context-activities", edit("context.contextActivities", GONE), edit("context.contextActivities", {})),
    same("T-24-registration-in-other-case", edit("context.registration", "EC531277-B57B-4C15-8D91-D292C5B2B8F7"), ()),
    same("T-24-reference-in-other-case", edit("context.statement", {**REF, "id": REF["id"].upper()}), ()),
    same("S-69-duration-beyond-hundredths", edit("result.duration", "PT0.12S"), edit("result.duration", "PT0.1299S")),
    same("T-02-duration-with-zero", edit("result.duration", "PT0.1S"), edit("result.duration", "PT0.10S")),
    same("S-70-S-69-number-by-value", edit(EXTENSION, {"a:b": 1}), edit(EXTENSION, {"a:b": 1.0})),
    same("S-70-score-by-value", edit("result.score.raw", 95.0), ()),
    same("S-68-order-of-keys", edit(EXTENSION, {"a:b": {"x": 1, "y": 2}}), edit(EXTENSION, {"a:b": {"y": 2, "x": 1}})),
    different("S-69-actor", edit("actor.mbox", "mailto:eve@example.org")),
    different("S-69-actor-case", edit("actor.mbox", "mailto:Ada@example.org")),
    different("S-69-actor-name", edit("actor.name", "Eve")),
    different("S-69-members", edit("actor", GROUP), edit("actor", {**GROUP, "member": [AGENT]})),
    different("S-69-verb", edit("verb.id", "http://example.com/other")),
    different("S-69-object", edit("object.id", "http://example.com/other")),
    different("S-69-result", edit("result", GONE)),
    different("S-69-success", edit("result.success", False)),
    different("S-69-response", edit("result.response", "x")),
    different("S-69-duration", edit("result.duration", "PT60M0S")),
    different("S-69-duration-at-hundredths", edit("result.duration", "PT0.12S"), edit("result.duration", "PT0.13S")),
    different("S-69-scaled", edit("result.score.scaled", 0.950000000000001)),
    different("S-69-context", edit("context", GONE)),
    different("S-69-registration", edit("context.registration", GONE)),
    different(
        "S-69-order-of-activities",
        edit("context.contextActivities.parent", [{"id": "a:b"}, {"id": "a:c"}]),
        edit("context.contextActivities.parent", [{"id": "a:c"}, {"id": "a:b"}]),
    ),
    different("S-69-relation", edit("context.contextActivities.other", GONE)),
    different("S-69-extension-value", edit(EXTENSION, {"a:b": 1}), edit(EXTENSION, {"a:b": 2})),
    different("S-69-extension-order", edit(EXTENSION, {"a:b": [1, 2]}), edit(EXTENSION, {"a:b": [2, 1]})),
    different("S-69-true-is-not-1", edit(EXTENSION, {"a:b": True}), edit(EXTENSION, {"a:b": 1})),
    different("S-69-text-is-not-number", edit(EXTENSION, {"a:b": "1"}), edit(EXTENSION, {"a:b": 1})),
    different("S-69-null-is-not-absent", edit(EXTENSION, {"a:b": None}), edit(EXTENSION, {})),
    different("S-70-code-points", edit("result.response", "\u00e9"), edit("result.response", "e\u0301")),
    different("S-69-attachment", edit("attachments.0.length", 28)),
    different("S-69-no-attachments", edit("attachments", GONE)),
]


@pytest.mark.parametrize(("one", "other", "equal"), PAIRS)
@pytest.mark.parametrize("nested", [False, True])
def test_pairs(one, other, equal, nested):
    pair = []
    for edits in (one, other):
        statement = changed(*edits)
        if nested:
            statement.pop("timestamp", None)
            statement = nest(statement)
        pair.append(send_one(statement).content_hash)
    assert (pair[0] == pair[1]) is equal


def test_object_kinds_differ():
    objects = [
        {"id": REF["id"], "objectType": "Activity"},
        REF,
        AGENT,
        GROUP,
        {"objectType": "SubStatement", "actor": AGENT, "verb": {"id": "a:b"}, "object": {"id": "a:c"}},
    ]
    base = {"actor": AGENT, "verb": {"id": "a:b"}}
    assert len({content_hash({**base, "object": value}) for value in objects}) == len(objects)


def test_context_agents_follow_the_rules_of_actors():
    def hash_of(group):
        value = [{"objectType": "contextGroup", "group": group, "relevantTypes": ["a:b"]}]
        return send_one(changed(("context.contextGroups", value)), ONLY_2_0[0]).content_hash

    assert hash_of(GROUP) == hash_of(TURNED) != hash_of({**GROUP, "member": [AGENT]})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00"),
        ("2020-01-01T00:00:00.1Z", "2020-01-01T00:00:00.100Z"),
    ],
)
def test_a_sub_statements_timestamp_is_compared_as_an_instant(one, other):
    hashes = []
    for text in (one, other):
        statement = nest(copy.deepcopy(STATEMENT))
        put(statement, "object.timestamp", text)
        hashes.append(send_one(statement).content_hash)
    assert hashes[0] == hashes[1]
    put(statement, "object.timestamp", "2020-01-01T00:00:01Z")
    assert send_one(statement).content_hash != hashes[0]


@pytest.mark.parametrize(
    "texts",
    [
        ("1", "1.0", "1e0", "10E-1", "1.000", "0.1e1"),
        ("0", "-0", "0.0", "-0.0e5"),
        ("1e9999", "10e9998"),
        ("12345678901234567890123456789012345678901", "12345678901234567890123456789012345678901.0"),
        ("1" + "0" * 399, "1e399", "1.0e399"),
        ("-1.5", "-15e-1", "-1.50"),
    ],
)
def test_numbers_are_compared_by_value(texts):
    def hash_of(text):
        statement = {
            "actor": {},
            "verb": {"id": ""},
            "object": {"id": ""},
            "result": {"extensions": {"a:b": load(text)}},
        }
        return content_hash(statement)

    assert len({hash_of(text) for text in texts}) == 1
    others = {
        hash_of(text)
        for text in ("2", "-1", "1.1", "12345678901234567890123456789012345678902", "1e398", "1e9998", "1.5")
    }
    assert len(others) == 7
    assert hash_of(texts[0]) not in others


def test_the_hash_is_pinned():
    assert HASH_VERSION == 1
    statement = load(json.dumps({**STATEMENT, "result": {"score": {"raw": 1.25}, "duration": "PT1.239S"}}))
    assert content_hash(statement).hex() == "42ac9013727d46528c9f492e62415cbfd62a2a186bf187d32a96b4ef5bffca9f"


@pytest.mark.parametrize(
    ("one", "other", "version", "equal"),
    [
        pytest.param(1, 1, Version.V1_0_3, True, id="S-68-same-instant"),
        pytest.param(1, 2, Version.V1_0_3, False, id="S-68-other-instant"),
        pytest.param(1, None, Version.V1_0_3, True, id="S-68-one-was-assigned"),
        pytest.param(1, 2, Version.V2_0, True, id="S-68-2.0-ignores-timestamps"),
    ],
)
def test_timestamps_are_compared_apart(one, other, version, equal):
    assert same_timestamp(one, other, version) is equal
