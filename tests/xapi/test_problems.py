"""How errors speak: paths, repeated values, and what never gets that far."""

from __future__ import annotations

import json

import pytest

from lrs.xapi.edit import json_text
from lrs.xapi.problems import ROOT, StatementInvalid, path_text, shown
from lrs.xapi.sameness import content_hash
from lrs.xapi.versions import Version
from tests.xapi.examples import BOTH, STATEMENT, changed, send


def where(*steps):
    place = ROOT
    for step in steps:
        place = (place, step)
    return place


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((), "$"),
        ((3, "actor", "mbox"), "$[3].actor.mbox"),
        (("attachments", 0, "sha2"), "$.attachments[0].sha2"),
        (("result", "extensions", "http://x.example/y"), "$.result.extensions['http://x.example/y']"),
        (("it's",), '$["it\'s"]'),
        (("é\n",), "$['\\xe9\\n']"),
        (("x" * 1000,), "$['" + "x" * 79 + "\\u2026']"),
    ],
)
def test_paths(steps, text):
    assert path_text(where(*steps)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        ({"a": 1}, "an object"),
        ([1], "an array"),
        (12, "12"),
        ("a\tb", "'a\\tb'"),
        ("x" * 1000, "'" + "x" * 79 + "\\u2026'"),
        (int("9" * 400), "9" * 79 + "…"),
    ],
)
def test_values_are_shown_short(value, text):
    assert shown(value) == text


@pytest.mark.parametrize("version", BOTH)
def test_a_problem_stays_small_whatever_was_sent(version):
    huge = "x" * 1_000_000
    for edit in (
        (("actor", "mbox"), huge),
        ((huge,), 1),
        (("verb", "display", huge), "x"),
        (("object", "objectType"), huge),
    ):
        with pytest.raises(StatementInvalid) as caught:
            send(json.dumps(changed(edit)).encode(), version)
        assert len(json.dumps(caught.value.problem())) < 2_000


def test_the_problem_of_a_statement():
    with pytest.raises(StatementInvalid) as caught:
        send(json.dumps([STATEMENT, changed(("actor.mbox", "ada@example.org"))]).encode(), Version.V1_0_3)
    detail = "'ada@example.org' is not a mailto IRI"
    hint = "write it as mailto:name@example.org"
    assert caught.value.problem() == {
        "type": "urn:prowess:problem:statement-invalid",
        "title": "A statement breaks the rules of xAPI.",
        "status": 400,
        "detail": f"$[1].actor.mbox: {detail} (XAPI-00038)",
        "hint": hint,
        "errors": [{"index": 1, "path": "$[1].actor.mbox", "rule": "XAPI-00038", "detail": detail, "hint": hint}],
    }


@pytest.mark.parametrize("value", [1.5, object(), b"x"])
def test_what_the_door_never_gives_is_not_written(value):
    with pytest.raises(TypeError):
        json_text(value)


def test_what_the_door_never_gives_is_not_hashed():
    with pytest.raises(TypeError):
        content_hash({"actor": {}, "verb": {"id": "a:b"}, "object": {"id": "a:c"}, "result": {"response": object()}})
