"""What a report is: one declared object from which endpoint, page, chart, files, schema and docs all derive.

Nothing here reads anything; a declaration is data and one function that builds portable SQL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Select

from lrs.clock import day_of

if TYPE_CHECKING:
    from lrs.prowess import Prowess

ColumnType = Literal["text", "iri", "word", "integer", "number", "share", "day", "instant", "flag", "list"]
FilterType = Literal["text", "integer", "day", "choice"]

NONE = "(none)"
"""As a filter's value: rows where the column is empty, so that every cell of a report can be asked for."""

DATABASE: tuple[str, ...] = ()
"""`behind` of a report that reads statements themselves and waits for no consumer."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows may be seen.  Every query starts from it, so that no report can forget it.

    team: a manager's id, who sees only those below; None: everybody.
    """

    tenant_id: int
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A report's arguments, checked: who asks, about which instant, and what the rows must have."""

    scope: Scope
    as_of: int
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prepared: tuple[Any, ...] = ()
    """What a report's `prepare` found out before its SQL could be written."""

    @property
    def day(self) -> int:
        """The UTC day of `as_of`, in days since 1970-01-01."""
        return day_of(self.as_of)

    def values(self, name: str) -> tuple[str, ...]:
        return self.filters.get(name, ())


@dataclass(frozen=True, slots=True)
class Drill:
    """Where a cell leads: an endpoint, with parameters taken from the row (`from_row`: parameter to column) or fixed.

    as_of: also hand over the report's own instant, so that the rows behind a number add up to it.
    """

    endpoint: str
    from_row: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    as_of: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer.  Its name says what it holds: `latest_score`, never `score`.

    total: `sum` adds up; a pair of column names divides their sums.  hidden: computed for links only, never shown.
    minor: in the files, but not on the page, which would grow too wide.
    """

    name: str
    title: str
    type: ColumnType
    about: str
    unit: str | None = None
    link: Drill | None = None
    total: Literal["sum"] | tuple[str, str] | None = None
    hidden: bool = False
    minor: bool = False
    sortable: bool = True

    def schema(self) -> dict[str, Any]:
        return {"name": self.name, "type": self.type, "unit": self.unit, "title": self.title, "about": self.about}


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter that narrows a report.  Repeating it means `or`; different filters mean `and`."""

    name: str
    title: str
    about: str
    type: FilterType = "text"
    choices: tuple[str, ...] = ()
    default: str | None = None
    single: bool = False

    def schema(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "title": self.title,
            "about": self.about,
            "choices": list(self.choices) or None,
            "default": self.default,
        }


@dataclass(frozen=True, slots=True)
class Chart:
    """What a report looks like at a glance: the whole answer, grouped by one column.

    measures: columns to add up; none counts rows.  labels: words for a column that holds numbers of classes.
    """

    kind: Literal["bars", "stacked", "line"]
    title: str
    by: str
    measures: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    noun: str = "rows"
    most: int = 16


Build = Callable[[Question], Select[Any]]
Attach = Callable[[Connection, Question, Sequence[dict[str, Any]]], None]
Prepare = Callable[["Prowess", Question], Question]


@dataclass(frozen=True, kw_only=True)
class Report:
    """One question an organisation keeps asking.

    select: the whole answer as portable SQL; its labels are the columns.  key: the columns that make a row unique.
    attach: adds columns that one page of rows needs a second query for, from the question as prepared.  prepare: adds to
    the question what programs say and SQL cannot know.  behind: the feed consumers it depends on.
    """

    name: str
    title: str
    purpose: str
    grain: str
    empty: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]
    select: Build
    attach: Attach | None = None
    prepare: Prepare | None = None
    chart: Chart | None = None
    behind: tuple[str, ...] = DATABASE

    @property
    def is_about_people(self) -> bool:
        """Whether it has the filters about people, and so is narrowed to a manager's team too."""
        return any(one.name == "team" for one in self.filters)

    @property
    def shown(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if not column.hidden)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def filter(self, name: str) -> Filter:
        return next(one for one in self.filters if one.name == name)

    @cached_property
    def definition(self) -> str:
        """The version of this report: it changes whenever its columns, words or SQL do."""
        sample = Question(Scope(0), 0, {one.name: (one.default,) for one in self.filters if one.default})
        text = json.dumps([self.name, self.schema_body(), str(self.select(sample))], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def schema_body(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "purpose": self.purpose,
            "grain": self.grain,
            "columns": [column.schema() for column in self.shown],
            "filters": [one.schema() for one in self.filters],
            "key": list(self.key),
            "order": list(self.order),
            "sortable": [column.name for column in self.shown if column.sortable],
        }
