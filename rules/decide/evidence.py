"""The rows that rules read, and how a statement becomes them.  The projection of the database and the files of `decide` share it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from lrs.people.identity import identity_of
from lrs.xapi.actors import ifi_text
from lrs.xapi.timestamp import instant
from lrs.xapi.vocabulary import VOIDED
from rules.vocabulary import (
    ACCEPTED,
    CREDENTIAL_EXTENSION,
    CREDITS_EXTENSION,
    DECISION_EXTENSION,
    DECLINED,
    OVERRIDE_EXTENSION,
    OVERRIDES,
    PROCTORED_EXTENSION,
    RUBRIC_EXTENSION,
    SIGNED_OFF,
    credits_iri,
    program_iri,
)

_NOT_CONTENT: Final = frozenset({"id", "stored", "authority", "timestamp", "version"})
_TIE_BYTES: Final = 16
_DETAILS: Final = {
    RUBRIC_EXTENSION: "rubric",
    PROCTORED_EXTENSION: "proctored",
    CREDENTIAL_EXTENSION: "credential",
}

_canonical = json.JSONEncoder(check_circular=False, sort_keys=True, separators=(",", ":"), default=float).encode

Json = Mapping[str, Any]


class Evidence(NamedTuple):
    """One statement seen from one activity: a row of the database projection, and what the fold reads.

    A named tuple, so that a row of the database becomes evidence by `Evidence(*row)`, seven times as fast as a frozen
    dataclass (docs/decisions/0103).
    """

    statement: str
    """Its id."""
    verb: str
    activity: str
    """The IRI this row is about."""
    activity_type: str | None
    relation: str
    """`object`, or `parent` when the statement is about a part of the activity, such as an attempt."""
    object_type: str | None
    """Type of the statement's own object."""
    at: int
    """When it happened: `timestamp` in microseconds."""
    known: int
    """When it became known: `stored` in microseconds, the store's own sequence."""
    tie: bytes
    """Hash of its content without id, stored, authority and timestamp: orders simultaneous statements, marks repeats."""
    voided: int | None = None
    """When the statement that voids it became known."""
    raw: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    scaled: Decimal | None = None
    success: bool | None = None
    completion: bool | None = None
    credential: str | None = None
    authority: str | None = None
    platform: str | None = None
    home_page: str | None = None
    instructor: str | None = None
    """Who answers for it: a key of `Facts.observers`."""
    attempt: str | None = None
    """What tells attempts apart where the statement is about a part of the activity; rows that share it are one try."""
    details: str | None = None
    """The extensions of our profile, as JSON: rubric, proctored, override, credential, credits; and `reviews`, the id of the
    statement that a review is about."""

    @property
    def is_vouched(self) -> bool:
        """Whether a rule may ask who answers for it; most statements name an instructor that no rule asks about."""
        return bool(self.details) or self.relation == "override" or self.verb == SIGNED_OFF


def evidence_of(
    statement: Json, *, known: int | None = None, voided: int | None = None, credential: str | None = None
) -> list[Evidence]:
    """One row about the statement's object, and more where it says more: about each parent when there is a result worth
    inheriting, about credits it gives, and about the program it is an act of office in.

    Only statements of one Agent about an Activity are evidence.  `known` is the store's sequence; without it the
    statement's own `stored`, else its `timestamp`, says when it became known.  ValueError: a timestamp is unusable.
    """
    target, actor, verb = statement["object"], statement["actor"], statement["verb"]["id"]
    if target.get("objectType", "Activity") != "Activity" or actor.get("objectType", "Agent") != "Agent":
        return []
    at, stored = _times(statement, known)
    context = statement.get("context") or {}
    result = statement.get("result") or {}
    score = result.get("score") or {}
    own_type = _type_of(target)
    authority = statement.get("authority")
    common = (
        at,
        stored,
        tie_of(statement),
        voided,
        _number(score.get("raw")),
        _number(score.get("min")),
        _number(score.get("max")),
        _number(score.get("scaled")),
        _flag(result.get("success")),
        _flag(result.get("completion")),
        credential,
        _authority_text(authority) if authority else None,
        context.get("platform"),
        (actor.get("account") or {}).get("homePage"),
        _instructor(context),
    )
    identity = str(statement["id"]).lower()
    said = {**_extensions(context), **_extensions(result)}
    details = _text({short: said[iri] for iri, short in _DETAILS.items() if iri in said} | _reviewed(verb, context))
    rows = [Evidence(identity, verb, target["id"], own_type, "object", own_type, *common, None, details)]
    if score or "success" in result or "completion" in result:
        seen = {target["id"]}
        for parent in _parents(context):
            if parent["id"] not in seen:
                seen.add(parent["id"])
                kind = _type_of(parent)
                rows.append(
                    Evidence(identity, verb, parent["id"], kind, "parent", own_type, *common, target["id"], details)
                )
    for iri, about in _special(verb, said):
        relation = "credit" if verb not in OVERRIDES else "override"
        rows.append(Evidence(identity, verb, iri, None, relation, own_type, *common, None, about))
    return rows


