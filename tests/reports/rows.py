"""Hand-made rows of a store: what rules would have written, said in one line each."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from lrs.clock import DAY, ManualClock
from lrs.people import tables as p
from lrs.people.reading import to_day
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.store.statements import Intake
from lrs.xapi.intake import prepare
from lrs.xapi.postings import posting_key
from lrs.xapi.versions import Version
from rules import tables as r
from rules.decide import FOREVER


def day(text: str) -> int:
    """Days since 1970-01-01."""
    found = to_day(date.fromisoformat(text))
    assert found is not None
    return found


def us(text: str) -> int:
    """Microseconds of the first instant of a UTC day."""
    return day(text) * DAY


def ifi(person: str) -> str:
    return f'{{"mbox":"mailto:{person}@example.org"}}'


class Rows:
    """Writes rows into one tenant's tables."""

    def __init__(self, prowess: Prowess, tenant_id: int = 1) -> None:
        self.prowess = prowess
        self.tenant_id = tenant_id
        self._seq = 1

    def add(self, table: Any, **values: Any) -> None:
        self.add_all(table, [values])

    def add_all(self, table: Any, rows: list[dict[str, Any]]) -> None:
        rows = [{"tenant_id": self.tenant_id, **row} if "tenant_id" in table.c else row for row in rows]
        if rows:
            self.prowess.database.write(lambda conn: conn.execute(insert(table), rows))

    def person(
        self,
        id_: str,
        name: str | None = None,
        *,
        unit: str | None = None,
        job: str | None = None,
        site: str | None = None,
        manager: str | None = None,
        since: str = "2020-01-01",
        until: str | None = None,
    ) -> None:
        base = {"person_id": id_, "known_from": 1}
        self.add(p.person, **base, name=name or id_.title())
        self.add(p.identity_link, **base, agent=posting_key("agent", ifi(id_)), ifi=ifi(id_))
        self.position(id_, 0, unit=unit, job=job, site=site, manager=manager, since=since, until=until)

    def position(
        self,
        id_: str,
        ordinal: int,
        *,
        unit: str | None = None,
        job: str | None = None,
        site: str | None = None,
        manager: str | None = None,
        since: str = "2020-01-01",
        until: str | None = None,
    ) -> None:
        base = {"person_id": id_, "known_from": 1, "ordinal": ordinal}
        days = {"from_day": day(since), "to_day": day(until) if until else None}
        self.add(p.position, **base, **days, unit=unit, job=job, site=site)
        if manager:
            self.add(p.manager, **base, **days, manager_id=manager, place=0)

    def program(
        self,
        id_: str,
        title: str,
        kind: str = "certification",
        version: int = 1,
        *,
        current: int = 1,
        withdrawn: int | None = None,
    ) -> None:
        self.add(
            r.program,
            program_id=id_,
            version=version,
            kind=kind,
            title=title,
            hash=b"0" * 32,
            applied_seq=1,
            current=current,
            withdrawn_seq=withdrawn,
        )

    def status(
        self,
        person: str,
        program: str,
        since: str | int,
        until: str | int = FOREVER,
        *,
        version: int = 1,
        assignment: str = "required",
        progress: str = "not_started",
        award: str = "none",
        overdue: int = 0,
        renewable: int = 0,
        due: str | None = None,
        met: str | None = None,
        valid_from: str | None = None,
        expires: str | None = None,
        renewable_from: str | None = None,
        grace: str | None = None,
    ) -> None:
        def of(text: str | None) -> int | None:
            return day(text) if text else None

        self.add(
            r.status,
            person_id=person,
            program_id=program,
            from_us=us(since) if isinstance(since, str) else since,
            until_us=us(until) if isinstance(until, str) else until,
            version=version,
            assignment=assignment,
            progress=progress,
            award=award,
            overdue=overdue,
            late=0,
            renewable=renewable,
            in_grace=0,
            pending_evidence=0,
            due_day=of(due),
            met_day=of(met),
            valid_from_day=of(valid_from),
            expires_day=of(expires),
            renewable_day=of(renewable_from),
            grace_day=of(grace),
        )

    def activity(self, id_: str, title: str, iri: str) -> None:
        self.add(r.activity, key=posting_key("activity", iri), activity_id=id_, title=title, iri=iri)

    def evidence(
        self,
        person: str,
        iri: str,
        at: int,
        verb: str = "passed",
        *,
        seq: int | None = None,
        raw: str | None = None,
        most: str | None = None,
        least: str | None = None,
        scaled: str | None = None,
        success: int | None = None,
        completion: int | None = None,
        voided: int | None = None,
        credential_id: int = 1,
        relation: int = 0,
        activity_type: str | None = None,
        platform: str | None = None,
    ) -> None:
        self._seq += 1
        seq = seq or self._seq
        self.add(
            r.evidence,
            agent=posting_key("agent", ifi(person)),
            activity=posting_key("activity", iri),
            seq=seq,
            relation=relation,
            statement_id=UUID(int=seq).bytes,
            timestamp=at,
            tie=hashlib.sha256(str(seq).encode()).digest(),
            voided_seq=voided,
            verb=f"http://adlnet.gov/expapi/verbs/{verb}",
            activity_type=activity_type,
            score_raw=raw,
            score_min=least,
            score_max=most,
            score_scaled=scaled,
            success=success,
            completion=completion,
            credential_id=credential_id,
            platform=platform,
        )

    def emission(self, person: str, program: str, id_: UUID, *, recorded: int = 1, at: int = 1) -> None:
        self.add(
            r.emission,
            id=id_.bytes,
            person_id=person,
            program_id=program,
            transition="awarded",
            body=b"{}",
            created_at=at,
            recorded=recorded,
        )

    def sent(
        self, statements: list[dict[str, Any]], *, credential_id: int = 1, clock: ManualClock | None = None, at: int = 0
    ) -> None:
        """Statements through the store's own door, stored at an instant of the manual clock."""
        if clock is not None:
            clock.move(seconds=(at - clock.now()) / 1_000_000)
        authority = {"account": {"homePage": "https://prowess.example", "name": f"key:{credential_id}"}}
        batch = prepare(
            json.dumps(statements).encode(),
            version=Version.V1_0_3,
            authority=authority,
            new_id=self.prowess.ids.uuid,
            statement_id=None,
        )
        self.prowess.statements.record(Intake(self.tenant_id, credential_id, batch.statements, Version.V1_0_3))


__all__ = ["FOREVER", "Rows", "day", "ifi", "t", "us"]
