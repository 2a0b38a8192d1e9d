"""The strict reader: what it refuses, where it says the fault is, and that spans point at what they should."""

from __future__ import annotations

import json
import sys
import tracemalloc
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import BadRequest, TooLarge
from lrs.xapi.edit import json_text
from lrs.xapi.json_door import load, load_items
from lrs.xapi.problems import MalformedJson

REFUSED = [
    ("00014-empty", b"", "$", 0),
    ("00014-only-space", b" \n", "$", 2),
    ("00014-trailing-garbage", b'{"a":1}x', "$", 7),
    ("00014-second-value", b"{} {}", "$", 3),
    ("00014-trailing-comma", b'{"a":1,}', "$", 7),
    ("00014-trailing-comma-in-array", b"[1,]", "$[1]", 3),
    ("00014-leading-comma", b'{,"a":1}', "$", 1),
    ("00014-brace-for-comma", b'{"a":1 {"b":2}', "$", 7),
    ("00014-comma-for-brace", b',"a":1}', "$", 0),
    ("00014-bare-name", b"{a:1}", "$", 1),
    ("00014-single-quotes", b"{'a':1}", "$", 1),
    ("00014-no-colon", b'{"a" 1}', "$.a", 5),
    ("00014-no-comma", b"[1 2]", "$", 3),
    ("00014-open-object", b'{"a":1', "$", 6),
    ("00014-open-array", b"[1,", "$[1]", 3),
    ("00014-open-string", b'{"a":"abc', "$.a", 5),
    ("00014-open-name", b'{"abc', "$", 1),
    ("00014-tab-in-string", b'{"a":"\t"}', "$.a", 6),
    ("00014-bad-escape", b'{"a":"\\x"}', "$.a", 6),
    ("00014-leading-zero", b'{"a":01}', "$", 6),
    ("00014-plus-sign", b'{"a":+1}', "$.a", 5),
    ("00014-bare-point", b'{"a":.5}', "$.a", 5),
    ("00014-hex", b'{"a":0x1}', "$", 6),
    ("00014-word", b'{"a":tru}', "$.a", 5),
    ("00014-nan", b'{"a":NaN}', "$.a", 5),
    ("00014-infinity", b'{"a":[1,Infinity]}', "$.a[1]", 8),
    ("00014-minus-infinity", b'[{"a":{"b":-Infinity}}]', "$[0].a.b", 11),
    ("00014-comment", b'{"a":1} // x', "$", 8),
    ("00015-byte-order-mark", b"\xef\xbb\xbf{}", "$", 0),
    ("00015-utf-16", '{"a":1}'.encode("utf-16"), "$", 0),
    ("00015-utf-16-without-mark", '{"a":1}'.encode("utf-16-le"), "$", 1),
    ("00015-latin-1", '{"a":"é"}'.encode("latin-1"), "$", 6),
    ("00015-overlong", b'{"a":"\xc0\x80"}', "$", 6),
    ("00015-surrogate-in-utf-8", b'{"a":"\xed\xa0\x80"}', "$", 6),
    ("00015-lone-high-surrogate", b'{"a":["\\ud83d"]}', "$.a[0]", None),
    ("00015-lone-low-surrogate", b'{"a":"\\uDE00"}', "$.a", None),
    ("00015-lone-surrogate-in-name", b'{"x":{"\\ud800":1}}', "$.x", None),
    ("00021-twice", b'{"a":1,"a":1}', "$.a", 7),
    ("00021-twice-in-other-spelling", b'{"a":1,"\\u0061":2}', "$.a", 7),
    ("00021-twice-deep-down", b'[0,{"a":{"b":[{"c":1,"c":2}]}}]', "$[1].a.b[0].c", 21),
    ("00002-number-of-401-characters", b'{"a":' + b"1" * 401 + b"}", "$.a", 5),
    ("00002-fraction-of-401-characters", b'{"a":0.' + b"1" * 399 + b"}", "$.a", 5),
    ("00002-exponent-without-end", b'{"a":1e99999}', "$.a", 5),
    ("00002-negative-exponent-without-end", b'{"a":1E-0099999}', "$.a", 5),
    ("00014-depth-65", b"[" * 65 + b"]" * 65, "$" + "[0]" * 64, 0),
    ("00014-depth-65-objects", b'{"a":' * 65 + b"1" + b"}" * 65, "$" + ".a" * 64, 0),
]


