"""The job that looks at ladders whose next instant has come, and writes down what follows, each look in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row

from lrs.clock import SECOND
from lrs.failpoints import reach
from lrs.jobs import MAIN
from lrs.logs import get_logger
from lrs.people.merges import merges_of, targets
from lrs.people.merging import Merges, root_of
from lrs.people.roster import Person, Roster
from lrs.turns import Priority
from rules import tables as r
from rules.escalation import ladders, notices
from rules.escalation.circle import circle
from rules.escalation.held import Held, Pair, held
from rules.escalation.look import GONE, Look
from rules.escalation.records import Changes, Record, records
from rules.facts.projector import CONSUMER
from rules.language import Program, Ruleset
from rules.language.model import Escalation
from rules.published.in_force import program_of
from rules.published.store import Edition, Published

if TYPE_CHECKING:
    from lrs.prowess import Prowess

log = get_logger(__name__)

MERGED: Final = "merged"
_LADDERS = 100
_RETRY = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that looks at several pairs of one tenant read, at one instant."""

    edition: Edition
    roster: Roster
    stretches: dict[Pair, list[Held]]
    records: dict[Pair, Record]
    merges: Merges
    now: int


class Climber:
    """Looks at ladders; see the module."""

    name = "rules.escalate"
    lane = MAIN

    def __init__(self, prowess: Prowess, published: Published) -> None:
        self._prowess = prowess
        self._published = published

    def run(self) -> bool:
        """Look at the next ladders, and announce the notices whose time has come."""
        now = self._prowess.clock.now()
        with self._prowess.database.read() as conn:
            rows = ladders.find(conn, now, _LADDERS)
        for tenant_id in sorted({row.tenant_id for row in rows}):
            self._climb(tenant_id, [row for row in rows if row.tenant_id == tenant_id], now)
        return notices.announce(self._prowess, self._published, now) or bool(rows)

    def next_due(self) -> int | None:
        with self._prowess.database.read() as conn:
            due = [at for at in (ladders.next_due(conn), notices.next_announcement(conn)) if at is not None]
        return min(due, default=None)

    def _climb(self, tenant_id: int, rows: Sequence[Row[Any]], now: int) -> None:
        edition = self._published.current(tenant_id, known_at=self._prowess.feed.cursor(CONSUMER))
        around = self._around(tenant_id, rows, edition, now)
        reach("rules.before-escalation")
        for row in rows:
            try:
                seen = self._look(row, around)
                changes, next_at = seen.changes() if seen is not None else (Changes(), None)
            except Exception:
                log.exception("cannot look at a ladder", person=row.person_id, program=row.program_id)
                self._settle(row, Changes(), now + _RETRY, row.escalation_id, row.since)
                continue
            name, since = (seen.escalation.id or None, seen.since) if seen is not None else (None, 0)
            if seen is not None and seen.over == MERGED:  # it holds since then again should they be separated
                name, since = row.escalation_id, row.since
            self._settle(row, changes, next_at, name, since)

    def _around(self, tenant_id: int, rows: Sequence[Row[Any]], edition: Edition, now: int) -> Surroundings:
        pairs = [(row.person_id, row.program_id) for row in rows]
        used = {id(one): one for row in rows if (one := ladder_of(edition.ruleset, row.program_id, now))}
        with self._prowess.database.read(snapshot=True) as conn:
            merges = targets(merges_of(conn, tenant_id))
            people = {root_of(merges, person) for person, _ in pairs}
            roster = circle(conn, self._prowess.people, tenant_id, people, used.values())
            there = records(conn, tenant_id, pairs)
            return Surroundings(edition, roster, held(conn, tenant_id, pairs), there, merges, now)

    def _look(self, row: Row[Any], around: Surroundings) -> Look | None:
        """None when there is nobody to look at any more."""
        person = around.roster.people.get(root_of(around.merges, row.person_id))
        program = program_of(around.edition.ruleset, row.program_id, around.now) or _former(row)
        if person is None:
            return None
        is_merged = person.id != row.person_id
        escalation = (not is_merged and ladder_of(around.edition.ruleset, row.program_id, around.now)) or GONE
        since = row.since if row.escalation_id == escalation.id and row.since else around.edition.applied_seq
        pair = (row.person_id, row.program_id)
        return Look(
            row.tenant_id,
            program,
            escalation,
            replace(person, id=row.person_id),
            around.roster,
            around.stretches[pair],
            around.records[pair],
            around.now,
            since,
            self._prowess.settings.public_url,
            MERGED if is_merged else "no_ladder",
        )

    def _settle(
        self, row: Row[Any], changes: Changes, next_at: int | None, escalation_id: str | None, since: int
    ) -> None:
        def commit(conn: Connection) -> None:
            if not ladders.settle(conn, row, next_at, escalation_id=escalation_id, since=since):
                return
            changes.write(conn, row.tenant_id, self._prowess.clock.now())
            if changes.emissions:
                insert = self._prowess.database.dialect.insert(r.emission).on_conflict_do_nothing()
                conn.execute(insert, changes.emissions)

        self._prowess.database.write(commit, priority=Priority.DECISION)


def ladder_of(ruleset: Ruleset, program_id: str, now: int) -> Escalation | None:
    """The ladder that the version in force names."""
    program = program_of(ruleset, program_id, now)
    return ruleset.escalations.get(str(program.notes.get("escalate"))) if program is not None else None


def ladder_programs(ruleset: Ruleset, now: int) -> Iterator[tuple[Program, Escalation]]:
    """Every program that has a ladder now."""
    for program_id in sorted(ruleset.programs):
        program, escalation = program_of(ruleset, program_id, now), ladder_of(ruleset, program_id, now)
        if program is not None and escalation is not None:
            yield program, escalation


def _former(row: Row[Any]) -> Program:
    """A program that is published no more, as far as a statement about it needs it."""
    return Program("certification", row.program_id, 1, row.program_id, date.min, "UTC")


def learner_of(roster: Roster, person_id: str) -> Person:
    return roster.people.get(person_id) or Person(person_id)
