"""The record store as a plug-in of itself: it uses the seam it offers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete

import lrs.people.tables  # noqa: F401 - its tables belong to the same metadata
from lrs.bench.findings import Bench, Findings, Setting
from lrs.clock import SECOND, instant_words
from lrs.complaints import Complaint
from lrs.erasure import facts, statements
from lrs.erasure.keys import note as key_note
from lrs.erasure.policies import Delete, Keep, Policy, Scrub, every_row, everything, theirs
from lrs.erasure.pseudonyms import PERSON_KEYS
from lrs.erasure.under_way import all_under_way
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

_STRUCTURE: Final = "numbers and ids: what is counted stays"
_OURS: Final = "the store's own, about nobody"

ERASURE: Final[dict[str, Policy]] = {
    "tenant": Keep(why=_OURS),
    "sequencer": Keep(why=_OURS),
    "body": Scrub(
        by=statements.scrub,
        which=statements.mentioning,
        why="statements that mention them, their own without what they wrote",
    ),
    "statement_key": Keep(why="ids stay; the hash is that of the new bytes"),
    "statement": Keep(why=_STRUCTURE),
    "attachment": Keep(why="which data came with a statement goes with the part of it that named it"),
    "blob": Delete(following=statements.forget_data, why="data that they sent and nobody else did"),
    "blob_chunk": Keep(why="data goes with its name, as soon as the rest is done"),
    "inherited": Scrub(
        by=statements.inherit, which=statements.inheriting, why="keys of whoever refers to their statements"
    ),
    "posting": Keep(why="index keys follow the statements"),
    "term": Delete(last=statements.terms, why="what their keys stood for"),
    "ref": Keep(why=_STRUCTURE),
    "ref_pending": Keep(why=_STRUCTURE),
    "ref_unbounded": Keep(why=_STRUCTURE),
    "void_wait": Keep(why=_STRUCTURE),
    "event": Scrub(by=facts.rename_facts, which=facts.facts_about, why="facts about them keep their numbers"),
    "consumer": Keep(why=_OURS),
    "parked": Scrub(texts=("error",), why="an error may quote them"),
    "document": Delete(agents=("agent",), why="state and profile documents are about nobody else"),
    "canonical": Scrub(
        following=statements.said_otherwise,
        last=statements.forget_canonical,
        why="their names, and their name in what others defined",
    ),
    "quarantine": Scrub(by=statements.discard, which=every_row, why="what was set aside and mentions them is emptied"),
    "credential": Scrub(by=statements.authorities, which=every_row, why="keys whose statements they vouched for"),
    "server_secret": Keep(why=_OURS),
    "session": Delete(by=facts.end_sessions, at_once=everything, why="they are signed out"),
    "account": Delete(people=("person_id",), at_once=everything, why="their sign-ins"),
    "audit": Scrub(
        logins=("name",),
        texts=("subject",),
        documents={"details": PERSON_KEYS},
        by=facts.rename_subjects,
        which=facts.subjects,
        why="what was done stays, by and to their pseudonym",
    ),
    "person": Scrub(
        by=facts.forget_names,
        people=("person_id",),
        at_once=everything,
        why="days and time zone stay, as programs counted by them",
    ),
    "site": Keep(why="places, not people"),
    "position": Scrub(people=("person_id",), at_once=everything, why="what their job asked of them was counted"),
    "manager": Scrub(people=("person_id", "manager_id"), at_once=everything, why="who reported to whom was counted"),
    "leave": Scrub(
        people=("person_id",),
        at_once=everything,
        why="days away move deadlines; why they were away is not known here",
    ),
    "identity_link": Scrub(
        by=facts.drop_links, people=("person_id",), at_once=everything, why="their statements stay one person's"
    ),
    "merged": Scrub(people=("person_id", "into_id"), at_once=everything, why="whoever was two stays one"),
    "told": Scrub(
        by=facts.forget_told,
        which=facts.told_about,
        people=("person_id",),
        at_once=theirs("person_id"),
        why="what files said of them before a merge",
    ),
    "erasure": Keep(why="digests, so that they do not come back"),
    "erasing": Keep(why="who is being erased; it goes with the last piece"),
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
    with prowess.database.read() as conn:
        if prowess.database.dialect.is_overheard(conn):
            told = "the database is on another machine and what it is told goes there unencrypted"
            yield Complaint(f"{told}: add ?sslmode=verify-full to database.url", "prowess doctor")
    for one in all_under_way(prowess.database):
        since = instant_words(one.began_at)
        yield Complaint(f"an erasure that began on {since} is not over", f"prowess people erase {one.who.name}")


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
    key_note=key_note,
)
