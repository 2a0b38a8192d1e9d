"""The words in which tests of programs say what happened, and the verbs they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rules.language.profiles import ADL, OURS

SAID: Final[Mapping[str, tuple[str, str]]] = {
    "passed": (ADL + "passed", "passed."),
    "failed": (ADL + "failed", "failed."),
    "completed": (ADL + "completed", "completed."),
    "uncompleted": ("https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted", "a completion was taken back."),
    "started": (ADL + "initialized", "started, and nothing else."),
    "attended": (ADL + "attended", "was there."),
    "responded": (ADL + "responded", "answered the survey."),
    "competent": (ADL + "mastered", "the LMS says competent."),
    "signed_off": (OURS + "verbs/signed-off", "an observer signed it off."),
    "kpi": (OURS + "verbs/measured", "a sample of an indicator."),
    "presented": (OURS + "verbs/presented", "a credential was handed in."),
    "accepted": (OURS + "verbs/accepted", "a credential was accepted."),
    "declined": (OURS + "verbs/declined", "a credential was declined."),
    "statement": ("", "any other verb."),
}
"""Statements: each with its verb, and what it says."""

ACTS: Final[Mapping[str, tuple[str, str]]] = {
    "waived": (OURS + "verbs/waived", "criteria are waived."),
    "exempted": (OURS + "verbs/exempted", "nothing is asked of them."),
    "extended": (OURS + "verbs/extended", "the due date is later."),
    "suspended": (OURS + "verbs/suspended", "the award is suspended."),
    "revoked": (OURS + "verbs/revoked", "the award is revoked, and each later one, until a reinstatement."),
    "reinstated": (OURS + "verbs/reinstated", "suspensions and revocations end."),
    "endorsed": (OURS + "verbs/endorsed", "a third party endorsed the award."),
}
"""Acts of office: each with its verb, and what it does."""

EXPECTED_DAYS: Final[Mapping[str, str]] = {
    "due_on": "The last good day.",
    "met_on": "The day on which the path was met.",
    "valid_from": "The first day of the award.",
    "expires_on": "The last day of the award.",
    "renewable_from": "The day on which the renewal opens.",
    "grace_until": "The last day of the grace.",
}
