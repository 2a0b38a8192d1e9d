"""Reads `for:`, the people a program is meant for."""

from __future__ import annotations

import re
from typing import Literal

from rules.language.entry import Entry
from rules.language.model import Audience, Depth, Match, RoleClock
from rules.language.schedule import load_due

ATTRIBUTES = ("job", "level", "site", "unit", "employment")
_COMPARISON = re.compile(r"(<=|>=|==|=|<|>)?\s*(\d{1,3})", re.ASCII)
_MATCH_KEYS = (*ATTRIBUTES, "not", "manages")


def load_audiences(entry: Entry, clock: RoleClock) -> tuple[Audience, ...]:
    """One audience, or a list of them: whoever fits any is assigned, required outranks suggested."""
    return tuple(_audience(item, clock) for item in entry.one_or_more())


def _audience(entry: Entry, clock: RoleClock) -> Audience:
    fields = entry.fields((*_MATCH_KEYS, "assign", "due"), "'for'")
    chosen = fields["assign"].choice(("required", "suggested")) if "assign" in fields else None
    assign: Literal["required", "suggested"] = "suggested" if chosen == "suggested" else "required"
    due = load_due(fields["due"], clock.start or "assigned") if "due" in fields else None
    return Audience(_match(entry, fields), assign, due)


def _match(entry: Entry, fields: dict[str, Entry]) -> Match:
    if isinstance(entry.value, dict) and not any(key in fields for key in _MATCH_KEYS) and not _misspells(entry):
        entry.fail("this matches nobody in particular", hint='write job: "*" for everybody who has a job')
    patterns = {name: _patterns(fields[name]) for name in ATTRIBUTES if name in fields}
    depth = _manages(fields["manages"]) if "manages" in fields else None
    exclude = None
    if "not" in fields:
        exclude = _match(fields["not"], fields["not"].fields(_MATCH_KEYS, "'not'"))
    return Match(patterns, depth, exclude)


def _misspells(entry: Entry) -> bool:
    """Whether a key is unknown: that is complained of already, and was hardly meant to match nobody."""
    return not entry.value.keys() <= {*_MATCH_KEYS, "assign", "due"}


def _patterns(entry: Entry) -> tuple[str, ...]:
    if entry.value == []:
        entry.fail("an empty list matches nobody")
    return tuple(text for item in entry.one_or_more() if (text := item.text()) is not None)


def _manages(entry: Entry) -> Depth | None:
    fields = entry.fields(("depth",), "'manages'")
    if "depth" not in fields:
        entry.fail("'manages' needs a depth", hint='for example {depth: ">=2"} for managers of managers')
        return None
    depth = fields["depth"]
    match = _COMPARISON.fullmatch(str(depth.value).strip())
    if match is None:
        depth.fail('expected a comparison such as ">=2"')
        return None
    sign = match[1] if match[1] not in (None, "=") else "=="
    return Depth(sign, int(match[2]))  # type: ignore[arg-type]  # the pattern admits only these signs
