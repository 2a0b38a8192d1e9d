"""Who waits for a sign-off that somebody who is signed in could give now, so that it would count.

Read from what was decided; only the observer is judged here, by the programs' own rule and as of now.  Decisions follow
behind the requests: a word that was just given takes its line away once it is decided upon.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection

from lrs.clock import to_datetime
from lrs.prowess import Prowess
from rules.decide import Facts
from rules.decide.zones import Zones
from rules.entry.open_pairs import Pair, documents, held, open_pairs, words_of
from rules.entry.outstanding import Outstanding, Word, outstanding, sign_offs
from rules.entry.rights import Deed, Enterer
from rules.entry.witness import Witness
from rules.language import Ruleset
from rules.language.model import Leaf
from rules.published.composition import published_of

SHOWN: Final = 50
COUNTED: Final = 200
"""Once so many are found, nobody looks for more."""
LOOKED_AT: Final = 1_000
"""Of so many people and programs the decisions are looked at, the earliest due first."""
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """One sign-off: about whom, of what, for which program, and by when."""

    person: str
    name: str
    activity: str
    what: str
    program: str
    due_on: date | None
    is_overdue: bool
    is_required: bool


@dataclass(frozen=True, slots=True)
class WorkList:
    """The first lines, and how many more were found; is_whole: nothing was left unread, so nothing else waits."""

    lines: tuple[Waiting, ...] = ()
    more: int = 0
    is_whole: bool = True


def waiting(prowess: Prowess, tenant_id: int, who: Enterer) -> WorkList:
    """The work list of somebody: what is required first, each by its day, without one last."""
    ruleset, now = published_of(prowess).current(tenant_id).ruleset, prowess.clock.now()
    found: list[Waiting] = []
    with prowess.database.read(snapshot=True) as conn:
        witness = Witness(who.person, held(conn, tenant_id, who.id, now) if who.id else frozenset(), now)
        search = _Search(prowess, conn, tenant_id, ruleset, who, witness)
        pairs = search.pairs(LOOKED_AT + 1)
        is_whole = len(pairs) <= LOOKED_AT
        for start in range(0, min(len(pairs), LOOKED_AT), _BATCH):
            if len(found) >= COUNTED:
                is_whole = False
                break
            found += search.lines(pairs[start : min(start + _BATCH, LOOKED_AT)])
    found.sort(key=_order)
    return WorkList(tuple(found[:SHOWN]), len(found[SHOWN:]), is_whole)


@dataclass(frozen=True)
class _Search:
    """One look for what waits, in one snapshot."""

    prowess: Prowess
    conn: Connection
    tenant_id: int
    ruleset: Ruleset
    who: Enterer
    witness: Witness

    def pairs(self, limit: int) -> list[Pair]:
        """Whom a program asks for something that may be a sign-off of theirs."""
        anybody: set[str] = set()
        near: set[str] = set()
        for id_, versions in self.ruleset.programs.items():
            leaves = [leaf for version in versions for leaf in sign_offs(version) if self._may_give(leaf)]
            if leaves:
                is_near = all(leaf.terms.by is not None and leaf.terms.by.relations for leaf in leaves)
                (near if is_near else anybody).add(id_)
        return open_pairs(
            self.conn,
            self.tenant_id,
            self.witness.now,
            anybody,
            near=near,
            witness=self.who.person,
            among=None if self.who.may_about_anybody(Deed.SIGN_OFF) else self.who.reports,
            limit=limit,
        )

    def lines(self, pairs: Sequence[Pair]) -> list[Waiting]:
        """What waits of these pairs."""
        texts = documents(self.conn, self.tenant_id, pairs)
        lacking = [
            (pair, one)
            for pair in pairs
            if pair.key in texts and self.who.may(Deed.SIGN_OFF, pair.person_id)
            for one in outstanding(self.ruleset, json.loads(texts[pair.key]), self._today, pair.due_on)
            if self._may_give(one.leaf)
        ]
        if not lacking:
            return []
        people = sorted({pair.person_id for pair, _ in lacking})
        roster = self.prowess.people.roster(tenant_id=self.tenant_id, people=people, conn=self.conn)
        found = []
        for pair, one in self._unsaid(lacking):
            learner = roster.people.get(pair.person_id)
            if learner is None or not learner.identifiers:
                continue
            day = Zones(one.program.timezone, Facts(learner, (), roster.sites)).day_at(self.witness.now)
            if self.witness.counts_for(learner, one.leaf, day):
                found.append(self._line(pair, one, learner.name, day))
        return found

    @cached_property
    def _today(self) -> date:
        return to_datetime(self.witness.now).date()

    def _may_give(self, leaf: Leaf) -> bool:
        """Whether it can be entered here, and by this witness about somebody."""
        iris = self.ruleset.activities[leaf.activity].iris
        return any(iri.source is None for iri in iris) and self.witness.may_count(leaf)

    def _unsaid(self, lacking: Sequence[tuple[Pair, Outstanding]]) -> Iterator[tuple[Pair, Outstanding]]:
        """Without those of a panel to which the witness has given their word already."""
        asked = sorted({pair.person_id for pair, one in lacking if one.is_panel})
        words: Mapping[str, Word] = {}
        if asked and self.who.person is not None:
            words = words_of(self.conn, self.tenant_id, self.who.person, asked)
        return ((pair, one) for pair, one in lacking if not (one.is_panel and one.has_word_of(words)))

    def _line(self, pair: Pair, one: Outstanding, name: str, day: date) -> Waiting:
        return Waiting(
            pair.person_id,
            name or pair.person_id,
            one.leaf.activity,
            self.ruleset.activities[one.leaf.activity].title or one.leaf.activity,
            self.ruleset.programs[pair.program_id][-1].title,
            one.due_on,
            is_overdue=not pair.is_suggested and one.due_on is not None and one.due_on < day,
            is_required=not pair.is_suggested,
        )


def _order(one: Waiting) -> tuple[Any, ...]:
    return not one.is_required, one.due_on is None, one.due_on or date.min, one.name.lower(), one.what, one.program
