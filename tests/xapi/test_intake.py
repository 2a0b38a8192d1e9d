"""Requirements sections 8 and 11, the pure half: what is filled in, what is replaced, what a batch may hold."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from lrs.errors import TooLarge
from lrs.xapi import intake
from lrs.xapi.json_door import load
from lrs.xapi.problems import MalformedJson, StatementInvalid
from lrs.xapi.versions import Version
from lrs.xapi.vocabulary import VOIDED
from tests.xapi.examples import AUTHORITY, BOTH, NEW_ID, STATEMENT, UUID_TEXT, changed, nest, send, send_one

SMALL = {"actor": {"mbox": "mailto:a@b.c"}, "verb": {"id": "a:b"}, "object": {"id": "a:c"}}
AUTHORITY_TEXT = b'"authority":{"objectType":"Agent","account":{"homePage":"https://lrs.example","name":"key-1"}}'
OTHER = UUID(int=5)


def small(**more):
    return {**SMALL, **more}


@pytest.mark.parametrize(
    ("version", "filled"),
    [
        pytest.param(Version.V1_0_3, b'"version":"1.0.0"', id="00026-00099-00332-filled-on-1.0.3"),
        pytest.param(Version.V2_0, b'"version":"2.0.0"', id="00026-00099-00332-filled-on-2.0"),
    ],
)
def test_what_is_missing_is_filled_in(version, filled):
    body = b'{ "actor":{"mbox":"mailto:a@b.c"},\n"verb" : {"id":"a:b"}, "object":{"id":"a:c"} }'
    prepared = send_one(body, version)
    assert prepared.id == NEW_ID
    assert prepared.body == (
        b'{"id":"%s","actor":{"mbox":"mailto:a@b.c"},"verb" : {"id":"a:b"},"object":{"id":"a:c"},%s,%s}'
        % (str(NEW_ID).encode(), filled, AUTHORITY_TEXT)
    )
    assert prepared.assigned == (
        intake.ASSIGNED_ID | intake.ASSIGNED_TIMESTAMP | intake.ASSIGNED_AUTHORITY | intake.ASSIGNED_VERSION
    )
    assert (prepared.timestamp, prepared.timestamp_text, prepared.target, prepared.voids) == (None, None, None, None)
    assert prepared.verb == "a:b"


@pytest.mark.parametrize("version", [pytest.param(version, id=f"S-10-authority-{version.value}") for version in BOTH])
def test_a_sent_authority_is_replaced_where_it_stands(version):
    body = b'{"authority" : {"mbox":"mailto:x@y.z"},' + json.dumps(SMALL).encode()[1:]
    prepared = send_one(body, version)
    assert AUTHORITY_TEXT + b',"actor": {' in prepared.body
    assert b"x@y.z" not in prepared.body
    assert prepared.assigned & intake.REPLACED_AUTHORITY
    assert not prepared.assigned & intake.ASSIGNED_AUTHORITY


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=f"00332-{text}") for text in ("1.0", "1.0.0", "1.0.9", "2.0.0", "2.0.1")]
)
def test_a_sent_version_stays(text):
    prepared = send_one(small(version=text), Version.V2_0)
    assert load(prepared.body)["version"] == text
    assert not prepared.assigned & intake.ASSIGNED_VERSION


def test_a_newer_statement_is_not_rewritten_id_00330():
    body = send_one(changed(("version", "2.0.0")), Version.V2_0).body
    assert b'"version": "2.0.0"' in body


@pytest.mark.parametrize(
    "place", [pytest.param(place, id=f"00023-stored-{place}") for place in ("first", "middle", "last")]
)
def test_stored_is_dropped_wherever_it_stands(place):
    members = list(small(id=UUID_TEXT).items())
    members.insert({"first": 0, "middle": 2, "last": len(members)}[place], ("stored", "2020-01-01T00:00:00Z"))
    prepared = send_one(dict(members))
    assert b"stored" not in prepared.body
    assert "stored" not in prepared.statement


def test_an_id_keeps_its_case_and_means_the_same():
    prepared = send_one(small(id=UUID_TEXT.upper()))
    assert prepared.id == UUID(UUID_TEXT)
    assert UUID_TEXT.upper().encode() in prepared.body
    assert not prepared.assigned & intake.ASSIGNED_ID


@pytest.mark.parametrize(
    ("version", "sent", "kept", "replaced"),
    [
        pytest.param(Version.V1_0_3, "2020-01-01T00:00:00.1234567+01:00", None, False, id="T-08-1.0.3-keeps-the-text"),
        pytest.param(
            Version.V2_0,
            "2020-01-01T00:00:00.1234567+01:00",
            "2019-12-31T23:00:00.1234567Z",
            True,
            id="T-08-2.0-moves-to-utc",
        ),
        pytest.param(Version.V2_0, "2020-01-01T00:00:00.100Z", None, False, id="00122-2.0-keeps-utc"),
        pytest.param(Version.V2_0, "2020-01-01T00:00:00", "2020-01-01T00:00:00Z", True, id="D-02-2.0-names-the-zone"),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_timestamps(version, sent, kept, replaced, nested):
    statement = nest(small(timestamp=sent)) if nested else small(timestamp=sent)
    prepared = send_one(statement, version)
    stored = load(prepared.body)
    assert (stored["object"] if nested else stored)["timestamp"] == (kept or sent)
    if not nested:
        assert bool(prepared.assigned & intake.REPLACED_TIMESTAMP) == replaced
        assert prepared.timestamp_text == sent
        assert not prepared.assigned & intake.ASSIGNED_TIMESTAMP


@pytest.mark.parametrize(
    "nested", [pytest.param(nested, id=f"00096-wrapped-nested-{nested}") for nested in (False, True)]
)
@pytest.mark.parametrize("version", BOTH)
def test_single_context_activities_become_arrays(nested, version):
    context = b'{"contextActivities" : { "parent" : {"id" :"a:p"}, "other":[{"id":"a:o"}] ,"category":{"id":"a:c"}},"extensions":{"a:x":1.10e3}}'
    body = b'{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"a:b"},"object":{"id":"a:c"},"context" :%s }' % context
    if nested:
        body = (
            b'{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"a:b"},"object": {"objectType":"SubStatement",%s}'
            % body[1:]
        )
    wrapped = b'{"contextActivities" : { "parent" : [{"id" :"a:p"}], "other":[{"id":"a:o"}] ,"category":[{"id":"a:c"}]},"extensions":{"a:x":1.10e3}}'
    prepared = send_one(body, version)
    assert wrapped in prepared.body
    assert prepared.statement == {**load(prepared.body), "authority": AUTHORITY}


def test_wrapping_reads_escaped_names():
    body = b'{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"a:b"},"object":{"id":"a:c"},"c\\u006fntext":{"context\\u0041ctivities":{"p\\u0061rent":{"id":"a:p"}}}}'
    assert b'"p\\u0061rent":[{"id":"a:p"}]' in send_one(body).body


@pytest.mark.parametrize("version", BOTH)
def test_put_fills_the_id_of_its_parameter(version):
    prepared = send_one(SMALL, version, statement_id=UUID(UUID_TEXT))
    assert prepared.id == UUID(UUID_TEXT)
    assert load(prepared.body)["id"] == UUID_TEXT
    assert not prepared.assigned & intake.ASSIGNED_ID


@pytest.mark.parametrize(
    "text", [pytest.param(UUID_TEXT, id="S-13-same"), pytest.param(UUID_TEXT.upper(), id="S-13-same-in-other-case")]
)
def test_put_accepts_its_own_id(text):
    assert send_one(small(id=text), statement_id=UUID(UUID_TEXT)).id == UUID(UUID_TEXT)


def test_put_refuses_another_id():
    with pytest.raises(StatementInvalid) as caught:
        send_one(small(id=UUID_TEXT), statement_id=OTHER)
    assert (caught.value.flaws[0].path, caught.value.flaws[0].rule) == ("$.id", "S-13")


@pytest.mark.parametrize("body", [b"[]", json.dumps([SMALL]).encode()])
def test_put_refuses_arrays(body):
    with pytest.raises(StatementInvalid) as caught:
        send(body, statement_id=OTHER)
    assert (caught.value.flaws[0].path, caught.value.hint) == ("$", "POST takes arrays")


@pytest.mark.parametrize(
    "body", [pytest.param(b"[]", id="S-14-empty"), pytest.param(b" [ \n] ", id="S-14-empty-with-space")]
)
def test_an_empty_array_is_an_empty_batch(body):
    assert len(send(body)) == 0


def test_a_batch_keeps_its_order():
    ids = [str(UUID(int=number)) for number in (9, 3, 7, 1)]
    batch = send(json.dumps([small(id=text) for text in ids]).encode())
    assert [str(statement.id) for statement in batch] == ids


@pytest.mark.parametrize(
    "again",
    [pytest.param(UUID_TEXT, id="S-15-T-12-same"), pytest.param(UUID_TEXT.upper(), id="S-15-T-12-in-other-case")],
)
@pytest.mark.parametrize("version", BOTH)
def test_one_id_cannot_stand_twice(again, version):
    with pytest.raises(StatementInvalid) as caught:
        send(json.dumps([small(id=UUID_TEXT), SMALL, small(id=again)]).encode(), version)
    (flaw,) = caught.value.flaws
    assert (flaw.index, flaw.path, flaw.rule) == (2, "$[2].id", "S-15")


def test_each_bad_statement_of_a_batch_is_named_once():
    batch = [SMALL, small(verb={}), SMALL, small(actor={"mbox": "x"}, verb={}), "text", SMALL]
    with pytest.raises(StatementInvalid) as caught:
        send(json.dumps(batch).encode())
    assert [(flaw.index, flaw.path) for flaw in caught.value.flaws] == [
        (1, "$[1].verb"),
        (3, "$[3].actor.mbox"),
        (4, "$[4]"),
    ]
    problem = caught.value.problem()
    assert problem["status"] == 400
    assert [error["rule"] for error in problem["errors"]] == ["XAPI-00044", "XAPI-00038", "XAPI-00006"]


def test_at_most_twenty_are_named():
    with pytest.raises(StatementInvalid) as caught:
        send(json.dumps([{}] * 100).encode())
    assert len(caught.value.flaws) == 20


def test_broken_json_of_one_statement_breaks_the_request():
    with pytest.raises(MalformedJson) as caught:
        send(b'[{},{"actor":{"mbox":"x","mbox":"y"}}]')
    assert caught.value.path == "$[1].actor.mbox"


def test_too_many_statements():
    assert len(send(json.dumps([SMALL] * 3).encode(), max_statements=3)) == 3
    with pytest.raises(TooLarge):
        send(json.dumps([SMALL] * 4).encode(), max_statements=3)


@pytest.mark.parametrize("value", [1, "x", None, True, 1.5])
def test_a_statement_is_an_object(value):
    for body, path in ((value, "$"), ([value], "$[0]")):
        with pytest.raises(StatementInvalid) as caught:
            send(json.dumps(body).encode())
        assert caught.value.flaws[0].path == path


def test_references_and_voids_are_told():
    ref = {"objectType": "StatementRef", "id": UUID_TEXT.upper()}
    pointing = send_one(small(object=ref))
    assert (pointing.target, pointing.voids) == (UUID(UUID_TEXT), None)
    voiding = send_one(small(object=ref, verb={"id": VOIDED}))
    assert (voiding.target, voiding.voids) == (UUID(UUID_TEXT), UUID(UUID_TEXT))
    inside = send_one(nest(small(object=ref, verb={"id": VOIDED})))
    assert (inside.target, inside.voids) == (None, None)


def test_the_full_example_passes_through():
    prepared = send_one(STATEMENT)
    assert prepared.statement["context"]["contextActivities"]["other"] == [{"id": "http://example.com/x"}]
    assert prepared.assigned == intake.REPLACED_AUTHORITY
