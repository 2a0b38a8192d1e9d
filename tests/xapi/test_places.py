"""Where index keys stand: the same keys as the index, each with the path that a person can follow."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.xapi.places import places
from lrs.xapi.postings import postings
from lrs.xapi.versions import Version
from tests.xapi.examples import send_one
from tests.xapi.strategies import statements, written

ADA = '{"mbox":"mailto:ada@x"}'
STATEMENT = {
    "actor": {"mbox": "mailto:ada@x"},
    "verb": {"id": "a:did"},
    "object": {
        "objectType": "SubStatement",
        "actor": {"objectType": "Group", "member": [{"mbox": "mailto:bob@x"}, {"mbox": "mailto:ada@x"}]},
        "verb": {"id": "a:plan"},
        "object": {"id": "a:task", "definition": {"extensions": {"a:e": {"mbox": "mailto:ada@x"}}}},
        "context": {"registration": "8d3b1f1e-0000-4000-8000-000000000000"},
    },
    "context": {
        "registration": "8D3B1F1E-0000-4000-8000-000000000001",
        "statement": {"objectType": "StatementRef", "id": "8d3b1f1e-0000-4000-8000-000000000002"},
        "contextActivities": {"parent": [{"id": "a:course"}, {"id": "a:task"}]},
        "contextAgents": [{"objectType": "contextAgent", "agent": {"mbox": "mailto:ada@x"}}],
    },
}


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("agent", ADA, ["actor", "object.actor.member[1]", "context.contextAgents[0].agent"]),
        ("activity", "a:task", ["object.object", "context.contextActivities.parent[1]"]),
        ("verb", "a:did", ["verb"]),
        ("verb", "a:plan", ["object.verb"]),
        ("registration", "8d3b1f1e-0000-4000-8000-000000000001", ["context.registration"]),
        ("registration", "8d3b1f1e-0000-4000-8000-000000000000", []),
        ("activity", "8d3b1f1e-0000-4000-8000-000000000002", []),
    ],
)
def test_places_are_paths(kind, text, expected):
    assert places(STATEMENT, kind, text) == expected


@pytest.mark.parametrize("version", Version)
@given(st.data())
@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
def test_every_indexed_key_has_a_place(version, data):
    prepared = send_one(written(data.draw(statements(version)), data), version)
    for posting in postings(prepared.statement):
        found = places(prepared.statement, posting.kind, posting.text)
        assert found, posting
        assert len(found) == len(set(found))
