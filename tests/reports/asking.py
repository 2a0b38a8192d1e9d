"""Asking a report the way every door does."""

from __future__ import annotations

from typing import Any

from lrs.prowess import Prowess
from reports.arguments import parse_arguments
from reports.catalogue import get_report
from reports.declaration import Scope
from reports.formats import visible
from reports.reading import Page, ReportReader


def ask(prowess: Prowess, name: str, *, tenant_id: int = 1, **given: Any) -> Page:
    """One page; `from_` stands for `from`, a list repeats a parameter."""
    pairs = [
        (key.rstrip("_"), str(value))
        for key, values in given.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    report = get_report(name)
    arguments = parse_arguments(report, Scope(tenant_id), pairs, prowess.clock.now())
    return ReportReader(prowess).page(report, arguments)


def rows_of(prowess: Prowess, name: str, *columns: str, **given: Any) -> list[tuple[Any, ...]]:
    """Some columns of every row, in order."""
    page = ask(prowess, name, **given)
    return [tuple(visible(page.report, row)[column] for column in columns) for row in page.rows]
