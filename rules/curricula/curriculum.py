"""Everything a job has to learn, program by program: in which order, by when, what proves it, what it is worth.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rules.cohorts import next_beginning
from rules.curricula.audience import Meant, Place, meant
from rules.curricula.course import Course, courses
from rules.explain.program import match_words, within_words
from rules.explain.requirement import Wording
from rules.explain.words import listed, period_words
from rules.language import Program, Ruleset
from rules.language.about import Recognition, Worth
from rules.language.model import Due, Node

_LONG = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """A tier of a program, or all of it.  remark: by when, and after what."""

    title: str
    remark: str
    required: tuple[Course, ...]
    suggested: tuple[Course, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One program of a job's curriculum.  who: of the holders, when not all of them."""

    program: Program
    is_required: bool
    who: str
    due: str
    valid: str
    steps: tuple[Step, ...]
    cohort: str
    begins: date | None

    @property
    def benefit(self) -> Worth:
        return self.program.about.benefit

    @property
    def recognised_by(self) -> tuple[Recognition, ...]:
        return self.program.about.recognised_by


def curriculum(
    ruleset: Ruleset,
    programs: Mapping[str, Program],
    job: str,
    places: Sequence[Place],
    assigned: Collection[str],
    today: date,
) -> list[Entry]:
    """The programs meant for a job: required ones first, prerequisites before what builds on them, then by due date.

    programs: the versions in force.
    """
    found: list[tuple[tuple[bool, int, int, str], Entry]] = []
    for level, names in enumerate(ruleset.strata):
        for name in names:
            program = programs.get(name)
            audiences = meant(program, job, places, assigned) if program is not None else []
            if program is not None and audiences:
                entry = _entry(ruleset, program, audiences, today)
                found.append(((not entry.is_required, level, _days(program, audiences), program.title), entry))
    return [entry for _, entry in sorted(found, key=lambda one: one[0])]


def _entry(ruleset: Ruleset, program: Program, audiences: Sequence[Meant], today: date) -> Entry:
    required = [one for one in audiences if one.audience.assign == "required"]
    strongest = required or audiences
    cadence = program.about.cadence
    asks = any(node is not None for node in _paths(program))
    return Entry(
        program,
        bool(required) and asks,
        _who(strongest),
        "; ".join(dict.fromkeys(filter(None, (_due(one.audience.due or program.due) for one in strongest)))),
        period_words(program.valid_for) if program.valid_for else "",
        tuple(_steps(ruleset, program)),
        cadence.starts.text if cadence else "",
        next_beginning(cadence, today) if cadence else None,
    )


def _who(audiences: Sequence[Meant]) -> str:
    """For whom among the holders: nothing said when for all of them."""
    if any(one.everybody for one in audiences):
        return ""
    rest = []
    for one in audiences:
        match = one.audience.match
        patterns = {name: wanted for name, wanted in match.patterns.items() if name != "job"}
        rest.append(match_words(replace(match, patterns=patterns)).removeprefix(", "))
    return listed(dict.fromkeys(filter(None, rest)), "or")


def _steps(ruleset: Ruleset, program: Program) -> Iterator[Step]:
    wording = Wording(ruleset, program)

    def made(title: str, remark: str, require: Node | None, suggest: Sequence[Node]) -> Step:
        asked, shown = courses(ruleset, wording, [require]), courses(ruleset, wording, suggest)
        return Step(title, remark, tuple(asked), tuple(shown))

    if program.require is not None or (program.suggest and not program.tiers):
        yield made("", "", program.require, program.suggest)
    titles = program.about.titles
    for tier in program.tiers:
        after = f"after “{titles.get(tier.after, tier.after)}”" if tier.after else ""
        remark = listed(filter(None, (_due(tier.due), after)), "and")
        yield made(titles.get(tier.id, tier.id), remark, tier.require, tier.suggest)
    if program.tiers and program.suggest:
        yield made("Suggested", "", None, program.suggest)


def _paths(program: Program) -> list[Node | None]:
    return [program.require, *(tier.require for tier in program.tiers)]


def _due(due: Due | None) -> str:
    return f"within {within_words(due)}" if due else ""


def _days(program: Program, audiences: Sequence[Meant]) -> int:
    """About how soon it is due: only to sort by."""
    dues = [one.audience.due or program.due for one in audiences] + [tier.due for tier in program.tiers]
    return min((one.within.months * 30 + one.within.days for one in dues if one is not None), default=_LONG)
