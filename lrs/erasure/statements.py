"""What erasing does to statements: each one that mentions the person says the same of their pseudonym, under its id and number."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, count
from typing import Any, Final

from sqlalchemy import Table, and_, bindparam, delete, select, true, update

from lrs.batches import batches
from lrs.erasure.policies import Erasing, Key
from lrs.erasure.pseudonyms import authority_of
from lrs.store import tables as t
from lrs.store.quarantine import DISCARDED, WAITING
from lrs.store.statements import SCRUBBED
from lrs.xapi.canonical import Key as Subject
from lrs.xapi.canonical import mentions
from lrs.xapi.edit import json_text
from lrs.xapi.postings import Posting, posting_key, postings
from lrs.xapi.sameness import content_hash

_ROWS: Final = 500
_IN: Final = 400


def mentioning(erasing: Erasing, _: Table) -> list[Key]:
    """Statements that are found by the person, as agents or by a word of theirs; for the words all bytes are read."""
    p = t.posting.c
    found: set[int] = set()
    for keys in batches(erasing.agents, _IN):
        found.update(erasing.conn.scalars(select(p.seq).where(p.tenant_id == erasing.tenant_id, p.key.in_(keys))))
    s, b = t.statement.c, t.body.c
    query = select(b.seq).join(t.statement, s.seq == b.seq).where(s.tenant_id == erasing.tenant_id)
    found.update(erasing.conn.scalars(query.where(erasing.holding(b.bytes))))
    return [(seq,) for seq in sorted(found)]


def scrub(erasing: Erasing, table: Table) -> int:
    """Bytes, hash and index keys of statements that name the person in any place, and of what they came with."""
    seqs = [seq for (seq,) in mentioning(erasing, table)] if table.name not in erasing.among else None
    before = len(erasing.statements)
    for some in [None] if seqs is None else batches(seqs, _ROWS):
        query = select(t.body.c.seq, t.body.c.bytes).where(erasing.here(table)).order_by(t.body.c.seq)
        for row in erasing.conn.execute(query if some is None else query.where(t.body.c.seq.in_(some))).all():
            _rewrite(erasing, row.seq, row.bytes)
    return len(erasing.statements) - before


def inheriting(erasing: Erasing, table: Table) -> list[Key]:
    """Keys of theirs that statements have of those they refer to."""
    c = table.c
    return [key for some in batches(erasing.agents, _IN) for key in erasing.keys(table, c.key.in_(some))]


def inherit(erasing: Erasing, table: Table) -> int:
    """Those keys, and what the index has of them."""
    rows = [
        row._asdict()
        for some in batches(erasing.agents, _IN)
        for row in erasing.conn.execute(select(table).where(erasing.here(table), table.c.key.in_(some))).all()
    ]
    if rows and not erasing.is_rehearsal:
        for put in (table, t.posting):
            _rekey(erasing, put, rows)
    return len(rows)


def move_postings(erasing: Erasing, most: int) -> int:
    """Put new keys for so many of their old ones as the index has still; returns for how many."""
    p = t.posting.c
    query = select(t.posting).where(p.tenant_id == erasing.tenant_id, p.key.in_(list(erasing.agents))).limit(most)
    rows = [row._asdict() for row in erasing.conn.execute(query).all()]
    if rows:
        _rekey(erasing, t.posting, rows)
    return len(rows)


def _rekey(erasing: Erasing, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same rows of `inherited`, or of the index, under the new keys; some may be there already."""
    names = [column.name for column in table.c]
    fresh = [tuple(erasing.agents[row[name]] if name == "key" else row[name] for name in names) for row in rows]
    erasing.dialect.append(erasing.conn, [(table, fresh)], anew=False)
    gone = [{f"key_{name}": row[name] for name in names} for row in rows]
    erasing.do(delete(table).where(*(table.c[name] == bindparam(f"key_{name}") for name in names)), gone)


def terms(erasing: Erasing, table: Table) -> int:
    """What keys stood for: the statements' new ones are there already."""
    return _forget_keys(erasing, table)


def forget_data(erasing: Erasing, table: Table) -> int:
    """Attachment data that no statement names any more is an orphan at once, and collected before all is over."""
    c, named, found = table.c, t.attachment.c, 0
    for tenant_id, sha256 in sorted(erasing.data):
        others = select(named.seq).where(named.tenant_id == tenant_id, named.sha256 == sha256)
        if not set(erasing.conn.scalars(others)) - set(erasing.statements if erasing.is_rehearsal else ()):
            orphan = update(table).where(c.tenant_id == tenant_id, c.sha256 == sha256).values(created_at=0)
            found += erasing.do(orphan)
    return found


def forget_canonical(erasing: Erasing, table: Table) -> int:
    """What all statements say of the person."""
    return _forget_keys(erasing, table)


def said_otherwise(erasing: Erasing, table: Table) -> int:
    """How many documents have to be folded anew, as statements say something else now of what they are about.

    It is done when all statements do (`lrs.erasure.pieces`), and is counted then.
    """
    if not erasing.is_rehearsal:
        return 0
    keys = [posting_key(*key) for key in erasing.said]
    return sum(len(erasing.keys(table, table.c.key.in_(some))) for some in batches(keys, _IN))


