"""What the statements of each kind of source mean: data, part of the versioned ruleset, so that a replay judges alike.

A profile says for (verb, relation, object type, activity type) what a statement proves about the activity, how a scaled
score is to be read, and whether the sender's pass mark or ours decides.  Relation `object`: the statement is about the
activity itself; `parent`: it is about an attempt or submission whose parent the activity is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

PASSED: Final = 1
FAILED: Final = 2
JUDGED: Final = 4
"""Passed or failed as the statement's own `success`, or its score, says."""
COMPLETED: Final = 8
RETRACTED: Final = 16
"""Takes an earlier completion back."""
STARTED: Final = 32
"""Shows that the learner is at it, and nothing else."""
UNSCORED: Final = 64
"""Never carries the score: without one it is silent about a required score instead of leaving it unknown."""

ATTENDED: Final = 128
RESPONDED: Final = 256
MASTERED: Final = 512
MEASURED: Final = 1024
"""A sample of an indicator: the raw score is its value."""
SIGNED: Final = 2048
"""An observer's word about the learner."""
PRESENTED: Final = 4096
"""A credential of somebody else was handed in and waits for a review."""
ACCEPTED: Final = 8192
DECLINED: Final = 16384
"""The review's outcome."""
OFFICE: Final = SIGNED | ACCEPTED | DECLINED
"""What only a source that governs is believed."""

Meanings = Mapping[tuple[str, str, str | None, str | None], int]
Scale = Literal["zero_to_one", "minus_one_to_one", "ignore"]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One kind of source.  `ours`: where a rule asks for a score, the score alone decides, whatever `success` says."""

    name: str
    meanings: Meanings = field(repr=False)
    scale: Scale = "zero_to_one"
    verdict: Literal["ours", "theirs"] = "theirs"

    def meaning(self, verb: str, relation: str, object_type: str | None, activity_type: str | None) -> int:
        """What such a statement proves about the activity; the most exact entry decides, 0 means nothing at all."""
        exact = self.meanings.get((verb, relation, object_type, activity_type))
        return exact if exact is not None else self.meanings.get((verb, relation, None, None), 0)

    def lacks_type(self, verb: str, relation: str, object_type: str | None, activity_type: str | None) -> bool:
        """Whether it would prove something if the types were said that are not."""
        if relation != "parent" or None not in (object_type, activity_type):
            return False
        return any(
            known[:2] == (verb, relation) and object_type in (None, known[2]) and activity_type in (None, known[3])
            for known in self.meanings
        )


ADL: Final = "http://adlnet.gov/expapi/verbs/"
_TYPES: Final = "http://adlnet.gov/expapi/activities/"
_EDLM: Final = "https://xapi.edlm/profiles/edlm-lms/concepts/"
_TINCAN: Final = "http://id.tincanapi.com/verb/"
SCORED: Final = "https://w3id.org/xapi/tla/verbs/scored"
"""Somebody was graded; whether that is a pass, the grade says, or its `success`."""
OURS: Final = "https://w3id.org/prowess/xapi/"
"""Base of our own profile (docs/profile.md)."""

_COMMON: Final[Meanings] = {
    (ADL + "passed", "object", None, None): PASSED,
    (ADL + "failed", "object", None, None): FAILED,
    (ADL + "completed", "object", None, None): COMPLETED,
    (SCORED, "object", None, None): JUDGED,
    (ADL + "launched", "object", None, None): STARTED,
    (ADL + "initialized", "object", None, None): STARTED,
    (ADL + "attempted", "object", None, None): STARTED,
    (ADL + "experienced", "object", None, None): STARTED,
    (ADL + "progressed", "object", None, None): STARTED,
    (ADL + "resumed", "object", None, None): STARTED,
    (ADL + "suspended", "object", None, None): STARTED,
    (ADL + "terminated", "object", None, None): STARTED,
    (ADL + "attended", "object", None, None): ATTENDED,
    (ADL + "responded", "object", None, None): RESPONDED,
    (ADL + "mastered", "object", None, None): MASTERED,
    (OURS + "verbs/measured", "object", None, None): MEASURED,
    (OURS + "verbs/signed-off", "object", None, None): SIGNED,
    (OURS + "verbs/presented", "object", None, None): PRESENTED,
    (OURS + "verbs/accepted", "object", None, None): ACCEPTED,
    (OURS + "verbs/declined", "object", None, None): DECLINED,
}

DEFAULT: Final = Profile("default", _COMMON)

CMI5: Final = Profile(
    "cmi5",
    {**_COMMON, ("https://w3id.org/xapi/adl/verbs/satisfied", "object", None, None): PASSED | COMPLETED | UNSCORED},
)

OPENEDX: Final = Profile(
    "openedx",
    {
        **_COMMON,
        (ADL + "passed", "object", None, None): PASSED | UNSCORED,
        (ADL + "failed", "object", None, None): FAILED | UNSCORED,
        (_TINCAN + "earned", "object", None, None): JUDGED,
        (ADL + "attempted", "object", None, None): JUDGED,
        ("https://w3id.org/xapi/acrossx/verbs/evaluated", "object", None, None): JUDGED,
        ("https://w3id.org/xapi/video/verbs/played", "object", None, None): STARTED,
        ("https://w3id.org/xapi/acrossx/verbs/posted", "object", None, None): STARTED,
    },
    verdict="ours",
)
"""event-routing-backends: the `success` of a subsection's grade and of a problem means full marks, nothing less."""

MOODLE: Final = Profile(
    "moodle-logstore",
    {
        **_COMMON,
        (ADL + "completed", "object", None, None): COMPLETED | JUDGED | UNSCORED,
        (_EDLM + "verbs/uncompleted", "object", None, None): RETRACTED,
        (ADL + "completed", "parent", _TYPES + "attempt", _TYPES + "assessment"): JUDGED,
        (
            SCORED,
            "parent",
            _EDLM + "activity-types/submission",
            _EDLM + "activity-types/assignment",
        ): JUDGED,
        (_TINCAN + "viewed", "object", None, None): STARTED,
    },
    scale="minus_one_to_one",
    verdict="ours",
)
"""logstore_xapi: scores stand on the attempt or submission, whose first parent is the quiz or assignment; the section
and the course are parents too, hence the activity type.  `completed` about the module itself carries no score."""

PROFILES: Final = {profile.name: profile for profile in (DEFAULT, CMI5, OPENEDX, MOODLE)}
