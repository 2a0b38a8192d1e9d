"""From statements to rows, and what a row says by the profile of its source."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rules.decide import Evidence, complaint_of, evidence_of, source_finder, voids_of
from rules.decide.evidence import tie_of
from rules.decide.judges import judge_for
from rules.decide.logic import MET, UNKNOWN, UNMET
from rules.decide.record import RETRACTS, SHOWS, Reading, Track
from rules.decide.scores import reaches
from rules.decide.sources import judge_finder
from rules.language.model import Source
from rules.language.profiles import CMI5, DEFAULT, MOODLE, OPENEDX, PROFILES, Profile
from rules.vocabulary import (
    ACCEPTED,
    CREDITS_EXTENSION,
    DECISION_EXTENSION,
    OVERRIDE_EXTENSION,
    RUBRIC_EXTENSION,
    SIGNED_OFF,
    WAIVED,
    credits_iri,
    program_iri,
)
from tests.rules.world import ADL, said

NOON = 1_773_144_000_000_000
TYPES = "http://adlnet.gov/expapi/activities/"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/"
QUIZ = {"id": "https://lms.example/quiz/7", "definition": {"type": TYPES + "assessment"}}
COURSE = {
    "id": "https://lms.example/course/2",
    "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course"},
}


def attempt(**more: Any) -> dict[str, Any]:
    statement = said("https://lms.example/attempt/1", "2026-03-10T12:00:00Z", "completed", **more)
    statement["object"]["definition"] = {"type": TYPES + "attempt"}
    statement["context"] = {"platform": "Moodle", "contextActivities": {"parent": [QUIZ, COURSE]}}
    return statement


def test_one_row_for_the_object_and_one_for_each_parent_of_a_result() -> None:
    statement = attempt(score={"raw": 5, "min": 0, "max": 10, "scaled": 0.0}, success=True, completion=True)
    statement["authority"] = {"mbox": "mailto:lrs@x.example"}
    statement["actor"] = {"account": {"homePage": "https://lms.example", "name": "17"}}
    first, quiz, course = evidence_of(statement, known=7, voided=9, credential="moodle-hq")
    assert first == Evidence(
        statement=statement["id"],
        verb=ADL + "completed",
        activity="https://lms.example/attempt/1",
        activity_type=TYPES + "attempt",
        relation="object",
        object_type=TYPES + "attempt",
        at=NOON,
        known=7,
        tie=tie_of(statement),
        voided=9,
        raw=Decimal(5),
        min=Decimal(0),
        max=Decimal(10),
        scaled=Decimal("0.0"),
        success=True,
        completion=True,
        credential="moodle-hq",
        authority='{"mbox":"mailto:lrs@x.example"}',
        platform="Moodle",
        home_page="https://lms.example",
    )
    quiz_type = TYPES + "assessment"
    assert quiz == first._replace(
        activity=QUIZ["id"], activity_type=quiz_type, relation="parent", attempt="https://lms.example/attempt/1"
    )
    assert (course.activity, course.object_type) == (COURSE["id"], TYPES + "attempt")


def test_no_parents_without_a_result() -> None:
    assert len(evidence_of(attempt())) == 1
    assert len(evidence_of(attempt(score={"scaled": 0.5}))) == 3
    assert len(evidence_of(attempt(success=False))) == 3
    assert len(evidence_of(attempt(completion=True))) == 3


def test_a_parent_may_stand_alone_and_never_twice() -> None:
    statement = attempt(success=True)
    statement["context"]["contextActivities"]["parent"] = QUIZ
    assert [row.relation for row in evidence_of(statement)] == ["object", "parent"]
    statement["context"]["contextActivities"]["parent"] = [QUIZ, QUIZ, statement["object"]]
    assert [row.relation for row in evidence_of(statement)] == ["object", "parent"]
    statement["context"]["contextActivities"] = None
    assert len(evidence_of(statement)) == 1


def test_only_a_review_is_about_the_credential_it_names() -> None:
    """An answer that says in which context it was given reviews nothing, and nobody has to answer for it."""
    credential = {"objectType": "StatementRef", "id": "0B6E1C7A-9D2F-4E0B-8C55-0B6E1C7A9D2F"}
    for verb, details in ((ACCEPTED, '{"reviews":"0b6e1c7a-9d2f-4e0b-8c55-0b6e1c7a9d2f"}'), (ADL + "completed", None)):
        statement = attempt() | {"verb": {"id": verb}, "context": {"statement": credential}}
        (row,) = evidence_of(statement)
        assert (row.details, row.is_vouched) == (details, details is not None)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("object", {"objectType": "StatementRef", "id": "00000000-0000-4000-8000-000000000000"}),
        ("object", {"objectType": "Agent", "mbox": "mailto:a@b.c"}),
        ("actor", {"objectType": "Group", "mbox": "mailto:team@b.c"}),
    ],
)
def test_only_one_agent_and_an_activity_are_evidence(part: str, value: dict[str, Any]) -> None:
    assert evidence_of({**attempt(), part: value}) == []


def test_timestamp_and_stored_stand_in_for_each_other() -> None:
    statement = said("a", "2026-03-10T12:00:00Z")
    assert [(row.at, row.known) for row in evidence_of(statement)] == [(NOON, NOON)]
    statement["stored"] = "2026-03-10T12:00:01Z"
    assert [(row.at, row.known) for row in evidence_of(statement)] == [(NOON, NOON + 1_000_000)]
    assert [(row.at, row.known) for row in evidence_of(statement, known=5)] == [(NOON, 5)]
    del statement["timestamp"]
    assert [(row.at, row.known) for row in evidence_of(statement)] == [(NOON + 1_000_000,) * 2]
    del statement["stored"]
    with pytest.raises(ValueError, match="not a date and time"):
        evidence_of(statement)


def test_equal_contents_tie_however_they_are_written() -> None:
    statement = said("a", "2026-03-10T12:00:00Z", success=True, completion=True)
    turned = {key: statement[key] for key in reversed(statement)}
    turned["result"] = {key: statement["result"][key] for key in reversed(statement["result"])}
    assert tie_of(turned) == tie_of({**statement, "id": "other", "timestamp": "2027-01-01T00:00:00Z"})
    assert tie_of(turned) != tie_of({**statement, "result": {"success": True}})
    assert len(tie_of(statement)) == 16


def test_odd_results_are_read_as_absent() -> None:
    statement = said("a", "2026-03-10T12:00:00Z", score={"raw": True, "scaled": "0.9"}, success="yes", completion=1)
    row = evidence_of(statement)[0]
    assert (row.raw, row.scaled, row.success, row.completion, row.activity_type) == (None, None, None, None, None)
    statement["object"]["definition"] = {"type": 7}
    assert evidence_of(statement)[0].activity_type is None


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            [{"account": {"homePage": "https://o.example", "name": "app"}}, {"mbox": "mailto:u@x.example"}],
            '{"account":{"homePage":"https://o.example","name":"app"}}',
        ),
        (
            [
                {"account": {"homePage": "https://o.example", "name": "app"}},
                {"account": {"homePage": "https://o.example", "name": "user"}},
            ],
            '{"account":{"homePage":"https://o.example","name":"app"}}',
        ),
        ([{"mbox": "mailto:u@x.example"}], None),
        (None, None),
    ],
)
def test_the_authority_of_oauth_is_its_consumer(members: list[Any] | None, text: str | None) -> None:
    statement = said("a", "2026-03-10T12:00:00Z")
    statement["authority"] = {"objectType": "Group", "member": members}
    assert evidence_of(statement)[0].authority == text


def test_what_the_record_store_adds_is_no_content() -> None:
    statement = said("a", "2026-03-10T12:00:00Z", score={"scaled": 0.5})
    stored = {**statement, "id": "x", "stored": "y", "authority": {}, "version": "1.0.3", "timestamp": "z"}
    assert tie_of(statement) == tie_of(stored)
    exact = {**statement, "result": {"score": {"scaled": Decimal("0.5")}}}
    assert tie_of(statement) == tie_of(exact)
    assert tie_of(statement) != tie_of({**statement, "result": {"score": {"scaled": 0.6}}})


def extended(iri: str, value: Any, verb: str = WAIVED) -> dict[str, Any]:
    return {**said("a", "2026-03-10T12:00:00Z", verb), "context": {"extensions": {iri: value}}}


WHOM = "an act of office names its program in the override extension"
WHY = "an act of office needs a reason in the override extension"


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        (extended(OVERRIDE_EXTENSION, {"program": "p", "reason": "because"}), None),
        (extended(OVERRIDE_EXTENSION, {"program": "p"}), WHY),
        (extended(OVERRIDE_EXTENSION, {"program": "p", "reason": None}), WHY),
        (extended(OVERRIDE_EXTENSION, {"program": "p", "reason": " "}), WHY),
        (extended(OVERRIDE_EXTENSION, {"program": 7, "reason": "because"}), WHOM),
        (extended(OVERRIDE_EXTENSION, {"reason": "because"}), WHOM),
        (extended(OVERRIDE_EXTENSION, ["p"]), WHOM),
        (said("a", "2026-03-10T12:00:00Z", WAIVED), WHOM),
        (extended(DECISION_EXTENSION, {"program": "p"}), None),
        (said("a", "2026-03-10T12:00:00Z"), None),
    ],
)
def test_what_an_act_of_office_lacks(statement: dict[str, Any], complaint: str | None) -> None:
    assert complaint_of(statement) == complaint


@pytest.mark.parametrize(
    ("statement", "about"),
    [
        (extended(OVERRIDE_EXTENSION, {"program": "p"}), [program_iri("p")]),
        (extended(OVERRIDE_EXTENSION, {"program": 7}), []),
        (extended(OVERRIDE_EXTENSION, ["p"]), []),
        (said("a", "2026-03-10T12:00:00Z", WAIVED), []),
        (extended(CREDITS_EXTENSION, [{"type": "CEU"}, {"type": 7}, {}, "CEU"], SIGNED_OFF), [credits_iri("CEU")]),
    ],
)
def test_acts_and_credits_that_name_nothing_are_about_nothing(statement: dict[str, Any], about: list[str]) -> None:
    assert [row.activity for row in evidence_of(statement)[1:]] == about


def test_what_is_ticked_reads_the_same_in_whatever_order_it_is_sent() -> None:
    marks = {"load": True, "stop": False}
    one, other = (extended(RUBRIC_EXTENSION, sent) for sent in (marks, dict(reversed(marks.items()))))
    assert evidence_of(one)[0].details == evidence_of(other)[0].details == '{"rubric":{"load":true,"stop":false}}'


def test_the_first_void_counts() -> None:
    def void(target: str, stored: str) -> dict[str, Any]:
        statement = said("a", stored, "voided")
        return {**statement, "object": {"objectType": "StatementRef", "id": target}}

    statements = [
        void("A", "2026-03-10T12:00:01Z"),
        void("a", "2026-03-10T12:00:00Z"),
        void("a", "2026-03-11T12:00:00Z"),
    ]
    others = [
        {**void("b", "2026-03-10T12:00:00Z"), "verb": {"id": ADL + "commented"}},
        said("a", "2026-03-10T12:00:00Z", "voided"),
        said("a", "2026-03-10T12:00:00Z"),
    ]
    assert voids_of([*statements, *others]) == {"a": NOON}


def row(
    verb: str, relation: str = "object", object_type: str | None = None, activity_type: str | None = None, **more: Any
) -> Evidence:
    return Evidence("s", verb, "x:y", activity_type, relation, object_type, 0, 0, b"", **more)


def verdict(profile: Profile, what: str, found: Evidence, min_score: str | None = None) -> int | None:
    meaning = profile.meaning(found.verb, found.relation, found.object_type, found.activity_type)
    track = Track(what, "a", Decimal(min_score) if min_score else None)  # type: ignore[arg-type]
    judge = judge_for(track, Reading(None, profile, meaning, False, found.verb), found.relation)
    return None if judge is None else judge(found)


HIGH, LOW, RAW = {"scaled": Decimal("0.9")}, {"scaled": Decimal("0.1")}, {"raw": Decimal(5)}
ATTEMPT = (ADL + "completed", "parent", TYPES + "attempt", TYPES + "assessment")
GRADED = (
    "https://w3id.org/xapi/tla/verbs/scored",
    "parent",
    EDLM + "activity-types/submission",
    EDLM + "activity-types/assignment",
)
EARNED = "http://id.tincanapi.com/verb/earned"
SATISFIED = "https://w3id.org/xapi/adl/verbs/satisfied"


@pytest.mark.parametrize(
    ("profile", "found", "min_score", "expected"),
    [
        (DEFAULT, row(ADL + "passed"), None, MET),
        (DEFAULT, row(ADL + "passed", success=False), None, UNMET),
        (DEFAULT, row(ADL + "passed", success=True, **LOW), "0.8", UNMET),
        (DEFAULT, row(ADL + "passed", success=False, **HIGH), "0.8", UNMET),
        (DEFAULT, row(ADL + "passed", **HIGH), "0.8", MET),
        (DEFAULT, row(ADL + "passed"), "0.8", UNKNOWN),
        (DEFAULT, row(ADL + "passed", success=False), "0.8", UNMET),
        (DEFAULT, row(ADL + "passed", **RAW), "0.8", UNKNOWN),
        (DEFAULT, row(ADL + "failed", **HIGH), "0.8", UNMET),
        (DEFAULT, row(ADL + "failed"), None, UNMET),
        (DEFAULT, row(ADL + "completed", success=True, **HIGH), "0.8", SHOWS),
        (DEFAULT, row(ADL + "initialized"), None, SHOWS),
        (DEFAULT, row("http://x.example/registered"), None, None),
        (DEFAULT, row("http://x.example/anything", completion=True), None, SHOWS),
        (DEFAULT, row(ADL + "passed", "parent"), None, None),
        (CMI5, row(SATISFIED), None, MET),
        (CMI5, row(SATISFIED), "0.8", SHOWS),
        (CMI5, row(SATISFIED, **HIGH), "0.8", MET),
        (OPENEDX, row(ADL + "passed"), None, MET),
        (OPENEDX, row(ADL + "passed"), "0.8", SHOWS),
        (OPENEDX, row(EARNED, **HIGH), "0.8", MET),
        (OPENEDX, row(EARNED, **HIGH), None, SHOWS),
        (OPENEDX, row(EARNED, success=True, **HIGH), None, MET),
        (OPENEDX, row(EARNED, success=True), "0.8", UNKNOWN),
        (OPENEDX, row(EARNED), "0.8", SHOWS),
        (OPENEDX, row(EARNED, success=False, **HIGH), "0.8", MET),
        (OPENEDX, row(EARNED, success=False, **HIGH), None, UNMET),
        (OPENEDX, row(ADL + "failed"), None, UNMET),
        (OPENEDX, row(ADL + "failed"), "0.8", SHOWS),
        (MOODLE, row(*ATTEMPT, success=False, raw=Decimal(50), max=Decimal(100)), "0.5", MET),
        (MOODLE, row(*ATTEMPT, success=True, raw=Decimal(49), max=Decimal(100)), "0.5", UNMET),
        (MOODLE, row(*ATTEMPT, success=False, scaled=Decimal(0)), "0.5", MET),
        (MOODLE, row(*ATTEMPT, success=False, raw=Decimal(50), max=Decimal(100)), None, UNMET),
        (MOODLE, row(*ATTEMPT, success=True), None, MET),
        (MOODLE, row(*ATTEMPT, success=True), "0.5", UNKNOWN),
        (MOODLE, row(*GRADED, success=True, scaled=Decimal("0.4")), "0.70", MET),
        (MOODLE, row(*ATTEMPT[:3], COURSE["definition"]["type"], success=True), None, None),
        (MOODLE, row(*ATTEMPT, success=False), "0.70", UNMET),
        (MOODLE, row(ADL + "completed", success=True), None, MET),
        (MOODLE, row(ADL + "completed", success=False), None, UNMET),
        (MOODLE, row(ADL + "completed", success=False), "0.5", SHOWS),
        (MOODLE, row(ADL + "completed"), None, SHOWS),
        (MOODLE, row(EDLM + "verbs/uncompleted"), None, None),
    ],
)
def test_passed(profile: Profile, found: Evidence, min_score: str | None, expected: int | None) -> None:
    assert verdict(profile, "passed", found, min_score) == expected


@pytest.mark.parametrize(
    ("profile", "found", "expected"),
    [
        (DEFAULT, row(ADL + "completed"), MET),
        (DEFAULT, row(ADL + "completed", completion=False), SHOWS),
        (DEFAULT, row(ADL + "completed", completion=True), MET),
        (DEFAULT, row(ADL + "passed", completion=True), MET),
        (DEFAULT, row(ADL + "passed"), SHOWS),
        (DEFAULT, row("x:anything", completion=True), MET),
        (DEFAULT, row("x:anything", completion=False), None),
        (DEFAULT, row("x:anything", "parent", completion=True), None),
        (MOODLE, row(*ATTEMPT, completion=True), SHOWS),
        (MOODLE, row(ADL + "completed", success=False, completion=True), MET),
        (MOODLE, row(EDLM + "verbs/uncompleted"), RETRACTS),
        (CMI5, row(SATISFIED), MET),
    ],
)
def test_completed(profile: Profile, found: Evidence, expected: int | None) -> None:
    assert verdict(profile, "completed", found) == expected


def test_begun() -> None:
    assert verdict(DEFAULT, "begun", row(ADL + "launched")) == MET
    assert verdict(DEFAULT, "begun", row("x:registered")) is None
    assert verdict(MOODLE, "begun", row(EDLM + "verbs/uncompleted")) is None


@pytest.mark.parametrize(
    ("score", "scale", "expected"),
    [
        ({"raw": "24", "min": "0", "max": "30"}, "zero_to_one", True),
        ({"raw": "23.9999999999999999999999999999999999999", "max": "30"}, "zero_to_one", False),
        ({"raw": "18", "min": "10", "max": "20"}, "zero_to_one", True),
        ({"raw": "17", "min": "10", "max": "20"}, "zero_to_one", False),
        ({"raw": "0.8", "max": "1"}, "zero_to_one", True),
        ({"raw": "0", "min": "0", "max": "0", "scaled": "0.8"}, "zero_to_one", True),
        ({"raw": "0", "min": "0", "max": "0"}, "zero_to_one", None),
        ({"raw": "9", "scaled": "0.1"}, "zero_to_one", False),
        ({"max": "30"}, "zero_to_one", None),
        ({"scaled": "0.6"}, "minus_one_to_one", True),
        ({"scaled": "0.59"}, "minus_one_to_one", False),
        ({"scaled": "1"}, "ignore", None),
        ({"raw": "9", "max": "10"}, "ignore", True),
    ],
)
def test_scores(score: dict[str, str], scale: Any, expected: bool | None) -> None:
    found = row(ADL + "passed", **{key: Decimal(value) for key, value in score.items()})
    assert reaches(found, Decimal("0.8"), scale) is expected


def test_the_source_that_says_most_reads_a_row() -> None:
    def source(identity: str, profile: Profile, **match: str) -> Source:
        return Source(identity, match, profile)

    source_of = source_finder(
        [
            source("a-platform", OPENEDX, platform="Moodle"),
            source("b-credential", MOODLE, credential="hq"),
            source("c-both", CMI5, credential="hq", platform="Moodle"),
        ]
    )
    assert source_of(row("v", platform="Moodle")) == ("a-platform", OPENEDX)
    assert source_of(row("v", credential="hq")) == ("b-credential", MOODLE)
    assert source_of(row("v", credential="hq", platform="Moodle")) == ("c-both", CMI5)
    assert source_of(row("v", platform="other")) == (None, DEFAULT)


def test_of_two_sources_that_say_as_much_the_credential_and_then_the_name_decides() -> None:
    source_of = source_finder(
        [
            Source("c-platform", {"platform": "Moodle"}, CMI5),
            Source("b-credential", {"credential": "hq"}, MOODLE),
            Source("a-platform", {"platform": "Moodle"}, OPENEDX),
        ]
    )
    assert source_of(row("v", credential="hq", platform="Moodle"))[0] == "b-credential"
    assert source_of(row("v", platform="Moodle"))[0] == "a-platform"


def test_kinds_of_rows_from_one_place_are_remembered_but_not_without_end() -> None:
    judges = judge_finder([], [], {"x:y": ()})((None, None, None, None))
    for number in range(10_000):
        assert judges[f"x:verb{number}", "x:y", None, "object", None] == ()
        assert len(judges) == number + 1 or number > 1
    assert len(judges) < 10_000


def test_every_profile_has_its_name() -> None:
    assert {name: profile.name for name, profile in PROFILES.items()} == {name: name for name in PROFILES}
