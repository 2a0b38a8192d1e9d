"""What a program says about itself in the schema: its rhythm, its reviews, its reports, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rules.language.about import ENDORSEMENTS, SHOWN
from rules.language.award import REVOKES
from rules.language.recurrence import PLACES, UNITS, WEEKDAYS
from rules.language.schema.shapes import (
    CIVIL_PERIOD,
    COUNT,
    FLAG,
    MAIL,
    NUMBER,
    SOMEBODY,
    TEXT,
    Key,
    Part,
    Shape,
    either,
    one_or_more,
    ref,
    word,
)

_DAY: Final[Shape] = either(
    {"type": "string", "pattern": f"^(({'|'.join(PLACES)})-)?({'|'.join(WEEKDAYS)})$"},
    {"type": "integer", "minimum": 1, "maximum": 31},
)
_EVERY: Final = Key(CIVIL_PERIOD, "How often.", "P1Y", is_needed=True)

ABOUT: Final[Mapping[str, Key]] = {
    "benefit": Key(
        either(TEXT, ref("worth")),
        "What is in it for the learner and the company.",
        {"learner": "May drive at both sites."},
    ),
    "recognised_by": Key(
        one_or_more(ref("recognition")),
        "Third parties that accredit it.",
        {"name": "Institute X", "standard": "ISO/IEC 17024", "endorsement": "required"},
    ),
    "report": Key(
        one_or_more(ref("account")),
        "Who gets which figures, how often; kept, never judged.",
        {"to": ["hr-analytics"], "every": "P1M"},
    ),
    "review": Key(ref("review"), "Who looks at the program again, how often.", {"every": "P1Y", "owner": "lnd-lead"}),
    "cadence": Key(
        ref("cadence"),
        "When cohorts begin; due dates count from the assignment all the same.",
        {"cohort": "monthly", "starts": "first-monday"},
    ),
}
"""The keys of a program."""

ABOUT_PARTS: Final = (
    Part(
        "award",
        "What comes with an award.",
        {
            "badge": Key(TEXT, "The short name of the badge; each award gives one (badges.md).", "forklift-operator"),
            "type": Key(
                TEXT,
                "What it is, as Open Badges call it: `Certification`, `License`, `MicroCredential`, …",
                "Certification",
            ),
            "points": Key(
                either(NUMBER, {"type": "object", "additionalProperties": either(NUMBER, {"type": "null"})}),
                "Points for it, or for tiers, criteria and `on_time` by name; kept, nothing is done with them yet.",
                {"on_time": 50},
            ),
            "leaderboard": Key(
                ref("leaderboard"),
                "Where they are compared; kept, nothing is done with it yet.",
                {"scope": "cohort", "opt_out": True},
            ),
            "evidence": Key(
                one_or_more(TEXT), "Criteria whose statements are named in the badge; none when left out.", ["exam"]
            ),
            "align": Key(
                one_or_more(ref("alignment")),
                "What it corresponds to elsewhere; stands in the badge.",
                [{"framework": "CASE", "url": "https://case.example/CFItem/42"}],
            ),
            "revoke_on": Key(
                one_or_more(word(REVOKES)), "What takes the badge back; it happens in any case.", ["evidence_voided"]
            ),
        },
        "'award'",
    ),
    Part(
        "leaderboard",
        "A board on which points are compared.",
        {
            "scope": Key(TEXT, "Among whom.", "cohort"),
            "opt_out": Key(FLAG, "`true`: whoever wishes is left out.", True),
        },
        "'leaderboard'",
    ),
    Part(
        "alignment",
        "An entry of a framework.",
        {
            "framework": Key(TEXT, "Which framework.", "CASE"),
            "url": Key(TEXT, "Where the entry stands.", "https://case.example/CFItem/42"),
        },
        "'align'",
    ),
    Part(
        "cadence",
        "When those who were assigned meanwhile begin together.",
        {
            "cohort": Key(word(UNITS), "How often a cohort begins.", "monthly", is_needed=True),
            "starts": Key(
                _DAY, "On which day: of the week, or of the month; the first Monday when left out.", "first-monday"
            ),
            "min_size": Key(COUNT, "A smaller cohort joins the next; 1 when left out.", 5),
        },
        "'cadence'",
    ),
    Part(
        "review",
        "That a program is looked at again, counted from its newest version.",
        {
            "every": Key(CIVIL_PERIOD, "How often.", "P1Y"),
            "owner": Key(TEXT, "Who looks: the holders of a job, or a person's id.", "lnd-lead", names=SOMEBODY),
            "inputs": Key(
                one_or_more(TEXT),
                "At what: `pass-rates`, `surveys`, `waivers`, `overdue`, `item-analysis`, or activities.",
                ["pass-rates", "overdue"],
            ),
        },
        "'review'",
        needs_one_of=("every", "owner"),
    ),
    Part(
        "account",
        "Who is told a program's results.",
        {
            "to": Key(
                one_or_more(TEXT, 1),
                "Jobs, people's ids or addresses.",
                ["hr-analytics"],
                is_needed=True,
                names=(*SOMEBODY, MAIL),
            ),
            "every": _EVERY,
            "show": Key(one_or_more(word(SHOWN)), "Which figures; all when left out.", ["on_time_rate"]),
        },
        "'report'",
    ),
    Part(
        "worth",
        "What something is worth, and to whom.",
        {
            "learner": Key(TEXT, "To the learner.", "May drive at both sites."),
            "company": Key(TEXT, "To the company.", "Insured for counterbalance trucks."),
        },
        "'benefit'",
    ),
    Part(
        "recognition",
        "A third party that accredits a program.",
        {
            "name": Key(TEXT, "Its name.", "Institute X", is_needed=True),
            "standard": Key(TEXT, "By which standard.", "ISO/IEC 17024"),
            "url": Key(TEXT, "Where it says so.", "https://accreditor.example/lift"),
            "value": Key(either(TEXT, ref("worth")), "What that is worth.", {"learner": "Counts at other employers."}),
            "endorsement": Key(
                word(ENDORSEMENTS), "`required`: awards stay provisional until it endorses them.", "required"
            ),
        },
        "'recognised_by'",
    ),
)
