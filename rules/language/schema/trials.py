"""Tests that stand in a program, in the schema: who did what, and what has to come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rules.language.schema.shapes import (
    COUNT,
    DAY,
    FLAG,
    NUMBER,
    PERIOD,
    SHARE,
    TEXT,
    Key,
    Part,
    either,
    listing,
    one_or_more,
    ref,
    word,
)
from rules.language.trial_words import ACTS, EXPECTED_DAYS, SAID
from rules.language.vocabulary import ASSIGNMENTS, AWARDS, FLAGS, PROGRESSES

_MOMENT: Final = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}"}
_WHEN: Final = "A date, or an instant such as 2026-03-10T23:59:00-05:00."
_DAY_OR_NOTHING: Final = either(DAY, {"type": "null"})

_COMMON: Final[Mapping[str, Key]] = {
    "on": Key(
        _MOMENT,
        f"When it happened: {_WHEN} A date is noon of that day in the program's zone.",
        "2026-03-10",
        is_needed=True,
    ),
    "by": Key(TEXT, "Who answers for it: a name of `people`.", "eve"),
    "from": Key(TEXT, "The source it came from.", "moodle-hq"),
    "known": Key(_MOMENT, "When it became known, if later.", "2026-03-12"),
    "voided": Key(_MOMENT, "When it was taken back.", "2026-04-01"),
}
_SAYS: Final[Mapping[str, Key]] = {
    "who": Key(TEXT, "Whose it is; the learner's when left out.", "eve"),
    "score": Key(either(SHARE, ref("trial-score")), "The score: a share, or as the sender says it.", 0.85),
    "value": Key(NUMBER, "The value of an indicator.", 0.07),
    "success": Key(FLAG, "The sender's verdict.", False),
    "proctored": Key(FLAG, "Whether it was watched.", True),
    "rubric": Key({"type": "object", "additionalProperties": FLAG}, "What was ticked.", {"load-centre": True}),
    "credits": Key(ref("trial-credits"), "Credits it gives.", {"type": "CEU", "amount": 0.5}),
    "issuer": Key(TEXT, "Of a credential: its issuer.", "did:web:safety.example"),
    "issued_on": Key(DAY, "Of a credential: its first day.", "2026-01-01"),
    "expires_on": Key(DAY, "Of a credential: its last day.", "2027-12-31"),
}
_ADDS: Final[Mapping[str, Key]] = {
    "reason": Key(TEXT, "Why; an act without a reason counts for nothing.", "machine under repair", is_needed=True),
    "for": Key(PERIOD, "For how long.", "P30D"),
    "until": Key(DAY, "The last day.", "2026-04-30"),
}


def _said(name: str) -> Key:
    if name == "statement":
        return Key(ref("event"), "Any statement.", {"verb": "attended", "object": "ehs/briefing"})
    return Key(TEXT, f"An activity: {SAID[name][1]}", "forklift/exam")


def _act(name: str) -> Key:
    if name == "waived":
        return Key(one_or_more(TEXT, 1), "Criteria, or `all`: they are waived.", "exam")
    if name == "extended":
        return Key(DAY, "The new due date of what is not met yet.", "2026-06-30")
    return Key({"const": True}, f"`true`: {ACTS[name][1]}", True)


_PERSON: Final[Mapping[str, Key]] = {
    "name": Key(TEXT, "How people read it.", "Ada Byron"),
    "timezone": Key(TEXT, "An IANA name.", "Europe/London"),
    "hired_on": Key(DAY, "The day of hiring.", "2025-01-06"),
    "left_on": Key(DAY, "The last day.", "2026-12-31"),
    "leave": Key(listing(ref("trial-leave")), "Days away.", [{"from": "2026-01-20", "to": "2026-02-02"}]),
}
_POSITION: Final = Key(
    one_or_more(ref("trial-position")),
    "What they are, as in people.yaml; `from` is 2000-01-01 when left out.",
    {"job": "forklift-operator", "managers": ["eve"]},
)

TRIAL_PARTS: Final = (
    Part(
        "trial",
        "A case with the right answer.",
        {
            "name": Key(TEXT, "What it shows.", "a pass certifies", is_needed=True),
            "given": Key(
                ref("given"), "Who did what.", {"statements": [{"passed": "forklift/exam", "on": "2026-03-10"}]}
            ),
            "as_of": Key(
                _MOMENT, f"When it is looked at: {_WHEN} A date is its last instant.", "2026-03-31", is_needed=True
            ),
            "known_at": Key(_MOMENT, "Judged by what was known then.", "2026-03-20"),
            "expect": Key(ref("expectation"), "What has to come out.", {"award": "valid"}, is_needed=True),
        },
        "a test",
    ),
    Part(
        "given",
        "Who somebody is, and what happened.",
        {
            "person": Key(ref("trial-person"), "The learner.", {"hired_on": "2025-01-06"}),
            "position": _POSITION,
            "people": Key(
                {"type": "object", "additionalProperties": ref("trial-colleague")},
                "Others, by name.",
                {"eve": {"position": {"job": "trainer"}}},
            ),
            "sites": Key(
                {"type": "object", "additionalProperties": ref("trial-site")},
                "Sites with their zones, as in people.yaml.",
                {"us-1": {"timezone": "America/New_York"}},
            ),
            "statements": Key(
                listing(ref("said")),
                "What happened.",
                [{"passed": "forklift/exam", "on": "2026-03-10", "score": 0.85}],
            ),
            "acts": Key(
                listing(ref("act")),
                "Acts of office about the learner.",
                [{"waived": "exam", "on": "2026-03-10", "for": "P30D", "reason": "machine under repair"}],
            ),
        },
        "'given'",
    ),
    Part("trial-person", "Somebody, as in people.yaml.", _PERSON, "a person of a test"),
    Part(
        "trial-colleague",
        "Somebody else, with their position.",
        {**_PERSON, "position": _POSITION},
        "somebody of a test",
    ),
    Part(
        "trial-site",
        "A site, as in people.yaml.",
        {"timezone": Key(TEXT, "Its zone, an IANA name.", "America/New_York", is_needed=True)},
    ),
    Part(
        "trial-leave",
        "Days away, as in people.yaml.",
        {
            "from": Key(DAY, "The first day.", "2026-01-20", is_needed=True),
            "to": Key(DAY, "The last day.", "2026-02-02", is_needed=True),
        },
    ),
    Part(
        "trial-position",
        "A position, as in people.yaml.",
        {
            "from": Key(DAY, "The first day; 2000-01-01 when left out.", "2025-01-06"),
            "to": Key(_DAY_OR_NOTHING, "The last day.", "2026-06-30"),
            "job": Key(TEXT, "The job.", "forklift-operator"),
            "level": Key(TEXT, "The level.", "individual-contributor"),
            "site": Key(TEXT, "The site, one of `sites`.", "us-1"),
            "unit": Key(TEXT, "The unit.", "warehouse"),
            "employment": Key(TEXT, "The kind of employment.", "employee"),
            "managers": Key(listing(TEXT), "Names of `people`.", ["eve"]),
        },
        "a position of a test",
    ),
    Part(
        "trial-score",
        "A score as the sender says it.",
        {
            "raw": Key(NUMBER, "The points.", 24),
            "min": Key(NUMBER, "The least there can be.", 0),
            "max": Key(NUMBER, "The most there can be.", 30),
            "scaled": Key(NUMBER, "Already scaled.", 0.8),
        },
        "a score",
        needs_one_of=("raw", "scaled"),
    ),
    Part(
        "trial-credits",
        "Credits a statement gives.",
        {
            "type": Key(TEXT, "Their type.", "CEU", is_needed=True),
            "amount": Key(NUMBER, "How many.", 0.5, is_needed=True),
            "accredited_by": Key(TEXT, "By whom.", "IACET"),
        },
        "credits of a test",
    ),
    Part(
        "expectation",
        "What the decision has to say; what is left out may be anything.",
        {
            "award": Key(word(AWARDS), "The award.", "valid"),
            "assignment": Key(word(ASSIGNMENTS), "The assignment.", "required"),
            "progress": Key(word(PROGRESSES), "The progress.", "met"),
            "version": Key(COUNT, "The version that holds.", 4),
            "flags": Key(listing(word(FLAGS)), "Exactly these flags.", ["renewable"]),
            "gaps": Key(listing(TEXT), "Exactly these criteria are missing.", ["exam"]),
            "rejected": Key(
                listing(TEXT), "Reasons for which some statement or act was rejected, among others.", ["cooldown"]
            ),
            "tiers": Key(
                {"type": "object", "additionalProperties": ref("expected-tier")},
                "Some of the tiers.",
                {"first-30": {"progress": "met"}},
            ),
            **{
                name: Key(_DAY_OR_NOTHING, f"{about} Empty: there is none.", "2027-03-10")
                for name, about in EXPECTED_DAYS.items()
            },
        },
        "'expect'",
    ),
    Part(
        "expected-tier",
        "What the decision has to say of a tier.",
        {
            "progress": Key(word(PROGRESSES), "Its progress; `blocked`: nothing in it can be done now.", "met"),
            "due_on": Key(_DAY_OR_NOTHING, "Its last good day.", "2026-02-04"),
            "met_on": Key(_DAY_OR_NOTHING, "The day on which it was met.", "2026-01-30"),
        },
        "a tier of a test",
    ),
    Part(
        "said",
        "A statement: one word says what happened to which activity.",
        {**{name: _said(name) for name in SAID}, **_COMMON, **_SAYS},
        "a statement of a test",
        needs_one_of=tuple(SAID),
    ),
    Part(
        "act",
        "An act of office about the learner: one word says which.",
        {**{name: _act(name) for name in ACTS}, **_COMMON, **_ADDS},
        "an act of a test",
        needs_one_of=tuple(ACTS),
    ),
)
