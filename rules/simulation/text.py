"""A simulation for reading: a line for each thing that would happen, and how many of each at the end.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rules.decide.calendar import instant_text
from rules.escalation.words import REASON_WORDS
from rules.simulation.event import Event


def text(events: Sequence[Event]) -> str:
    lines = [_line(event) for event in events]
    counts = totals(events)
    said = ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing happens"
    return "\n".join([*lines, said])


def totals(events: Sequence[Event]) -> dict[str, int]:
    """How often each thing happened."""
    counts = Counter(f"{event.kind} {event.what}" for event in events)
    return dict(sorted(counts.items()))


def _line(event: Event) -> str:
    head = f"{instant_text(event.at) or '-':<27} {event.person:<12} {event.program:<18} {event.kind:<11}"
    return f"{head} {event.what.replace('_', ' ')}{_more(event)}".rstrip()


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
