"""What erasing does to statements: each one that mentions the person says the same of their pseudonym, under its id and number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain, count
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, delete, insert, literal, select, update

from lrs.batches import batches
from lrs.dialects.contract import Dialect
from lrs.erasure.policies import Erasing
from lrs.erasure.policies import holding as bytes_holding
from lrs.erasure.pseudonyms import authority_of
from lrs.store import tables as t
from lrs.store.canon import fold_anew
from lrs.store.quarantine import DISCARDED, WAITING
from lrs.store.statements import SCRUBBED
from lrs.xapi.canonical import Key, mentions
from lrs.xapi.edit import json_text
from lrs.xapi.postings import Posting, posting_key, postings
from lrs.xapi.sameness import content_hash

_ROWS: Final = 500
_IN: Final = 400


def scrub(erasing: Erasing, _: Table) -> int:
    """Bytes, hash and index keys of statements that name the person in any place, and of what they came with."""
    for seqs in batches(_mentioning(erasing), _ROWS):
        query = select(t.body.c.seq, t.body.c.bytes).where(t.body.c.seq.in_(seqs))
        for row in erasing.conn.execute(query.order_by(t.body.c.seq)).all():
            _rewrite(erasing, row.seq, row.bytes)
    return len(erasing.statements)


def inherit(erasing: Erasing, _: Table) -> int:
    """Keys that statements have of those they refer to."""
    found = 0
    for old, new in erasing.agents.items():
        for table in (t.inherited, t.posting):
            mine = and_(table.c.tenant_id == erasing.tenant_id, table.c.key == old)
            values = [literal(new) if column.name == "key" else column for column in table.c]
            put = erasing.dialect.insert(table).from_select(
                [column.name for column in table.c], select(*values).where(mine)
            )
            erasing.conn.execute(put.on_conflict_do_nothing())
            gone = erasing.conn.execute(delete(table).where(mine)).rowcount
            found += gone if table is t.inherited else 0
    return found


def terms(erasing: Erasing, table: Table) -> int:
    """What keys stand for: the statements' new ones are there already."""
    c, found = table.c, 0
    for some in batches(erasing.agents, _IN):
        found += erasing.conn.execute(delete(table).where(c.tenant_id == erasing.tenant_id, c.key.in_(some))).rowcount
    return found


def forget_data(erasing: Erasing, table: Table) -> int:
    """Attachment data that no statement names any more is an orphan at once: collected after the commit, or by the next job."""
    c, named, found = table.c, t.attachment.c, 0
    for tenant_id, sha256 in sorted(erasing.data):
        others = select(named.seq).where(named.tenant_id == tenant_id, named.sha256 == sha256).exists()
        orphan = update(table).where(c.tenant_id == tenant_id, c.sha256 == sha256, ~others).values(created_at=0)
        found += erasing.conn.execute(orphan).rowcount
    return found


def forget_canonical(erasing: Erasing, table: Table) -> int:
    """What all statements say of the person goes; of what theirs said otherwise of others, all is folded anew."""
    c, found = table.c, 0
    for some in batches(erasing.agents, _IN):
        found += erasing.conn.execute(delete(table).where(c.tenant_id == erasing.tenant_id, c.key.in_(some))).rowcount
    for key in sorted(erasing.said):
        here = (c.tenant_id == erasing.tenant_id) & (c.key == posting_key(*key))
        if erasing.conn.execute(delete(table).where(here)).rowcount:
            found += 1
            rows = fold_anew(erasing.conn, erasing.tenant_id, key)
            if rows:
                erasing.conn.execute(insert(table), rows)
    return found


def discard(erasing: Erasing, table: Table) -> int:
    """What was set aside is no statement, so whatever mentions the person is emptied; what waits is discarded.

    Not what has their name alone: it may be somebody else's evidence.
    """
    c, found, pseudonyms = table.c, 0, erasing.telling_only
    here = update(table).where(c.tenant_id == erasing.tenant_id)
    for row in erasing.conn.execute(select(c.id, c.bytes, c.flaws).where(c.tenant_id == erasing.tenant_id)).all():
        source = row.bytes.decode("utf-8", "replace")
        texts = (source, row.flaws)
        if all(erasing.document(text, pseudonyms=pseudonyms) == text == pseudonyms.text(text) for text in texts):
            continue
        mine = here.where(c.id == row.id)
        erasing.conn.execute(mine.where(c.state == WAITING).values(state=DISCARDED, settled_at=erasing.now))
        found += erasing.conn.execute(mine.values(bytes=b"{}", flaws="[]")).rowcount
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

    changed = erasing.rewrite(c.authority, change, c.tenant_id == erasing.tenant_id)
    return max(changed, erasing.rewrite(c.name, rename))


def _mentioning(erasing: Erasing) -> list[int]:
    """Numbers of statements that are found by the person, as agents or by a word of theirs."""
    p = t.posting.c
    found: set[int] = set()
    for keys in batches(erasing.agents, _IN):
        mine = select(p.seq).where(p.tenant_id == erasing.tenant_id, p.key.in_(keys))
        found.update(erasing.conn.scalars(mine))
    found.update(erasing.holding_seqs)
    return sorted(found)


def holding(conn: Connection, dialect: Dialect, tenant_id: int, texts: Iterable[str], after: int) -> list[int]:
    """Numbers of statements after one in whose bytes one of some texts stands; all of them are read for that."""
    b, s = t.body.c, t.statement.c
    query = select(b.seq).join(t.statement, s.seq == b.seq).where(s.tenant_id == tenant_id, b.seq > after)
    return list(conn.scalars(query.where(bytes_holding(dialect, b.bytes, texts))))


def _rewrite(erasing: Erasing, seq: int, body: bytes) -> None:
    try:
        said = json.loads(body, parse_float=Decimal)
        found = erasing.pseudonyms.statement(said)
    except (ValueError, KeyError, TypeError, AttributeError):
        return  # what cannot be read is named by the record's own check
    if found == said:
        return
    conn = erasing.conn
    conn.execute(update(t.body).where(t.body.c.seq == seq).values(bytes=json_text(found).encode()))
    k = t.statement_key.c
    fresh = {"content_hash": content_hash(found), "hash_version": SCRUBBED}
    conn.execute(update(t.statement_key).where(k.tenant_id == erasing.tenant_id, k.seq == seq).values(fresh))
    _index(erasing, seq, postings(said), postings(found))
    before, after = _told(said), _told(found)
    erasing.said |= {key for key in before if before[key] != after.get(key)} & after.keys()
    _forget_attachments(erasing, seq, found)
    erasing.statements.append(seq)


def _told(statement: Mapping[str, Any]) -> dict[Key, str]:
    """What a statement says of each key, as one text."""
    found: dict[Key, str] = {}
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
            erasing.conn.execute(delete(t.attachment).where(a.seq == seq, a.place == row.place))
            erasing.data.add((row.tenant_id, row.sha256))


def _named(statement: Mapping[str, Any]) -> Iterator[str]:
    for part in (statement, statement.get("object")):
        for one in part.get("attachments", ()) if isinstance(part, Mapping) else ():
            yield one["sha2"]
