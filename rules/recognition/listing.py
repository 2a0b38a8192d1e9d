"""A badge as the API and the commands list it: whose, for what, from when until when, and what became of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from lrs.clock import to_text
from rules.recognition.badges import Badge, Badges, State
from rules.recognition.credential import last_day
from rules.recognition.words import spell_words


class Shown(NamedTuple):
    """A badge on a page; token: of whoever may show it, else empty."""

    title: str
    program_id: str
    state: State
    begins: str
    until: str
    token: str


def shown(badge: Badge, now: int, *, is_theirs: bool) -> Shown:
    spell, program = spell_words(badge), badge.given.program
    return Shown(program.title, program.id, badge.state(now), *spell, badge.token if is_theirs else "")


def badge_json(badge: Badge, badges: Badges, now: int, *, is_addressed: bool = True) -> dict[str, Any]:
    """is_addressed: whether its address is told, by which it can be shown to anybody."""
    last, revoked_at = last_day(badge.given), badge.issued.revoked_at
    return {
        "id": badges.addresses.credential(badge.token) if is_addressed else None,
        "person": badge.issued.person_id,
        "program": badge.issued.program_id,
        "version": badge.given.program.version,
        "title": badge.given.program.title,
        "state": badge.state(now),
        "valid_from": badge.issued.document["valid_from"],
        "expires_on": last.isoformat() if last is not None else None,
        "issued_at": to_text(badge.issued.at),
        "revoked_at": to_text(revoked_at) if revoked_at is not None else None,
        "reason": badge.issued.revoked,
    }
