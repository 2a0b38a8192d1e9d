"""A digest as its reader gets it.  Pure but for the numbers it is given."""

from __future__ import annotations

from datetime import date

from lrs.days import day_words
from reports.cells import percent
from reports.digests.contents import Contents
from reports.digests.schedule import local_text, said
from reports.mailings.letter import Letter
from reports.mailings.outbox import EVERYTHING, TEAM_AND_BELOW
from reports.settings import DigestSettings


def letter(digest: DigestSettings, contents: Contents, *, view: str, name: str, day: date, stop: str) -> Letter:
    """stop: the address at which the reader says that they want no more."""
    whom = "Everybody" if view == EVERYTHING else "Your team"
    return Letter(
        f"{digest.title}: {_gist(contents)}",
        f"Dear {name}," if name else "Hello,",
        (f"{whom} on {day_words(day)}: {_rate(contents)}",),
        contents.sections,
        (
            (f"Decided from everything stored up to {local_text(digest, contents.freshness.watermark)}.", None),
            (f"You get this {said(digest)}{_why(view)}.", None),
            ("No more of these:", stop),
        ),
    )


def _gist(contents: Contents) -> str:
    counts = [f"{one.count:,} {one.title.partition(' in ')[0].lower()}" for one in contents.sections if one.count]
    return ", ".join(counts) or "nothing to report"


def _rate(contents: Contents) -> str:
    if contents.rate is None:
        return "nothing is required."
    return f"{contents.compliant:,} of {contents.in_scope:,} things required are in place ({percent(contents.rate)})."


def _why(view: str) -> str:
    if view == EVERYTHING:
        return ""
    return " because they report to you" + (", directly or through others" if view == TEAM_AND_BELOW else "")
