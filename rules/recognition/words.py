"""Badges in words: from when until when one is good, and why it was taken back."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from lrs.days import day_words
from rules.recognition.badges import Badge
from rules.recognition.credential import last_day

REASONS: Final = {
    "evidence_voided": "Something that it was built on was taken back.",
    "revoked": "The award was revoked.",
    "suspended": "The award was suspended. If it counts again by now, another badge was given for it.",
    "recomputed": "What it says is not true any more: the award was judged anew. Another badge was given if there is still one.",
}
"""Why a badge was taken back, by the reason."""


class Spell(NamedTuple):
    """Days in words; until: empty where it does not end."""

    begins: str
    until: str


def spell_words(badge: Badge) -> Spell:
    """The first and the last good day."""
    first = date.fromisoformat(badge.issued.document["valid_from"])
    return Spell(day_words(first), day_words(last_day(badge.given)))
