"""What a ruleset is, once it is read: values without behaviour, the same for every person and every day.

Rules never carry IRIs: they name activities, and only `Activity` knows by which IRIs each source speaks of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any, Literal

from rules.language.about import SILENT, About
from rules.language.period import ZERO, Period
from rules.language.profiles import Profile

Relation = Literal["self", "manager", "direct-report", "peer"]
"""What an observer may be to the learner, on the day."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often somebody may try: `most` attempts in each `per` (or in all), and the rest between two of them."""

    most: int | None = None
    per: Period | None = None
    cooldown: Period | None = None


@dataclass(frozen=True, slots=True)
class Observers:
    """Whose word counts: holders of a program's award, people of these jobs, in one of these relations, in none of those.

    `count` different ones are needed; with `mean` the mean of their latest scores decides instead of their verdicts.
    """

    holds: str | None = None
    jobs: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    exclude: tuple[Relation, ...] = ()
    count: int = 1
    mean: Decimal | None = None

    @property
    def is_panel(self) -> bool:
        """Whether several words are put together, instead of the first good one deciding."""
        return self.count > 1 or self.mean is not None


@dataclass(frozen=True, slots=True)
class Rubric:
    """What a sign-off must tick: so many items, or all that the activity lists, and each critical one."""

    items: int | Literal["all"] | None = None
    critical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """When evidence counts for a leaf, beyond being of its kind; the plain case is the default."""

    score: Literal["best", "latest", "first"] = "best"
    attempts: Attempts | None = None
    proctored: Observers | None = None
    max_age: Period | None = None
    after: str | None = None
    """Id of the criterion of the same path that has to be met before."""
    between: tuple[Period, Period] | None = None
    """Counted from the day on which `after` was met."""
    after_assignment: bool = False
    by: Observers | None = None
    rubric: Rubric | None = None
    issuer: str | None = None


PLAIN = Terms()

LeafKind = Literal[
    "passed", "completed", "done", "attended", "responded", "signed_off", "credential", "competent", "statement"
]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A criterion that evidence of one activity meets."""

    id: str
    kind: LeafKind
    activity: str
    min_score: Decimal | None = None
    notes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    terms: Terms = PLAIN
    verb: str | None = None
    """Of a `statement` leaf: the IRI of the verb."""
    waivable: bool = True
    while_held: bool = False
    """Of a `credential` leaf: when it ends, the award that was built on it is suspended."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """A criterion that the samples of an indicator meet; too few of them leave it unknown."""

    id: str
    activity: str
    agg: Literal["mean", "sum", "min", "max", "latest"] = "latest"
    least: Decimal | None = None
    most: Decimal | None = None
    window: Period | None = None
    min_samples: int = 1
    notes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    waivable: bool = True


@dataclass(frozen=True, slots=True)
class Credits:
    """A criterion that collected credits of one type meet."""

    id: str
    type: str
    least: Decimal
    window: Period | None = None
    carry_over: Decimal = Decimal(0)
    accredited_by: tuple[str, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    waivable: bool = True
    while_held: bool = False
    """When too many have left the window, the award is suspended."""


@dataclass(frozen=True, slots=True)
class Holds:
    """A criterion that a valid award of another program meets; `while_held`: losing it suspends this award."""

    id: str
    program: str
    notes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    while_held: bool = False
    waivable: bool = True


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a requirement; unknown stays unknown."""

    id: str
    of: tuple[Node, ...]


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


Node = Leaf | Kpi | Credits | Holds | Not | AllOf | AnyOf | InOrder | NOf


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


Start = Literal["assigned", "role_start", "hired"]


@dataclass(frozen=True, slots=True)
class Due:
    """By when: `within` of being assigned, of the role's start or of being hired, but never less than `floor` after assignment."""

    within: Period
    after: Start = "assigned"
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

    start: Start | None = None
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
class Suspend:
    """An event that suspends the award, and what ends that; without `until` only a reinstatement does."""

    when: Leaf
    until: Node | None = None


@dataclass(frozen=True, slots=True)
class Waive:
    """Who may waive a criterion (patterns of jobs; nobody named: anybody), and for how long at most; they say why."""

    by: tuple[str, ...] = ()
    max: Period | None = None


