"""What a ruleset is, once it is read: values without behaviour, the same for every person and every day.

Rules never carry IRIs: they name activities, and only `Activity` knows by which IRIs each source speaks of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from rules.language.period import ZERO, Period
from rules.language.profiles import Profile


@dataclass(frozen=True, slots=True)
class Leaf:
    """A criterion that evidence of one activity meets: passed, completed, or done by the activity's own move_on."""

    id: str
    kind: Literal["passed", "completed", "done"]
    activity: str
    min_score: Decimal | None = None
    notes: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Holds:
    """A criterion that a valid award of another program meets."""

    id: str
    program: str
    notes: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    id: str
    of: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    id: str
    of: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class InOrder:
    """Strict: a step counts evidence only from when the step before it was met.  Lenient: any order."""

    id: str
    of: tuple[Node, ...]
    strict: bool = True


@dataclass(frozen=True, slots=True)
class NOf:
    """`count` of the parts; distinct: no activity (nor its equivalent) may serve two parts."""

    id: str
    count: int
    of: tuple[Node, ...]
    distinct: bool = True


Node = Leaf | Holds | AllOf | AnyOf | InOrder | NOf


@dataclass(frozen=True, slots=True)
class Depth:
    """A comparison with the levels of people who report to somebody, such as `>=2`."""

    comparison: Literal["<", "<=", "==", ">=", ">"]
    levels: int


@dataclass(frozen=True, slots=True)
class Match:
    """What a position must be: each attribute fits one of its patterns."""

    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    depth: Depth | None = None
    exclude: Match | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """By when: `within` of being assigned or of the role's start, but never less than `floor` after assignment."""

    within: Period
    after: Literal["assigned", "role_start"] = "assigned"
    floor: Period = ZERO


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is assigned, how strongly, and by when; `due` is the program's unless it has its own."""

    match: Match
    assign: Literal["required", "suggested"] = "required"
    due: Due | None = None


@dataclass(frozen=True, slots=True)
class RoleClock:
    """What starts and stops a due date: where it counts from, whether leave pauses it, when a return resumes it."""

    start: Literal["assigned", "role_start"] | None = None
    pause_on_leave: bool = False
    resume_within: Period = field(default_factory=lambda: Period("P30D", days=30))
    resumes: bool = True
    otherwise_resumes: bool = False


@dataclass(frozen=True, slots=True)
class Tier:
    """A part of a curriculum with a due date of its own."""

    id: str
    require: Node | None
    suggest: tuple[Node, ...] = ()
    due: Due | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Renew:
    """How an award is kept: window before expiry, grace after it, and from which date the next period counts."""

    window: Period
    require: Node | None = None
    grace: Period = ZERO
    grace_counts: bool = False
    basis: Literal["completion", "expiry", "fixed"] = "expiry"
    early: Literal["ignore", "rebase"] = "ignore"
    anchor: tuple[int, int] | None = None
    min_active: Period = ZERO


@dataclass(frozen=True, slots=True)
class Program:
    """One version of a certification or curriculum."""

    kind: Literal["certification", "curriculum"]
    id: str
    version: int
    title: str
    effective: date
    timezone: str
    audiences: tuple[Audience, ...] = ()
    due: Due | None = None
    clock: RoleClock = field(default_factory=RoleClock)
    require: Node | None = None
    tiers: tuple[Tier, ...] = ()
    suggest: tuple[Node, ...] = ()
    valid_for: Period | None = None
    renew: Renew | None = None
    notes: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Iri:
    """A name of an activity; with a source, only that source means this activity by it."""

    iri: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class CountsFor:
    """Evidence of the activity also serves another one, on the days from `start` to `end`, both included."""

    activity: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """What rules call by a short id, and every IRI by which sources speak of it."""

    id: str
    title: str
    iris: tuple[Iri, ...]
    move_on: str | None = None
    counts_for: tuple[CountsFor, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Whose statements these are, and by which profile they are read."""

    id: str
    match: Mapping[str, str] = field(hash=False)
    profile: Profile
    people: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, eq=False)
class Ruleset:
    """Programs (each with its versions, oldest first), activities, sources and escalations that belong together.

    `texts` is the canonical text of every document and `hash` the SHA-256 over them: comments, file names and the
    order of documents do not count.  `strata` lists program ids so that each level only holds what is below it.
    """

    programs: Mapping[str, tuple[Program, ...]]
    activities: Mapping[str, Activity]
    sources: tuple[Source, ...]
    escalations: Mapping[str, Any]
    strata: tuple[tuple[str, ...], ...]
    texts: Mapping[str, str]
    hash: str
