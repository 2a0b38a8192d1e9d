"""The words of the language: which ones decide, and which are only kept."""

from __future__ import annotations

from typing import Final

KINDS: Final = ("certification", "curriculum", "activity", "verb", "source", "escalation")

LEAVES: Final = (
    "passed",
    "completed",
    "done",
    "attended",
    "responded",
    "signed_off",
    "credential",
    "competent",
    "statement",
    "kpi",
    "credits",
    "holds",
)
GROUPS: Final = ("all", "any", "in_order", "n_of", "not")

LEAF_NOTES: Final = ("method", "design", "kirkpatrick")
"""Keys of a leaf that describe the training and never decide."""

PROGRAM_NOTES: Final = (
    "description",
    "benefit",
    "recognised_by",
    "award",
    "escalate",
    "report",
    "review",
    "cadence",
)
"""Keys of a program that carry no verdict: kept, shown, not judged.  Of `recognised_by`, `endorsement: required` is."""

PROGRAM_KEYS: Final = (
    "kind",
    "id",
    "title",
    "version",
    "effective",
    "timezone",
    "for",
    "due",
    "clock",
    "require",
    "tiers",
    "suggest",
    "valid",
    "renew",
    "suspend",
    "waive",
    "accept",
    "apply",
    "tests",
    *PROGRAM_NOTES,
)
"""Every key of a program."""

VERDICTS: Final = ("Passed", "Completed", "CompletedAndPassed", "CompletedOrPassed", "NotApplicable")
"""cmi5's moveOn (cmi5 13.1.4)."""

ADL_VERBS: Final = (
    "answered",
    "asked",
    "attempted",
    "attended",
    "commented",
    "completed",
    "exited",
    "experienced",
    "failed",
    "imported",
    "initialized",
    "interacted",
    "launched",
    "mastered",
    "passed",
    "preferred",
    "progressed",
    "registered",
    "responded",
    "resumed",
    "scored",
    "shared",
    "suspended",
    "terminated",
)
"""Verbs of ADL's vocabulary, which need no document of `kind: verb`."""

ASSIGNMENTS: Final = ("none", "suggested", "required", "exempt", "withdrawn")
ASKED: Final = frozenset({"required", "suggested"})
"""The assignments by which something is asked of somebody."""
PROGRESSES: Final = ("not_started", "in_progress", "blocked", "met")
AWARDS: Final = ("none", "valid", "suspended", "expired", "lapsed", "revoked")
FLAGS: Final = (
    "overdue",
    "late",
    "renewable",
    "in_grace",
    "pending_evidence",
    "provisional",
    "missing_clock",
)
"""What a decision says (program-language 2), and what tests of programs expect."""
