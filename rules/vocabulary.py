"""The IRIs of statements that Prowess emits.

Assigning and certifying speak the published MOM profile (TLA master object model); what it has no word for is in our own
profile, whose base is below (docs/decisions/0005).
"""

from __future__ import annotations

from typing import Final

MOM: Final = "https://w3id.org/xapi/tla/"
OURS: Final = "https://w3id.org/prowess/xapi/"

DIRECTED: Final = MOM + "verbs/directed"
CERTIFIED: Final = MOM + "verbs/certified"
QUALIFIED: Final = MOM + "verbs/qualified"
EVIDENCE_EXTENSION: Final = MOM + "extensions/evidence"
JOB_TYPE: Final = MOM + "activity-types/job"
BADGE_TYPE: Final = MOM + "activity-types/badge"

DECISION_EXTENSION: Final = OURS + "extensions/decision"
PROFILE: Final = OURS + "profile"

ASSIGNED, UNASSIGNED = "assigned", "unassigned"
AWARDED, RENEWED, EXPIRED, LAPSED, REVOKED = "awarded", "renewed", "expired", "lapsed", "revoked"

VERBS: Final = {
    ASSIGNED: DIRECTED,
    UNASSIGNED: OURS + "verbs/unassigned",
    AWARDED: CERTIFIED,
    RENEWED: OURS + "verbs/renewed",
    EXPIRED: OURS + "verbs/expired",
    LAPSED: OURS + "verbs/lapsed",
    REVOKED: OURS + "verbs/revoked",
}
"""Verb of each transition; the award of a curriculum is `qualified` instead of `certified`."""
