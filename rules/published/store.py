"""Published rulesets: immutable, numbered on the feed like every other fact, read back as they were written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from lrs import yaml_door
from lrs.db import Database
from lrs.errors import Conflict, NotFound, did_you_mean
from lrs.feed.feed import Feed
from lrs.store import audit
from lrs.store import tables as t
from lrs.store.tables import DEFAULT_TENANT
from lrs.xapi.postings import posting_key
from rules import tables as r
from rules.language import Program, Ruleset, load_programs
from rules.language.ruleset import canonical

RULESET_APPLIED = "ruleset"


@dataclass(frozen=True, slots=True)
class Source:
    """One file of programs: its name as errors show it, and its text."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A ruleset and the feed number from which on it holds; 0 and an empty ruleset before the first."""

    applied_seq: int
    ruleset: Ruleset
    announce_history: bool = False


NOTHING = Edition(0, load_programs([]))


def read_sources(directory: Path) -> list[Source]:
    """The YAML files of a directory, as text.  Their errors come from `load_sources`."""
    files = sorted(path for suffix in ("*.yaml", "*.yml") for path in directory.rglob(suffix) if path.is_file())
    return [Source(str(path.relative_to(directory)), path.read_text("utf-8", "surrogateescape")) for path in files]


def load_sources(sources: Sequence[Source], *, is_published: bool = False) -> Ruleset:
    """The ruleset of texts.  Raises ConfigError with every mistake located."""
    documents = [document for source in sources for document in yaml_door.load(source.text, source.file)]
    return load_programs(documents, is_published=is_published)


class Published:
    """The rulesets of one store; the current one is kept until another is applied."""

    def __init__(self, database: Database, feed: Feed) -> None:
        self._database = database
        self._feed = feed
        self._guard = Lock()
        self._kept: dict[tuple[int, int], Edition] = {}

    def current(self, tenant_id: int = DEFAULT_TENANT, *, known_at: int | None = None) -> Edition:
        """The newest edition, or the one that held at a feed number."""
        ruleset = r.ruleset.c
        query = select(ruleset.applied_seq).where(ruleset.tenant_id == tenant_id)
        if known_at is not None:
            query = query.where(ruleset.applied_seq <= known_at)
        with self._database.read() as conn:
            seq = conn.scalar(query.order_by(ruleset.applied_seq.desc()).limit(1))
        return NOTHING if seq is None else self.edition(tenant_id, seq)

    def edition(self, tenant_id: int, applied_seq: int) -> Edition:
        """The edition of exactly that number."""
        with self._guard:
            kept = self._kept.get((tenant_id, applied_seq))
        if kept is not None:
            return kept
        ruleset = r.ruleset.c
        with self._database.read() as conn:
            row = conn.execute(
                select(ruleset.documents, ruleset.announce_history).where(
                    ruleset.tenant_id == tenant_id, ruleset.applied_seq == applied_seq
                )
            ).one()
        read = load_sources(_sources(row.documents), is_published=True)
        edition = Edition(applied_seq, read, bool(row.announce_history))
        with self._guard:
            if len(self._kept) > 16:
                self._kept.clear()
            self._kept[tenant_id, applied_seq] = edition
        return edition

    def sources(self, tenant_id: int = DEFAULT_TENANT, applied_seq: int | None = None) -> list[Source]:
        """The files of the newest edition, or of one, as they were written; none before the first."""
        ruleset = r.ruleset.c
        query = select(ruleset.documents).where(ruleset.tenant_id == tenant_id)
        if applied_seq is not None:
            query = query.where(ruleset.applied_seq == applied_seq)
        with self._database.read() as conn:
            documents = conn.scalar(query.order_by(ruleset.applied_seq.desc()).limit(1))
        return [] if documents is None else _sources(documents)

    def withdrawn(self, tenant_id: int, *, known_at: int) -> Mapping[str, int]:
        """The programs that are published no more, each with the feed number at which it was withdrawn."""
        program = r.program.c
        query = select(program.program_id, program.withdrawn_seq).where(
            program.tenant_id == tenant_id, program.withdrawn_seq <= known_at
        )
        with self._database.read() as conn:
            return {row.program_id: row.withdrawn_seq for row in conn.execute(query)}

    def applied(self, tenant_id: int, program_id: str) -> dict[int, int]:
        """By version of a program, the feed number at which it was first published."""
        c = r.program.c
        query = select(c.version, c.applied_seq).where(c.tenant_id == tenant_id, c.program_id == program_id)
        with self._database.read() as conn:
            return {row.version: row.applied_seq for row in conn.execute(query)}

    def last_with(self, tenant_id: int, program_id: str, *, known_at: int) -> tuple[Edition, int | None]:
        """The newest edition that has a program, and the feed number at which it was withdrawn.  Raises NotFound."""
        edition = self.current(tenant_id)
        withdrawn = self.withdrawn(tenant_id, known_at=known_at).get(program_id)
        if withdrawn is not None:
            edition = self.current(tenant_id, known_at=withdrawn - 1)
        programs = edition.ruleset.programs
        if program_id not in programs:
            hint = did_you_mean(program_id, programs) if programs else "publish programs with: prowess apply"
            raise NotFound(f"no program '{program_id}' is published", hint=hint)
        return edition, withdrawn

    def check(self, ruleset: Ruleset, *, tenant_id: int = DEFAULT_TENANT, is_restored: bool = False) -> None:
        """Raises Conflict when a version that was published before reads differently, or was written over by a newer one.

        is_restored: these were published before as they are.
        """
        with self._database.read() as conn:
            _refuse_changed_versions(conn, tenant_id, ruleset)
        if not is_restored:
            _refuse_lost_versions(self.current(tenant_id).ruleset, ruleset)

    def apply(
        self,
        sources: Sequence[Source],
        *,
        tenant_id: int = DEFAULT_TENANT,
        announce_history: bool = False,
        after: int | None = None,
        by: str | None = None,
        restores: int | None = None,
    ) -> Edition:
        """Publish; from the next feed number on everybody is judged by it.  The same ruleset again changes nothing.

        after: the edition that this one was made from.  by: who publishes.  restores: the earlier edition whose sources
        these are.  Raises Conflict when there is a newer edition than `after`, and when a version that was published
        before now reads differently or was written over by a newer one.
        """
        ruleset = load_sources(sources, is_published=restores is not None)
        if restores is None:
            _refuse_lost_versions(self.current(tenant_id).ruleset, ruleset)

        def commit(conn: Connection) -> int:
            self._database.dialect.exclude(conn, r.ruleset)
            newest = _newest(conn, tenant_id)
            if newest is not None and newest.hash.hex() == ruleset.hash:
                return int(newest.applied_seq)
            if after is not None and after != (newest.applied_seq if newest is not None else NOTHING.applied_seq):
                raise Conflict("other programs were published meanwhile", hint="plan again, and publish that plan")
            _refuse_changed_versions(conn, tenant_id, ruleset)
            seq = self._feed.record(conn, tenant_id, RULESET_APPLIED, [ruleset.hash])
            row = {
                "tenant_id": tenant_id,
                "applied_seq": seq,
                "hash": bytes.fromhex(ruleset.hash),
                "announce_history": int(announce_history),
                "documents": json.dumps([[source.file, source.text] for source in sources], ensure_ascii=False),
                "applied_by": by,
                "restores_seq": restores,
            }
            conn.execute(insert(r.ruleset), row)
            _list_programs(conn, tenant_id, ruleset, seq)
            _list_activities(conn, tenant_id, ruleset)
            _note(conn, tenant_id, ruleset, row)
            return seq

        return self.edition(tenant_id, self._database.write(commit))