@pytest.mark.parametrize("reader", [load, load_items])
@pytest.mark.parametrize(("body", "path", "position"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED])
def test_refuses(body, path, position, reader):
    with pytest.raises(MalformedJson) as caught:
        reader(body)
    problem = caught.value.problem()
    assert problem["path"] == path
    if position:
        assert problem["position"] == position


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param("{}", {}, id="00014-empty-object"),
        pytest.param(" \t\r\n[ ] ", [], id="00014-space-around"),
        pytest.param('{"a" : 1 , "b":[ ]}', {"a": 1, "b": []}, id="00014-space-inside"),
        pytest.param('{"é":"日本 😀"}', {"é": "日本 😀"}, id="00015-non-ascii"),
        pytest.param('"\\ud83d\\ude00"', "😀", id="00015-escaped-pair"),
        pytest.param('"\\\\ud800"', "\\ud800", id="00015-escaped-backslash-before-ud800"),
        pytest.param('{"a":{"x":1},"b":{"x":1}}', {"a": {"x": 1}, "b": {"x": 1}}, id="00021-same-key-in-two-objects"),
        pytest.param("0.1", Decimal("0.1"), id="00002-fraction"),
        pytest.param("1e38", Decimal("1e38"), id="00002-largest-single-precision"),
        pytest.param("-0", 0, id="00002-minus-zero"),
        pytest.param("1" * 400, int("1" * 400), id="00002-number-of-400-characters"),
        pytest.param("0." + "3" * 398, Decimal("0." + "3" * 398), id="00002-fraction-of-400-characters"),
    ],
)
def test_accepts(body, value):
    assert load(body) == load(body.encode()) == value
    assert load_items(b"[" + body.encode() + b"]").items[0].value == value


def test_depth_64_is_let_in():
    assert load(b"[" * 64 + b"]" * 64)
    assert load_items(b"[" * 64 + b"]" * 64)
    assert load(b'{"a":' * 64 + b"1" + b"}" * 64)


@pytest.mark.parametrize("opener", [b"[", b'{"a":', b'[{"a":'])
@pytest.mark.parametrize("count", [1_000, 100_000])
def test_bottomless_nesting_is_a_clean_error(opener, count):
    for reader in (load, load_items):
        with pytest.raises(MalformedJson, match="deeper"):
            reader(opener * count)


def test_recursion_near_the_stack_limit_is_a_clean_error():
    def sink(levels: int) -> None:
        if levels:
            sink(levels - 1)
        else:
            with pytest.raises(MalformedJson):
                load(b"[" * 5_000)

    sink(sys.getrecursionlimit() - 300)


def test_a_fault_late_in_a_large_batch_is_still_placed():
    body = b"[" + b'{"a":{"b":[1,2,3]}},' * 50_000 + b'{"a":{"b":nope}}]'
    with pytest.raises(MalformedJson) as caught:
        load_items(body, most=100_000)
    assert caught.value.path == "$[50000].a.b"
    assert caught.value.extra["position"] == body.index(b"nope")


def test_an_early_end_is_told_from_a_missing_value():
    for body, detail in ((b"[1,", "ends too early"), (b"[1,]", "value is missing"), (b"", "ends too early")):
        with pytest.raises(MalformedJson, match=detail):
            load(body)


def test_line_and_column_are_counted():
    with pytest.raises(MalformedJson) as caught:
        load(b'{\n  "a": 1,\n  "b": x\n}')
    assert (caught.value.extra["line"], caught.value.extra["column"]) == (3, 8)


def test_a_text_of_tiny_containers_is_refused_before_it_takes_a_hundred_times_its_size():
    body = b"[" + b"[]," * 600_000 + b"[]]"
    tracemalloc.start()
    for reader in (load, load_items):
        with pytest.raises(TooLarge):
            reader(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * len(body)


def test_an_array_of_too_many_items_is_left_early():
    assert len(load_items(b"[1,1,1]", most=3).items) == 3
    with pytest.raises(TooLarge):
        load_items(b"[1,1,1,1", most=3)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=12,
)


@given(json_values, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_reads_what_the_standard_library_writes(value, ascii_only, indent):
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert load(body) == value
    loaded = load_items(body)
    assert [item.value for item in loaded.items] == (value if loaded.is_array else [value])


@given(json_values)
def test_what_is_written_again_reads_the_same(value):
    assert load(json_text(value)) == json.loads(json_text(value)) == value


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values), st.sampled_from([None, 0, "\t"])
)
@pytest.mark.journey
def test_spans_hold_name_and_value(members, indent):
    text, (item,), _ = load_items(json.dumps(members, indent=indent).encode())
    assert set(item.spans) == set(members)
    for key, (start, value, end) in item.spans.items():
        assert json.loads("{" + text[start:end] + "}") == {key: members[key]}
        assert json.loads(text[value:end]) == members[key]


@given(st.binary() | st.text().map(str.encode) | st.text('[]{}",:0e-\\u d8', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(body):
    for reader in (load, load_items):
        try:
            reader(body)
        except BadRequest as why:
            json.dumps(why.problem())


@given(st.text())
def test_any_text_is_read_or_refused(text):
    try:
        load(text)
    except BadRequest as why:
        json.dumps(why.problem())


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,60})(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_numbers_are_exact(text):
    value = load(text)
    assert value == Decimal(text)
    assert load(json_text(value)) == value
