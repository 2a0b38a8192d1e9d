"""What is left of a decision when its program is withdrawn: nobody is asked for anything, and what was earned stays.

An award goes on to the dates it was given with; it can be neither earned nor renewed nor taken back any more
(docs/decisions/0105).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rules.decide.assignment import Kind
from rules.decide.calendar import FOREVER
from rules.decide.decision import Decision, decide_with_timeline
from rules.decide.facts import Facts
from rules.decide.state import Segment, State
from rules.language.model import Ruleset


def decide_withdrawn(
    ruleset: Ruleset, program_id: str, facts: Facts, *, at: int
) -> tuple[Decision, tuple[Segment, ...]]:
    """The last decision about a program withdrawn at an instant, judged by what was known then, and its timeline."""
    decision, segments = decide_with_timeline(ruleset, program_id, facts, as_of=at, known_at=at)
    kind: Kind = "none" if decision.state.assignment == "none" else "withdrawn"
    last = replace(decision, state=_released(decision.state, kind), next_change_at=FOREVER, gaps=())
    return last, tuple(_merged(_cut(segments, at, kind)))


def _released(state: State, kind: Kind) -> State:
    tiers = tuple(tier._replace(due_on=None) for tier in state.tiers)
    return state._replace(assignment=kind, flags=(), due_on=None, renewable_from=None, grace_until=None, tiers=tiers)


def _cut(segments: Sequence[Segment], at: int, kind: Kind) -> Iterator[Segment]:
    for segment in segments:
        if segment.from_us < at:
            yield segment._replace(until_us=min(segment.until_us, at))
        if segment.until_us > at:
            yield Segment(max(segment.from_us, at), segment.until_us, *_released(segment.state, kind))


def _merged(segments: Iterator[Segment]) -> Iterator[Segment]:
    """Stretches that became alike are one."""
    last = next(segments)
    for segment in segments:
        if segment.state == last.state:
            last = last._replace(until_us=segment.until_us)
        else:
            yield last
            last = segment
    yield last
