"""Badges that nobody could check: their addresses are kept by whoever has one, so they have to be right from the first on."""

from __future__ import annotations

from collections.abc import Iterator

from lrs.complaints import Complaint
from lrs.prowess import Prowess
from rules.recognition.settings import settings_of


def complaints(prowess: Prowess) -> Iterator[Complaint]:
    """Where badges are issued from no address, or in nobody's name."""
    settings = settings_of(prowess)
    if not settings.badges:
        return
    if prowess.settings.server.public_url is None:
        what = f"badges are issued from {prowess.settings.public_url}, where nobody else reaches them; set server.public_url"
        yield Complaint(what, "prowess badges list")
    if settings.badge_issuer is None and prowess.settings.organisation.name is None:
        yield Complaint(
            "badges are issued in nobody's name; set organisation.name or rules.badge_issuer", "prowess badges list"
        )
