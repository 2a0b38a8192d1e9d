"""The documents beside programs in the schema: activities, verbs, sources and escalations."""

from __future__ import annotations

from typing import Final

from rules.language.activity import IDENTIFIERS, MATCHES, WORTH
from rules.language.profiles import PROFILES
from rules.language.schema.programs import heading
from rules.language.schema.shapes import (
    DAY,
    FLAG,
    IRI,
    LEVEL,
    POSITIVE,
    TEXT,
    Key,
    Part,
    Shape,
    either,
    listing,
    needed,
    one_or_more,
    ref,
    word,
)
from rules.language.vocabulary import VERDICTS

_AGENT: Final[Shape] = either(TEXT, ref("agent"))
_IRIS: Final = Key(
    one_or_more(either(IRI, ref("iri"))),
    "Every IRI by which an LMS names it.",
    ["https://content.example/forklift/exam"],
)

OTHER_PARTS: Final = (
    Part(
        "activity",
        "What rules call by a short id: the only place where IRIs stand.",
        {
            **heading("activity", "forklift/exam"),
            "iris": needed(_IRIS),
            "move_on": Key(word(VERDICTS), "What `done:` asks for, in cmi5's words.", "CompletedAndPassed"),
            "counts_for": Key(
                one_or_more(ref("counts-for")),
                "Activities that evidence of this one also serves.",
                [{"id": "forklift/exam-2027"}],
            ),
            "rubric": Key(
                either(listing(TEXT), {"type": "object", "additionalProperties": TEXT}),
                "What a sign-off ticks.",
                {"load-centre": "Load centre"},
            ),
            "credits": Key(one_or_more(ref("given-credits")), "What it is worth.", [{"type": "CEU", "amount": 0.5}]),
            "method": Key(one_or_more(TEXT), "How it is delivered.", ["classroom", "online"]),
            "design": Key(TEXT, "How it is designed.", "case-study"),
            "kirkpatrick": Key(LEVEL, "The level that it measures.", 2),
            "hours": Key(POSITIVE, "How long it takes.", 1.5),
        },
        "an activity",
    ),
    Part(
        "iri",
        "An IRI that only one source means so.",
        {
            "iri": Key(IRI, "The IRI.", "https://lms.example/mod/quiz/view.php?id=7", is_needed=True),
            "source": Key(TEXT, "The source.", "moodle-hq"),
        },
        "an iri",
    ),
    Part(
        "counts-for",
        "Equivalence: one way, on these days, not through others.",
        {
            "id": Key(TEXT, "The other activity.", "forklift/exam-2027", is_needed=True),
            "from": Key(DAY, "The first day.", "2027-01-01"),
            "to": Key(DAY, "The last day.", "2027-12-31"),
        },
        "'counts_for'",
    ),
    Part(
        "given-credits",
        "What an activity is worth, once in a window.",
        {
            "type": Key(TEXT, "Their type.", "CEU", is_needed=True),
            "amount": Key(POSITIVE, "How many.", 0.5, is_needed=True),
            "on": Key(word(WORTH), "What earns them.", "completed"),
            "accredited_by": Key(TEXT, "By whom.", "IACET"),
        },
        "'credits'",
    ),
    Part(
        "verb",
        "A verb that rules may name.",
        {
            **heading("verb", "reported"),
            "iris": Key(
                one_or_more(IRI),
                "Every IRI by which a source says it.",
                ["https://hr.example/verbs/reported"],
                is_needed=True,
            ),
        },
        "a verb",
    ),
    Part(
        "source",
        "A system that sends statements, and how they are read.",
        {
            **heading("source", "moodle-hq"),
            "match": Key(
                ref("match-source"), "Which statements are its own.", {"credential": "moodle-hq"}, is_needed=True
            ),
            "profile": Key(word(PROFILES), "What its statements mean; `default` when left out.", "moodle-logstore"),
            "people": Key(ref("source-people"), "How its actors are identified.", {"account": "lms_user_id"}),
            "governs": Key(FLAG, "`true`: its sign-offs, reviews and acts of office are believed.", True),
        },
        "a source",
    ),
    Part(
        "source-people",
        "What a source's identifiers of people are, in words.",
        {name: Key(TEXT, f"What its `{name}` is.", "lms_user_id") for name in IDENTIFIERS},
        "'people'",
    ),
    Part(
        "agent",
        "An xAPI Agent, by one identifier.",
        {
            "objectType": Key(TEXT, "What it is.", "Agent"),
            "name": Key(TEXT, "How people read it.", "The LMS"),
            "mbox": Key(TEXT, "A mail address.", "mailto:lms@example.org"),
            "mbox_sha1sum": Key(TEXT, "Its SHA-1.", "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"),
            "openid": Key(TEXT, "An OpenID.", "https://lms.example/openid"),
            "account": Key(ref("agent-account"), "An account.", {"homePage": "https://lms.example", "name": "app"}),
        },
        "an agent",
        needs_one_of=IDENTIFIERS,
    ),
    Part(
        "agent-account",
        "An account of a system.",
        {
            "homePage": Key(TEXT, "The system.", "https://lms.example", is_needed=True),
            "name": Key(TEXT, "The account there.", "app", is_needed=True),
        },
        "an account",
    ),
    Part(
        "match-source",
        "Which statements come from it: each of these fits.",
        {
            "credential": Key(TEXT, "The name of the key they came with.", "moodle-hq"),
            "authority": Key(_AGENT, "Their authority.", {"mbox": "mailto:lms@example.org"}),
            "platform": Key(TEXT, "Their `context.platform`.", "Moodle"),
            "home_page": Key(TEXT, "The home page of the actor's account.", "https://lms.example"),
        },
        "'match'",
        needs_one_of=MATCHES,
    ),
)
