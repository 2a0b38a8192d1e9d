"""Our people as connectors need them: the keys they are known by, and whom other systems say they are."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, delete, select

from connectors import tables as t
from connectors.contract import Match, PersonKeys
from lrs.clock import Clock
from lrs.db import Database
from lrs.people import tables as people
from lrs.people.merges import known_as
from lrs.store.tables import DEFAULT_TENANT


class PeopleDirectory:
    """Reads people as they are known now and keeps matches.  It is the `People` of every connector."""

    def __init__(self, database: Database, clock: Clock, tenant_id: int = DEFAULT_TENANT) -> None:
        self._database = database
        self._clock = clock
        self._tenant_id = tenant_id

    def keys(self, person_id: str) -> PersonKeys:
        """The keys of somebody, or of whom they turned out to be: what waits was decided before that was known."""
        person, link = people.person.c, people.identity_link.c
        with self._database.read() as conn:
            person_id = known_as(conn, self._tenant_id, person_id)
            email = conn.scalar(
                select(person.email).where(
                    person.tenant_id == self._tenant_id, person.person_id == person_id, person.known_to.is_(None)
                )
            )
            identifiers = conn.scalars(
                select(link.ifi)
                .where(link.tenant_id == self._tenant_id, link.person_id == person_id, link.known_to.is_(None))
                .order_by(link.ifi)
            ).all()
        return person_keys(person_id, email, identifiers)

    def some(self, most: int) -> list[PersonKeys]:
        """The keys of so many people, those first by id; nobody who has left."""
        c = people.person.c
        here = (c.tenant_id == self._tenant_id, c.known_to.is_(None), c.left_day.is_(None))
        with self._database.read() as conn:
            chosen = conn.scalars(select(c.person_id).where(*here).order_by(c.person_id).limit(most)).all()
        found = {keys.id: keys for keys in map(self.keys, chosen)}
        return list(found.values())

    def match(self, connector: str, person_id: str) -> Match | None:
        columns = t.remote_person.c
        with self._database.read() as conn:
            row = conn.execute(
                select(columns.remote_id, columns.matched_by).where(self._is(connector, person_id))
            ).one_or_none()
        return None if row is None else Match(row.remote_id, row.matched_by)

    def remember(self, connector: str, person_id: str, match: Match) -> None:
        found = {"remote_id": match.remote_id, "matched_by": match.by, "matched_at": self._clock.now()}
        row = {"tenant_id": self._tenant_id, "connector": connector, "person_id": person_id, **found}
        insert = self._database.dialect.insert(t.remote_person).values(row)
        key = ["tenant_id", "connector", "person_id"]
        self._database.write(lambda conn: conn.execute(insert.on_conflict_do_update(index_elements=key, set_=found)))

    def forget(self, connector: str, person_id: str) -> None:
        self._database.write(lambda conn: conn.execute(delete(t.remote_person).where(self._is(connector, person_id))))

    def _is(self, connector: str, person_id: str) -> ColumnElement[bool]:
        columns = t.remote_person.c
        return and_(
            columns.tenant_id == self._tenant_id, columns.connector == connector, columns.person_id == person_id
        )


def person_keys(person_id: str, email: str | None, identifiers: Iterable[str]) -> PersonKeys:
    """The keys in a person's identifiers, which are written as `lrs.xapi.actors.ifi_text` does."""
    parsed = [json.loads(text) for text in identifiers]
    mailboxes = [ifi["mbox"].removeprefix("mailto:") for ifi in parsed if "mbox" in ifi]
    accounts = [(ifi["account"]["homePage"], ifi["account"]["name"]) for ifi in parsed if "account" in ifi]
    return PersonKeys(person_id, email or (mailboxes[0] if len(mailboxes) == 1 else None), tuple(accounts))
