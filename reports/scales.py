"""On which scale each source sends its scores: a report reads them as decisions do (`rules.decide.scores.share_of`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, case, null, true

from reports.declaration import Question
from reports.semantics import scaled_of, score_of
from rules.decide.sources import ranked
from rules.facts.reader import keys_of
from rules.language.model import Source
from rules.language.profiles import DEFAULT, Scale
from rules.published.composition import published_of

if TYPE_CHECKING:
    from lrs.prowess import Prowess

Keys = Mapping[int, tuple[str | None, str | None]]
"""Name and authority of every key, by its id."""


@dataclass(frozen=True, slots=True)
class SourceScale:
    """How the scores of a source are read.  keys: the ids of those it sends with; None: any."""

    keys: tuple[int, ...] | None
    platform: str | None
    home_page: str | None
    scale: Scale

    def claims(self, evidence: Any) -> ColumnElement[bool]:
        """Whether a row is the source's."""
        c = evidence.c
        marks = ((c.platform, self.platform), (c.home_page, self.home_page))
        mine = true() if self.keys is None else c.credential_id.in_(self.keys)
        return and_(mine, *(column == text for column, text in marks if text is not None))


def prepare(prowess: Prowess, question: Question) -> Question:
    """The question with the scales of today's sources, in the order in which they are asked."""
    tenant_id = question.scope.tenant_id
    sources = ranked(published_of(prowess).current(tenant_id).ruleset.sources)
    if all(source.profile.scale == DEFAULT.scale for source in sources):
        return question
    with prowess.database.read() as conn:
        keys = keys_of(conn, tenant_id)
    return replace(question, prepared=tuple(_scale(source, keys) for source in sources))


def _scale(source: Source, keys: Keys) -> SourceScale:
    match = source.match
    wanted = [(place, match[name]) for place, name in enumerate(("credential", "authority")) if name in match]
    mine = tuple(id_ for id_, marks in sorted(keys.items()) if all(marks[place] == text for place, text in wanted))
    return SourceScale(mine if wanted else None, match.get("platform"), match.get("home_page"), source.profile.scale)


def share_of(evidence: Any, question: Question) -> ColumnElement[float]:
    """A score between 0 and 1, by the scale of whoever sent it; unknown where nobody can tell."""
    scaled = scaled_of(evidence)
    shares: dict[Scale, ColumnElement[Any]] = {
        "zero_to_one": scaled,
        "minus_one_to_one": (scaled + 1.0) / 2.0,
        "ignore": null(),
    }
    known = [(one.claims(evidence), shares[one.scale]) for one in question.prepared]
    return score_of(evidence, case(*known, else_=scaled) if known else scaled)
