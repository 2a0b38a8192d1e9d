"""The words of the language: which ones this version judges, which it only keeps, and which it must refuse.

A key that would change a verdict is never ignored silently: it is either judged or refused.
"""

from __future__ import annotations

from typing import Final

KINDS: Final = ("certification", "curriculum", "activity", "source", "escalation")

LEAVES: Final = ("passed", "completed", "done", "holds")
GROUPS: Final = ("all", "any", "in_order", "n_of")

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
"""Keys of a program that carry no verdict: kept, shown, not judged."""

LATER: Final = {
    "attended": "attendance as evidence",
    "responded": "an answered survey as evidence",
    "signed_off": "an observer's sign-off as evidence",
    "credential": "a credential of somebody else as evidence",
    "competent": "a competency of the LMS as evidence",
    "credits": "credits to collect",
    "kpi": "a measured indicator",
    "statement": "any statement as evidence",
    "not": "the opposite of a requirement",
    "attempts": "a limit on attempts",
    "proctored": "only proctored tests count",
    "max_age": "old evidence stops counting",
    "after": "evidence must follow another criterion",
    "between": "evidence must fall into a window",
    "by": "who may sign off",
    "rubric": "what a sign-off must contain",
    "waivable": "a waiver may stand in",
    "after_assignment": "evidence from before the assignment does not count",
    "while_held": "losing the prerequisite loses the award",
    "suspend": "events that suspend the award",
    "waive": "waivers stand in for evidence",
    "accept": "prior learning stands in for evidence",
    "max": "an upper bound of an indicator",
    "agg": "how samples are combined",
    "min_samples": "how many samples are needed",
    "count": "how many observers are needed",
    "mean": "the mean that observers must reach",
    "carry_over": "credits carried over",
}
"""Words of the language that would change a verdict and wait for a later version, with what they do."""

VERDICTS: Final = ("Passed", "Completed", "CompletedAndPassed", "CompletedOrPassed", "NotApplicable")
"""cmi5's moveOn (cmi5 13.1.4)."""
