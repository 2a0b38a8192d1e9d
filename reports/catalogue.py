"""The catalogue: every report there is, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lrs.errors import NotFound, did_you_mean
from reports.declaration import Report
from reports.queries import (
    activities,
    certification_register,
    cohort_members,
    cohorts,
    completed,
    compliance_overview,
    data_health,
    due_soon,
    expiring,
    newly_proficient,
    overdue,
    standing,
    transcript,
)

CATALOGUE: Mapping[str, Report] = MappingProxyType(
    {
        module.report.name: module.report
        for module in (
            compliance_overview,
            standing,
            overdue,
            due_soon,
            expiring,
            completed,
            newly_proficient,
            certification_register,
            cohorts,
            cohort_members,
            transcript,
            activities,
            data_health,
        )
    }
)


def get_report(name: str) -> Report:
    """The report of a name.  Raises NotFound with the nearest name."""
    if name not in CATALOGUE:
        raise NotFound(f"there is no report '{name}'", hint=did_you_mean(name, CATALOGUE))
    return CATALOGUE[name]
