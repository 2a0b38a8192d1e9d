"""Deciding: pure functions from rules and facts to a verdict with its proof.  No database, network, Flask or clock."""

from rules.decide.calendar import BEGINNING, FOREVER
from rules.decide.decision import Decision, decide, decide_with_timeline, hash_of, text_of, timeline
from rules.decide.dispatch import affected, asks_for_depth, dependants, judged_by, rejudged
from rules.decide.evidence import Evidence, complaint_of, evidence_of, voids_of
from rules.decide.facts import Facts
from rules.decide.grounds import Grounds
from rules.decide.record import EVERYTHING
from rules.decide.sources import source_finder
from rules.decide.state import Segment, State, TierState
from rules.decide.withdrawal import decide_withdrawn

__all__ = [
    "BEGINNING",
    "EVERYTHING",
    "FOREVER",
    "Decision",
    "Evidence",
    "Facts",
    "Grounds",
    "Segment",
    "State",
    "TierState",
    "affected",
    "asks_for_depth",
    "complaint_of",
    "decide",
    "decide_with_timeline",
    "decide_withdrawn",
    "dependants",
    "evidence_of",
    "hash_of",
    "judged_by",
    "rejudged",
    "source_finder",
    "text_of",
    "timeline",
    "voids_of",
]
