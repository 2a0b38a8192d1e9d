"""The files of a ruleset as somebody sent them: checked file by file, tried, warned of, and planned."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lrs import yaml_door
from lrs.clock import to_datetime
from lrs.errors import BadRequest, ConfigError
from lrs.store.tables import DEFAULT_TENANT
from lrs.yaml_door import YamlDocument
from rules.language import Draft, LanguageError, Ruleset, canonical, load_draft
from rules.lint import Finding, Ground, Rule, lint
from rules.lint.people import unknown_names
from rules.published.store import Published, Source
from rules.publishing.plan import Plan
from rules.publishing.proposal import Proposal, propose
from rules.trials import Outcome, run

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Prepared:
    """A proposal, and the draft that it is of."""

    draft: Draft
    proposal: Proposal

    @property
    def plan(self) -> Plan:
        return self.proposal.plan

    @property
    def ruleset(self) -> Ruleset:
        return self.draft.ruleset

    @property
    def hash(self) -> str:
        """Changes with the programs, with what is published, and with whom it would concern."""
        text = canonical([self.ruleset.hash, self.proposal.before.applied_seq, self.plan.as_json()])
        return hashlib.sha256(text.encode()).hexdigest()


class ProgramFiles:
    """Files that are not published yet; one without text is none."""

    def __init__(self, sources: Sequence[Source]) -> None:
        """Raises BadRequest when two have one name, or one has too long a name."""
        self.sources = tuple(source for source in sources if source.text.strip())
        twice = [name for name, times in Counter(source.file for source in self.sources).items() if times > 1]
        if twice:
            raise BadRequest(f"two files are called '{twice[0]}'", hint="give one of them another name")
        if any(len(source.file) > _LONGEST_NAME for source in self.sources):
            raise BadRequest(f"a file's name has at most {_LONGEST_NAME} characters")

    def check(self, published: Published, tenant_id: int) -> Draft:
        """As `read`; raises Conflict too, when a published version reads differently."""
        draft = read(self.sources)
        published.check(draft.ruleset, tenant_id=tenant_id)
        return draft

    def prepare(
        self, prowess: Prowess, published: Published, tenant_id: int, *, announce_history: bool = False
    ) -> Prepared:
        """What publishing would change.  Raises as `check`."""
        draft = self.check(published, tenant_id)
        proposal = propose(
            prowess,
            published,
            self.sources,
            draft.ruleset,
            announce_history=announce_history,
            tenant_id=tenant_id,
        )
        return Prepared(draft, proposal)


def read(sources: Sequence[Source]) -> Draft:
    """The ruleset of files with its tests.  Raises LanguageError with every mistake of every file."""
    documents: list[YamlDocument] = []
    errors: list[ConfigError] = []
    slips: list[ConfigError] = []
    for source in sources:
        try:
            documents += yaml_door.load(source.text, source.file, slips)
        except ConfigError as error:
            errors.append(error)
    if errors:
        raise LanguageError([*errors, *slips])
    return load_draft(documents, slips)


def tried(draft: Draft) -> list[Outcome]:
    """What became of the tests that stand in the programs."""
    return [run(draft.ruleset, trial) for trial in draft.trials]


def warnings(prowess: Prowess, draft: Draft, tenant_id: int) -> list[tuple[Rule, Finding]]:
    """What is allowed and hardly meant, looked at together with the people there are."""
    return lint(_ground(prowess, draft, tenant_id))


def unreached(prowess: Prowess, sources: Sequence[Source], tenant_id: int = DEFAULT_TENANT) -> list[Finding]:
    """The names in programs that are nobody's among the people of today; none while nobody is known.

    They are told when programs are planned and published, since nothing else would say so.  Of an earlier edition that
    today's language would refuse nothing is said.
    """
    try:
        draft = read(sources)
    except LanguageError:
        return []
    found = unknown_names(_ground(prowess, draft, tenant_id))
    return sorted(found, key=lambda one: (one.file, one.line, one.column))


def _ground(prowess: Prowess, draft: Draft, tenant_id: int) -> Ground:
    roster = prowess.people.roster(tenant_id=tenant_id)
    today = to_datetime(prowess.clock.now()).date()
    return Ground(draft, today, roster if roster.people else None)