def _note(conn: Connection, tenant_id: int, ruleset: Ruleset, row: Mapping[str, Any]) -> None:
    """Keep in the audit that an edition was published, or an earlier one again; by their numbers, as the history has them."""
    programs = [f"{name} v{versions[-1].version}" for name, versions in sorted(ruleset.programs.items())]
    told: dict[str, Any] = {"programs": programs, "hash": ruleset.hash[:12]}
    told |= {"by": row["applied_by"]} if row["applied_by"] else {}
    restored = row["restores_seq"]
    told |= {"restores": _number(conn, tenant_id, restored)} if restored else {}
    action = "programs.publish" if restored is None else "programs.rollback"
    seq = row["applied_seq"]
    audit.record(conn, action, f"edition {_number(conn, tenant_id, seq)}", told, at=seq, tenant_id=tenant_id)


def _number(conn: Connection, tenant_id: int, seq: int) -> int:
    """The number of an edition that there is (see `rules.published.editions.history`)."""
    edition = r.ruleset.c
    query = select(func.count()).where(edition.tenant_id == tenant_id, edition.applied_seq <= seq)
    return int(conn.execute(query).scalar_one())


def _refuse_lost_versions(before: Ruleset, after: Ruleset) -> None:
    """Without the version that judged them, people would lose what they earned, and be judged by the newer one at once."""
    for program_id in before.programs.keys() & after.programs.keys():
        kept = [program.version for program in after.programs[program_id]]
        for program in before.programs[program_id]:
            if program.version not in kept and program.version < kept[-1]:
                raise Conflict(
                    f"version {program.version} of '{program_id}' is published and missing here, where version {kept[-1]} is",
                    hint=f"keep version {program.version} as it was, and write version {kept[-1]} below it, after a line ---",
                )