def _forget_keys(erasing: Erasing, table: Table) -> int:
    c = table.c
    return sum(
        erasing.do(delete(table).where(c.tenant_id == erasing.tenant_id, c.key.in_(some)))
        for some in batches(erasing.agents, _IN)
    )


def discard(erasing: Erasing, table: Table) -> int:
    """What was set aside is no statement, so whatever mentions the person is emptied; what waits is discarded.

    Not what has their name alone: it may be somebody else's evidence.
    """
    c, found, pseudonyms = table.c, 0, erasing.telling_only
    here = update(table).where(c.tenant_id == erasing.tenant_id)
    for row in erasing.conn.execute(select(c.id, c.bytes, c.flaws).where(erasing.here(table))).all():
        source = row.bytes.decode("utf-8", "replace")
        texts = (source, row.flaws)
        if all(erasing.document(text, pseudonyms=pseudonyms) == text == pseudonyms.text(text) for text in texts):
            continue
        mine = here.where(c.id == row.id)
        erasing.do(mine.where(c.state == WAITING).values(state=DISCARDED, settled_at=erasing.now))
        found += erasing.do(mine.values(bytes=b"{}", flaws="[]"))
    return found


def authorities(erasing: Erasing, table: Table) -> int:
    """A key whose statements the person vouches for."""

    def change(text: str) -> str:
        said = json.loads(text)
        found = authority_of(erasing.pseudonyms, said)
        return text if found == said else json_text(found)

    c = table.c
    taken = set(erasing.conn.scalars(select(c.name).where(c.tenant_id == erasing.tenant_id)))

    def rename(name: str) -> str:
        found = erasing.pseudonyms.text(name)
        if found != name:
            found = next(one for one in chain([found], (f"{found}.{i}" for i in count(1))) if one not in taken)
            taken.add(found)
        return found

    changed = erasing.rewrite(c.authority, change, true())
    return max(changed, erasing.rewrite(c.name, rename))


def _rewrite(erasing: Erasing, seq: int, body: bytes) -> None:
    try:
        said = json.loads(body, parse_float=Decimal)
        found = erasing.pseudonyms.statement(said)
    except (ValueError, KeyError, TypeError, AttributeError):
        return  # what cannot be read is named by the record's own check
    if found == said:
        return
    if not erasing.is_rehearsal:
        _put(erasing, seq, said, found)
    before, after = _told(said), _told(found)
    erasing.said |= {key for key in before if before[key] != after.get(key)} & after.keys()
    _forget_attachments(erasing, seq, found)
    erasing.statements.append(seq)


def _put(erasing: Erasing, seq: int, said: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    conn, k = erasing.conn, t.statement_key.c
    conn.execute(update(t.body).where(t.body.c.seq == seq).values(bytes=json_text(found).encode()))
    id_ = select(t.statement.c.id).where(t.statement.c.seq == seq).scalar_subquery()
    fresh = {"content_hash": content_hash(found), "hash_version": SCRUBBED}
    conn.execute(update(t.statement_key).where(k.tenant_id == erasing.tenant_id, k.id == id_).values(fresh))
    _index(erasing, seq, postings(said), postings(found))


def _told(statement: Mapping[str, Any]) -> dict[Subject, str]:
    """What a statement says of each key, as one text."""
    found: dict[Subject, str] = {}
    for kind, text, value in mentions(statement):
        found[kind, text] = found.get((kind, text), "") + (json_text(value) if value else "")
    return found


def _index(erasing: Erasing, seq: int, before: set[Posting], after: set[Posting]) -> None:
    p, tenant_id = t.posting.c, erasing.tenant_id
    for one in before - after:
        here = and_(p.tenant_id == tenant_id, p.key == one.key, p["class"] == t.class_of(one), p.seq == seq)
        erasing.conn.execute(delete(t.posting).where(here))
    fresh = sorted(after - before)
    keys = [(tenant_id, one.key, t.class_of(one), seq) for one in fresh]
    named = [(tenant_id, one.key, one.kind, one.text) for one in fresh]
    erasing.dialect.append(erasing.conn, [(t.posting, keys), (t.term, named)], anew=False)


def _forget_attachments(erasing: Erasing, seq: int, found: Mapping[str, Any]) -> None:
    """Which data a statement came with that its text names no more."""
    a = t.attachment.c
    named = set(_named(found))
    for row in erasing.conn.execute(select(t.attachment).where(a.seq == seq)).all():
        if row.sha2 not in named:
            erasing.do(delete(t.attachment).where(a.seq == seq, a.place == row.place))
            erasing.data.add((row.tenant_id, row.sha256))


def _named(statement: Mapping[str, Any]) -> Iterator[str]:
    for part in (statement, statement.get("object")):
        for one in part.get("attachments", ()) if isinstance(part, Mapping) else ():
            yield one["sha2"]
