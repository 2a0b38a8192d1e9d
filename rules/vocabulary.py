"""The IRIs of statements that Prowess emits.

Assigning and certifying speak the published MOM profile (TLA master object model); what it has no word for is in our own
profile, whose base is below (docs/decisions/0005).
"""

from __future__ import annotations

from typing import Final

from rules.language.profiles import ADL, OURS

KEY_NAME: Final = "prowess"
"""The key under which Prowess itself records statements."""

MOM: Final = "https://w3id.org/xapi/tla/"

DIRECTED: Final = MOM + "verbs/directed"
CERTIFIED: Final = MOM + "verbs/certified"
QUALIFIED: Final = MOM + "verbs/qualified"
EVIDENCE_EXTENSION: Final = MOM + "extensions/evidence"
JOB_TYPE: Final = MOM + "activity-types/job"
BADGE_TYPE: Final = MOM + "activity-types/badge"

DECISION_EXTENSION: Final = OURS + "extensions/decision"
PROFILE: Final = OURS + "profile"

ATTENDED: Final = ADL + "attended"
RESPONDED: Final = ADL + "responded"
MEASURED: Final = OURS + "verbs/measured"
SIGNED_OFF: Final = OURS + "verbs/signed-off"
PRESENTED: Final = OURS + "verbs/presented"
ACCEPTED: Final = OURS + "verbs/accepted"
DECLINED: Final = OURS + "verbs/declined"
"""Evidence as people enter it: attendance, surveys, indicators, sign-offs, credentials and their review."""

WAIVED: Final = OURS + "verbs/waived"
EXEMPTED: Final = OURS + "verbs/exempted"
EXTENDED: Final = OURS + "verbs/extended"
SUSPENDED: Final = OURS + "verbs/suspended"
REVOKED_BY: Final = OURS + "verbs/revoked"
REINSTATED: Final = OURS + "verbs/reinstated"
ENDORSED: Final = OURS + "verbs/endorsed"
OVERRIDES: Final = (WAIVED, EXEMPTED, EXTENDED, SUSPENDED, REVOKED_BY, REINSTATED, ENDORSED)
"""Acts of office about one learner in one program: what is said in the extension below counts."""

OVERRIDE_EXTENSION: Final = OURS + "extensions/override"
"""In `context.extensions`: {program, reason, criteria?, until?, for?, due_on?}."""
RUBRIC_EXTENSION: Final = OURS + "extensions/rubric"
"""In `result.extensions` of a sign-off: {item: true | false}."""
PROCTORED_EXTENSION: Final = OURS + "extensions/proctored"
"""In `context.extensions` of a test: true when a proctor (`context.instructor`) watched it."""
CREDITS_EXTENSION: Final = OURS + "extensions/credits"
"""In `result.extensions`: {type, amount, accredited_by?}, or a list of them."""
CREDENTIAL_EXTENSION: Final = OURS + "extensions/credential"
"""In `result.extensions` of a credential handed in: {issuer, issued_on?, expires_on?, number?}."""

CREDENTIAL_USAGE: Final = OURS + "attachments/credential"
"""`usageType` of the file that a credential handed in comes with."""

ASSIGNED, UNASSIGNED = "assigned", "unassigned"
AWARDED, RENEWED, EXPIRED, LAPSED, REVOKED = "awarded", "renewed", "expired", "lapsed", "revoked"
HELD_BACK, RESTORED = "suspended", "reinstated"
"""What happens to assignments and awards: the names of transitions."""
NOTIFIED, FLAGGED, RESTRICTED, CLEARED = "notified", "flagged", "restricted", "cleared"
"""What ladders do: somebody was told, a consequence holds, it holds no more."""

VERBS: Final = {
    ASSIGNED: DIRECTED,
    UNASSIGNED: OURS + "verbs/unassigned",
    AWARDED: CERTIFIED,
    RENEWED: OURS + "verbs/renewed",
    EXPIRED: OURS + "verbs/expired",
    LAPSED: OURS + "verbs/lapsed",
    REVOKED: REVOKED_BY,
    HELD_BACK: SUSPENDED,
    RESTORED: REINSTATED,
    NOTIFIED: OURS + "verbs/notified",
    FLAGGED: OURS + "verbs/flagged",
    RESTRICTED: OURS + "verbs/restricted",
    CLEARED: OURS + "verbs/cleared",
}
"""Verb of each transition; the award of a curriculum is `qualified` instead of `certified`."""


def program_iri(program: str) -> str:
    """Under which acts of office about a program are found, whatever the address of the server."""
    return f"{OURS}programs/{program}"


def credits_iri(kind: str) -> str:
    """Under which credits of a type are found."""
    return f"{OURS}credits/{kind}"
