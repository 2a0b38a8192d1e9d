"""A simulation for reading: a line for each thing that would happen, and how many of each at the end.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rules.decide.calendar import instant_text
from rules.escalation.words import REASON_WORDS
from rules.simulation.event import Event


def text(events: Sequence[Event]) -> str:
    widths = tuple(max((len(name) for name in names), default=0) for names in zip(*map(_names, events), strict=True))
    lines = [_line(event, widths) for event in events]
    said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in totals(events).items())
    return "\n".join([*lines, said or "nothing happens"])


def totals(events: Sequence[Event]) -> dict[str, int]:
    """How often each thing happened."""
    counts = Counter(f"{event.kind} {event.what}" for event in events)
    return dict(sorted(counts.items()))


def _names(event: Event) -> tuple[str, ...]:
    return instant_text(event.at) or "-", event.person, event.program, event.kind


def _line(event: Event, widths: Sequence[int]) -> str:
    head = "  ".join(name.ljust(width) for name, width in zip(_names(event), widths, strict=True))
    return f"{head}  {event.what.replace('_', ' ')}{_more(event)}"


def _more(event: Event) -> str:
    facts: dict[str, Any] = dict(event.facts)
    if event.kind == "notice":
        reason = (f", sent {facts['sent_at']}" if "sent_at" in facts else "") + _reason(facts)
        return (
            f": {facts['step']} of {facts['day']} to {facts['recipient']} as {facts['role']}, {facts['local']}{reason}"
        )
    if event.kind == "consequence":
        approve = f", waits for {facts['approve']}" if "approve" in facts else ""
        return f": {facts['step']} of {facts['day']}, {facts['action']}{approve}{_reason(facts)}"
    facts.pop("key", None)
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items() if value is not None)
    return f": {said}" if said else ""


def _reason(facts: dict[str, Any]) -> str:
    return f" ({REASON_WORDS.get(facts['reason'], facts['reason'])})" if "reason" in facts else ""
