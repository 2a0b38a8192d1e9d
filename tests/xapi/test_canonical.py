"""Requirements sections 13 and 20, the pure side: what statements say of things, and how it comes together."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.xapi.canonical import MOST_ENTRIES, MOST_NAMES, Canonical, learn, mentions, merge, merge_late, unsaid
from lrs.xapi.edit import json_text
from lrs.xapi.json_door import load
from lrs.xapi.versions import Version
from tests.xapi.examples import send_one
from tests.xapi.strategies import DEFINITIONS, LANGUAGE_MAPS, TEXT, statements

ALICE, BOB = 1, 2
CHOICE = {
    "interactionType": "choice",
    "correctResponsesPattern": ["a"],
    "choices": [{"id": "a", "description": {"en": "yes"}}, {"id": "b"}],
}


def defined(*said, kind="activity"):
    """The document after (sender, words) one after the other; numbered from 1."""
    known = None
    for seq, (sender, words) in enumerate(said, 1):
        known = merge(kind, known, words, sender, seq)
    return known


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        pytest.param({"name": {"en": "a"}}, {"name": {"fr": "b"}}, {"name": {"en": "a", "fr": "b"}}, id="00254-languages"),
        pytest.param({"name": {"en": "a"}}, {"name": {"en": "b"}}, {"name": {"en": "b"}}, id="00169-newest-wins"),
        pytest.param(
            {"type": "a:x", "moreInfo": "a:m"}, {"type": "a:y"}, {"type": "a:y", "moreInfo": "a:m"}, id="00254-type-stays"
        ),
        pytest.param(
            {"extensions": {"a:1": 1, "a:2": [2]}},
            {"extensions": {"a:2": {"b": None}, "a:3": None}},
            {"extensions": {"a:1": 1, "a:2": {"b": None}, "a:3": None}},
            id="00254-extensions",
        ),
        pytest.param({"extensions": {"a:1": 1}}, {"extensions": {"a:1": True}}, {"extensions": {"a:1": True}}, id="one-is-not-true"),
        pytest.param({"name": {"en": "a"}}, {"name": {}}, {"name": {"en": "a"}}, id="an-empty-map-takes-nothing-away"),
        pytest.param({"name": {}}, {"type": "a:x"}, {"name": {}, "type": "a:x"}, id="00252-an-empty-map-is-kept"),
        pytest.param({"name": {"en": "a"}}, CHOICE, {"name": {"en": "a"}, **CHOICE}, id="00252-interaction-comes-later"),
    ],
)  # fmt: skip
def test_definitions_merge(first, then, expected):
    known = defined((ALICE, first), (BOB, then))
    assert json_text(known.value) == json_text(expected)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({**CHOICE, "correctResponsesPattern": ["b"]}, id="S-49-answers"),
        pytest.param({"interactionType": "choice"}, id="S-49-answers-left-out"),
        pytest.param({"interactionType": "numeric", "correctResponsesPattern": ["4"]}, id="S-49-another-interaction"),
        pytest.param({**CHOICE, "choices": [{"id": "a"}, {"id": "c"}]}, id="S-49-components"),
    ],
)
def test_an_interaction_is_changed_by_its_first_sender_alone(change):
    other = {**change, "name": {"en": "quiz"}}
    assert defined((ALICE, CHOICE), (BOB, other)).value == {**CHOICE, "name": {"en": "quiz"}}
    mine = defined((ALICE, CHOICE), (BOB, other), (ALICE, change))
    assert mine.owner == ALICE
    assert {key: mine.value[key] for key in change if key != "choices"} == {
        key: change[key] for key in change if key != "choices"
    }
    assert set(mine.value) == {"name", *change}


def test_who_comes_first_with_an_interaction_has_it_s_49():
    known = defined((ALICE, {"name": {"en": "quiz"}}), (BOB, CHOICE), (ALICE, {"interactionType": "other"}))
    assert (known.owner, known.value["interactionType"]) == (BOB, "choice")


def test_components_keep_the_languages_they_had_s_49():
    french = {**CHOICE, "choices": [{"id": "a", "description": {"fr": "oui"}}, {"id": "b"}]}
    known = defined((ALICE, CHOICE), (ALICE, french))
    assert known.value["choices"] == [{"id": "a", "description": {"en": "yes", "fr": "oui"}}, {"id": "b"}]


def test_displays_merge_00169():
    assert defined((ALICE, {"en": "did"}), (BOB, {"de": "tat", "en": "has done"}), kind="verb").value == {
        "en": "has done",
        "de": "tat",
    }


def test_the_latest_names_come_first_and_are_few_00238():
    assert defined((ALICE, "Ada"), (BOB, "A. Byron"), (ALICE, "Ada"), kind="agent").value == ["Ada", "A. Byron"]
    many = defined(*((ALICE, f"name {n}") for n in range(50)), kind="agent")
    assert many.value == [f"name {n}" for n in range(49, 49 - MOST_NAMES, -1)]


@pytest.mark.parametrize(
    ("kind", "words"),
    [("activity", {**CHOICE, "name": {"en": "a"}, "extensions": {"a:x": [1, {"y": 2}]}}), ("verb", {"en": "a"}), ("agent", "Ada")],
)  # fmt: skip
def test_what_is_known_changes_nothing(kind, words):
    known = defined((ALICE, words), kind=kind)
    again = json.loads(json.dumps(words))
    assert merge(kind, known, again, ALICE, 9) is known
    assert merge(kind, known, again, BOB, 9) is known
    assert known.seq == 1


def test_a_document_cannot_grow_for_ever():
    known = defined(*((ALICE, {"extensions": {f"a:{n}": n}}) for n in range(MOST_ENTRIES + 5)))
    assert list(known.value["extensions"]) == [f"a:{n}" for n in range(5, MOST_ENTRIES + 5)]


def mbox(name):
    return {"mbox": f"mailto:{name}@x", "name": name}


def agent(name):
    return ("agent", f'{{"mbox":"mailto:{name}@x"}}', name)


CONTEXT = {
    "instructor": mbox("ines"),
    "team": {"objectType": "Group", "member": [mbox("tom")], **mbox("team")},
    "contextActivities": {"parent": {"id": "a:parent", "definition": {"type": "a:t"}}, "other": [{"id": "a:x"}]},
    "contextAgents": [{"objectType": "contextAgent", "agent": mbox("cara")}],
    "contextGroups": [
        {"objectType": "contextGroup", "group": {"objectType": "Group", "member": [mbox("gus")], **mbox("crew")}}
    ],
}
FROM_CONTEXT = [
    *(agent(name) for name in ("ines", "team", "tom")),
    ("activity", "a:parent", {"type": "a:t"}),
    ("activity", "a:x", None),
    *(agent(name) for name in ("cara", "crew", "gus")),
]
BASE = {"actor": mbox("ada"), "verb": {"id": "a:did", "display": {"en": "did"}}}
DID, PLANNED = ("verb", "a:did", {"en": "did"}), ("verb", "a:planned", None)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(
            {**BASE, "object": {"id": "a:c", "definition": {"name": {}}}, "context": CONTEXT},
            [DID, agent("ada"), ("activity", "a:c", {"name": {}}), *FROM_CONTEXT],
            id="00252-statement-and-context",
        ),
        pytest.param(
            {
                **BASE,
                "object": {
                    "objectType": "SubStatement",
                    "actor": mbox("sue"),
                    "verb": {"id": "a:planned"},
                    "object": {"id": "a:task"},
                    "context": CONTEXT,
                },
            },
            [DID, agent("ada"), PLANNED, agent("sue"), ("activity", "a:task", None), *FROM_CONTEXT],
            id="S-22-sub-statement",
        ),
        pytest.param(
            {**BASE, "object": {"objectType": "Group", "member": [mbox("bob")], "name": "nobody knows us"}},
            [DID, agent("ada"), agent("bob")],
            id="00238-anonymous-group-has-no-document",
        ),
        pytest.param(
            {**BASE, "object": {"objectType": "StatementRef", "id": "f47ac10b-58cc-4372-a567-0e02b2c3d479"}},
            [DID, agent("ada")],
            id="00238-reference",
        ),
    ],
)
def test_what_a_statement_mentions(statement, expected):
    prepared = send_one(statement, Version.V2_0)
    assert mentions(load(prepared.body)) == expected


@given(statement=statements(Version.V2_0))
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_whatever_is_said_of_a_key_is_found_under_its_posting(statement):
    prepared = send_one(json.dumps(statement).encode(), Version.V2_0)
    keys = {(posting.kind, posting.text) for posting in prepared.postings}
    assert {(kind, text) for kind, text, _ in mentions(load(prepared.body))} <= keys


SAID = st.one_of(
    st.tuples(st.just("activity"), st.sampled_from(["a:1", "a:2"]), DEFINITIONS.map(json.dumps).map(load)),
    st.tuples(st.just("verb"), st.just("a:v"), LANGUAGE_MAPS),
    st.tuples(st.just("agent"), st.just("{}"), TEXT),
)


@pytest.mark.journey
@given(st.lists(st.tuples(st.integers(1, 3), st.lists(SAID, max_size=4)), max_size=25), st.data())
@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
def test_any_split_into_batches_gives_what_one_fold_from_scratch_gives(feed, data):
    scratch = {}
    for seq, (sender, said) in enumerate(feed):
        learn(scratch, said, sender, seq)
    stored = {}
    rows = list(enumerate(feed))
    while rows:
        size = data.draw(st.integers(1, len(rows)))
        batch, rows = rows[:size], rows[size:]
        known = {key: Canonical(load(text), owner, seq) for key, (text, owner, seq) in stored.items()}
        for seq, (sender, said) in batch:
            learn(known, said, sender, seq)
        stored = {key: (json_text(one.value), one.owner, one.seq) for key, one in known.items()}
    assert stored == {key: (json_text(one.value), one.owner, one.seq) for key, one in scratch.items()}


PLAIN = st.builds(
    lambda maps, type_: {**maps, **type_},
    st.dictionaries(st.sampled_from(["name", "description", "extensions"]), LANGUAGE_MAPS, max_size=2),
    st.fixed_dictionaries({}, optional={"type": st.sampled_from(["a:x", "a:y"])}),
)
WORDS = {
    "activity": PLAIN,
    "verb": st.dictionaries(st.sampled_from(["en", "de", "fr"]), st.sampled_from("abc"), min_size=1),
    "agent": st.sampled_from("abcdefghijkl"),
}


@pytest.mark.parametrize("kind", WORDS)
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_is_learnt_behind_later_words_comes_to_what_it_would_have_in_its_place(kind, data):
    said = data.draw(st.lists(WORDS[kind], min_size=1, max_size=15))
    place = data.draw(st.integers(0, len(said) - 1))
    late, later = said[place], said[place + 1 :]
    if not late:
        return
    known = defined(*((ALICE, words) for words in said[:place] + later if words), kind=kind)
    for words in later:
        late = late and unsaid(kind, late, words, by_same=True)
    if late:
        known = merge_late(kind, known, late, ALICE, place, set(later) if kind == "agent" else ())
    whole = defined(*((ALICE, words) for words in said if words), kind=kind).value
    assert known.value == whole


def test_an_interaction_learnt_late_goes_together_and_stays_its_owner_s():
    other = {**CHOICE, "correctResponsesPattern": ["b"], "name": {"en": "b"}}
    for sender, by_same, expected in ((ALICE, True, CHOICE), (BOB, False, CHOICE)):
        left = unsaid("activity", other, CHOICE, by_same=by_same)
        known = merge_late("activity", defined((ALICE, CHOICE)), left, sender, 1, ())
        assert known.value == {**expected, "name": {"en": "b"}}
    assert merge_late("activity", defined((ALICE, {"type": "a:x"})), CHOICE, BOB, 1, ()).owner == BOB
