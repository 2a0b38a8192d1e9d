"""How index keys flow from targets to their referrers: set by set, over a bounded piece of the graph.

Every statement refers to at most one other, so a referrer has one target to take keys from, and whoever is above it gains
what it gains.  The piece is loaded with few queries, the flow is worked out in memory, and the rows are written at once.
Whatever does not fit is told to the caller; nothing here decides when to go on, or answers requests.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection, bindparam, select

from lrs.db import by_tenant
from lrs.dialects.contract import Dialect
from lrs.store import tables as t
from lrs.xapi.postings import Posting, postings

MOST = 1_000
"""Keys copied in one transaction."""

MOST_KEYS = 256
"""Keys that one statement inherits; a target with more of them is `ref_unbounded` (data-model 8)."""

MOST_LINKS = 500
"""References looked at above those that a transaction starts from."""

MOST_READ = 8_000
"""Inherited keys compared before a transaction that has copied something stops to look at more."""

_CHUNK = 128

Key = tuple[bytes, int]
"""An index key and its class."""

Link = tuple[int, int]
"""The numbers of a referrer and of its target."""

Left = dict[int, int]
"""Targets with referrers that lack some of their keys, and the referrer up to which none does."""


class Flow:
    """One tenant's keys on their way up in one transaction, under the sequencer lock."""

    def __init__(
        self, conn: Connection, dialect: Dialect, tenant_id: int, new: Mapping[int, Sequence[Posting]] | None = None
    ) -> None:
        """new: what this transaction itself stores, by number, with its own keys."""
        self._conn, self._dialect, self._tenant_id = conn, dialect, tenant_id
        self._new = new or {}
        self._own: dict[int, set[Key]] = {}
        self._inherited: dict[int, set[Key]] = {seq: set() for seq in self._new}
        self._unbounded: set[int] = set()
        self._target: dict[int, int] = {}
        self._referrers: defaultdict[int, list[int]] = defaultdict(list)
        self._offers: dict[int, set[Key] | None] = {}
        """What is offered to each referrer; None is all that its target has."""
        self._rim: set[int] = set()
        """Where the loaded piece ends although references go on."""
        self._loaded: set[int] = set()
        self._read = 0
        self._fresh: list[tuple[bytes, int, int]] = []
        self._grown: set[int] = set()

    def run(self, links: Sequence[Link]) -> Left:
        """Let each referrer take over its target's keys, then its own referrers, and so on up."""
        for src, target in _targets_first(links):
            self._note(src, target)
            self._offers[src] = None
        self._climb([src for src, _ in links if src not in self._new])
        self._load_unbounded()
        while self._offers and len(self._fresh) < MOST:
            src = next(iter(self._offers))
            if src not in self._loaded:
                if self._read > MOST_READ and self._fresh:  # who found nothing to do yet would find the same again
                    break
                self._load(self._ahead())
            self._give(src, self._offers.pop(src))
        self._write()
        return self._left()

    def _note(self, src: int, target: int) -> None:
        self._target[src] = target
        self._referrers[target].append(src)

    def _climb(self, seeds: Sequence[int]) -> None:
        """Load the references above these, level by level; a level that does not fit is left out whole."""
        if seeds:
            self._dialect.along_indexes(self._conn)
        for _, some in by_tenant((self._tenant_id, seq) for seq in seeds):
            rows = self._conn.execute(_ABOVE, {"seeds": some, "most": MOST_LINKS + 1}).all()
            depth = dict.fromkeys(some, 0)
            for src, target in rows:
                depth.setdefault(src, depth[target] + 1)
            last = depth[rows[-1].target] + 1 if len(rows) > MOST_LINKS else None
            for src, target in rows:
                if src not in self._target and depth[target] + 1 != last:
                    self._note(src, target)
            self._rim |= {seq for seq, level in depth.items() if last is not None and level == last - 1}

    def _ahead(self) -> list[int]:
        """The referrers whose turn comes next, as far as that can be told: those with offers, then who is above them."""
        ahead = dict.fromkeys(islice((src for src in self._offers if src not in self._loaded), _CHUNK))
        level = list(ahead)
        while level and len(ahead) < _CHUNK:
            level = [above for src in level for above in self._referrers.get(src, ())]
            level = [src for src in level if src not in ahead and src not in self._loaded][:_CHUNK]
            ahead |= dict.fromkeys(level)
        return list(ahead)

    def _load(self, chunk: Sequence[int]) -> None:
        self._loaded.update(chunk)
        whole = {self._target[src] for src in chunk if self._offers.get(src, ()) is None}
        for seq in whole & self._new.keys() - self._own.keys():
            self._own[seq] = _keys(self._new[seq])
        self._load_own(whole - self._own.keys())
        self._load_inherited((whole | set(chunk)) - self._inherited.keys())

    def _load_own(self, seqs: set[int]) -> None:
        if seqs:
            rows = self._conn.execute(select(t.body.c.seq, t.body.c.bytes).where(t.body.c.seq.in_(seqs)))
            self._own |= {row.seq: _keys(postings(json.loads(row.bytes))) for row in rows}

    def _load_inherited(self, seqs: set[int]) -> None:
        if seqs:
            c = t.inherited.c
            here = (c.tenant_id == self._tenant_id) & c.seq.in_(seqs)
            self._inherited |= {seq: set() for seq in seqs}
            rows = self._conn.execute(select(c.seq, c.key, c["class"]).where(here)).all()
            self._read += len(rows)
            for seq, key, class_ in rows:
                self._inherited[seq].add((key, class_))

    def _load_unbounded(self) -> None:
        c = t.ref_unbounded.c
        for _, some in by_tenant((self._tenant_id, seq) for seq in self._referrers.keys() - self._new.keys()):
            here = (c.tenant_id == self._tenant_id) & c.seq.in_(some)
            self._unbounded.update(self._conn.scalars(select(c.seq).where(here)))

    def _give(self, src: int, offer: set[Key] | None) -> None:
        target, have = self._target[src], self._inherited[src]
        if target in self._unbounded:
            return
        fresh = (self._own[target] | self._inherited[target] if offer is None else offer) - have
        if len(have) + len(fresh) > MOST_KEYS:
            self._unbound(target)
        elif fresh:
            have |= fresh
            self._grown.add(src)
            self._fresh += [(key, class_, src) for key, class_ in fresh]
            self._offer_above(src, fresh)

    def _offer_above(self, seq: int, fresh: set[Key]) -> None:
        for src in self._referrers.get(seq, ()):
            waiting = self._offers.setdefault(src, set())
            if waiting is not None:
                waiting |= fresh

    def _unbound(self, target: int) -> None:
        """From now on nothing is copied from this target: who searches goes through it (`lrs.store.reach`)."""
        self._unbounded.add(target)
        self._dialect.append(self._conn, [(t.ref_unbounded, [(self._tenant_id, target)])], anew=False)

    def _write(self) -> None:
        tenant_id, fresh = self._tenant_id, sorted(self._fresh)
        postings = [(tenant_id, key, class_, seq) for key, class_, seq in fresh]
        inherited = [(tenant_id, seq, key, class_) for key, class_, seq in fresh]
        self._dialect.append(self._conn, [(t.posting, postings), (t.inherited, inherited)], anew=False)

    def _left(self) -> Left:
        left: Left = {}
        for src in self._offers:
            target = self._target[src]
            left[target] = min(left.get(target, src), src - 1)
        left |= dict.fromkeys(referred(self._conn, self._tenant_id, self._rim & self._grown), 0)
        return left


