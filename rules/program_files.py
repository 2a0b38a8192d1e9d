"""The files of a ruleset as somebody writes them: checked file by file, tried, planned, and published as they were planned."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrs import yaml_door
from lrs.errors import ConfigError
from lrs.yaml_door import YamlDocument
from rules.language import Draft, LanguageError, Ruleset, canonical, load_draft
from rules.plan import Plan, plan
from rules.published import Edition, Published, Source
from rules.trials import Outcome, run

if TYPE_CHECKING:
    from lrs.prowess import Prowess


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, the programs it is of, and the edition it starts from."""

    draft: Draft
    plan: Plan
    after: int

    @property
    def ruleset(self) -> Ruleset:
        return self.draft.ruleset

    @property
    def hash(self) -> str:
        """Changes with the programs, with what is published, and with whom it would concern."""
        text = canonical([self.ruleset.hash, self.after, self.plan.as_json()])
        return hashlib.sha256(text.encode()).hexdigest()


class ProgramFiles:
    """Files that are not published yet; one without text is none."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = tuple(source for source in sources if source.text.strip())

    def check(self) -> Draft:
        """The ruleset with its tests.  Raises LanguageError with every mistake of every file."""
        documents: list[YamlDocument] = []
        errors: list[ConfigError] = []
        slips: list[ConfigError] = []
        for source in self.sources:
            try:
                documents += yaml_door.load(source.text, source.file, slips)
            except ConfigError as error:
                errors.append(error)
        if errors:
            raise LanguageError([*errors, *slips])
        return load_draft(documents, slips)

    def prepare(
        self, prowess: Prowess, published: Published, tenant_id: int, *, announce_history: bool = False
    ) -> Prepared:
        """What publishing would change.  Raises LanguageError, and Conflict when a published version reads differently."""
        draft = self.check()
        published.check(draft.ruleset, tenant_id=tenant_id)
        after = published.current(tenant_id).applied_seq
        made = plan(prowess, published, draft.ruleset, tenant_id=tenant_id, announce_history=announce_history)
        return Prepared(draft, made, after)

    def publish(
        self,
        prowess: Prowess,
        published: Published,
        prepared: Prepared,
        tenant_id: int,
        *,
        announce_history: bool,
        by: str | None = None,
    ) -> Edition:
        """Publish what was prepared, and let everybody be decided anew.  Raises Conflict when others were faster."""
        edition = published.apply(
            self.sources, tenant_id=tenant_id, announce_history=announce_history, after=prepared.after, by=by
        )
        prowess.runner.wake()
        return edition


def tried(draft: Draft) -> list[Outcome]:
    """What became of the tests that stand in the programs."""
    return [run(draft.ruleset, trial) for trial in draft.trials]
