"""Says whether a badge that somebody handed in is good: its signature, what it says of itself, its dates, its status.

For badges of this store, whose keys and decisions are at hand: nothing is fetched from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lrs.clock import SECOND, instant_words
from lrs.xapi.timestamp import instant
from rules.recognition.addresses import PREFIX
from rules.recognition.badges import Badges
from rules.recognition.credential import hashed
from rules.recognition.jws import Signed, is_signed_by, read
from rules.recognition.words import REASONS

CLAIMS: Final = {"iss": ("issuer", "id"), "jti": ("id",), "sub": ("credentialSubject", "id")}
"""Claims of a VC-JWT, and the members of the credential that they repeat (Open Badges 3.0)."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A badge that was looked at.  problems: why it is not good, the gravest first; none where it is."""

    said: Mapping[str, Any]
    problems: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return not self.problems


def verify(badges: Badges, token: str, now: int, email: str | None = None) -> Verified:
    """email: whose it should be.  Raises BadRequest where this is no signed badge."""
    found = read(token)
    problems = list(_signature(badges, found))
    if not problems:
        problems = [*_claims(found.payload), *_dates(found.payload, now), *_status(badges, found.payload)]
        if email is not None and not _is_of(found.payload, email):
            problems.append(f"it was not given to {email}, or not under this address")
    return Verified(found.payload, tuple(problems))


def _signature(badges: Badges, found: Signed) -> Iterator[str]:
    kid, ours = str(found.header.get("kid", "")), badges.addresses.keys
    if not kid.startswith(f"{ours}/"):
        yield f"it is signed with a key that is not of this store: {kid or 'none is named'}; ours are at {ours}"
        return
    key = next((one for one in badges.keys.all() if badges.addresses.key(one.id) == kid), None)
    if key is None:
        yield f"the key it is signed with is not trusted any more: {kid}"
    elif not is_signed_by(found, key.public):
        yield "the signature is wrong: somebody changed it, or made it up"


def _claims(said: Mapping[str, Any]) -> Iterator[str]:
    for claim, path in CLAIMS.items():
        value: Any = said
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if said.get(claim) is None or said[claim] != value:
            yield f"its claim '{claim}' is not what it says itself in '{'.'.join(path)}'"


def _dates(said: Mapping[str, Any], now: int) -> Iterator[str]:
    for claim, member in (("nbf", "validFrom"), ("exp", "validUntil")):
        at = instant(said[member]) if member in said else None
        if (None if at is None else at // SECOND) != said.get(claim):
            yield f"its claim '{claim}' is not what it says itself in '{member}'"
        elif at is not None and claim == "nbf" and now < at:
            yield f"it is not good before {instant_words(at)}"
        elif at is not None and claim == "exp" and now >= at:
            yield f"it was good until {instant_words(at)}"


def _status(badges: Badges, said: Mapping[str, Any]) -> Iterator[str]:
    issued = badges.issued(str(said["id"]).rpartition(f"{PREFIX}/credentials/")[2])
    if issued is None:
        yield "nothing is known here of a badge with this id"
    elif issued.revoked is not None:
        at = f" on {instant_words(issued.revoked_at)}" if issued.revoked_at is not None else ""
        yield f"it was taken back{at}. {REASONS[issued.revoked]}".removesuffix(".")


def _is_of(said: Mapping[str, Any], email: str) -> bool:
    identities = [one for one in said["credentialSubject"].get("identifier", ()) if one.get("hashed")]
    return any(
        one["identityHash"] == hashed(name, one.get("salt", ""))
        for one in identities
        for name in (email, email.lower())
    )
