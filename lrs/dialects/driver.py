"""Where the driver is used without SQLAlchemy around it, its errors still come as SQLAlchemy's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from sqlalchemy.exc import DBAPIError


@contextmanager
def as_sqlalchemy(sql: str, driver: ModuleType) -> Iterator[None]:
    """Raise what SQLAlchemy would have raised of this driver's errors."""
    try:
        yield
    except driver.Error as error:
        raise DBAPIError.instance(sql, None, error, driver.Error) from error
