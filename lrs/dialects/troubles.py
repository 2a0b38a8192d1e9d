"""What a database's refusal means for whoever operates Prowess: what is wrong, where, and how it is mended, without the password."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

_RESTORE: Final = "restore a backup: prowess restore FILE, into a new database"
_NO_WAY_IN: Final = ("unable to open database file", "attempt to write a readonly database")
_ANOTHER: Final = "check database.url"
_READ_ONLY: Final = "it is read-only, such as a replica: name the primary in database.url"
_STATES: Final = {
    "25006": _READ_ONLY,
    "42501": "let the user of database.url own the database and what is in it (ALTER DATABASE … OWNER TO …)",
}
"""What helps, by SQLSTATE; libpq gives none for what keeps it from connecting."""
_OPTION: Final = "invalid connection option"
_SAID: Final = (
    ("during recovery", _READ_ONLY),
    ("password authentication failed", "check user and password in database.url"),
    ("no password supplied", "write the password into database.url: postgresql://USER:PASSWORD@HOST/NAME"),
    ("peer authentication failed", "name a host and a password in database.url, or run as the user of that name"),
    ("permission denied for database", "let the user connect: GRANT CONNECT ON DATABASE NAME TO USER"),
    ("role ", "make it: createuser --pwprompt USER"),
    ("database ", "check its name in database.url, or make it: createdb --owner=USER --encoding=UTF8 NAME"),
    ("pg_hba.conf", "the server lets nobody in from here like this: see its pg_hba.conf"),
    (
        "SSL",
        "sslmode in database.url asks for TLS as the server does not offer it: mend the server, or ask for another",
    ),
    (
        "certificate",
        "sslrootcert in database.url has to name a file with the authority that signed the server's certificate",
    ),
    ("connection slots", "raise max_connections of the server: a process of Prowess takes up to 40"),
    ("too many clients", "raise max_connections of the server: a process of Prowess takes up to 40"),
    ("No space left", "free space on the disk of the database server"),
    ("could not extend", "free space on the disk of the database server"),
    (_OPTION, "libpq knows no such option: check what stands behind ? in database.url"),
    ("invalid ", "check what stands behind ? in database.url"),
)
"""What helps, by a part of libpq's message where it is English."""
_NOT_THERE: Final = "check host and port in database.url, and that the database server runs"


def state_of(error: DBAPIError) -> str | None:
    """The SQLSTATE that PostgreSQL gave, if any."""
    found: str | None = getattr(error.orig, "sqlstate", None)
    return found


def is_refusal(error: DBAPIError) -> bool:
    """Whether the database is not there or does not let us, rather than being asked for something odd."""
    is_replica = state_of(error) == "0A000" and "during recovery" in str(error.orig)
    return isinstance(error, OperationalError | InterfaceError) or state_of(error) in _STATES or is_replica


class Trouble(NamedTuple):
    """In words: what is wrong and where, on one line, and how it is mended."""

    what: str
    hint: str


def trouble(error: DBAPIError, url: URL) -> Trouble | None:
    """What an error of the driver means; None where it tells a mistake of ours, whose traceback somebody has to see."""
    if url.get_backend_name() == "sqlite":
        return _of_file(error, Path(str(url.database)))
    return _of_server(error, url)


def _of_file(error: DBAPIError, file: Path) -> Trouble | None:
    said = str(error.orig)
    here, free = f"the database {file}", f"free space on the disk of {file.parent}"
    if said in _NO_WAY_IN and _is_read_only(file.parent):
        return Trouble(
            f"{here} is on a file system that is read-only", "mount it for writing; in a unit: ReadWritePaths="
        )
    match said:
        case "unable to open database file":
            return _unopened(file)
        case "attempt to write a readonly database":
            who = f"the user who runs this (number {os.geteuid()})"
            return Trouble(f"{here} cannot be written", f"let {who} write the file and its directory: chown")
        case "file is not a database":
            return Trouble(f"{file} is no SQLite database", _ANOTHER)
        case "database disk image is malformed":
            return Trouble(f"the database is damaged: {said}", _RESTORE)
        case "database or disk is full":
            return Trouble(f"{here} cannot grow: {said}", free)
        case "database is locked":
            return Trouble(
                f"{here} is locked by another process", "try again; if that stays so, see who has it open: fuser"
            )
        case "disk I/O error":
            return Trouble(
                f"{here} cannot be read or written: {said}", f"check the disk of {file.parent}, and that it is not full"
            )
        case _:
            return Trouble(f"{here}: {said}", _ANOTHER) if isinstance(error, OperationalError) else None


def _is_read_only(directory: Path) -> bool:
    with suppress(OSError):
        return bool(os.statvfs(directory).f_flag & os.ST_RDONLY)
    return False


def _unopened(file: Path) -> Trouble:
    """SQLite says no more than that; the file system may."""
    if os.path.isdir(file):  # noqa: PTH112 - Path.is_dir raises where the way there is closed
        return Trouble(f"database.url names a directory: {file}", "name a file in it: sqlite:///DIRECTORY/prowess.db")
    who = f"let the user who runs this (number {os.geteuid()}) read and write the file and its directory: chown"
    return Trouble(f"the database {file} cannot be opened", who)


def _of_server(error: DBAPIError, url: URL) -> Trouble | None:
    state, said = state_of(error), str(error.orig).partition("\n")[0]
    if not is_refusal(error) and _OPTION not in said:
        return None
    said = " ".join(said.split()).rpartition(" failed: ")[2]
    for prefix in ("FATAL:", "ERROR:"):
        said = said.removeprefix(prefix).strip()
    host = url.host or url.query.get("host", "the local socket")
    where = f"PostgreSQL at {host}" + (f":{url.port}" if url.port else "")
    named = "".join(f", {what} '{name}'" for what, name in (("database", url.database), ("user", url.username)) if name)
    what = f"{where}{named}: {said}"
    return Trouble(what, _STATES.get(state or "") or next((hint for part, hint in _SAID if part in said), _NOT_THERE))
