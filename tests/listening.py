"""What a database is asked, heard beside whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Engine, event


class Asked(NamedTuple):
    """A statement in the database's own words, with what stands for its parameters."""

    sql: str
    parameters: Any


@contextmanager
def overheard(*engines: Engine) -> Iterator[list[Asked]]:
    """What is executed meanwhile."""
    executed: list[Asked] = []

    def note(_conn: object, _cursor: object, sql: str, parameters: Any, *_: object) -> None:
        executed.append(Asked(sql, parameters))

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
