"""Reads what a program gives with its award: the badge, points and a board.  Never judged, and never lost by a misspelt key."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from lrs.errors import did_you_mean
from rules.language.entry import Entry
from rules.language.model import Program

AWARD_KEYS: Final = ("badge", "type", "points", "leaderboard", "evidence", "align", "revoke_on")
ON_TIME: Final = "on_time"
REVOKES: Final = ("evidence_voided",)


@dataclass(frozen=True, slots=True)
class Alignment:
    """An entry of a framework that an award corresponds to."""

    framework: str
    url: str


@dataclass(frozen=True, slots=True)
class Award:
    """What is issued with an award.  evidence: ids of the criteria whose statements go with the badge."""

    badge: str
    type: str | None = None
    evidence: tuple[str, ...] = ()
    align: tuple[Alignment, ...] = ()


def award_of(program: Program) -> Award | None:
    """The award of a version that has a badge; None for others.

    Of what was published before these keys were read, whatever this version would refuse is left out.
    """
    said = program.notes.get("award")
    if not isinstance(said, dict) or not program.awards or (badge := _text(said.get("badge"))) is None:
        return None
    evidence = tuple(filter(None, map(_text, _several(said.get("evidence")))))
    return Award(badge, _text(said.get("type")), evidence, tuple(_aligned(said.get("align"))))


def _aligned(said: Any) -> Iterator[Alignment]:
    for one in _several(said):
        framework, url = (_text(one.get(name)) if isinstance(one, dict) else None for name in ("framework", "url"))
        if url is not None:
            yield Alignment(framework or "", url)


def _several(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said]


def _text(said: Any) -> str | None:
    return said.strip() or None if isinstance(said, str) else None


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
