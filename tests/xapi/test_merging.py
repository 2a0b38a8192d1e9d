"""Requirements section 18, the merge: what POST makes of two documents, byte by byte."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import BadRequest
from lrs.xapi.edit import json_text
from lrs.xapi.json_door import load
from lrs.xapi.merging import is_json, merge, refuse_broken

RULE = "XAPI-00229"

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=9)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=3), values, max_size=6)


@given(objects, objects)
def test_merging_texts_is_merging_objects_id_00183_id_00184(old: dict[str, object], new: dict[str, object]) -> None:
    stored, posted = json_text(old).encode("utf-8", "replace"), json_text(new).encode("utf-8", "replace")
    before, change = load(stored), load(posted)
    merged = load(merge(stored, posted, RULE))
    assert merged == {**before, **change}
    assert list(merged) == list({**before, **change})


@pytest.mark.parametrize(
    ("stored", "posted", "merged"),
    [
        pytest.param(b"{}", b" { } ", b"{}", id="00185-00186-nothing"),
        pytest.param(b'{"a":1}', b"{}", b'{"a":1}', id="00186-others-stay"),
        pytest.param(b'{"a":{"b":1}}', b'{"a":{"c":2}}', b'{"a":{"c":2}}', id="00183-nested-are-replaced-whole"),
        pytest.param(b'{"a":1,"b":2}', b'{"b":3,"c":4}', b'{"a":1,"b":3,"c":4}', id="00184-namesakes-are-replaced"),
        pytest.param(b'{"\\u0061":1}', b'{"a":2}', b'{"a":2}', id="00184-one-name-in-two-spellings"),
        pytest.param(b'{"a":1.00}', b'{"b": 1e-7}', b'{"a":1.00,"b": 1e-7}', id="00002-numbers-keep-their-text"),
        pytest.param(b'{"a":null}', b'{"b":null}', b'{"a":null,"b":null}', id="00184-null-is-a-value"),
        pytest.param(
            '{"ä": "☃"}'.encode(),
            b'{"b": "\\ud83d\\ude00"}',
            '{"ä": "☃","b": "\\ud83d\\ude00"}'.encode(),
            id="00015-text",
        ),
    ],
)
def test_each_member_keeps_its_bytes(stored: bytes, posted: bytes, merged: bytes) -> None:
    assert merge(stored, posted, RULE) == merged


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"[]", id="00229-array"),
        pytest.param(b"[" + b"1," * 10_001 + b"1]", id="00229-endless-array"),
        pytest.param(b'"text"', id="00229-string"),
        pytest.param(b"", id="00229-nothing"),
        pytest.param(b'{"a":1', id="00229-open"),
        pytest.param(b'{"a":1} x', id="00229-something-behind"),
        pytest.param(b'{"a":1,"\\u0061":2}', id="00021-one-key-twice"),
        pytest.param(b'{"a":Infinity}', id="00014-no-json-number"),
        pytest.param(b"\xef\xbb\xbf{}", id="00015-byte-order-mark"),
        pytest.param(b'{"a":"\xff"}', id="00015-not-utf-8"),
        pytest.param(b'{"a":' * 80 + b"1" + b"}" * 80, id="00229-too-deep"),
    ],
)
def test_what_is_no_object_is_refused_on_either_side(bad: bytes) -> None:
    for pair, which in (((bad, b"{}"), "stored"), ((b"{}", bad), "posted")):
        with pytest.raises(BadRequest, match=which) as refusal:
            merge(*pair, RULE)
        assert refusal.value.extra["rule"] == RULE


@pytest.mark.parametrize(
    "given_type", ["application/json", "Application/JSON;charset=utf-8", " application/json ; a=b"]
)
def test_parameters_do_not_change_a_type_id_00234(given_type: str) -> None:
    assert is_json(given_type)
    assert not is_json(given_type.lower().replace("json", "jsonx"))
    assert not is_json("text/plain; application/json")


def test_posted_json_must_be_json_but_may_be_anything_of_it_id_00235() -> None:
    for good in (b"[1]", b"null", json.dumps({"a": 1}).encode()):
        refuse_broken(good, RULE)
    with pytest.raises(BadRequest) as refusal:
        refuse_broken(b"{", RULE)
    assert refusal.value.extra["rule"] == RULE
    assert refusal.value.extra["position"] == 1