@dataclass(frozen=True, slots=True)
class Accept:
    """Something else that stands in for criteria: prior learning, directional, dated, bound to an issuer."""

    what: Leaf
    criteria: tuple[str, ...]
    """Ids of the criteria; none: any leaf."""


@dataclass(frozen=True, slots=True)
class Apply:
    """How a new version treats living awards: not at all, at their renewal, or now, with so long to catch up."""

    how: Literal["new", "at_renewal", "now"] = "at_renewal"
    due: Period | None = None


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
    suspend: tuple[Suspend, ...] = ()
    waive: Waive | None = None
    accept: tuple[Accept, ...] = ()
    apply: Apply = Apply()
    needs_endorsement: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    about: About = SILENT

    @property
    def awards(self) -> bool:
        """False when everything in it is only suggested."""
        return self.require is not None or bool(self.tiers)


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
class CreditsFor:
    """What an activity is worth once it is passed, completed or attended; each activity earns it once in a window."""

    type: str
    amount: Decimal
    on: Literal["passed", "completed", "attended"] = "completed"
    accredited_by: str | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """What rules call by a short id, and every IRI by which sources speak of it."""

    id: str
    title: str
    iris: tuple[Iri, ...]
    move_on: str | None = None
    counts_for: tuple[CountsFor, ...] = ()
    rubric: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Items that a sign-off ticks, with their texts."""
    credits: tuple[CreditsFor, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """How it is taught: method, design, kirkpatrick, hours; a leaf may say otherwise."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb as rules call it, and the IRIs by which sources say it."""

    id: str
    iris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Whose statements these are, and by which profile they are read."""

    id: str
    match: Mapping[str, str] = field(hash=False)
    profile: Profile
    people: Mapping[str, Any] = field(default_factory=dict, hash=False)
    governs: bool = False
    """Whether sign-offs, waivers and other acts of office are believed when they come from here."""


CatchUp = Literal["latest", "all"]
IfMissing = Literal["next-up", "skip"]
Action = Literal["flag-noncompliant", "restrict-access"]
StopReason = Literal["met", "waived", "withdrawn", "exempt"]


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: `sign` times `period` from the deadline, whom it tells and what it does.

    tell: learner, manager, skip-manager, a job, or a person's id.  send_at: in the recipient's zone.
    """

    at: str
    period: Period
    sign: int
    tell: tuple[str, ...] = ()
    if_missing: IfMissing = "skip"
    do: Action | None = None
    approve: str | None = None
    send_at: time = time(9)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When people may be told: on which days, and outside which hours of the recipient's zone.

    country: ISO 3166, with a part or without (`GB`, `US-CA`).  weekdays: 0 is Monday.  Neither: every day.
    quiet: from and until; over midnight when it ends before it begins.
    """

    country: str | None = None
    weekdays: tuple[int, ...] | None = None
    quiet: tuple[time, time] | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """A published ladder: its steps in the order in which they come."""

    id: str
    title: str
    steps: tuple[Step, ...]
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    catch_up: CatchUp = "latest"
    stop_when: tuple[StopReason, ...] = ("met", "waived", "withdrawn", "exempt")


@dataclass(frozen=True, eq=False)
class Ruleset:
    """Programs (each with its versions, oldest first), activities, sources and escalations that belong together.

    `texts` is the canonical text of every document and `hash` the SHA-256 over them: comments, file names and the
    order of documents do not count.  `strata` lists program ids so that each level only holds what is below it.
    """

    programs: Mapping[str, tuple[Program, ...]]
    activities: Mapping[str, Activity]
    verbs: Mapping[str, Verb]
    sources: tuple[Source, ...]
    escalations: Mapping[str, Escalation]
    strata: tuple[tuple[str, ...], ...]
    texts: Mapping[str, str]
    hash: str

    def in_force(self, program_id: str, day: date) -> Program | None:
        """The version of a program that holds on a day, or the first one while none does; None where there is no such program."""
        versions = self.programs.get(program_id, ())
        return next((one for one in reversed(versions) if one.effective <= day), versions[0] if versions else None)
