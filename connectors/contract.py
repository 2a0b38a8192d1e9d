"""What a connector is, and the values that cross between Prowess and another system.

A connector declares its capabilities; whatever it does not declare raises Unsupported, never silently nothing.  It may
not touch the outbox: `connectors.sender` decides when something is sent and what a failure means.
"""

# ruff: noqa: ARG002 - the defaults refuse, whatever they are asked

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from connectors.decisions import Decision, Transition
from connectors.errors import Unsupported
from lrs.clock import Clock


class Capability(StrEnum):
    """Something another system can be asked for.  The last four are also the kinds of a delivery."""

    FIND_PEOPLE = "find_people"
    READ_PROGRESS = "read_progress"
    ASSIGN = "assign"
    UNASSIGN = "unassign"
    WRITE_RESULT = "write_result"
    NOTIFY = "notify"


@dataclass(frozen=True, slots=True)
class PersonKeys:
    """What we know a person by: `accounts` are (homePage, name) pairs from their statements."""

    id: str
    email: str | None = None
    accounts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RemotePerson:
    """Somebody as the other system knows them."""

    id: str
    username: str | None = None
    idnumber: str | None = None
    email: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A person should (or need no longer) take a course, inside a window that may be open at its end."""

    person: str
    program: str
    course: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What was decided about a person, and the grade that says so in the other system's own scale."""

    person: str
    program: str
    course: str
    verdict: Transition
    grade: Decimal
    score: Decimal | None = None
    met_on: date | None = None
    valid_from: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a person came in a course (`activity` None) or in one activity of it, as the other system says.

    sort: what the activity is there, in the system's own word (`quiz`).  graded_at: when it was given its score.
    """

    person: RemotePerson
    course: str
    activity: str | None = None
    title: str | None = None
    completed_at: datetime | None = None
    passed: bool | None = None
    raw: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    sort: str | None = None
    graded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A course or an activity as statements name it: its IRI and the IRI of its type."""

    iri: str
    type: str


@dataclass(frozen=True, slots=True)
class Order:
    """A delivery as a connector gets it.  `key` stays the same however often it is tried."""

    key: UUID
    capability: Capability
    decision: Decision


@dataclass(frozen=True, slots=True)
class Receipt:
    """The other system accepted."""

    remote_status: int
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Whom a person is in another system, and by which key they were found (`email:ada@example.org`)."""

    remote_id: str
    by: str


class People(Protocol):
    """Where connectors learn whom they talk about, and keep whom they found."""

    def keys(self, person_id: str) -> PersonKeys: ...

    def some(self, most: int) -> Sequence[PersonKeys]: ...

    def match(self, connector: str, person_id: str) -> Match | None: ...

    def remember(self, connector: str, person_id: str, match: Match) -> None: ...

    def forget(self, connector: str, person_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connector is built with besides its settings."""

    clock: Clock
    people: People


class Connector(Protocol):
    """One configured system.  Implementations inherit from it and override what they declare.

    `wants` says from settings alone, without any call, whether and how a decision is to be pushed.  `deliver` raises
    DeliveryError; repeating it with the same order must have no second effect.
    """

    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    kind: ClassVar[str]
    name: str
    patience: float
    """The longest that one `deliver` can take, in seconds; its lease is made to last."""
    tells_within: ClassVar[timedelta] = timedelta(0)
    """How long the system's own statements may take to come; nothing where it sends none."""
    shows_keys: ClassVar[bool] = False
    """Whether whoever's progress is read comes with every key by which people are found."""

    def wants(self, decision: Decision) -> Capability | None: ...

    def deliver(self, order: Order) -> Receipt: ...

    def test(self) -> Iterable[str]:
        """Look whether the system answers, lets us do what we declare and has what the settings name; lines to print.

        Raises DeliveryError, which may come after lines.
        """
        ...

    def place(self, program: str) -> str | None:
        """Where a learner opens what a program is taught in, from settings alone; None where there is no such address."""
        return None

    def close(self) -> None:
        """Let go of connections."""

    def find_people(self, people: Sequence[PersonKeys]) -> Mapping[str, RemotePerson]:
        """By our person id, those the system knows without doubt."""
        raise unsupported(self, Capability.FIND_PEOPLE)

    def read_progress(self, course: str) -> Iterator[Progress]:
        raise unsupported(self, Capability.READ_PROGRESS)

    def subject(self, progress: Progress) -> Subject | None:
        """What the system's own statements of this would be about; None where Prowess itself writes what stands there."""
        raise unsupported(self, Capability.READ_PROGRESS)

    def accounts_at(self) -> str | None:
        """The homePage by which statements name the system's accounts, without a slash at its end."""
        return None

    def courses(self) -> Mapping[str, str]:
        """The configured programs and the course each is taught in."""
        raise unsupported(self, Capability.READ_PROGRESS)

    def assign(self, assignment: Assignment, key: UUID) -> Receipt:
        raise unsupported(self, Capability.ASSIGN)

    def unassign(self, assignment: Assignment, key: UUID) -> Receipt:
        raise unsupported(self, Capability.UNASSIGN)

    def write_result(self, result: Result, key: UUID) -> Receipt:
        raise unsupported(self, Capability.WRITE_RESULT)

    def notify(self, decision: Decision, key: UUID) -> Receipt:
        raise unsupported(self, Capability.NOTIFY)


def unsupported(connector: Connector, capability: Capability) -> Unsupported:
    """The error for a capability that a connector does not declare."""
    offered = ", ".join(sorted(connector.capabilities)) or "nothing"
    return Unsupported(
        f"'{connector.name}' ({connector.kind}) cannot {capability.replace('_', ' ')}", hint=f"it offers: {offered}"
    )
