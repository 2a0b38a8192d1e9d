"""What holds in a sentence, in every state that the core can give."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rules import vocabulary as v
from rules.explain.verdict import Voice, verdict
from rules.language.profiles import OURS
from tests.rules.world import base, named, noon, passed, rules, said, state

YOU = Voice()


def day_at(us: int) -> Any:
    return datetime.fromtimestamp(us / 1_000_000, UTC).date()


def told(text: str, day: str, *statements: Any, voice: Voice = YOU, **changes: Any) -> tuple[str, str, str]:
    ruleset = rules(text)
    document = {**state(ruleset, day, *statements), **changes}
    found = verdict(document, ruleset.programs["base"][-1], voice, day_at)
    return found.word, found.headline, " ".join(found.more)


def act(verb: str, day: str, **more: Any) -> dict[str, Any]:
    override = {"program": "base", "reason": "Because", **more}
    return {
        **said("exam", noon(day), "x"),
        "id": named(f"{verb} {day}"),
        "verb": {"id": verb},
        "object": {"id": "https://prowess.example/programs/base"},
        "context": {"extensions": {v.OVERRIDE_EXTENSION: override}},
    }


DONE = passed(noon("2026-03-10"))
DUE = base(due="{within: P30D}", effective="2026-03-01")


@pytest.mark.parametrize(
    ("text", "day", "statements", "word", "headline", "more"),
    [
        (base(), "2026-03-11", [DONE], "valid", "You are certified until 10 March 2027.", "It can be renewed from"),
        (base(renew=""), "2026-03-11", [DONE], "valid", "You are certified until 10 March 2027.", ""),
        (
            base(valid="", renew=""),
            "2026-03-11",
            [DONE],
            "valid",
            "You are certified, and that does not expire.",
            "",
        ),
        (
            base(),
            "2027-02-20",
            [DONE],
            "renewable",
            "You are certified until",
            "It can be renewed now, until 10 March 2027.",
        ),
        (
            base(),
            "2027-03-12",
            [DONE],
            "expired",
            "Your certificate expired on 10 March 2027. Renewing it is possible",
            "",
        ),
        (base(), "2027-06-01", [DONE], "lapsed", "Your certificate ended on 10 March 2027. The whole program", ""),
        (
            base(renew="{window: P60D, grace: {for: P14D, counts: true}}"),
            "2027-03-12",
            [DONE],
            "in_grace",
            "You are certified",
            "It expired on 10 March 2027 and still counts until 24 March 2027.",
        ),
        (
            base(),
            "2026-03-12",
            [DONE, act(v.SUSPENDED, "2026-03-11")],
            "suspended",
            "Your certificate is suspended",
            "in office",
        ),
        (base(), "2026-03-12", [DONE, act(v.REVOKED_BY, "2026-03-11")], "revoked", "Your certificate was revoked.", ""),
        (DUE, "2026-03-12", [], "not_started", "To do by 31 March 2026.", ""),
        (DUE, "2026-04-12", [], "overdue", "This was due on 31 March 2026 and is not done yet.", ""),
        (base(), "2026-03-12", [], "not_started", "Required, and not done yet.", ""),
        (DUE, "2026-03-12", [act(v.EXEMPTED, "2026-03-11")], "exempt", "You are exempt: nothing has to be done.", ""),
        (
            base(**{"for": "{job: operator, assign: suggested}"}),
            "2026-03-12",
            [],
            "suggested",
            "Suggested to you, not required.",
            "",
        ),
        (base(**{"for": "{job: clerk}"}), "2026-03-12", [], "none", "Nobody asks this of you;", ""),
        (
            base(require="{all: [{id: exam, passed: exam, min_score: 0.8, attempts: {max: 2, cooldown: P7D}}]}"),
            "2026-03-12",
            [passed(noon("2026-03-11"), scaled=0.2)],
            "blocked",
            "Required, and not done yet.",
            "It came too soon after the try before. It opens again on 18 March 2026.",
        ),
        (
            base(require="{all: [{id: exam, passed: exam, min_score: 0.8}]}"),
            "2026-03-12",
            [said("exam", noon("2026-03-11"), score={"raw": 5})],
            "in_progress",
            "Required, and not done yet.",
            "nobody can judge yet",
        ),
        (
            base(require="{all: [{id: exam, passed: exam}, {id: low, kpi: c, max: 3}]}"),
            "2026-03-12",
            [],
            "not_started",
            "Required, and not done yet.",
            "A figure that it is judged by has not arrived yet; nothing is asked of you for that.",
        ),
        (
            base(require="{all: [{id: exam, passed: exam}, {id: low, kpi: c, max: 3}]}"),
            "2026-03-12",
            [DONE],
            "in_progress",
            "All that is missing are figures that have not arrived yet.",
            "A figure that it is judged by has not arrived yet; nothing is asked of you for that.",
        ),
        (
            base(
                due="{within: P30D}",
                effective="2026-03-01",
                require="{all: [{id: low, kpi: c, max: 3, min_samples: 2}]}",
            ),
            "2026-04-12",
            [said("c", noon("2026-03-11"), v.MEASURED, score={"raw": 2})],
            "overdue",
            "This was due on 31 March 2026; all that is missing are figures that have not arrived yet.",
            "A figure that it is judged by has arrived too seldom yet; nothing is asked of you for that.",
        ),
        (
            base(
                require="{all: [{id: exam, passed: exam, min_score: 0.8}, {id: a, kpi: c, max: 3}, {id: b, kpi: b, max: 3}]}"
            ),
            "2026-03-12",
            [said("exam", noon("2026-03-11"), score={"raw": 5})],
            "in_progress",
            "Required, and not done yet.",
            "as soon as somebody can. Figures that it is judged by have not arrived yet; nothing is asked of you for that.",
        ),
        (
            base(recognised_by="{name: X, endorsement: required}"),
            "2026-03-12",
            [DONE],
            "valid",
            "You are certified",
            "provisional until a third party has confirmed it",
        ),
        (
            DUE,
            "2026-04-12",
            [passed(noon("2026-04-10"))],
            "valid",
            "You are certified until",
            "It was done after its due date.",
        ),
    ],
)
def test_every_state_has_its_sentence(
    text: str, day: str, statements: list[Any], word: str, headline: str, more: str
) -> None:
    found = told(text, day, *statements)
    assert (found[0], found[1].startswith(headline), more in found[2]) == (word, True, True), found


def test_whoever_let_it_lapse_was_told_the_due_date_of_years_ago() -> None:
    said_then = told(DUE, "2027-06-01", DONE)[2]
    assert said_then == "It had to be renewed by 10 March 2027."
    assert told(DUE, "2027-03-12", DONE)[2] == "", "in its grace the headline says all"
    later = {"award": "lapsed", "due_on": "2028-05-01", "flags": []}
    assert told(DUE, "2027-06-01", DONE, **later)[2] == "It has to be done by 1 May 2028."
    assert told(DUE, "2028-06-01", DONE, **{**later, "flags": ["overdue"]})[2] == "It was due on 1 May 2028."


def test_others_are_told_about_the_learner() -> None:
    assert told(base(), "2026-03-11", DONE, voice=Voice("Ada"))[1] == "Ada is certified until 10 March 2027."
    assert told(base(), "2027-06-01", DONE, voice=Voice("Ada"))[1].startswith("Ada's certificate ended")
    hired = base(due="{after: hired, within: P30D}")
    assert "on which Ada began here is not known" in told(hired, "2026-03-11", voice=Voice("Ada"))[2]
    assert "on which you began here is not known" in told(hired, "2026-03-11")[2]


def test_a_curriculum_makes_qualified() -> None:
    text = base(kind="curriculum", require="{completed: exam}")
    assert told(text, "2026-03-11", said("exam", noon("2026-03-10"), "completed"))[1].startswith("You are qualified")


def test_our_acts_have_our_verbs() -> None:
    assert v.SUSPENDED.startswith(OURS)