def referred(conn: Connection, tenant_id: int, seqs: Iterable[int]) -> list[int]:
    """Those of these statements that somebody refers to."""
    found: list[int] = []
    statement, ref = t.statement.c, t.ref.c
    somebody = select(ref.src_seq).where(ref.tenant_id == statement.tenant_id, ref.target_id == statement.id).exists()
    for _, some in by_tenant((tenant_id, seq) for seq in seqs):
        found += conn.scalars(select(statement.seq).where(statement.seq.in_(some), somebody))
    return found


def _keys(own: Iterable[Posting]) -> set[Key]:
    return {(one.key, t.class_of(one)) for one in own}


def _targets_first(links: Sequence[Link]) -> list[Link]:
    """Links in an order in which keys flow through all of them in one go; a circle is cut somewhere."""
    target = dict(links)
    ordered: dict[int, int] = {}
    for start in target:
        path: dict[int, None] = {}
        src = start
        while src in target and src not in ordered and src not in path:
            path[src] = None
            src = target[src]
        ordered |= {src: target[src] for src in reversed(path)}
    return list(ordered.items())


_ref, _statement = t.ref.c, t.statement.c
_of_target = (_ref.tenant_id == _statement.tenant_id) & (_ref.target_id == _statement.id)
_first = (
    select(_ref.src_seq.label("src"), _statement.seq.label("target"))
    .select_from(t.statement.join(t.ref, _of_target))
    .where(_statement.seq.in_(bindparam("seeds", expanding=True)))
    .cte("above", recursive=True)
)
_above = _first.union(
    select(_ref.src_seq, _first.c.src).select_from(
        _first.join(t.statement, _statement.seq == _first.c.src).join(t.ref, _of_target)
    )
)
_ABOVE = select(_above.c.src, _above.c.target).limit(bindparam("most"))
"""The references above some statements, nearest first; a circle ends because no row comes twice."""
