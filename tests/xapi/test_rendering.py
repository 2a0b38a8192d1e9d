"""Requirements section 13: the three formats and the choice of a language."""

from __future__ import annotations

import json

import pytest

from lrs.clock import to_text
from lrs.xapi.json_door import load
from lrs.xapi.language import choose_language, parse_accept_language
from lrs.xapi.rendering import render_canonical, render_exact, render_ids, render_result
from lrs.xapi.versions import Version
from tests.xapi.examples import AGENT, AUTHORITY, NEW_ID, STATEMENT, UUID_TEXT, nest, send_one

STORED = 1_700_000_000_000_001
BASE = {"actor": {"mbox": "mailto:a@b.c", "name": "Ada"}, "verb": {"id": "a:b"}, "object": {"id": "a:c"}}
GROUP = {"objectType": "Group", "name": "crew", "member": [{"mbox": "mailto:a@b.c", "name": "Ada"}]}
IDENTIFIED = {**GROUP, "openid": "http://crew.example"}
NAMES = {"de": "Kurs", "en": "course", "fr-CA": "cours"}
DEFINITION = {
    "name": NAMES,
    "description": {},
    "interactionType": "choice",
    "choices": [{"id": "x", "description": NAMES}, {"id": "y"}],
    "extensions": {"a:map": NAMES},
}


def render(renderer, statement, **more):
    prepared = send_one(statement, Version.V2_0)
    return load(renderer(prepared.body, STORED, prepared.assigned, **more))


def canonical(statement, accept_language=None, **more):
    return render(render_canonical, statement, accept_language=accept_language, **more)


@pytest.mark.parametrize(
    "timestamp",
    [pytest.param(False, id="00170-T-09-timestamp-is-stored"), pytest.param(True, id="00170-timestamp-as-sent")],
)
def test_exact_is_the_kept_bytes_behind_stored(timestamp):
    body = b'{"actor" : {"mbox":"mailto:a@b.c"},"verb":{"id":"a:b"}, "object":{"id":"a:c"}%s}' % (
        b',"timestamp": "2020-01-01T00:00:00Z"' if timestamp else b""
    )
    prepared = send_one(body)
    exact = render_exact(prepared.body, STORED, prepared.assigned)
    moment = to_text(STORED).encode()
    filled = b"" if timestamp else b'"timestamp":"%s",' % moment
    assert exact == b'{"stored":"%s",%s' % (moment, filled) + prepared.body[1:]
    assert load(exact)["timestamp"] == ("2020-01-01T00:00:00Z" if timestamp else to_text(STORED))


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        pytest.param(BASE["actor"], {"objectType": "Agent", "mbox": "mailto:a@b.c"}, id="00171-agent"),
        pytest.param(IDENTIFIED, {"objectType": "Group", "openid": "http://crew.example"}, id="00171-identified-group"),
        pytest.param(
            GROUP,
            {"objectType": "Group", "member": [{"objectType": "Agent", "mbox": "mailto:a@b.c"}]},
            id="00171-anonymous-group",
        ),
    ],
)
def test_ids_of_actors(actor, expected):
    assert render(render_ids, {**BASE, "actor": actor})["actor"] == expected
    context = {
        "instructor": actor,
        "contextAgents": [{"objectType": "contextAgent", "agent": BASE["actor"], "relevantTypes": ["a:b"]}],
        "contextGroups": [{"objectType": "contextGroup", "group": GROUP}],
    }
    rendered = render(render_ids, {**BASE, "context": context})["context"]
    assert rendered["instructor"] == expected
    assert rendered["contextAgents"][0] == {
        "objectType": "contextAgent",
        "agent": {"objectType": "Agent", "mbox": "mailto:a@b.c"},
        "relevantTypes": ["a:b"],
    }
    assert "name" not in rendered["contextGroups"][0]["group"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param(
            {"objectType": "Activity", "id": "a:c", "definition": DEFINITION},
            {"id": "a:c"},
            id="00171-activity-has-one-key",
        ),
        pytest.param(
            {"objectType": "Agent", "name": "x", "mbox": "mailto:x@y"},
            {"objectType": "Agent", "mbox": "mailto:x@y"},
            id="00171-object-agent",
        ),
        pytest.param(IDENTIFIED, {"objectType": "Group", "openid": "http://crew.example"}, id="00171-object-group"),
        pytest.param(
            {"objectType": "StatementRef", "id": UUID_TEXT},
            {"objectType": "StatementRef", "id": UUID_TEXT},
            id="00171-reference",
        ),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_ids_of_objects(target, expected, nested):
    statement = {**BASE, "object": target}
    rendered = render(render_ids, nest(statement) if nested else statement)
    assert (rendered["object"] if nested else rendered)["object"] == expected


def test_ids_keep_everything_else():
    statement = {**STATEMENT, "authority": AGENT}
    rendered = render(render_ids, statement)
    for key in ("id", "result", "timestamp", "version", "attachments"):
        assert rendered[key] == load(json.dumps(STATEMENT))[key]
    assert rendered["verb"] == {"id": STATEMENT["verb"]["id"]}
    assert rendered["authority"] == AUTHORITY
    assert rendered["context"]["contextActivities"] == {
        "parent": [{"id": "http://example.com/course/1"}],
        "other": [{"id": "http://example.com/x"}],
    }
    assert rendered["context"]["extensions"] == STATEMENT["context"]["extensions"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("de", "de", id="00172-exact-tag"),
        pytest.param("DE", "de", id="00172-any-case"),
        pytest.param("fr", "fr-CA", id="00172-prefix"),
        pytest.param("en;q=0.1, de;q=0.9", "de", id="00172-weights"),
        pytest.param("en;q=0.5, *;q=0.6", "de", id="00172-star-covers-the-rest"),
        pytest.param("en;q=0, *", "de", id="00172-zero-weight"),
        pytest.param("fr-CA, en", "fr-CA", id="00172-first-of-equals"),
        pytest.param("es, it", "en", id="D-04-none-acceptable"),
        pytest.param("fr-FR", "en", id="D-04-a-longer-range-is-no-prefix"),
        pytest.param(None, "en", id="D-04-no-header"),
        pytest.param("", "en", id="D-04-empty-header"),
        pytest.param(";;,q=1,🙂, de;q=x", "en", id="D-04-nonsense"),
    ],
)
def test_canonical_chooses_one_language(header, expected):
    chosen = {expected: NAMES[expected]}
    activity = {"id": "a:c", "definition": DEFINITION}
    statement = {
        **BASE,
        "verb": {"id": "a:b", "display": NAMES},
        "object": activity,
        "context": {"contextActivities": {"parent": activity}},
    }
    for rendered in (canonical(statement, header), canonical(nest(statement), header)["object"]):
        assert rendered["verb"]["display"] == chosen
        for definition in (
            rendered["object"]["definition"],
            rendered["context"]["contextActivities"]["parent"][0]["definition"],
        ):
            assert definition["name"] == chosen
            assert definition["description"] == {}
            assert definition["choices"] == [{"id": "x", "description": chosen}, {"id": "y"}]
            assert definition["extensions"] == {"a:map": NAMES}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param({"und": "u", "de": "d"}, "und", id="D-04-und"),
        pytest.param({"fr": "f", "de": "d"}, "de", id="D-04-by-key-order"),
        pytest.param({"fr": "f"}, "fr", id="D-04-the-only-one"),
    ],
)
def test_fallback(names, expected):
    assert list(choose_language(names, parse_accept_language("ja"))) == [expected]


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("display", id="S-22-attachment-display"),
        pytest.param("description", id="S-22-attachment-description"),
    ],
)
def test_attachments_keep_their_maps(key):
    attachment = {**STATEMENT["attachments"][0], key: NAMES}
    assert canonical({**BASE, "attachments": [attachment]}, "de")["attachments"][0][key] == NAMES


