"""Publishing as people confirm it: from a directory, from a plan that was made before, or an earlier edition again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lrs.errors import BadRequest, Conflict
from lrs.store.tables import DEFAULT_TENANT
from rules.facts.projector import CONSUMER
from rules.language import Ruleset
from rules.published.editions import Entry
from rules.published.store import Edition, Published, Source
from rules.publishing.plan import Plan
from rules.publishing.plan import plan as make_plan
from rules.publishing.plan.file import PlanFile, check, document

if TYPE_CHECKING:
    from lrs.prowess import Prowess


@dataclass(frozen=True, slots=True)
class Proposal:
    """Sources that may be published, what that would do, and the edition that holds until then."""

    sources: tuple[Source, ...]
    ruleset: Ruleset
    plan: Plan
    before: Edition
    made_at: int
    announce_history: bool = False
    restores: int | None = None

    def as_json(self, now: int) -> dict[str, Any]:
        """What a plan file holds."""
        return document(
            self.plan,
            self.sources,
            after=self.before.applied_seq,
            made_at=self.made_at,
            now=now,
            announce_history=self.announce_history,
            restores=self.restores,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was published; `is_new` is False when it was the current edition already."""

    edition: Edition
    is_new: bool
    withdrawn: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        ruleset = self.edition.ruleset
        programs = {name: versions[-1].version for name, versions in ruleset.programs.items()}
        return {"applied": self.is_new, "hash": ruleset.hash, "programs": programs, "withdrawn": self.withdrawn}


def propose(
    prowess: Prowess,
    published: Published,
    sources: Sequence[Source],
    ruleset: Ruleset,
    *,
    announce_history: bool = False,
    restores: int | None = None,
    tenant_id: int = DEFAULT_TENANT,
) -> Proposal:
    """Plan it.  Raises Conflict as `Published.check`."""
    published.check(ruleset, tenant_id=tenant_id, is_restored=restores is not None)
    made_at = prowess.feed.cursor(CONSUMER)
    before = published.current(tenant_id)
    found = make_plan(prowess, published, ruleset, tenant_id=tenant_id, announce_history=announce_history)
    return Proposal(tuple(sources), ruleset, found, before, made_at, announce_history, restores)


def restore(
    prowess: Prowess,
    published: Published,
    entry: Entry,
    *,
    announce_history: bool = False,
    tenant_id: int = DEFAULT_TENANT,
) -> Proposal:
    """Plan an earlier edition again."""
    return propose(
        prowess,
        published,
        published.sources(tenant_id, entry.applied_seq),
        published.edition(tenant_id, entry.applied_seq).ruleset,
        announce_history=announce_history,
        restores=entry.applied_seq,
        tenant_id=tenant_id,
    )


def publish(
    published: Published, proposal: Proposal, *, withdraw: bool, by: str | None, tenant_id: int = DEFAULT_TENANT
) -> Outcome:
    """Publish what was proposed.  Raises Conflict when it withdraws unasked, or when others published meanwhile."""
    return record(
        published,
        proposal.sources,
        proposal.ruleset,
        proposal.before,
        withdraw=withdraw,
        by=by,
        announce_history=proposal.announce_history,
        restores=proposal.restores,
        tenant_id=tenant_id,
    )


def record(
    published: Published,
    sources: Sequence[Source],
    ruleset: Ruleset,
    before: Edition,
    *,
    withdraw: bool,
    by: str | None,
    announce_history: bool,
    restores: int | None = None,
    tenant_id: int = DEFAULT_TENANT,
) -> Outcome:
    """Publish without a plan.  Raises Conflict like `publish`."""
    withdrawn = tuple(sorted(before.ruleset.programs.keys() - ruleset.programs.keys()))
    if withdrawn and not withdraw:
        raise Conflict(
            f"these programs are published and missing here: {', '.join(withdrawn)}",
            hint="put them back, or withdraw them from everybody with --withdraw",
        )
    edition = published.apply(
        sources,
        tenant_id=tenant_id,
        announce_history=announce_history,
        after=before.applied_seq,
        by=by,
        restores=restores,
    )
    return Outcome(edition, edition.applied_seq != before.applied_seq, withdrawn)


def again(
    prowess: Prowess,
    published: Published,
    planned: PlanFile,
    *,
    tolerance: int,
    tenant_id: int = DEFAULT_TENANT,
) -> Proposal:
    """Plan once more what a file planned.

    Raises Conflict, saying what moved, when it would come out otherwise, and BadRequest when the plan is of an earlier edition
    and its programs are not those of that edition.
    """
    if planned.restores is not None:
        sources = published.sources(tenant_id, planned.restores)
        if not sources or list(planned.sources) != sources:
            raise BadRequest(
                "the programs in this plan are not those of the edition it restores", hint="make the plan again"
            )
    proposal = propose(
        prowess,
        published,
        planned.sources,
        planned.ruleset,
        announce_history=planned.announce_history,
        restores=planned.restores,
        tenant_id=tenant_id,
    )
    if proposal.before.ruleset.hash != planned.hash:
        current = proposal.before.ruleset.hash
        check(planned, proposal.plan, current, now=prowess.clock.now(), tolerance=tolerance)
    return proposal
