"""Courses and activities as Moodle's own statements name them (logstore_xapi, docs/moodle.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.contract import Progress, Subject

_COURSE: Final = "https://w3id.org/xapi/cmi5/activitytype/course"
_MODULE: Final = "http://adlnet.gov/expapi/activities/module"
_TYPES: Final[Mapping[str, str]] = {
    "quiz": "http://adlnet.gov/expapi/activities/assessment",
    "assign": "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/assignment",
    "page": "https://w3id.org/xapi/acrossx/activities/page",
}
"""By the name of the module; those that are not here are a part of a course, whatever else."""


def subject_of(url: str, progress: Progress) -> Subject:
    """The page of it."""
    if progress.activity is None:
        return Subject(f"{url}/course/view.php?id={progress.course}", _COURSE)
    sort = progress.sort or ""
    return Subject(f"{url}/mod/{sort}/view.php?id={progress.activity}", _TYPES.get(sort, _MODULE))
