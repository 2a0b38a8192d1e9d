"""When each key was last used, noted off the path of requests: at most once a minute, and never at their cost.

A note that cannot be written is lost, with a line in the log; the next minute brings another.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final

from sqlalchemy import or_, update

from lrs.clock import SECOND
from lrs.db import Database
from lrs.logs import get_logger
from lrs.store import tables as t
from lrs.turns import Priority

log = get_logger(__name__)

APART: Final = 60 * SECOND


class LastUsed:
    """The notes of this process.  One thread writes them, begun with the first note."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[int, int] = {}
        self._guard = Lock()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="prowess-last-used")
        self._is_closed = False

    def note(self, credential_id: int, now: int) -> None:
        """Remember that a key was used now.  Never raises and never waits for the database."""
        with self._guard:
            before = self._noted.get(credential_id)
            if self._is_closed or (before is not None and 0 <= now - before < APART):
                return
            self._noted[credential_id] = now
            self._writer.submit(self._write, credential_id, now)

    def close(self) -> None:
        """Finish what was noted."""
        with self._guard:
            self._is_closed = True
        self._writer.shutdown()

    def _write(self, credential_id: int, now: int) -> None:
        c = t.credential.c
        earlier = or_(c.last_used_at.is_(None), c.last_used_at < now)
        change = update(t.credential).where(c.id == credential_id, earlier).values(last_used_at=now)
        try:
            self._database.write(lambda conn: conn.execute(change), priority=Priority.READ_MODEL)
        except Exception as error:  # noqa: BLE001 - nobody waits for this; whatever it is, the request was answered
            log.warning("last use not noted", credential=credential_id, error=repr(error))
