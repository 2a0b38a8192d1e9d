"""What must hold of every statement: accepted when valid, the same in any spelling, refused with one fault, kept by the byte."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.clock import to_text
from lrs.errors import BadRequest
from lrs.xapi.intake import ASSIGNED_TIMESTAMP, prepare
from lrs.xapi.json_door import load, load_items
from lrs.xapi.problems import StatementInvalid
from lrs.xapi.rendering import render_canonical, render_exact, render_ids
from lrs.xapi.statement import validate_statement
from lrs.xapi.timestamp import instant
from lrs.xapi.versions import Version
from tests.xapi.examples import AUTHORITY, NEW_ID, counting, send_one
from tests.xapi.strategies import broken, respelled, statements, written

STORED = 1_700_000_000_123_456
generated = settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
versions = pytest.mark.parametrize("version", Version)


def arrays(statement):
    """An oracle of what intake does to contextActivities."""
    for part in (statement, statement["object"]):
        activities = part.get("context", {}).get("contextActivities", {})
        for relation, listed in activities.items():
            activities[relation] = listed if isinstance(listed, list) else [listed]


@versions
@given(st.data())
@generated
def test_intake_gives_the_expected_body(version, data):
    sent = data.draw(statements(version))
    body = written(sent, data)
    prepared = send_one(body, version)
    expected = load(body)
    expected.pop("stored", None)
    expected.setdefault("id", str(NEW_ID))
    expected.setdefault("version", version.statement_default)
    expected["authority"] = AUTHORITY
    arrays(expected)
    got = load(prepared.body)
    for part, other in ((expected, got), (expected["object"], got["object"])):
        if "timestamp" in part:
            moment, other_moment = part.pop("timestamp"), other.pop("timestamp")
            assert instant(moment) == instant(other_moment)
            assert other_moment == moment if version is Version.V1_0_3 else other_moment.endswith("Z")
    assert got == expected
    assert prepared.body.startswith(b'{"')
    assert load(prepared.body) == {**prepared.statement, "authority": AUTHORITY}
    assert prepared.timestamp_text == sent.get("timestamp")


@versions
@given(st.data())
@generated
def test_untouched_members_keep_their_bytes(version, data):
    body = written(data.draw(statements(version)), data)
    final = send_one(body, version).body
    text, (item,), _ = load_items(body)
    for key, (start, _, end) in item.spans.items():
        if key in ("actor", "verb", "result", "id", "version", "attachments"):
            assert text[start:end].encode() in final


@pytest.mark.journey
@versions
@given(st.data())
@generated
def test_sameness_survives_every_spelling(version, data):
    sent = data.draw(statements(version))
    first = send_one(written(sent, data), version)
    other = respelled(sent, data)
    for part in (other, other["object"]):
        for actor in (part.get("actor"), part.get("context", {}).get("team"), part):
            if isinstance(actor, dict) and "member" in actor:
                actor["member"] = data.draw(st.permutations(actor["member"]))
    other["verb"].pop("display", None)
    for key in ("id", "stored", "authority", "version", "timestamp"):
        other.pop(key, None)
    arrays(other)
    assert send_one(written(other, data), version).content_hash == first.content_hash
    assert send_one(first.body, version).content_hash == first.content_hash


@versions
@given(st.data())
@generated
@pytest.mark.journey
def test_one_fault_is_refused(version, data):
    sent = broken(data.draw(statements(version)), data)
    with pytest.raises(StatementInvalid) as caught:
        validate_statement(load(json.dumps(sent)), version)
    json.dumps(caught.value.problem())


@pytest.mark.journey
@versions
@given(st.data())
@generated
def test_every_format_is_valid_again(version, data):
    prepared = send_one(written(data.draw(statements(version)), data), version)
    exact = render_exact(prepared.body, STORED, prepared.assigned)
    languages = data.draw(st.sampled_from([None, "en", "de-CH, es;q=0.5", "*;q=0"]))
    canonical = render_canonical(prepared.body, STORED, prepared.assigned, accept_language=languages)
    ids = render_ids(prepared.body, STORED, prepared.assigned)
    for body in (exact, canonical, ids):
        statement = load(body)
        validate_statement(statement, version)
        assert statement["stored"] == to_text(STORED)
        assert ("timestamp" in load(prepared.body)) != bool(prepared.assigned & ASSIGNED_TIMESTAMP)
        assert statement.get("result") == load(exact).get("result")
    assert send_one(canonical, version).content_hash == prepared.content_hash


@given(st.from_regex(r"-?[1-9][0-9]{39}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True), st.booleans())
def test_forty_digits_survive_every_format(number, nested):
    statement = {
        "actor": {"mbox": "mailto:a@b.c"},
        "verb": {"id": "a:b"},
        "object": {"id": "a:c", "definition": {"extensions": {"a:x": "NUMBER"}}},
        "result": {"score": {"raw": "NUMBER"}, "extensions": {"a:x": "NUMBER"}},
        "context": {"contextActivities": {"parent": {"id": "a:p"}}, "extensions": {"a:x": ["NUMBER"]}},
    }
    if nested:
        statement = {
            "actor": {"mbox": "mailto:a@b.c"},
            "verb": {"id": "a:b"},
            "object": {"objectType": "SubStatement", **statement},
        }
    body = json.dumps(statement).replace('"NUMBER"', number).encode()
    prepared = send_one(body)
    assert prepared.body.count(number.encode()) == 4
    assert render_ids(prepared.body, STORED, 0).count(number.encode()) == 3
    canonical = render_canonical(prepared.body, STORED, 0, accept_language=None)
    definition = load(canonical)["object"]
    definition = (definition["object"] if nested else definition)["definition"]
    assert definition["extensions"]["a:x"] == Decimal(number)
    assert canonical.count(number.encode()) >= 3


fragments = st.lists(
    st.sampled_from(
        [
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            '"',
            '"actor"',
            '"verb"',
            '"object"',
            '"id"',
            '"a:b"',
            "null",
            "1",
            "-",
            "\\u",
            "\\ud800",
            " ",
            '{"actor":{"mbox":"mailto:a@b"},',
        ]
    ),
    max_size=25,
).map("".join)


@given(st.binary() | st.text().map(str.encode) | fragments.map(str.encode), st.sampled_from(list(Version)))
@settings(max_examples=400)
def test_any_bytes_give_a_batch_or_a_bad_request(body, version):
    try:
        prepare(body, version=version, authority=AUTHORITY, new_id=counting())
    except BadRequest as why:
        json.dumps(why.problem())


@pytest.mark.journey
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["actor", "verb", "object", "id", "objectType", "mbox", "member", "context"]), inner
            )
        ),
    )
)
@settings(max_examples=300)
def test_any_json_gives_a_batch_or_a_bad_request(value):
    body = json.dumps(value).encode()
    try:
        prepare(body, version=Version.V2_0, authority=AUTHORITY, new_id=counting())
    except BadRequest as why:
        assert re.match(r"\$", why.extra["path"] if "path" in why.extra else why.extra["errors"][0]["path"])  # noqa: PT017
