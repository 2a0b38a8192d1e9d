"""Programs in the schema: certifications and curricula, their audiences, tiers, and what changes an award."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from rules.language.overrides import PRIOR, REASONS
from rules.language.schema.about import ABOUT
from rules.language.schema.leaves import leaf_keys
from rules.language.schema.shapes import (
    COMPARISON,
    COUNT,
    DAY,
    JOB,
    PERIOD,
    TEXT,
    Key,
    Part,
    either,
    listing,
    one_or_more,
    ref,
    word,
)
from rules.language.schema.times import DUE

REQUIRE: Final = Key(ref("node"), "What has to be shown.", {"all": [{"passed": "forklift/exam", "min_score": 0.8}]})
SUGGEST: Final = Key(listing(ref("node"), 1), "Shown, never asked for.", [{"completed": "culture/company-history"}])
_DESCRIPTION: Final = Key(TEXT, "For readers.", "Who may drive a truck, and until when.")


def heading(kind: str, example: str) -> dict[str, Key]:
    """The first keys of every document."""
    return {
        "kind": Key({"const": kind}, "What this document is.", kind, is_needed=True),
        "id": Key(TEXT, "Its name, by which others refer to it.", example, is_needed=True),
        "title": Key(TEXT, "How people read it; the id when left out.", example.replace("-", " ").capitalize()),
        "description": _DESCRIPTION,
    }


_PROGRAM: Final[Mapping[str, Key]] = {
    "version": Key(COUNT, "1 when left out; an award remembers the version that granted it.", 4),
    "effective": Key(DAY, "The first day on which this version holds; always when left out.", "2026-01-01"),
    "timezone": Key(TEXT, "Where days begin and end: `site`, `learner` or an IANA name.", "Europe/London"),
    "for": Key(one_or_more(ref("audience")), "Who is assigned; nobody when left out.", {"job": ["forklift-operator"]}),
    "due": DUE,
    "clock": Key(ref("clock"), "What starts, stops and resumes the due dates.", {"from": "role_start"}),
    "require": REQUIRE,
    "tiers": Key(
        listing(ref("tier"), 1),
        "Parts with due dates of their own, instead of `require`.",
        [{"id": "first-30", "due": {"within": "P30D"}, "require": {"completed": "code-of-conduct"}}],
    ),
    "suggest": SUGGEST,
    "valid": Key(ref("valid"), "How long an award is good; for ever when left out.", {"for": "P1Y"}),
    "renew": Key(ref("renew"), "How an award is kept.", {"window": "P60D", "grace": "P14D"}),
    "suspend": Key(
        one_or_more(ref("suspend")),
        "Events that suspend the award.",
        [{"when": {"verb": "reported", "object": "ehs/near-miss"}, "until": {"passed": "forklift/refresher"}}],
    ),
    "waive": Key(ref("waive"), "Who may waive criteria; nobody when left out.", {"by": ["ehs-manager"], "max": "P30D"}),
    "accept": Key(
        one_or_more(either(*(ref(f"accept-{prior}") for prior in PRIOR))),
        "Prior learning that stands in for criteria.",
        [{"credential": "pit-operator", "issuer": "did:web:safety.example", "for": ["exam"], "max_age": "P2Y"}],
    ),
    "apply": Key(
        either(word(("new", "at_renewal")), ref("apply")),
        "What becomes of living awards; needed from version 2 on.",
        "at_renewal",
    ),
    "award": Key(
        ref("award"), "The badge that it gives, points and board; never judged.", {"badge": "forklift-operator"}
    ),
    "escalate": Key(
        {"type": "string"}, "The ladder that is climbed when it is late: a document of `kind: escalation`.", "standard"
    ),
    **ABOUT,
    "tests": Key(
        listing(ref("trial")),
        "Cases with the right answer, which `prowess test` decides. No part of the version.",
        [
            {
                "name": "a pass certifies",
                "given": {"statements": [{"passed": "forklift/exam", "on": "2026-03-10", "score": 0.85}]},
                "as_of": "2026-03-11",
                "expect": {"award": "valid"},
            }
        ],
    ),
}


def _program(kind: str, about: str, example: str, like: str | None = None) -> Part:
    description = replace(_DESCRIPTION, shape={"type": "string"})
    keys = {**heading(kind, example), "description": description, **_PROGRAM}
    return Part(kind, about, keys, f"a {kind}", needs_one_of=("require", "tiers", "suggest"), like=like)


_WHO: Final[Mapping[str, Key]] = {
    "job": Key(
        one_or_more(TEXT, 1), "Jobs; `*` stands for anything.", ["forklift-operator", "yard-lead"], names=("job",)
    ),
    "level": Key(one_or_more(TEXT, 1), "Levels.", "individual-contributor", names=("level",)),
    "site": Key(one_or_more(TEXT, 1), "Sites.", "us-*", names=("site",)),
    "unit": Key(one_or_more(TEXT, 1), "Units.", "warehouse", names=("unit",)),
    "employment": Key(one_or_more(TEXT, 1), "Kinds of employment.", "employee", names=("employment",)),
    "not": Key(ref("match"), "Not somebody whose same position is this.", {"employment": "contractor"}),
    "manages": Key(ref("manages"), "Levels of people who report to them.", {"depth": ">=2"}),
}

_PARTS: Final = (
    Part(
        "audience",
        "People the program is meant for: one of their positions fits all of this.",
        {
            **_WHO,
            "assign": Key(word(("required", "suggested")), "How strongly; `required` when left out.", "suggested"),
            "due": DUE,
        },
        "'for'",
        needs_one_of=tuple(_WHO),
        like="match",
    ),
    Part("match", "What a position is.", _WHO, "'not'", needs_one_of=tuple(_WHO)),
    Part(
        "manages",
        "A comparison with the levels of people below.",
        {"depth": Key(COMPARISON, "1: has direct reports; 2: manages managers.", ">=2", is_needed=True)},
        "'manages'",
    ),
    Part(
        "tier",
        "A part of a program with a due date of its own.",
        {
            "id": Key(TEXT, "Its name.", "first-30", is_needed=True),
            "title": Key(TEXT, "How people read it.", "The first 30 days"),
            "due": DUE,
            "after": Key(TEXT, "The tier before; this one is met no sooner.", "first-30"),
            "require": REQUIRE,
            "suggest": SUGGEST,
        },
        "a tier",
        needs_one_of=("require", "suggest"),
    ),
    Part(
        "suspend",
        "An event that suspends the award while it runs.",
        {
            "when": Key(ref("event"), "The event.", {"verb": "reported", "object": "ehs/near-miss"}, is_needed=True),
            "until": Key(
                ref("node"), "What ends it; only a reinstatement when left out.", {"passed": "forklift/refresher"}
            ),
        },
        "'suspend'",
    ),
    Part(
        "waive",
        "That criteria may be waived.",
        {
            "by": Key(
                one_or_more(TEXT),
                "By people of these jobs; by anybody in office when left out.",
                ["ehs-manager"],
                names=(JOB,),
            ),
            "max": Key(PERIOD, "For how long at most.", "P30D"),
            "reason": Key(word(REASONS), "A reason has to be given, whether this is said or not.", "required"),
        },
        "'waive'",
    ),
)


def _accept(prior: str) -> Part:
    return Part(
        f"accept-{prior}",
        f"Something `{prior}` that stands in for criteria.",
        {
            **leaf_keys(prior),
            "for": Key(one_or_more(TEXT), "The criteria it stands in for; all when left out.", ["theory", "exam"]),
        },
        like=f"leaf-{prior}",
    )


def program_parts() -> Iterator[Part]:
    """Both kinds of program, and what stands inside them."""
    yield _program("certification", "What somebody is certified for, and for how long.", "forklift-operator")
    yield _program("curriculum", "What somebody learns in a role, often in tiers.", "ic-first-90", "certification")
    yield from _PARTS
    yield from map(_accept, PRIOR)
