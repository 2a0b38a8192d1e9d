"""The three document resources as one: what names a document, and which parameters a request may have.

State, agent profile and activity profile differ in their names only (xAPI-Communication 2.3, 2.6, 2.7); what differs
stands in `STATE`, `AGENT_PROFILE` and `ACTIVITY_PROFILE`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal, TypeAlias
from uuid import UUID

from lrs.xapi.actors import ifi_text
from lrs.xapi.parameters import load_agent, load_instant, load_iri, load_parameters, load_uuid
from lrs.xapi.problems import ParameterInvalid

Method: TypeAlias = Literal["DELETE", "GET", "POST", "PUT"]
MAX_NAME: Final = 2_000
"""Characters of a stateId or profileId."""


class Kind(IntEnum):
    """What a document is, by the number it is kept under."""

    STATE = 1
    AGENT_PROFILE = 2
    ACTIVITY_PROFILE = 3


@dataclass(frozen=True, slots=True)
class Resource:
    """One document resource.

    owners: the parameters that say whose documents are meant, all needed.  The rules are ids of requirements, by method
    where each method has its own.
    """

    kind: Kind
    title: str
    path: str
    scope: str
    id_name: str
    owners: tuple[str, ...]
    merge_rule: str
    since_rule: str
    id_missing: Mapping[str, str]
    owner_missing: Mapping[tuple[str, str], str]
    agent_invalid: Mapping[str, str]
    registration_invalid: Mapping[str, str] | None = None

    def names(self, method: Method) -> tuple[str, ...]:
        """The parameters a method takes; only a GET can ask for what changed since (XAPI-00205, XAPI-00223)."""
        registration = ("registration",) if self.registration_invalid else ()
        since = ("since",) if method == "GET" else ()
        return (*self.owners, self.id_name, *registration, *since)


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """What a request is about: the agent by `ifi_text`, name None for all documents, since in microseconds."""

    activity: str | None
    agent: str | None
    registration: UUID | None
    name: str | None
    since: int | None


def load_document_query(resource: Resource, method: Method, pairs: Iterable[tuple[str, str]]) -> DocumentQuery:
    """The query of a request to a document resource, from its decoded name and value pairs.

    Raises ParameterInvalid for what is unknown, doubled, missing or malformed.
    """
    given = load_parameters(pairs, resource.names(method))
    for owner in resource.owners:
        if owner not in given:
            rule = resource.owner_missing[owner, method]
            raise ParameterInvalid(owner, f"{method} needs it", rule=rule, hint="say whose documents are meant")
    registration_rule = (resource.registration_invalid or {}).get(method, "XAPI-00012")
    return DocumentQuery(
        activity=load_iri(given, "activityId", "XAPI-00012"),
        agent=_agent(given, resource.agent_invalid.get(method, "XAPI-00012")),
        registration=load_uuid(given, "registration", registration_rule),
        name=_name(resource, method, given),
        since=load_instant(given, "since", resource.since_rule),
    )


def _agent(given: Mapping[str, str], rule: str) -> str | None:
    return ifi_text(load_agent(given["agent"], rule=rule)) if "agent" in given else None


def _name(resource: Resource, method: Method, given: Mapping[str, str]) -> str | None:
    """Any text is a name, the empty one included; none at all means every document where that is allowed."""
    name = given.get(resource.id_name)
    if name is None:
        if method in resource.id_missing:
            rule = resource.id_missing[method]
            raise ParameterInvalid(
                resource.id_name, f"{method} needs it", rule=rule, hint="say which document is meant"
            )
        return None
    if "since" in given:
        detail = f"cannot stand beside {resource.id_name}"
        raise ParameterInvalid("since", detail, rule="T-17", hint="it belongs to the list of ids")
    if len(name) > MAX_NAME:
        detail = f"longer than {MAX_NAME} characters"
        raise ParameterInvalid(resource.id_name, detail, rule="XAPI-00012", hint="choose a shorter one")
    if "\0" in name:
        raise ParameterInvalid(resource.id_name, "holds a NUL character", rule="XAPI-00012", hint="leave it out")
    return name


def _by_method(first: int, *methods: str) -> dict[str, str]:
    """Requirements are numbered one a method, in a row."""
    return {method: f"XAPI-{first + place:05}" for place, method in enumerate(methods)}


def _missing(owner: str, first: int, *methods: str) -> dict[tuple[str, str], str]:
    return {(owner, method): rule for method, rule in _by_method(first, *methods).items()}


_SORTED: Final = ("DELETE", "GET", "POST", "PUT")
_GET_FIRST: Final = ("GET", "DELETE", "POST", "PUT")

STATE: Final = Resource(
    kind=Kind.STATE,
    title="state",
    path="/activities/state",
    scope="state",
    id_name="stateId",
    owners=("activityId", "agent"),
    merge_rule="XAPI-00229",
    since_rule="XAPI-00204",
    id_missing={"PUT": "XAPI-00206", "POST": "XAPI-00211"},
    owner_missing=_missing("activityId", 207, *_SORTED) | _missing("agent", 212, *_SORTED),
    agent_invalid=_by_method(196, *_SORTED),
    registration_invalid=_by_method(200, *_SORTED),
)
AGENT_PROFILE: Final = Resource(
    kind=Kind.AGENT_PROFILE,
    title="agent profile",
    path="/agents/profile",
    scope="profile",
    id_name="profileId",
    owners=("agent",),
    merge_rule="XAPI-00281",
    since_rule="XAPI-00260",
    id_missing=_by_method(265, "DELETE", "POST", "PUT"),
    owner_missing=_missing("agent", 261, *_GET_FIRST),
    agent_invalid=_by_method(255, "DELETE", "POST", "PUT", "GET"),
)
ACTIVITY_PROFILE: Final = Resource(
    kind=Kind.ACTIVITY_PROFILE,
    title="activity profile",
    path="/activities/profile",
    scope="profile",
    id_name="profileId",
    owners=("activityId",),
    merge_rule="XAPI-00313",
    since_rule="XAPI-00295",
    id_missing=_by_method(300, "DELETE", "POST", "PUT"),
    owner_missing=_missing("activityId", 296, *_GET_FIRST),
    agent_invalid={},
)
RESOURCES: Final = (STATE, AGENT_PROFILE, ACTIVITY_PROFILE)