def test_canonical_takes_the_stores_definitions_id_00169():
    known = {
        ("activity", "a:c"): {"name": {"en": "merged", "de": "gemischt"}, "extensions": {"a:n": load("1.10")}},
        ("verb", "a:b"): {"en": "did", "de": "tat"},
    }
    statement = {
        **BASE,
        "object": {"id": "a:c", "definition": DEFINITION},
        "context": {"contextActivities": {"parent": {"id": "a:c"}, "other": {"id": "a:x"}}},
    }
    rendered = canonical(statement, "de", known=known)
    assert rendered["verb"] == {"id": "a:b", "display": {"de": "tat"}}
    assert canonical(nest(statement), "de", known=known)["object"]["verb"]["display"] == {"de": "tat"}
    merged = {"name": {"de": "gemischt"}, "extensions": {"a:n": load("1.10")}}
    assert rendered["object"] == {"id": "a:c", "definition": merged}
    assert rendered["context"]["contextActivities"] == {
        "parent": [{"id": "a:c", "definition": merged}],
        "other": [{"id": "a:x"}],
    }


@pytest.mark.parametrize(
    "actor",
    [pytest.param(BASE["actor"], id="00169-agent-as-in-exact"), pytest.param(IDENTIFIED, id="00169-group-as-in-exact")],
)
def test_canonical_leaves_actors_alone(actor):
    rendered = canonical({**BASE, "actor": actor, "object": {**AGENT, "name": "x"}}, "de")
    assert (rendered["actor"], rendered["object"]["name"]) == (actor, "x")


def test_results():
    assert json.loads(render_result([])) == {"statements": [], "more": ""}
    prepared = send_one(BASE)
    pieces = [render_exact(prepared.body, stored, prepared.assigned) for stored in (STORED, STORED + 1)]
    result = json.loads(render_result(pieces, '/xapi/statements?more=é"x'))
    assert [statement["stored"] for statement in result["statements"]] == [to_text(STORED), to_text(STORED + 1)]
    assert result["statements"][0]["id"] == str(NEW_ID)
    assert result["more"] == '/xapi/statements?more=é"x'


def test_long_headers_are_bounded():
    assert len(parse_accept_language("en," * 100_000)) <= 64
