"""The query parameters of the Statement Resource (xAPI-Communication 2.1); both versions have the same.

Names are exact, each may stand once, and what is not known is refused (XAPI-00324, XAPI-00325).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast
from uuid import UUID

from lrs.errors import BadRequest, did_you_mean
from lrs.xapi.actors import ifi_text, is_group, validate_identified
from lrs.xapi.json_door import load
from lrs.xapi.lexical import find_uuid, is_iri
from lrs.xapi.problems import ROOT, ParameterInvalid, shown
from lrs.xapi.rendering import FORMATS
from lrs.xapi.timestamp import instant

Format: TypeAlias = Literal["exact", "ids", "canonical"]
QUERY_NAMES: Final = (
    "statementId",
    "voidedStatementId",
    "agent",
    "verb",
    "activity",
    "registration",
    "related_activities",
    "related_agents",
    "since",
    "until",
    "limit",
    "format",
    "attachments",
    "ascending",
)
_BESIDE_AN_ID = ("statementId", "voidedStatementId", "attachments", "format")
_LIMIT = re.compile(r"[0-9]{1,18}")
_NAME_LIMIT = 60


@dataclass(frozen=True, slots=True)
class StatementQuery:
    """What a GET of statements asks for; agents by `ifi_text`, instants in microseconds, limit 0 = as many as allowed."""

    statement_id: UUID | None = None
    voided_statement_id: UUID | None = None
    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: UUID | None = None
    related_activities: bool = False
    related_agents: bool = False
    since: int | None = None
    until: int | None = None
    limit: int = 0
    format: Format = "exact"
    attachments: bool = False
    ascending: bool = False


def load_statement_query(pairs: Iterable[tuple[str, str]]) -> StatementQuery:
    """The query of a GET, from its decoded name and value pairs."""
    given = load_parameters(pairs, QUERY_NAMES)
    _refuse_beside_id(given)
    return StatementQuery(
        statement_id=load_uuid(given, "statementId", "XAPI-00156"),
        voided_statement_id=load_uuid(given, "voidedStatementId", "XAPI-00155"),
        agent=_agent(given),
        verb=load_iri(given, "verb", "XAPI-00180"),
        activity=load_iri(given, "activity", "XAPI-00179"),
        registration=load_uuid(given, "registration", "XAPI-00178"),
        related_activities=_flag(given, "related_activities", "XAPI-00177"),
        related_agents=_flag(given, "related_agents", "XAPI-00176"),
        since=load_instant(given, "since", "XAPI-00175"),
        until=load_instant(given, "until", "XAPI-00174"),
        limit=_limit(given),
        format=_format(given),
        attachments=_flag(given, "attachments", "XAPI-00167"),
        ascending=_flag(given, "ascending", "XAPI-00166"),
    )


def load_statement_id(pairs: Iterable[tuple[str, str]]) -> UUID:
    """The `statementId` of a PUT, its only parameter (xAPI-Communication 2.1.1, XAPI-00143, XAPI-00145)."""
    statement_id = load_uuid(load_parameters(pairs, ("statementId",)), "statementId", "XAPI-00143")
    if statement_id is None:
        raise ParameterInvalid("statementId", "PUT needs it", rule="XAPI-00145", hint="or POST the statement")
    return statement_id


def load_activity_id(pairs: Iterable[tuple[str, str]]) -> str:
    """The `activityId` of a GET of an Activity, its only parameter (xAPI-Communication 2.5, XAPI-00250, S-48)."""
    activity_id = load_iri(load_parameters(pairs, ("activityId",)), "activityId", "S-48")
    if activity_id is None:
        raise ParameterInvalid("activityId", "GET needs it", rule="XAPI-00250", hint="send the Activity's IRI")
    return activity_id


def load_person_agent(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Any]:
    """The `agent` of a GET of a Person, its only parameter (xAPI-Communication 2.4, XAPI-00243, XAPI-00249)."""
    given = load_parameters(pairs, ("agent",))
    if "agent" not in given:
        raise ParameterInvalid("agent", "GET needs it", rule="XAPI-00243", hint="send an Agent as JSON")
    agent = load_agent(given["agent"], rule="XAPI-00249")
    if is_group(agent):
        raise ParameterInvalid("agent", "a Group is no Person", rule="XAPI-00249", hint="ask for one of its members")
    return agent


def load_parameters(pairs: Iterable[tuple[str, str]], known: Iterable[str]) -> dict[str, str]:
    """Parameters by name, each known and given once; a POST of statements knows none."""
    known = tuple(known)
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            hint = did_you_mean(name[:_NAME_LIMIT], known) if known else "this request takes none"
            raise ParameterInvalid(name, "is not a parameter here", rule="XAPI-00325", hint=hint)
        if name in given:
            raise ParameterInvalid(name, "stands twice", rule="XAPI-00324", hint="send it once")
        given[name] = value
    return given


def load_agent(text: str, *, rule: str = "XAPI-00181", name: str = "agent") -> Mapping[str, Any]:
    """An Agent or identified Group from the JSON of a parameter (XAPI-00012, XAPI-00181)."""
    try:
        actor: dict[str, Any] = load(text)
        validate_identified(actor, ROOT)
    except BadRequest as why:
        hint = why.hint or 'as in {"mbox": "mailto:name@example.org"}'
        raise ParameterInvalid(name, why.message, rule=rule, hint=hint) from None
    return actor


def _refuse_beside_id(given: Mapping[str, str]) -> None:
    """An id names one statement: nothing is left to filter (XAPI-00150, XAPI-00151, S-19)."""
    if "statementId" in given and "voidedStatementId" in given:
        raise ParameterInvalid("voidedStatementId", "cannot stand beside statementId", rule="S-19", hint="send one")
    for key in ("statementId", "voidedStatementId"):
        extra = next((name for name in given if name not in _BESIDE_AN_ID), None) if key in given else None
        if extra:
            hint = "beside an id only attachments and format may stand"
            raise ParameterInvalid(extra, f"cannot stand beside {key}", rule="XAPI-00150", hint=hint)


def load_uuid(given: Mapping[str, str], name: str, rule: str) -> UUID | None:
    """A parameter that is a UUID; None when it was not given (XAPI-00012)."""
    if name not in given:
        return None
    found = find_uuid(given[name])
    if found is None:
        raise ParameterInvalid(
            name, f"{shown(given[name])} is not a UUID", rule=rule, hint="write 8-4-4-4-12 hex digits"
        )
    return found


def load_iri(given: Mapping[str, str], name: str, rule: str) -> str | None:
    """A parameter that is an IRI; None when it was not given (XAPI-00012)."""
    value = given.get(name)
    if value is not None and not is_iri(value):
        raise ParameterInvalid(name, f"{shown(value)} is not an IRI", rule=rule, hint="start it with a scheme")
    return value


def _agent(given: Mapping[str, str]) -> str | None:
    return ifi_text(load_agent(given["agent"])) if "agent" in given else None


def load_instant(given: Mapping[str, str], name: str, rule: str) -> int | None:
    """A parameter that is a timestamp, in microseconds since the epoch; None when it was not given (XAPI-00012)."""
    if name not in given:
        return None
    try:
        return instant(given[name])
    except ValueError as why:
        hint = "write + as %2B in a URL" if " " in given[name] else "write it as 2030-01-31T12:00:00.000Z"
        raise ParameterInvalid(name, f"{shown(given[name])} is no timestamp: {why}", rule=rule, hint=hint) from None


def _flag(given: Mapping[str, str], name: str, rule: str) -> bool:
    value = given.get(name, "false")
    if value not in ("true", "false"):
        raise ParameterInvalid(name, f"{shown(value)} is neither true nor false", rule=rule)
    return value == "true"


def _limit(given: Mapping[str, str]) -> int:
    value = given.get("limit", "0")
    if not _LIMIT.fullmatch(value):
        raise ParameterInvalid("limit", f"{shown(value)} is not a whole number from 0", rule="XAPI-00173")
    return int(value)


def _format(given: Mapping[str, str]) -> Format:
    value = given.get("format", "exact")
    if value not in FORMATS:
        raise ParameterInvalid("format", f"{shown(value)} is not one of {', '.join(FORMATS)}", rule="XAPI-00168")
    return cast("Format", value)
