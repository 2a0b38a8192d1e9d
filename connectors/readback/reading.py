"""Reading back from one system: course by course, in pieces that are recorded each at once and may be repeated.

Whatever ends it in the middle, the next reading records what is left, and two at once record everything once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final, NamedTuple

from sqlalchemy import Connection

from connectors.contract import Connector, Progress
from connectors.readback.claim import Claim, claim_of
from connectors.readback.outcome import Outcome
from connectors.readback.people import Acquaintances, agent_of
from connectors.readback.statement import claim_id, statement_of
from connectors.readback.told import untold
from lrs.batches import batches
from lrs.clock import MICROSECOND, to_us
from lrs.errors import Conflict, ProwessError, Unavailable
from lrs.logs import get_logger
from lrs.people.roster import Person
from lrs.prowess import Prowess
from lrs.recorder import Recorder, stored
from lrs.store import audit
from lrs.store.tables import DEFAULT_TENANT
from rules.decide import Evidence
from rules.facts.projector import CONSUMER
from rules.facts.reader import evidence_about
from rules.published.composition import published_of

log = get_logger(__name__)

PIECE: Final = 200
"""How many of what a system says are looked at and recorded at once."""
Seen = Callable[[Progress], None]


class Known(NamedTuple):
    """A claim and whom it is about."""

    claim: Claim
    person: Person


def key_name(connector: Connector) -> str:
    """The store's own key in whose name is recorded what a system says: what `match: {credential: …}` of a source names."""
    return f"connector:{connector.name}"


class Reading:
    """One reading of one system.  is_dry: nothing is recorded, and the outcome is the same."""

    def __init__(self, prowess: Prowess, connector: Connector, *, is_dry: bool = False) -> None:
        self.outcome = Outcome()
        self._prowess = prowess
        self._connector = connector
        self._is_dry = is_dry
        self._started = prowess.clock.now()

    def read(self, courses: Iterable[str], seen: Seen = lambda _: None) -> Outcome:
        """Read these courses, each whether or not another fails, and note it in the audit.

        Raises Conflict, before anything is read, while what came in is not evidence yet and something would be recorded.
        """
        if not self._is_dry:
            self._check_evidence()
        for course in courses:
            try:
                self._read(course, seen)
            except Unavailable:
                raise
            except ProwessError as error:
                self.outcome.failed[course] = error.message
            except Exception as error:
                log.exception("connector failed", connector=self._connector.name, course=course)
                self.outcome.failed[course] = (
                    f"the connector itself failed: {type(error).__name__}; the log has the details"
                )
        if not self._is_dry:
            self._prowess.database.write(self._note)
        return self.outcome

    def _check_evidence(self) -> None:
        work = self._prowess.work
        if CONSUMER in work.behind(work.lags(1)):
            text = "statements that came in are not evidence yet, so nobody can say what is told already"
            raise Conflict(text, hint="let prowess serve or prowess work catch up; prowess doctor says how far it is")

    def _read(self, course: str, seen: Seen) -> None:
        for piece in batches(self._connector.read_progress(course), PIECE):
            for progress in piece:
                seen(progress)
            self._take([claim for progress in piece if (claim := self._claim(progress))])

    def _claim(self, progress: Progress) -> Claim | None:
        subject = self._connector.subject(progress)
        course = self._connector.subject(replace(progress, activity=None))
        if subject is None or course is None:
            return None
        return claim_of(self._connector.name, progress, subject, course)

    def _take(self, claims: Sequence[Claim]) -> None:
        """Record what nobody told of those who are people here."""
        people = self._people.of(claim.remote for claim in claims)
        self.outcome.strangers |= {claim.remote.id: claim.remote for claim in claims if claim.remote.id not in people}
        known = [Known(claim, people[claim.remote.id]) for claim in claims if claim.remote.id in people]
        left = self._left(known)
        self.outcome.told += len(known) - len(left)
        ripe = [one for one in left if not self._is_fresh(one.claim)]
        self.outcome.fresh += len(left) - len(ripe)
        recorded = len(ripe) if self._is_dry else self._record(ripe)
        self.outcome.recorded += recorded
        self.outcome.told += len(ripe) - recorded

    def _left(self, known: Sequence[Known]) -> list[Known]:
        """What of these claims is told neither by evidence nor by what was recorded of it before, be that void by now."""
        rows = self._evidence(known)
        left = [(one, untold(one.claim, rows(one))) for one in known]
        ids = {claim_id(claim) for one, rest in left for claim in (one.claim, rest) if claim is not None}
        before = stored(self._prowess.database, DEFAULT_TENANT, ids)
        return [
            Known(rest, one.person)
            for one, rest in left
            if rest is not None and before.keys().isdisjoint({claim_id(one.claim), claim_id(rest)})
        ]

    def _evidence(self, known: Sequence[Known]) -> Callable[[Known], Sequence[Evidence]]:
        """The evidence about what a claim is about, by whichever of its addresses."""
        iris = {iri for one in known for iri in self._addresses(one.claim)}
        people = {one.person.id: one.person for one in known}
        with self._prowess.database.read(snapshot=True) as conn:
            found = evidence_about(conn, DEFAULT_TENANT, iris, people)
        return lambda one: [row for row in found.get(one.person.id, ()) if row.activity in self._addresses(one.claim)]

    def _addresses(self, claim: Claim) -> frozenset[str]:
        return self._same.get(claim.subject.iri, frozenset([claim.subject.iri]))

    def _is_fresh(self, claim: Claim) -> bool:
        patience = self._connector.tells_within // MICROSECOND
        return bool(patience) and claim.at is not None and to_us(claim.at) > self._started - patience

    def _record(self, ripe: Sequence[Known]) -> int:
        """How many of them were new: somebody else may read the same at the same time."""
        home, public_url = self._connector.accounts_at(), self._prowess.settings.public_url
        statements = [
            statement_of(claim, agent_of(person, claim.remote, home, public_url), self._started)
            for claim, person in ripe
        ]
        return self._recorder.record(statements).new if statements else 0

    def _note(self, conn: Connection) -> None:
        counts = self.outcome.counts()
        audit.record(conn, "connector.sync", self._connector.name, counts, at=self._prowess.clock.now())

    @cached_property
    def _people(self) -> Acquaintances:
        return Acquaintances(self._connector, self._prowess.people.roster(tenant_id=DEFAULT_TENANT).people)

    @cached_property
    def _recorder(self) -> Recorder:
        key = self._prowess.credentials.own(key_name(self._connector), tenant_id=DEFAULT_TENANT)
        return Recorder(self._prowess, DEFAULT_TENANT, key)

    @cached_property
    def _same(self) -> Mapping[str, frozenset[str]]:
        """By each address of a published activity, all that it has."""
        ruleset = published_of(self._prowess).current(DEFAULT_TENANT).ruleset
        groups = [frozenset(one.iri for one in activity.iris) for activity in ruleset.activities.values()]
        return {iri: group for group in groups for iri in group}
