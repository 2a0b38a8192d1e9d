"""The record store as a plug-in of itself: it uses the seam it offers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import delete

import lrs.people.tables  # noqa: F401 - its tables belong to the same metadata
from lrs.bench.findings import Bench, Findings, Setting
from lrs.clock import SECOND
from lrs.complaints import Complaint
from lrs.feed.feed import rewind
from lrs.jobs import MAIN, NETWORK, Job
from lrs.prowess import Derived, Plugin
from lrs.store import canon, references
from lrs.store import tables as t
from lrs.store.canon import CanonKeeper
from lrs.store.tables import metadata
from lrs.verify import index
from lrs.verify.record import check_record

if TYPE_CHECKING:
    from flask import Blueprint
    from sqlalchemy import Connection

    from lrs.feed.consumer import Consumer
    from lrs.prowess import Prowess

_HOUR = 60 * 60 * SECOND

ERASURE = {
    "tenant": "keep",
    "sequencer": "keep",
    "event": "keep",
    "statement_key": "keep",
    "statement": "keep",
    "body": "scrub",
    "posting": "scrub",
    "term": "scrub",
    "ref": "keep",
    "inherited": "scrub",
    "ref_pending": "keep",
    "ref_unbounded": "keep",
    "void_wait": "keep",
    "consumer": "keep",
    "parked": "keep",
    "document": "delete",
    "blob": "keep",
    "blob_chunk": "scrub",
    "attachment": "keep",
    "canonical": "scrub",
    "quarantine": "scrub",
    "credential": "keep",
    "server_secret": "keep",
    "account": "delete",
    "session": "delete",
    "audit": "keep",
    "person": "scrub",
    "site": "keep",
    "position": "keep",
    "manager": "keep",
    "leave": "delete",
    "identity_link": "delete",
    "merged": "delete",
    "told": "delete",
}


class ReferenceJob:
    """Copies the index keys that a commit left over, a short slice at a time (see `lrs.store.references`)."""

    name = "lrs.references"
    lane = MAIN

    def __init__(self, prowess: Prowess) -> None:
        self._database = prowess.database

    def run(self) -> bool:
        if not references.is_waiting(self._database):
            return False
        dialect = self._database.dialect
        return self._database.write(lambda conn: references.drain(conn, dialect)) > 0

    def next_due(self) -> int | None:
        return None


class AttachmentJob:
    """Collects, once an hour in each process, attachment data that no statement came to name."""

    name = "lrs.attachments"
    lane = NETWORK

    def __init__(self, prowess: Prowess) -> None:
        self._attachments = prowess.attachments
        self._clock = prowess.clock
        self._due = 0

    def run(self) -> bool:
        now = self._clock.now()
        if now < self._due:
            return False
        self._due = now + _HOUR
        if not self._attachments.collect():
            return False
        self._due = now
        return True

    def next_due(self) -> int | None:
        return self._due


def _blueprints(prowess: Prowess) -> Iterable[Blueprint]:
    from lrs.http import blueprints as http  # noqa: PLC0415 - commands need no web server
    from lrs.web import blueprints as web  # noqa: PLC0415

    return [*http(prowess), *web(prowess)]


def _consumers(prowess: Prowess) -> Iterable[Consumer]:
    return [CanonKeeper(prowess.database)]


def _jobs(prowess: Prowess) -> Iterable[Job]:
    return [ReferenceJob(prowess), AttachmentJob(prowess)]


def _complaints(prowess: Prowess) -> Iterable[Complaint]:
    count = prowess.feed.count_parked()
    if count:
        items = "1 item of the feed was" if count == 1 else f"{count:,} items of the feed were"
        yield Complaint(f"{items} not digested", "prowess feed parked")


def _measure_http(setting: Setting) -> Findings:
    from lrs.bench.http import measure  # noqa: PLC0415 - other commands need no load generator

    return measure(setting)


def _forget_directory(_: Prowess, conn: Connection) -> None:
    conn.execute(delete(t.canonical))
    rewind(conn, canon.CONSUMER)


_INDEX = Derived(
    name="lrs.index",
    tables={
        t.statement: {},
        t.posting: {},
        t.term: {},
        t.ref: {},
        t.inherited: {},
        t.ref_pending: {},
        t.void_wait: {},
    },
    forget=index.forget,
)
_DIRECTORY = Derived(name=canon.CONSUMER, tables={t.canonical: {}}, forget=_forget_directory)

plugin = Plugin(
    name="lrs",
    metadata=metadata,
    migrations="lrs.migrations.versions",
    erasure=ERASURE,
    blueprints=_blueprints,
    consumers=_consumers,
    jobs=_jobs,
    benches=(Bench("http", "a served store under load, the server alone, and a peer", _measure_http),),
    derived=(_INDEX, _DIRECTORY),
    checks=check_record,
    complaints=_complaints,
)
