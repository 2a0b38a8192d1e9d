"""Programs that are not published yet: checked file by file, planned, and published only as they were planned."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrs import yaml_door
from lrs.errors import ConfigError
from rules.language import LanguageError, Ruleset, load_programs
from rules.language.ruleset import canonical
from rules.plan import Plan, plan
from rules.published import Edition, Published, Source

if TYPE_CHECKING:
    from lrs.prowess import Prowess


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, the programs it is of, and the edition it starts from."""

    ruleset: Ruleset
    plan: Plan
    after: int

    @property
    def hash(self) -> str:
        """Changes with the programs, with what is published, and with whom it would concern."""
        text = canonical([self.ruleset.hash, self.after, self.plan.as_json()])
        return hashlib.sha256(text.encode()).hexdigest()


class Draft:
    """The files of a ruleset as somebody wrote them."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = tuple(source for source in sources if source.text.strip())

    def check(self) -> Ruleset:
        """The ruleset.  Raises LanguageError with every mistake of every file."""
        documents, errors = [], []
        for source in self.sources:
            try:
                documents += yaml_door.load(source.text, source.file)
            except ConfigError as error:
                errors.append(error)
        if errors:
            raise LanguageError(errors)
        return load_programs(documents)

    def prepare(self, prowess: Prowess, published: Published, tenant_id: int) -> Prepared:
        """What publishing would change.  Raises LanguageError, and Conflict when a published version reads differently."""
        ruleset = self.check()
        published.check(ruleset, tenant_id=tenant_id)
        after = published.current(tenant_id).applied_seq
        return Prepared(ruleset, plan(prowess, published, ruleset, tenant_id=tenant_id), after)

    def publish(
        self, prowess: Prowess, published: Published, prepared: Prepared, tenant_id: int, *, announce_history: bool
    ) -> Edition:
        """Publish what was prepared, and let everybody be decided anew.  Raises Conflict when others were faster."""
        edition = published.apply(
            self.sources, tenant_id=tenant_id, announce_history=announce_history, after=prepared.after
        )
        prowess.runner.wake()
        return edition
