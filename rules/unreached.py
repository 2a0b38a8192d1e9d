"""Whom programs name and nobody is: told when they are planned and published, since nothing else would say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lrs.clock import to_datetime
from lrs.store.tables import DEFAULT_TENANT
from rules.language import LanguageError
from rules.lint import Finding, Ground
from rules.lint.people import unknown_names
from rules.program_files import ProgramFiles
from rules.published import Source

if TYPE_CHECKING:
    from lrs.prowess import Prowess


def unreached(prowess: Prowess, sources: Sequence[Source], tenant_id: int = DEFAULT_TENANT) -> list[Finding]:
    """The names in programs that are nobody's among the people of today; none while nobody is known.

    Of an earlier edition that today's language would refuse nothing is said.
    """
    roster = prowess.people.roster(tenant_id=tenant_id)
    if not roster.people:
        return []
    try:
        draft = ProgramFiles(sources).read()
    except LanguageError:
        return []
    found = unknown_names(Ground(draft, to_datetime(prowess.clock.now()).date(), roster))
    return sorted(found, key=lambda one: (one.file, one.line, one.column))
