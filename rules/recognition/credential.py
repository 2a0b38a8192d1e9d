"""One badge of one person as an Open Badges 3.0 credential, before it is signed.  Pure.

What it says of people: a name that is only ours, their mail address as a salted hash, and where the settings say so their
name and score.  Evidence is named by addresses that lead on only those who may read it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from lrs.people.roster import Person
from lrs.xapi.timestamp import instant
from rules.decide.calendar import deadline, instant_text, local_date, midnight
from rules.decide.zones import Zones
from rules.decisions.credentials import earned
from rules.decisions.transitions import Document
from rules.explain.requirement import Wording, nodes_of
from rules.language import Program, Ruleset
from rules.language.award import Award
from rules.recognition.achievement import CONTEXT, achievement, result_id
from rules.recognition.addresses import Addresses
from rules.recognition.tokens import Place

SCHEMA: Final = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
STATUS: Final = "BitstringStatusListEntry"
PURPOSE: Final = "revocation"
"""The one purpose: Open Badges 3.0 has room for one status, and what is revoked stays so (docs/decisions/0116)."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom it was given to.  subject: a name of ours.  person: None where nothing is known of them any more."""

    subject: str
    salt: str
    person: Person | None
    is_named: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What was given: the decision, by a version of a program, in that person's civil calendar."""

    document: Document
    program: Program
    ruleset: Ruleset
    award: Award
    zones: Zones
    score: Decimal | None = None
    """From 0 to 1."""


def credential(
    given: Given, recipient: Recipient, issuer: Mapping[str, Any], token: str, place: Place, addresses: Addresses
) -> Json:
    """An OpenBadgeCredential; the same of the same award."""
    valid_from, valid_until = spell(given)
    said: Json = {
        "@context": [*CONTEXT],
        "id": addresses.credential(token),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": given.program.title,
        "issuer": dict(issuer),
        "validFrom": instant_text(valid_from),
    }
    if (until := instant_text(valid_until) if valid_until is not None else None) is not None:
        said["validUntil"] = until
    said["awardedDate"] = instant_text(_awarded(given))
    said["credentialSubject"] = _subject(given, recipient, addresses)
    if evidence := list(_evidence(given, addresses)):
        said["evidence"] = evidence
    said["credentialSchema"] = [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}]
    said["credentialStatus"] = _status(place, addresses)
    return said


def spell(given: Given) -> tuple[int, int | None]:
    """The first instant of the award's first day, and the first one at which it is good no more; None: it does not end."""
    first = date.fromisoformat(given.document["valid_from"])
    begins = midnight(given.zones.on(first), first)
    last = last_day(given)
    return begins, None if last is None else _end(given, last)


def last_day(given: Given) -> date | None:
    """The last good day; within a grace that counts, the last of that."""
    renew, document = given.program.renew, given.document
    counts = renew is not None and renew.grace_counts and document["grace_until"]
    last = document["grace_until"] if counts else document["expires_on"]
    return date.fromisoformat(last) if last else None


def _end(given: Given, last: date) -> int:
    """The deadline; one that is counted in hours from the moment of the award falls within the day."""
    period, node = given.program.valid_for, earned(given.document)
    if period is not None and period.is_exact and "counted" in node:
        met = instant(node["met_at"])
        if node["counted"]["from"] == local_date(given.zones.at(met), met).isoformat():
            return met + int(node["counted"]["times"]) * period.us
    return deadline(given.zones.on(last), last)


def _awarded(given: Given) -> int:
    """The instant at which what it takes was shown."""
    node = earned(given.document)
    return instant(node["met_at"]) if "met_at" in node else spell(given)[0]


def _subject(given: Given, recipient: Recipient, addresses: Addresses) -> Json:
    said: Json = {"id": recipient.subject, "type": ["AchievementSubject"]}
    if identifiers := list(_identifiers(recipient)):
        said["identifier"] = identifiers
    said["achievement"] = achievement(given.program, given.ruleset, given.award, addresses)
    if (credits_ := _credits(given.document)) is not None:
        said["creditsEarned"] = credits_
    if given.score is not None and "resultDescription" in said["achievement"]:
        value = f"{(given.score * 100).normalize():f}"
        said["result"] = [
            {"type": ["Result"], "resultDescription": result_id(said["achievement"]["id"]), "value": value}
        ]
    return said


def _identifiers(recipient: Recipient) -> Iterator[Json]:
    """IdentityObjects: the address hashed as it is written, and in small letters where that is something else."""
    person = recipient.person
    if person is None:
        return
    for address in dict.fromkeys((person.email, person.email.lower()) if person.email else ()):
        yield {
            "type": "IdentityObject",
            "hashed": True,
            "identityHash": hashed(address, recipient.salt),
            "identityType": "emailAddress",
            "salt": recipient.salt,
        }
    if recipient.is_named and person.name:
        yield {"type": "IdentityObject", "hashed": False, "identityHash": person.name, "identityType": "name"}


def hashed(identity: str, salt: str) -> str:
    """IdentityHash: `sha256$` and the digest of the identity with the salt behind it (Open Badges 3.0)."""
    return f"sha256${hashlib.sha256(f'{identity}{salt}'.encode()).hexdigest()}"


def _credits(document: Document) -> float | None:
    """What was collected, where the award was earned by one sum of credits."""
    totals = [node["total"] for node in _every(earned(document)) if "total" in node and node["result"] == "met"]
    return float(totals[0]) if len(totals) == 1 else None


def _evidence(given: Given, addresses: Addresses) -> Iterator[Json]:
    """The statements of the criteria that `evidence:` names."""
    wording, nodes = Wording(given.ruleset, given.program), nodes_of(given.program)
    for node in _every(earned(given.document)):
        if node["criterion"] in given.award.evidence:
            known = nodes.get(node["criterion"])
            name = wording.clause(known).text if known is not None else node["criterion"]
            for id_ in dict.fromkeys(one for part in _every(node) for one in part.get("used", ())):
                yield {"id": addresses.statement(id_), "type": ["Evidence"], "name": name, "genre": "xAPI statement"}


def _every(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for part in (*node.get("of", ()), *node.get("accepted", ())):
        yield from _every(part)


def _status(place: Place, addresses: Addresses) -> Json:
    list_ = addresses.status(place.list)
    return {
        "id": f"{list_}#{place.bit}",
        "type": STATUS,
        "statusPurpose": PURPOSE,
        "statusListIndex": str(place.bit),
        "statusListCredential": list_,
    }
