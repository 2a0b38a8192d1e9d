"""Requirements section 1 and 10: rules for every JSON value, extensions, language maps and IRIs."""

from __future__ import annotations

import itertools

import pytest

from lrs.xapi.problems import StatementInvalid
from tests.xapi.examples import BOTH, GONE, ONLY_1_0, STATEMENT, Case, accepts, changed, check, refuses, send_one

EXTENSIONS = ("object.definition.extensions", "result.extensions", "context.extensions")
MAPS = (
    "verb.display",
    "object.definition.name",
    "object.definition.description",
    "attachments.0.display",
    "attachments.0.description",
)
IRIS = (
    ("verb.id", "XAPI-00044"),
    ("object.id", "XAPI-00047"),
    ("object.definition.type", "XAPI-00060"),
    ("object.definition.moreInfo", "XAPI-00061"),
    ("context.team.account.homePage", "XAPI-00042"),
    ("attachments.0.usageType", "XAPI-00107"),
    ("attachments.0.fileUrl", "XAPI-00104"),
)
PLACES = (
    "actor",
    "actor.mbox",
    "verb",
    "verb.display",
    "object",
    "object.definition",
    "object.definition.name.en",
    "object.definition.extensions",
    "result",
    "result.score",
    "result.score.raw",
    "result.success",
    "context",
    "context.contextActivities",
    "context.contextActivities.parent",
    "context.team",
    "timestamp",
    "attachments",
    "attachments.0.length",
)
WRONG_TYPES = (
    ("actor", "ada", "XAPI-00031"),
    ("verb", "attended", "XAPI-00044"),
    ("object", ["x"], "XAPI-00046"),
    ("object.definition", "x", "XAPI-00048"),
    ("result", 1, "XAPI-00006"),
    ("result.score.raw", "95", "XAPI-00082"),
    ("result.score.raw", True, "XAPI-00082"),
    ("result.success", "true", "XAPI-00074"),
    ("result.completion", 1, "XAPI-00075"),
    ("result.response", 12345, "XAPI-00076"),
    ("context", [], "XAPI-00006"),
    ("context.platform", 12345, "XAPI-00090"),
    ("timestamp", 12345, "XAPI-00022"),
    ("attachments", {}, "XAPI-00025"),
)
LANGUAGE_TAGS = (
    "en",
    "zh-Hant",
    "sr-Latn-RS",
    "es-419",
    "cmn",
    "de-CH-1996",
    "x-ours",
    "i-klingon",
    "en-a-bb-b-cc",
    "EN-us",
)
NOT_LANGUAGE_TAGS = (
    "a12345678",
    "en-a-bb-a-cc",
    "en_US",
    "something",
    "e",
    "",
    "en-",
    "en\n",
    "zh-Hantt-",
    "русский",
    "a-DE",
)
CASED = (
    ("actor", "Actor"),
    ("id", "ID"),
    ("timestamp", "timeStamp"),
    ("verb.id", "Id"),
    ("object.definition.moreInfo", "moreinfo"),
    ("result.score.scaled", "Scaled"),
    ("context.contextActivities.parent", "Parent"),
    ("context.revision", "REVISION"),
    ("attachments.0.contentType", "contenttype"),
)
UNKNOWN = (
    "actor",
    "verb",
    "object",
    "object.definition",
    "result",
    "result.score",
    "context",
    "context.contextActivities",
)


def renamed(path: str, name: str) -> tuple[tuple[tuple, object], tuple[tuple, object]]:
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    value = STATEMENT
    for step in (*way, last):
        value = value[step]
    return ((*way, name), value), ((*way, last), GONE)


def below(path: str, key: str) -> tuple[str | int, ...]:
    return (*(int(step) if step.isdigit() else step for step in path.split(".")), key)


