"""What becomes of the credentials of one person in one program as decisions change: issued, suspended, revoked.  Pure.

A credential says dates and evidence; when either is not true any more it is revoked with a reason, never edited.  One that
was renewed stays as it is until the day it expires.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from rules.decisions.transitions import Document, evidence_used

Reason = Literal["evidence_voided", "revoked", "recomputed"]
_HELD = frozenset({"valid", "suspended", "expired", "lapsed"})


@dataclass(slots=True)
class Credential:
    """One that was issued and not revoked."""

    valid_from: str
    expires_on: str | None
    version: int
    evidence: frozenset[str]
    is_suspended: bool = False


class Fate(NamedTuple):
    """What happens to a credential."""

    what: Literal["issued", "suspended", "reinstated", "revoked"]
    credential: Credential
    reason: Reason | None = None


@dataclass(slots=True)
class Credentials:
    """Those of one pair that are not revoked, oldest first."""

    live: list[Credential] = field(default_factory=list)

    def follow(self, document: Document, voided: Collection[str]) -> list[Fate]:
        """What a decision means for them; `voided` are the ids of statements that were voided by then."""
        fates = [Fate("revoked", one, reason) for one in self.live if (reason := _why(one, document, voided))]
        gone = {id(fate.credential) for fate in fates}
        self.live = [one for one in self.live if id(one) not in gone]
        return [*fates, *self._keep(document)]

    def _keep(self, document: Document) -> Iterator[Fate]:
        award = document["award"]
        mine = [one for one in self.live if one.valid_from == document["valid_from"]]
        if award == "valid" and not mine:
            evidence = frozenset(evidence_used(document))
            fresh = Credential(document["valid_from"], document["expires_on"], document["version"], evidence)
            self.live.append(fresh)
            yield Fate("issued", fresh)
        for one in mine:
            if one.is_suspended != (award == "suspended") and award in ("valid", "suspended"):
                one.is_suspended = award == "suspended"
                yield Fate("suspended" if one.is_suspended else "reinstated", one)


def _why(one: Credential, document: Document, voided: Collection[str]) -> Reason | None:
    """Why a credential is true no more."""
    if one.evidence & set(voided):
        return "evidence_voided"
    if document["award"] == "revoked":
        return "revoked"
    if document["award"] not in _HELD or document["valid_from"] < one.valid_from:
        return "recomputed"
    is_same = document["valid_from"] == one.valid_from
    return "recomputed" if is_same and document["expires_on"] != one.expires_on else None
