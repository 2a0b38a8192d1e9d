"""The statements of docs/profile.md, made from typed values: exactly these shapes, and nothing without its reason."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from lrs.errors import BadRequest
from lrs.xapi.edit import json_text
from lrs.xapi.problems import ROOT
from lrs.xapi.statement import validate_statement
from lrs.xapi.versions import Version
from rules import vocabulary as v
from rules.entry.acts import EXTEND, KINDS, REVOKE, WAIVE, Terms, act, kind_named
from rules.entry.evidence import (
    External,
    Score,
    Worth,
    attended,
    measured,
    presented,
    responded,
    reviewed,
    signed_off,
)
from rules.entry.statement import Entry, activity_object, content_id

ID = UUID("00000000-0000-4000-8000-000000000007")
ADA = {"objectType": "Agent", "name": "Ada Byron", "mbox": "mailto:ada@example.org"}
GRACE = {"objectType": "Agent", "name": "Grace Hopper", "mbox": "mailto:grace@example.org"}
TALK = activity_object("https://lms.example/talk", "Toolbox talk")
ENTRY = Entry(ID, ADA, TALK, 1_780_000_000_000_000, GRACE)
CARD = External("Pit Board", date(2025, 1, 1), date(2027, 1, 1), "PB-7")
CARD_TOLD = {"issuer": "Pit Board", "issued_on": "2025-01-01", "expires_on": "2027-01-01", "number": "PB-7"}


@pytest.mark.parametrize(
    ("made", "verb", "result"),
    [
        (signed_off(ENTRY, success=True), v.SIGNED_OFF, {"success": True}),
        (
            signed_off(
                ENTRY, success=False, rubric={"stop": True, "load": False}, note="Again", score=Score(Decimal(4))
            ),
            v.SIGNED_OFF,
            {
                "success": False,
                "score": {"raw": 4},
                "response": "Again",
                "extensions": {v.RUBRIC_EXTENSION: {"stop": True, "load": False}},
            },
        ),
        (attended(ENTRY), v.ATTENDED, None),
        (attended(ENTRY, was_there=False), v.ATTENDED, {"success": False}),
        (
            attended(ENTRY, duration="PT2H", credits_=[Worth("CEU", Decimal("0.5"), "IACET")]),
            v.ATTENDED,
            {
                "duration": "PT2H",
                "extensions": {v.CREDITS_EXTENSION: {"type": "CEU", "amount": 0.5, "accredited_by": "IACET"}},
            },
        ),
        (measured(ENTRY, Decimal("0.080")), v.MEASURED, {"score": {"raw": 0.08}}),
        (presented(ENTRY, CARD), v.PRESENTED, {"extensions": {v.CREDENTIAL_EXTENSION: CARD_TOLD}}),
        (
            presented(ENTRY, External("Pit Board"), credits_=[Worth("CEU", Decimal(1)), Worth("PDH", Decimal(10))]),
            v.PRESENTED,
            {
                "extensions": {
                    v.CREDENTIAL_EXTENSION: {"issuer": "Pit Board"},
                    v.CREDITS_EXTENSION: [{"type": "CEU", "amount": 1}, {"type": "PDH", "amount": 10}],
                }
            },
        ),
        (
            responded(ENTRY, rating=4, text="Good"),
            v.RESPONDED,
            {"score": {"raw": 4, "min": 1, "max": 5}, "response": "Good"},
        ),
        (
            reviewed(ENTRY, CARD_TOLD, is_accepted=True, of=ID),
            v.ACCEPTED,
            {"extensions": {v.CREDENTIAL_EXTENSION: CARD_TOLD}},
        ),
        (
            reviewed(ENTRY, CARD_TOLD, is_accepted=False, of=ID, reason="Unreadable"),
            v.DECLINED,
            {"response": "Unreadable", "extensions": {v.CREDENTIAL_EXTENSION: CARD_TOLD}},
        ),
    ],
)
def test_evidence(made: dict[str, Any], verb: str, result: Any) -> None:
    said = valid(made)
    assert said["verb"]["id"] == verb
    assert said.get("result") == result
    assert said["actor"] == ADA
    assert said["object"] == TALK
    assert said["context"]["instructor"] == GRACE
    assert said["timestamp"] == "2026-05-28T20:26:40.000000Z"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_an_act_says_its_program_and_reason(kind: Any) -> None:
    terms = Terms(due_on=date(2026, 12, 31)) if kind.needs else Terms()
    said = valid(act(kind, ENTRY, "forklift", " Because. ", terms))
    more = {"due_on": "2026-12-31"} if kind.needs else {}
    assert said["verb"]["id"] == kind.verb
    assert said["verb"]["id"] in v.OVERRIDES
    assert said["context"]["extensions"] == {
        v.OVERRIDE_EXTENSION: {"program": "forklift", "reason": "Because.", **more}
    }
    for reason in ("", "  "):
        with pytest.raises(BadRequest, match="needs a reason"):
            act(kind, ENTRY, "forklift", reason, terms)


def test_what_a_waiver_adds() -> None:
    said = valid(act(WAIVE, ENTRY, "forklift", "Ill", Terms(("exam", "practical"), for_="P30D")))
    told = said["context"]["extensions"][v.OVERRIDE_EXTENSION]
    assert told == {"program": "forklift", "reason": "Ill", "criteria": ["exam", "practical"], "for": "P30D"}


@pytest.mark.parametrize(
    ("kind", "terms", "why"),
    [
        (WAIVE, Terms(until=date(2026, 1, 1), for_="P1D"), "not both"),
        (WAIVE, Terms(for_="a month"), "no period"),
        (WAIVE, Terms(due_on=date(2026, 1, 1)), "has no 'due_on'"),
        (EXTEND, Terms(), "needs 'due_on'"),
        (REVOKE, Terms(until=date(2026, 1, 1)), "a revocation has no 'until'"),
    ],
)
def test_terms_that_an_act_does_not_have_are_refused(kind: Any, terms: Terms, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        act(kind, ENTRY, "forklift", "Because", terms)


def test_an_unknown_act_names_the_nearest() -> None:
    with pytest.raises(BadRequest) as caught:
        kind_named("wave")
    assert caught.value.hint == "did you mean 'waive'?"


def test_what_says_nothing_is_refused() -> None:
    for wrong in (
        lambda: responded(ENTRY),
        lambda: responded(ENTRY, rating=6),
        lambda: reviewed(ENTRY, CARD_TOLD, is_accepted=False, of=ID),
        lambda: External(" ").as_json(),
        lambda: External("X", date(2026, 2, 1), date(2026, 1, 1)).as_json(),
        lambda: Score(Decimal(12), Decimal(0), Decimal(10)).as_json(),
    ):
        with pytest.raises(BadRequest):
            wrong()


def test_a_review_refers_to_what_it_reviews_and_a_file_is_named() -> None:
    said = valid(reviewed(ENTRY, CARD_TOLD, is_accepted=True, of=ID))
    assert said["context"]["statement"] == {"objectType": "StatementRef", "id": str(ID)}
    file = {
        "usageType": "https://x.example/usage",
        "display": {"en": "card.pdf"},
        "contentType": "application/pdf",
        "length": 3,
        "sha2": "a" * 64,
    }
    assert valid(presented(ENTRY, CARD, attachment=file))["attachments"] == [file]


def test_an_id_made_of_content_is_the_same_for_the_same_and_another_for_another() -> None:
    assert content_id(1, "ada", None, True) == content_id(1, "ada", None, True)
    assert content_id(1, "ada", None, True) != content_id(2, "ada", None, True)
    assert content_id("a", "bc") != content_id("ab", "c")


def valid(made: dict[str, Any]) -> dict[str, Any]:
    """A statement as it leaves for the store: valid xAPI, numbers and all."""
    read: dict[str, Any] = json.loads(json_text(made))
    validate_statement(json.loads(json_text(made), parse_float=Decimal), Version.V1_0_3, ROOT)
    return read