CASES = list(
    itertools.chain(
        accepts("S-12-everything-at-once"),
        *(refuses(f"00001-null-at-{path}", (path, None)) for path in PLACES),
        refuses("00001-null-id", ("id", None), top_only=True),
        refuses("00001-null-in-an-array", ("context.contextActivities.parent.0", None)),
        refuses("00001-null-object-type", ("object.objectType", None)),
        refuses("00001-null-actor-type", ("actor.objectType", None)),
        refuses("00003-no-actor", ("actor", GONE), at="$"),
        refuses("00004-no-verb", ("verb", GONE), at="$"),
        refuses("00005-no-object", ("object", GONE), at="$", top_only=True),
        *(refuses(f"00006-{path}-{value!r}", (path, value), rule=rule) for path, value, rule in WRONG_TYPES),
        refuses("00007-empty-verb-id", ("verb.id", ""), rule="XAPI-00044"),
        refuses("00007-empty-id", ("id", ""), rule="XAPI-00027", top_only=True),
        refuses("00007-empty-mbox", ("actor.mbox", ""), rule="XAPI-00038"),
        refuses("00007-empty-timestamp", ("timestamp", ""), rule="XAPI-00022"),
        refuses("00007-empty-duration", ("result.duration", ""), rule="XAPI-00077"),
        refuses("00007-empty-language", ("context.language", ""), rule="XAPI-00091"),
        *(
            refuses(f"00008-{name}", *renamed(path, name), rule="XAPI-00010", top_only=path == "id")
            for path, name in CASED
            if path != "id"
        ),
        refuses("00008-ID", ("ID", STATEMENT["id"]), rule="XAPI-00010", top_only=True),
        refuses("00009-agent-in-lower-case", ("actor.objectType", "agent"), rule="XAPI-00031"),
        refuses("00009-activity-in-upper-case", ("object.objectType", "ACTIVITY"), rule="XAPI-00046"),
        refuses("00009-statementref", ("context.statement.objectType", "statementref"), rule="XAPI-00072"),
        refuses("00009-choiCe", ("object.definition.interactionType", "choiCe"), rule="XAPI-00049"),
        *(refuses(f"00010-unknown-in-{path}", (below(path, "extra"), "x")) for path in UNKNOWN),
        refuses("00010-unknown-in-statement", ("extra", "x")),
        refuses("00010-unknown-in-attachment", (("attachments", 0, "extra"), "x")),
        refuses("00010-unknown-in-account", (("context", "team", "account", "extra"), "x")),
        refuses("00010-unknown-in-statement-ref", (("context", "statement", "extra"), "x")),
        refuses("00010-object-type-of-a-statement", ("objectType", "Statement"), top_only=True),
        *(refuses(f"00011-no-scheme-in-{path}", (path, "ab=c://should.fail.com"), rule=rule) for path, rule in IRIS),
        *(refuses(f"D-03-space-in-{path}", (path, "http://a b"), rule=rule) for path, rule in IRIS),
        refuses("D-03-scheme-alone", ("verb.id", "http:"), rule="XAPI-00044"),
        refuses("D-03-starts-with-digit", ("verb.id", "1a:b"), rule="XAPI-00044"),
        refuses("D-03-line-break", ("verb.id", "http://a.b\n"), rule="XAPI-00044"),
        refuses("D-03-control", ("verb.id", "http://a.b/\x85"), rule="XAPI-00044"),
        accepts("D-03-urn", ("verb.id", "urn:uuid:fd41c918-b88b-4b20-a0a5-a4c32391aaa0")),
        accepts("D-03-shortest", ("verb.id", "a:b")),
        accepts("00015-iri-in-other-letters", ("verb.id", "http://例え.jp/動詞#😀")),
        accepts("T-11-path-with-dots", ("object.id", "http://example.com/path/../x")),
        *(accepts(f"00013-{tag}", (below("verb.display", tag), "x")) for tag in LANGUAGE_TAGS),
        *(accepts(f"00121-{place}", (below(place, "sr-Latn-RS"), "x")) for place in MAPS),
        *(refuses(f"00121-{place}", (below(place, "a12345678"), "x")) for place in MAPS),
        *(refuses(f"00013-{tag!r}", (below("verb.display", tag), "x"), rule="XAPI-00121") for tag in NOT_LANGUAGE_TAGS),
        *(refuses(f"00091-{tag!r}", ("context.language", tag)) for tag in NOT_LANGUAGE_TAGS),
        *(accepts(f"00091-{tag}", ("context.language", tag)) for tag in LANGUAGE_TAGS),
        *(
            accepts(f"00119-{place}-{value!r}", (place, {"a:b": value}))
            for place in EXTENSIONS
            for value in (None, "", {}, [[None]])
        ),
        *(accepts(f"00119-{place}-empty", (place, {})) for place in EXTENSIONS),
        *(
            accepts(f"00010-anything-inside-{place}", (place, {"a:b": {"Actor": None, "x": [{"": 1}]}}))
            for place in EXTENSIONS
        ),
        accepts("00021-same-key-twice-in-different-objects", ("result.extensions", {"a:b": {"x": 1}, "a:c": {"x": 1}})),
    )
)


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case):
    check(case)


@pytest.mark.parametrize("place", [pytest.param(place, id=f"00118-00120-{place}") for place in EXTENSIONS])
@pytest.mark.parametrize("key", ["should fail", "x", "", "ab=c://x", " a:b"])
@pytest.mark.parametrize("version", BOTH)
def test_extension_keys_are_iris(place, key, version):
    with pytest.raises(StatementInvalid) as caught:
        send_one(changed((place, {key: 1})), version)
    assert caught.value.flaws[0].rule == "XAPI-00118"


@pytest.mark.parametrize(
    "version", [pytest.param(version, id="T-01-00010-unknown-refused-on-both") for version in BOTH]
)
def test_hints_name_the_nearest_property(version):
    with pytest.raises(StatementInvalid) as caught:
        send_one({**STATEMENT, "Actor": STATEMENT["actor"]}, version)
    assert caught.value.hint == "did you mean 'actor'?"


def test_2_0_properties_are_explained_on_1_0_3():
    with pytest.raises(StatementInvalid) as caught:
        send_one(changed(("context.contextAgents", [])), ONLY_1_0[0])
    assert "2.0" in caught.value.hint
