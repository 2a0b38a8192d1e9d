"""A kind of trouble: how many there are and which, so that a count leads to its rows and a row to where it is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, func, select

from lrs.clock import DAY, day_of
from rules import tables as r
from rules.language import Ruleset
from rules.troubles.likeness import Likeness

DAYS: Final = 14
"""How long something may wait before it is trouble."""


class Trouble(NamedTuple):
    """One row: whom or what it is about, as far as that is known; `name` is a person's if there is a person.

    instead: the address that statements are about, perhaps in its stead.
    """

    person_id: str = ""
    name: str = ""
    program_id: str = ""
    detail: str = ""
    at: int | None = None
    statement: UUID | None = None
    instead: Likeness | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What the kinds look at: one tenant at one moment."""

    conn: Connection
    tenant_id: int
    ruleset: Ruleset
    now: int
    days: int = DAYS

    @property
    def today(self) -> int:
        """The UTC day, as the tables count."""
        return day_of(self.now)


def published_for_long(scene: Scene) -> set[tuple[str, int]]:
    """The versions of programs that were published before all these days, whatever their effective day: nothing is missed of
    what nobody could know to be asked.
    """
    c = r.program.c
    query = select(c.program_id, c.version).where(
        c.tenant_id == scene.tenant_id, c.applied_seq <= scene.now - scene.days * DAY
    )
    return {(row.program_id, row.version) for row in scene.conn.execute(query)}


@dataclass(frozen=True, slots=True)
class Kind:
    """Why it matters, how to mend it, and what counts and lists it.

    mend_at: the page where it is mended, if there is one; it gets the row's person and program.  subject: what each row
    is about.
    """

    name: str
    title: str
    why: str
    mend: str
    count: Callable[[Scene], int]
    rows: Callable[[Scene, int], list[Trouble]]
    mend_at: str = ""
    subject: str = "Who"


def in_sql(query: Callable[[Scene], Select[Any]]) -> dict[str, Any]:
    """What counts and lists the rows of a query, whose columns are those of a row."""

    def count(scene: Scene) -> int:
        return scene.conn.scalar(select(func.count()).select_from(query(scene).order_by(None).subquery())) or 0

    def rows(scene: Scene, limit: int) -> list[Trouble]:
        return [_trouble(row) for row in scene.conn.execute(query(scene).limit(limit))]

    return {"count": count, "rows": rows}


def in_python(find: Callable[[Scene], Iterable[Trouble]]) -> dict[str, Any]:
    """What counts and lists the rows that reading finds."""
    return {"count": lambda scene: len(list(find(scene))), "rows": lambda scene, limit: list(find(scene))[:limit]}


def _trouble(row: Any) -> Trouble:
    given = {name: value for name, value in row._asdict().items() if value is not None}
    statement = given.pop("statement", None)
    return Trouble(**given, statement=UUID(bytes=statement) if statement else None)