def list_anew(conn: Connection) -> None:
    """Make the directories of programs and activities anew from all editions, in their order."""
    conn.execute(delete(r.program))
    conn.execute(delete(r.activity))
    edition = r.ruleset.c
    query = select(edition.tenant_id, edition.applied_seq, edition.documents).order_by(edition.applied_seq)
    for row in conn.execute(query).all():
        ruleset = load_sources(_sources(row.documents), is_published=True)
        _list_programs(conn, row.tenant_id, ruleset, row.applied_seq)
        _list_activities(conn, row.tenant_id, ruleset)


def unlike(conn: Connection) -> Iterator[tuple[Any, str, str | None]]:
    """Editions that do not read as they were published: the row, the hash of what it reads as, the one in the feed."""
    edition, event = r.ruleset.c, t.event.c
    here = (event.seq == edition.applied_seq) & (event.tenant_id == edition.tenant_id) & (event.kind == RULESET_APPLIED)
    for row in conn.execute(select(r.ruleset, event.ref).outerjoin(t.event, here).order_by(edition.applied_seq)).all():
        found = load_sources(_sources(row.documents), is_published=True).hash
        if not row.hash.hex() == found == row.ref:
            yield row, found, row.ref


def _sources(documents: str) -> list[Source]:
    return [Source(*pair) for pair in json.loads(documents)]


def _newest(conn: Connection, tenant_id: int) -> Any:
    ruleset = r.ruleset.c
    query = select(ruleset.applied_seq, ruleset.hash).where(ruleset.tenant_id == tenant_id)
    return conn.execute(query.order_by(ruleset.applied_seq.desc()).limit(1)).first()


def program_hash(ruleset: Ruleset, program: Program) -> bytes:
    """Identifies what a version says."""
    return hashlib.sha256(_text_of(ruleset, program).encode()).digest()


def _text_of(ruleset: Ruleset, program: Program) -> str:
    return ruleset.texts.get(f"version {program.version} of '{program.id}'") or canonical(program.id)


def _refuse_changed_versions(conn: Connection, tenant_id: int, ruleset: Ruleset) -> None:
    known: Mapping[tuple[str, int], bytes] = {
        (row.program_id, row.version): row.hash
        for row in conn.execute(select(r.program).where(r.program.c.tenant_id == tenant_id))
    }
    for versions in ruleset.programs.values():
        for program in versions:
            before = known.get((program.id, program.version))
            if before is not None and before != program_hash(ruleset, program):
                raise Conflict(
                    f"version {program.version} of '{program.id}' was published and reads differently now",
                    hint=f"a version never changes: keep it as it was, and write version {program.version + 1} below it, "
                    "after a line ---",
                )


def _list_programs(conn: Connection, tenant_id: int, ruleset: Ruleset, seq: int) -> None:
    """The directory that reports read; a program that is published no more stays in it, as withdrawn."""
    mine = r.program.c.tenant_id == tenant_id
    published = set(conn.scalars(select(r.program.c.program_id).where(mine, r.program.c.current == 1)))
    for programs, withdrawn in ((published - ruleset.programs.keys(), seq), (ruleset.programs.keys(), None)):
        of_these = r.program.c.program_id.in_(programs)
        conn.execute(update(r.program).where(mine, of_these).values(withdrawn_seq=withdrawn))
    conn.execute(update(r.program).where(mine).values(current=0))
    for versions in ruleset.programs.values():
        for program in versions:
            here = (
                (r.program.c.tenant_id == tenant_id)
                & (r.program.c.program_id == program.id)
                & (r.program.c.version == program.version)
            )
            current = int(program is versions[-1])
            if conn.execute(update(r.program).where(here).values(current=current)).rowcount:
                continue
            row: dict[str, Any] = {
                "tenant_id": tenant_id,
                "program_id": program.id,
                "version": program.version,
                "kind": program.kind,
                "title": program.title,
                "hash": program_hash(ruleset, program),
                "applied_seq": seq,
                "current": current,
            }
            conn.execute(insert(r.program), row)


def _list_activities(conn: Connection, tenant_id: int, ruleset: Ruleset) -> None:
    """What transcripts call activities; one that no program needs any more keeps its name and its IRIs."""
    rows = {
        (posting_key("activity", iri.iri), activity.id): (activity.title, iri.iri)
        for activity in ruleset.activities.values()
        for iri in activity.iris
    }
    activity = r.activity.c
    keys = {key for key, _ in rows}
    for key, name in conn.execute(
        select(activity.key, activity.activity_id).where(activity.tenant_id == tenant_id)
    ).all():
        if name in ruleset.activities or key in keys:
            here = (activity.tenant_id == tenant_id) & (activity.key == key) & (activity.activity_id == name)
            conn.execute(delete(r.activity).where(here))
    if rows:
        conn.execute(
            insert(r.activity),
            [
                {"tenant_id": tenant_id, "key": key, "activity_id": name, "title": title or name, "iri": iri}
                for (key, name), (title, iri) in sorted(rows.items())
            ],
        )
