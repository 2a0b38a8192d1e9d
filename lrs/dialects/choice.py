"""Which dialect a database URL asks for."""

from __future__ import annotations

from sqlalchemy import URL, make_url

from lrs.dialects.contract import Dialect
from lrs.errors import ConfigError


def dialect_of(url: str) -> tuple[Dialect, URL]:
    """The dialect for a database URL, and the URL as SQLAlchemy wants it.  Raises ConfigError."""
    from lrs.dialects.postgres import PostgresDialect  # noqa: PLC0415 - each imports its own driver
    from lrs.dialects.sqlite import SqliteDialect  # noqa: PLC0415

    try:
        parsed = make_url(url)
    except Exception:  # noqa: BLE001 - whatever it is, it may quote the password
        raise ConfigError("database.url is not a database URL", hint="sqlite:///FILE or postgresql://…") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return SqliteDialect(), parsed.set(drivername="sqlite+pysqlite")
    if backend in {"postgresql", "postgres"}:
        return PostgresDialect(), parsed.set(drivername="postgresql+psycopg")
    raise ConfigError(f"database.url: '{backend}' is not supported", hint="use sqlite:///FILE or postgresql://…")
