"""What becomes of the credentials of one person in one program as decisions change: issued, and revoked with a reason.  Pure.

A credential says dates and evidence; when either is not true any more it is revoked, never edited, and what was revoked
never comes back: after a suspension another one is issued (docs/decisions/0116).  One that was renewed stays as it is until
the day it expires.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from rules.decisions.transitions import Document, evidence_used

Reason = Literal["evidence_voided", "revoked", "suspended", "recomputed"]
_HELD: Final = frozenset({"valid", "expired", "lapsed"})
_TAKEN: Final[dict[str, Reason]] = {"revoked": "revoked", "suspended": "suspended"}
PROVISIONAL: Final = "provisional"
"""The flag of an award that a third party has still to confirm: nothing is issued for it."""


@dataclass(slots=True)
class Credential:
    """One that was issued and not revoked."""

    valid_from: str
    expires_on: str | None
    version: int
    evidence: frozenset[str]


class Fate(NamedTuple):
    """What happens to a credential."""

    what: Literal["issued", "revoked"]
    credential: Credential
    reason: Reason | None = None


@dataclass(slots=True)
class Credentials:
    """Those of one pair that are not revoked, oldest first."""

    live: list[Credential] = field(default_factory=list)

    def follow(self, document: Document, voided: Collection[str]) -> list[Fate]:
        """What a decision means for them; `voided` are the ids of statements that were voided by then."""
        return [*self.revoke(document, voided), *self._issue(document)]

    def revoke(self, document: Document, voided: Collection[str]) -> list[Fate]:
        """Of `follow` what ends; nothing is issued."""
        fates = [Fate("revoked", one, reason) for one in self.live if (reason := _why(one, document, voided))]
        gone = {id(fate.credential) for fate in fates}
        self.live = [one for one in self.live if id(one) not in gone]
        return fates

    def _issue(self, document: Document) -> Iterator[Fate]:
        if document["award"] != "valid" or _is_provisional(document):
            return
        if not any(one.valid_from == document["valid_from"] for one in self.live):
            evidence = frozenset(evidence_used({"proof": earned(document)}))
            fresh = Credential(document["valid_from"], document["expires_on"], document["version"], evidence)
            self.live.append(fresh)
            yield Fate("issued", fresh)


def earned(document: Document) -> Document:
    """The part of a proof by which the running award was earned; what is open beside it proves nothing yet."""
    proof: Document = document["proof"]
    return next((part for part in proof.get("of", ()) if "met_at" in part), proof)


def _why(one: Credential, document: Document, voided: Collection[str]) -> Reason | None:
    """Why a credential is true no more."""
    if one.evidence & set(voided):
        return "evidence_voided"
    if document["award"] in _TAKEN:
        return _TAKEN[document["award"]]
    if document["award"] not in _HELD or document["valid_from"] < one.valid_from:
        return "recomputed"
    is_same = document["valid_from"] == one.valid_from
    is_other = document["expires_on"] != one.expires_on or _is_provisional(document)
    return "recomputed" if is_same and is_other else None


def _is_provisional(document: Document) -> bool:
    return PROVISIONAL in document.get("flags", ())
