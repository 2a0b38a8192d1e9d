"""Real statements of real systems are let in and come out whole."""

from __future__ import annotations

import json

import pytest

from lrs.xapi.json_door import load
from lrs.xapi.problems import StatementInvalid
from lrs.xapi.rendering import render_canonical, render_exact, render_ids
from lrs.xapi.statement import validate_statement
from lrs.xapi.versions import Version
from tests.xapi.examples import BOTH, send, send_one

FILES = {"moodle_live/statements.jsonl": 723, "openedx_live/statements.jsonl": 360, "yet_tccc/tccc_dev.jsonl": 2814}
NOT_STATEMENTS = {"Person": "the specification's sample of a statement of version 0.9"}
BROKEN_TEMPLATES = {
    "actor",
    "authority",
    "no_actor",
    "no_object",
    "no_verb",
    "object_activity",
    "object_actor",
    "object_statementref_no_id",
    "object_substatement",
    "verb",
}


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("file", FILES)
def test_live_traffic_is_accepted(corpus, file, version):
    lines = (corpus / file).read_bytes().splitlines()
    assert len(lines) == FILES[file]
    for line in lines:
        prepared = send_one(line, version)
        exact = load(render_exact(prepared.body, 1, prepared.assigned))
        sent = load(line)
        for key in ("actor", "verb", "result"):
            assert exact.get(key) == sent.get(key)
        render_ids(prepared.body, 1, prepared.assigned)
        render_canonical(prepared.body, 1, prepared.assigned, accept_language="en")


def test_batches_of_live_traffic_equal_single_statements(corpus):
    lines = (corpus / "openedx_live/statements.jsonl").read_bytes().splitlines()
    batch = send(b"[\n" + b" ,\n".join(lines) + b"]")
    assert [prepared.body for prepared in batch] == [send_one(line).body for line in lines]


def test_moodle_requests(corpus):
    lines = (corpus / "moodle_live/requests.jsonl").read_text(encoding="utf-8").splitlines()
    seen = 0
    for request in map(json.loads, lines):
        if request["method"] == "POST" and request["path"].partition("?")[0].endswith("/statements"):
            body = request["body"] if isinstance(request["body"], str) else json.dumps(request["body"])
            send(body.encode())
            seen += 1
    assert seen


def test_examples_of_the_specification(corpus):
    for line in (corpus / "spec_examples/xapi_spec.jsonl").read_bytes().splitlines():
        example = load(line)["data"]
        if not isinstance(example, dict) or "verb" not in example or "objectType" in example:
            continue
        if example["actor"].get("objectType") in NOT_STATEMENTS:
            with pytest.raises(StatementInvalid):
                validate_statement(example, Version.V1_0_3)
        else:
            send_one(json.dumps(example, default=float).encode())


@pytest.mark.parametrize(("file", "version"), [("v1_0_3", Version.V1_0_3), ("v2_0", Version.V2_0)])
def test_templates_of_the_conformance_suite(corpus, file, version):
    for record in map(
        json.loads, (corpus / f"adl_conformance_templates/{file}.jsonl").read_text(encoding="utf-8").splitlines()
    ):
        folder, name = record["file"].removesuffix(".json").split("/")[-2:]
        if folder != "statements":
            continue
        body = json.dumps(record["data"]).encode()
        if name in BROKEN_TEMPLATES:
            with pytest.raises(StatementInvalid):
                send_one(body, version)
        else:
            send_one(body, version)
