"""What a rule of lint looks at, and what it finds: newest versions with their places, activities, perhaps people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from lrs.people.depths import lines_of, reporting_depths
from lrs.people.roster import Roster
from lrs.yaml_door import Location, YamlDocument
from rules.decide import Facts, asks_for_depth
from rules.language import Draft
from rules.language.audience import ATTRIBUTES
from rules.language.model import Program, Ruleset


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is allowed and hardly meant: where, what, and how to mend it."""

    file: str
    line: int
    column: int
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Written:
    """The newest version of a program, and where it was written.  Older ones can no longer be changed."""

    program: Program
    document: YamlDocument

    def finding(self, at: Location, message: str, hint: str, *, key: bool = False) -> Finding:
        return finding(self.document, at, message, hint, key=key)

    def value(self, at: Location) -> Any:
        """What stands at a place."""
        value = self.document.value
        for step in at:
            value = value[step]
        return value

    def item(self, at: Location, number: int) -> Location:
        """Where one of several stands, which may stand alone too, without a list."""
        return (*at, number) if isinstance(self.value(at), list) else at


@dataclass(frozen=True)
class Ground:
    """Everything rules may look at.  roster: None when nobody is known, and then nothing is said about people."""

    draft: Draft
    today: date
    roster: Roster | None = None

    @property
    def ruleset(self) -> Ruleset:
        return self.draft.ruleset

    @cached_property
    def people(self) -> Sequence[Facts]:
        """Everybody, as far as audiences look."""
        if self.roster is None:
            return ()
        depths = reporting_depths(lines_of(self.roster)) if asks_for_depth(self.ruleset) else {}
        sites = self.roster.sites
        return [Facts(person, (), sites, depths.get(person.id, ())) for person in self.roster.people.values()]

    @cached_property
    def names(self) -> Mapping[str, Collection[str]]:
        """Every job, level, site and so on that a position ever had, by attribute."""
        positions = [position for facts in self.people for position in facts.person.positions]
        return {name: {value for one in positions if (value := getattr(one, name))} for name in ATTRIBUTES}

    @cached_property
    def holders(self) -> Mapping[str, Mapping[str, int]]:
        """By attribute, how many people have each of its names, today or later."""
        found: dict[str, Counter[str]] = {name: Counter() for name in ATTRIBUTES}
        for facts in self.people:
            last = facts.person.left_on
            if last is not None and last < self.today:
                continue
            open_ = [one for one in facts.person.positions if one.end is None or one.end >= self.today]
            for name, counter in found.items():
                counter.update({value for one in open_ if (value := getattr(one, name))})
        return found

    def current_documents(self) -> Iterator[YamlDocument]:
        """The newest version of each program, and the ladders."""
        yield from (written.document for written in self.newest())
        yield from (self.draft.documents[f"escalation '{name}'"] for name in self.ruleset.escalations)

    def newest(self) -> Iterator[Written]:
        for versions in self.ruleset.programs.values():
            program = versions[-1]
            yield Written(program, self.draft.documents[f"version {program.version} of '{program.id}'"])


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing lint warns of.  why: in the words of somebody who has seen it go wrong."""

    id: str
    about: str
    why: str
    check: Callable[[Ground], Iterable[Finding]]


def warning(rule: Rule, finding: Finding) -> dict[str, Any]:
    """What a rule found, for programs: rule, file, line and column from 1, message, why, hint."""
    place: dict[str, Any] = {"file": finding.file, "line": finding.line, "column": finding.column}
    return {"rule": rule.id, **place, "message": finding.message, "why": rule.why, "hint": finding.hint}


def finding(document: YamlDocument, at: Location, message: str, hint: str, *, key: bool = False) -> Finding:
    mark = document.mark(at, key=key)
    return Finding(document.file, mark.line, mark.column, message, hint)


def each(check: Callable[[Written, Ground], Iterable[Finding]]) -> Callable[[Ground], Iterable[Finding]]:
    """A check of the whole ground from one of a single program."""

    def every(ground: Ground) -> Iterator[Finding]:
        for written in ground.newest():
            yield from check(written, ground)

    return every
