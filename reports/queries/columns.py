"""Columns that several reports share, so that the same word always means and links to the same thing."""

from __future__ import annotations

from collections.abc import Mapping

from reports.declaration import Column, Drill

REPORT = "reports.report"


def drill(report: str, from_row: Mapping[str, str], **fixed: str) -> Drill:
    """A link to another report, with filters taken from the row."""
    return Drill(REPORT, from_row, {"name": report, **fixed})


PERSON_ID = Column(
    "person_id", "Person id", "text", "The id the organisation knows the person by.", link=None, sortable=True
)
PERSON = Column("person", "Person", "text", "Name as known today.", link=drill("transcript", {"person": "person_id"}))
UNIT = Column("unit", "Unit", "text", "Unit of the position held on the day.")
MANAGER = Column("manager", "Manager", "text", "First manager of that position.")
PROGRAM_ID = Column("program_id", "Program id", "text", "The id of the program.")
PROGRAM = Column(
    "program",
    "Program",
    "text",
    "Title of the program in its newest version.",
    link=drill("compliance-overview", {"program": "program_id"}),
)
VERSION = Column("version", "Version", "integer", "Version of the program that the state was judged by.")
AWARD = Column("award", "Award", "word", "none, valid, suspended, expired, lapsed or revoked.")
PROGRESS = Column(
    "progress", "Progress", "word", "Progress on the current path: not started, in progress, blocked, met."
)
EXPIRES = Column("expires_on", "Expires", "day", "Last good day, on the calendar of the program's zone.")
EVIDENCE = ("rules.evidence",)
