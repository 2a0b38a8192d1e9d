"""What is announced when a decision changes, and the statement that says it (data-model 5, decision 0005)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from lrs.people.roster import Person
from rules import vocabulary as v
from rules.decisions.transitions import (
    AGAIN,
    ASSIGNMENTS,
    actor_of,
    emission_id,
    evidence_used,
    statement_of,
    transitions,
)
from rules.language import Program
from tests.rules.world import base, noon, passed, rules, state

URL = "https://prowess.example"


def document(assignment: str = "none", award: str = "none", **more: Any) -> dict[str, Any]:
    dates = dict.fromkeys(("due_on", "met_on", "valid_from", "expires_on", "renewable_from", "grace_until"))
    said = {"program": "base", "version": 2, "person": "ada", "assignment": assignment, "award": award, "proof": {}}
    return {**said, **dates, **more}


@pytest.mark.parametrize(
    ("was", "now", "announced"),
    [
        ("none", "required", ["assigned"]),
        ("none", "suggested", ["assigned"]),
        ("none", "withdrawn", []),
        ("required", "suggested", []),
        ("required", "withdrawn", ["unassigned"]),
        ("suggested", "none", ["unassigned"]),
        ("withdrawn", "required", ["assigned"]),
    ],
)
def test_an_assignment_that_begins_or_ends_is_announced(was: str, now: str, announced: list[str]) -> None:
    assert transitions(document(was), document(now)) == announced
    if was == "none":
        assert transitions(None, document(now)) == announced


@pytest.mark.parametrize(
    ("was", "now", "announced"),
    [
        ("none", "none", []),
        ("none", "valid", ["awarded"]),
        ("none", "expired", []),
        ("none", "lapsed", []),
        ("valid", "valid", []),
        ("valid", "expired", ["expired"]),
        ("valid", "lapsed", ["lapsed"]),
        ("valid", "none", ["revoked"]),
        ("valid", "revoked", ["revoked"]),
        ("valid", "suspended", ["suspended"]),
        ("suspended", "suspended", []),
        ("suspended", "valid", ["reinstated"]),
        ("suspended", "expired", ["expired"]),
        ("suspended", "lapsed", ["lapsed"]),
        ("suspended", "none", ["revoked"]),
        ("suspended", "revoked", ["revoked"]),
        ("revoked", "valid", ["reinstated"]),
        ("revoked", "none", []),
        ("none", "suspended", []),
        ("none", "revoked", []),
        ("expired", "valid", ["renewed"]),
        ("expired", "expired", []),
        ("expired", "lapsed", ["lapsed"]),
        ("expired", "suspended", []),
        ("expired", "none", ["revoked"]),
        ("lapsed", "valid", ["awarded"]),
        ("lapsed", "lapsed", []),
        ("lapsed", "none", []),
        ("lapsed", "expired", []),
    ],
)
def test_an_award_that_changes_is_announced(was: str, now: str, announced: list[str]) -> None:
    assert transitions(document(award=was), document(award=now)) == announced
    if was == "none":
        assert transitions(None, document(award=now)) == announced


def test_a_valid_award_with_another_first_day_is_a_renewal() -> None:
    before = document("required", "valid", valid_from="2026-03-10")
    assert transitions(before, {**before, "valid_from": "2027-02-01"}) == ["renewed"]
    assert transitions(before, {**before, "expires_on": "2027-02-01"}) == []


def test_an_award_that_is_renewed_while_it_is_suspended_or_revoked() -> None:
    for was, name in (("suspended", "renewed"), ("revoked", "reinstated")):
        before = document("required", was, valid_from="2026-03-10")
        assert transitions(before, {**before, "award": "valid", "valid_from": "2027-02-01"}) == [name]


def test_the_assignment_is_announced_before_the_award() -> None:
    assert transitions(None, document("required", "valid")) == ["assigned", "awarded"]


def test_a_transition_has_one_id_until_it_is_another() -> None:
    valid = document("required", "valid", valid_from="2026-03-10", expires_on="2027-03-10")
    first = emission_id(1, v.AWARDED, valid, 0)
    assert first == emission_id(1, v.AWARDED, {**valid, "version": 3, "due_on": "2026-03-01"}, 0)
    others = [
        emission_id(2, v.AWARDED, valid, 0),
        emission_id(1, v.RENEWED, valid, 0),
        emission_id(1, v.AWARDED, {**valid, "valid_from": "2026-03-11"}, 0),
        emission_id(1, v.AWARDED, {**valid, "expires_on": "2027-03-11"}, 0),
        emission_id(1, v.AWARDED, valid, 1),
    ]
    assert len({first, *others}) == 6


def test_an_assignment_is_the_same_whatever_the_award() -> None:
    valid = document("required", "valid", valid_from="2026-03-10", expires_on="2027-03-10")
    for transition in (v.ASSIGNED, v.UNASSIGNED):
        assert emission_id(1, transition, valid, 0) == emission_id(1, transition, document("required"), 0)


def test_of_what_may_be_said_once_more_the_end_of_an_assignment_concerns_assignments() -> None:
    assert {name: name in ASSIGNMENTS for name in ("revoked", "suspended", "unassigned")} == AGAIN


def program(**changes: str) -> Program:
    (only,) = rules(base(**changes)).programs["base"]
    return only


def statement(transition: str, after: dict[str, Any], of: Program) -> dict[str, Any]:
    return statement_of(
        transition,
        after,
        id_=UUID(int=5),
        person=Person("ada", "Ada Byron", identifiers=('{"mbox":"mailto:ada@example.org"}',)),
        program=of,
        public_url=URL,
        timestamp="2026-03-10T17:00:00Z",
        score="0.9000",
    )


def test_the_statement_of_an_award_is_complete() -> None:
    pass_ = passed(noon("2026-03-10"))
    decided = state(rules(base()), "2026-03-11", pass_)
    assert statement(v.AWARDED, decided, program()) == {
        "id": "00000000-0000-0000-0000-000000000005",
        "actor": {"objectType": "Agent", "name": "Ada Byron", "mbox": "mailto:ada@example.org"},
        "verb": {"id": v.CERTIFIED, "display": {"en": "awarded"}},
        "object": {
            "objectType": "Activity",
            "id": f"{URL}/programs/base",
            "definition": {"type": v.JOB_TYPE, "name": {"en": "Base"}},
        },
        "context": {
            "contextActivities": {"category": [{"objectType": "Activity", "id": v.PROFILE}]},
            "extensions": {
                v.DECISION_EXTENSION: {
                    "transition": "awarded",
                    "person": "ada",
                    "program": "base",
                    "version": 1,
                    "assignment": "required",
                    "award": "valid",
                    "due_on": None,
                    "met_on": "2026-03-10",
                    "valid_from": "2026-03-10",
                    "expires_on": "2027-03-10",
                    "renewable_from": "2027-01-09",
                    "grace_until": "2027-03-24",
                    "score": "0.9000",
                },
                v.EVIDENCE_EXTENSION: [pass_["id"]],
            },
        },
        "timestamp": "2026-03-10T17:00:00Z",
        "version": "1.0.3",
    }


def test_without_evidence_none_is_named() -> None:
    said = statement(v.ASSIGNED, document("required"), program())
    assert list(said["context"]["extensions"]) == [v.DECISION_EXTENSION]
    assert said["verb"]["id"] == v.DIRECTED


def test_a_curriculum_qualifies_and_a_certification_certifies() -> None:
    curriculum = program(kind="curriculum")
    after = document("required", "valid")
    assert statement(v.AWARDED, after, curriculum)["verb"]["id"] == v.QUALIFIED
    assert statement(v.AWARDED, after, curriculum)["object"]["definition"]["type"] == v.BADGE_TYPE
    assert statement(v.RENEWED, after, curriculum)["verb"]["id"] == v.VERBS[v.RENEWED]
    assert statement(v.AWARDED, after, program())["verb"]["id"] == v.CERTIFIED


def test_a_program_without_a_title_goes_by_its_id() -> None:
    untitled = Program("certification", "base", 1, "", program().effective, "UTC")
    assert statement(v.ASSIGNED, document("required"), untitled)["object"]["definition"]["name"] == {"en": "base"}


@pytest.mark.parametrize(
    ("identifiers", "expected"),
    [
        ((), {"account": {"homePage": f"{URL}/people", "name": "ada"}}),
        (('{"openid":"https://ada.example"}', '{"openid":"https://a.example"}'), {"openid": "https://ada.example"}),
        (('{"openid":"https://ada.example"}', '{"mbox":"mailto:a@x.example"}'), {"mbox": "mailto:a@x.example"}),
    ],
    ids=["nothing known", "the first", "a mailbox first"],
)
def test_the_actor_is_a_mailbox_where_one_is_known(identifiers: tuple[str, ...], expected: dict[str, Any]) -> None:
    said = {"objectType": "Agent", "name": "Ada"}
    assert actor_of(Person("ada", "Ada", identifiers=identifiers), URL) == {**said, **expected}


def test_an_actor_without_a_name_goes_by_the_id() -> None:
    assert actor_of(Person("ada"), URL)["name"] == "ada"


def test_evidence_is_named_once_and_in_the_order_of_the_proof() -> None:
    proof = {
        "used": ["c"],
        "of": [{"used": ["a", "b"], "of": []}, {"used": ["a", 7], "rejected": [{"statement": "x"}]}],
    }
    assert evidence_used({"proof": proof}) == ["c", "a", "b"]
    assert evidence_used({"proof": {"used": "abc"}}) == []
    assert evidence_used({"proof": {}}) == []
