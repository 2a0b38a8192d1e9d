"""Where a notice and a consequence stand."""

from __future__ import annotations

from enum import StrEnum


class NoticeState(StrEnum):
    """`corrected`: it was sent, and later knowledge took its reason away; it stays in the log."""

    WAITING = "waiting"
    SENT = "sent"
    CORRECTED = "corrected"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    DEAD = "dead"


class ConsequenceState(StrEnum):
    """`waiting` for approval, then `in_force` or `refused`; `lifted` once nothing is owed; `cancelled` before it was decided."""

    WAITING = "waiting"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    LIFTED = "lifted"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