def _reviewed(verb: str, context: Json) -> dict[str, str]:
    """What a review is about: the statement by which a credential was handed in, where it names one."""
    about = context.get("statement") if verb in (ACCEPTED, DECLINED) else None
    return {"reviews": str(about.get("id")).lower()} if isinstance(about, dict) else {}


def complaint_of(statement: Json) -> str | None:
    """What is missing from an act of office, if it is one: it counts for nothing without.

    What Prowess itself announced is no act, though some of its verbs are the same.
    """
    if statement["verb"]["id"] not in OVERRIDES:
        return None
    extensions = _extensions(statement.get("context") or {})
    if DECISION_EXTENSION in extensions:
        return None
    said = extensions.get(OVERRIDE_EXTENSION)
    if not isinstance(said, dict) or not isinstance(said.get("program"), str):
        return "an act of office names its program in the override extension"
    if not str(said.get("reason") or "").strip():
        return "an act of office needs a reason in the override extension"
    return None


def _special(verb: str, said: Json) -> list[tuple[str, str | None]]:
    """The IRIs under which rules find credits and acts of office, and what is said there."""
    if verb in OVERRIDES:
        act = said.get(OVERRIDE_EXTENSION)
        program = act.get("program") if isinstance(act, dict) else None
        return [(program_iri(program), _text(act))] if isinstance(program, str) else []
    found: dict[str, list[Any]] = {}
    given = said.get(CREDITS_EXTENSION)
    for credit in given if isinstance(given, list) else [given]:
        if isinstance(credit, dict) and isinstance(credit.get("type"), str):
            found.setdefault(credits_iri(credit["type"]), []).append(credit)
    return [(iri, _text(some)) for iri, some in sorted(found.items())]


def _extensions(part: Json) -> Json:
    extensions = part.get("extensions")
    return extensions if isinstance(extensions, dict) else {}


def _text(value: Any) -> str | None:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str) if value else None


def _instructor(context: Json) -> str | None:
    """The identifier of the one person who answers for a statement; a group is nobody in particular."""
    instructor = context.get("instructor")
    return identity_of(instructor) if isinstance(instructor, dict) else None


def voids_of(statements: Iterable[Json]) -> dict[str, int]:
    """Id of each voided statement, and when the first statement that voids it became known.

    A voiding statement is never evidence, so the void of a void has nothing to take away (xAPI-Data 2.3.2).
    """
    voids: dict[str, int] = {}
    for statement in statements:
        target = statement["object"]
        if statement["verb"]["id"] == VOIDED and target.get("objectType") == "StatementRef":
            _, known = _times(statement, None)
            identity = str(target["id"]).lower()
            voids[identity] = min(known, voids.get(identity, known))
    return voids


def tie_of(statement: Json) -> bytes:
    """Hash of what a statement says, the same however often and under whatever id it is sent."""
    content = {key: value for key, value in statement.items() if key not in _NOT_CONTENT}
    return hashlib.sha256(_canonical(content).encode()).digest()[:_TIE_BYTES]


def _times(statement: Json, known: int | None) -> tuple[int, int]:
    """When it happened and when it became known; either stands in for the other."""
    stored, timestamp = statement.get("stored"), statement.get("timestamp")
    if known is None:
        known = instant(stored or timestamp or "")
    return (instant(timestamp) if timestamp else known), known


def _parents(context: Json) -> list[Json]:
    parents = (context.get("contextActivities") or {}).get("parent") or []
    return [parents] if isinstance(parents, dict) else list(parents)


def _type_of(activity: Json) -> str | None:
    kind = (activity.get("definition") or {}).get("type")
    return kind if isinstance(kind, str) else None


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return Decimal(repr(value)) if isinstance(value, float) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _authority_text(authority: Json) -> str | None:
    """The identifier of an authority; of OAuth's pair, the consumer that is known by account (xAPI-Data 2.4.9)."""
    if authority.get("objectType") == "Group":
        members = [member for member in authority.get("member") or () if "account" in member]
        return ifi_text(members[0]) if members else None
    return ifi_text(authority)
