"""Reads what a program gives with its award: the badge, points and a board.  Kept, never judged, and never lost by a misspelt key."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from lrs.errors import did_you_mean
from rules.language.entry import Entry

AWARD_KEYS: Final = ("badge", "type", "points", "leaderboard", "evidence", "align", "revoke_on")
ON_TIME: Final = "on_time"
REVOKES: Final = ("evidence_voided",)


def check_award(entry: Entry, tiers: Collection[str], criteria: Collection[str]) -> None:
    """Notes every key that means nothing, and every tier and criterion that the program has not."""
    if not isinstance(entry.value, dict):
        return
    fields = entry.fields(AWARD_KEYS, "'award'")
    for name in ("badge", "type"):
        if name in fields:
            fields[name].text()
    if "points" in fields:
        _check_points(fields["points"], {*tiers, *criteria, ON_TIME})
    if "leaderboard" in fields:
        board = fields["leaderboard"].fields(("scope", "opt_out"), "'leaderboard'")
        if "scope" in board:
            board["scope"].text()
        if "opt_out" in board:
            board["opt_out"].boolean()
    for one in fields["evidence"].one_or_more() if "evidence" in fields else ():
        criterion = one.text()
        if criterion is not None and criterion not in criteria:
            one.fail(f"no criterion of this program is called '{criterion}'", hint=did_you_mean(criterion, criteria))
    for one in fields["align"].one_or_more() if "align" in fields else ():
        for member in one.fields(("framework", "url"), "'align'").values():
            member.text()
    for one in fields["revoke_on"].one_or_more() if "revoke_on" in fields else ():
        one.choice(REVOKES)


def _check_points(entry: Entry, known: Collection[str]) -> None:
    """So many for the award, or for tiers and criteria by name."""
    if not isinstance(entry.value, dict):
        entry.number()
        return
    for name, one in entry.members().items():
        if name not in known:
            one.fail(f"there are no points for '{name}'", hint=did_you_mean(name, known), key=True)
        elif one.value is not None:
            one.number()
