"""Escalations in the schema: the published ladder of who is told what, when a deadline nears or has passed."""

from __future__ import annotations

from typing import Final

from rules.language.escalation import ACTIONS, STOPS, WEEKDAYS
from rules.language.schema.programs import heading
from rules.language.schema.shapes import FLAG, ROLE, SOMEBODY, TEXT, Key, Part, either, listing, one_or_more, ref, word

_CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d"

LADDER_PARTS: Final = (
    Part(
        "escalation",
        "A published ladder: who is told what, and when.",
        {
            **heading("escalation", "standard"),
            "calendar": Key(
                ref("calendar"), "On which days, outside which hours.", {"business_days": "GB", "quiet": "18:00-08:00"}
            ),
            "catch_up": Key(word(("latest", "all")), "Which of several missed steps are made up for.", "latest"),
            "steps": Key(
                listing(ref("step"), 1),
                "The steps, in the order in which they come.",
                [{"at": "due+P1D", "tell": ["learner", "manager"]}],
                is_needed=True,
            ),
            "stop_when": Key(one_or_more(word(STOPS)), "What ends it.", ["met", "waived", "withdrawn"]),
        },
        "an escalation",
    ),
    Part(
        "step",
        "One rung.",
        {
            "at": Key(
                {"type": "string", "pattern": r"^due([+-]P\w+)?$"},
                "When, from the due date.",
                "due+P7D",
                is_needed=True,
            ),
            "tell": Key(
                one_or_more(TEXT, 1),
                "`learner`, `manager`, `skip-manager`, a job or a person's id.",
                ["manager", "skip-manager"],
                names=(ROLE, *SOMEBODY),
            ),
            "if_missing": Key(word(("next-up", "skip")), "What becomes of somebody who is missing.", "next-up"),
            "do": Key(word(ACTIONS), "A consequence.", "flag-noncompliant"),
            "approve": Key(
                TEXT, "Who has to approve it: a holder of a job, or a person's id.", "hr-partner", names=SOMEBODY
            ),
            "send_at": Key({"type": "string", "pattern": f"^{_CLOCK}$"}, "The hour, in the recipient's zone.", "09:00"),
        },
        "a step",
        needs_one_of=("tell", "do"),
    ),
    Part(
        "calendar",
        "When people may be told.",
        {
            "business_days": Key(
                either(FLAG, TEXT, listing(word(WEEKDAYS), 1)),
                "A country (`GB`, `US-CA`), weekdays, or `true` for Monday to Friday.",
                "GB",
            ),
            "quiet": Key(
                {"type": "string", "pattern": rf"^{_CLOCK}\s*-\s*{_CLOCK}$"},
                "Hours in which nobody is told.",
                "18:00-08:00",
            ),
        },
        "'calendar'",
    ),
)
