"""The list of who was erased as a file: what makes a backup of before forget them again when it is restored.

It holds the secret as well, since without that an older backup could not be searched; so the file is to be kept as private
as a backup, and like one outside the store.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, delete, func, select

from lrs.erasure.erasing import Erased, erase_again
from lrs.erasure.remembered import SECRET, Remembered
from lrs.errors import Conflict, ProwessError
from lrs.private import make_private
from lrs.store import tables as t
from lrs.store.server_secrets import server_secret

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class ErasureList:
    """secret: what the digests were made with.  erased: by tenant and digest, what stands there."""

    secret: bytes
    erased: Mapping[int, Mapping[bytes, Remembered]]


def export(prowess: Prowess, path: Path) -> int:
    """Write the whole list into a new file, or in place of an older one; returns how many people it holds."""
    secret = server_secret(prowess.database, prowess.ids, SECRET)
    c = t.erasure.c
    with prowess.database.read() as conn:
        rows = conn.execute(select(t.erasure).order_by(c.tenant_id, c.seq, c.digest)).all()
    said = {
        "prowess_erasures": _FORMAT,
        "secret": secret.hex(),
        "erased": [
            {"tenant": row.tenant_id, "digest": row.digest.hex(), "person": row.person_id, "pseudonym": row.pseudonym}
            for row in rows
        ],
    }
    aside = path.with_name(f".{path.name}.new")
    make_private(aside)
    with aside.open("w", encoding="utf-8") as file:
        json.dump(said, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    return len({(row.tenant_id, row.person_id) for row in rows})


def count(prowess: Prowess) -> int:
    """How many people the list holds, also those whose erasure is still under way."""
    c = t.erasure.c
    with prowess.database.read() as conn:
        people = select(c.tenant_id, c.person_id).distinct().subquery()
        return conn.scalar(select(func.count()).select_from(people)) or 0


def load(path: Path) -> ErasureList:
    """Raises ProwessError when the file is no such list."""
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if said["prowess_erasures"] != _FORMAT:
            raise ProwessError(f"{path} is of another version", hint="use that version")
        erased: dict[int, dict[bytes, Remembered]] = {}
        for one in said["erased"]:
            mine = erased.setdefault(int(one["tenant"]), {})
            mine[bytes.fromhex(one["digest"])] = Remembered(str(one["person"]), str(one["pseudonym"]))
        return ErasureList(bytes.fromhex(said["secret"]), erased)
    except (OSError, ValueError, KeyError, TypeError) as why:
        hint = "it is made by: prowess people erasures --export FILE"
        raise ProwessError(f"{path} is no list of erasures: {why!r}", hint=hint) from why


def apply(prowess: Prowess, listed: ErasureList) -> Sequence[Erased]:
    """Erase everybody of a list again, as far as they are here, and keep out those who are not.

    Raises Conflict when this store has a list of its own that was made with another secret.
    """
    prowess.database.write(lambda conn: _adopt(conn, prowess, listed.secret))
    prowess.erasures.prepare()
    done: list[Erased] = []
    for tenant_id, remembered in listed.erased.items():
        done += erase_again(prowess, remembered, tenant_id=tenant_id)
    prowess.erasures.reload()
    return done


def _adopt(conn: Connection, prowess: Prowess, secret: bytes) -> None:
    c = t.server_secret.c
    if conn.scalar(select(c.value).where(c.name == SECRET)) == secret:
        return
    if conn.scalar(select(t.erasure.c.seq).limit(1)) is not None:
        raise Conflict(
            "the list was made with another secret than this store's own list", hint="it is of another store"
        )
    conn.execute(delete(t.server_secret).where(c.name == SECRET))
    conn.execute(prowess.database.dialect.insert(t.server_secret), {"name": SECRET, "value": secret})
