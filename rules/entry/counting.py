"""What becomes of all that was just entered: which of it counts for nothing now, why, and what would make it count.

It is recorded all the same: evidence is never refused for what a program asks, which may be otherwise tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from lrs.clock import to_datetime
from lrs.days import day_words
from lrs.people.roster import load_day
from lrs.prowess import Prowess
from rules.decide import affected
from rules.entry.acts import is_act, override_of
from rules.entry.aftermath import Aftermath, Document
from rules.entry.wanted import leaves
from rules.explain.part import every_node
from rules.explain.reasons import in_words, mending
from rules.explain.words import listed
from rules.language.model import Leaf
from rules.language.vocabulary import ASKED
from rules.vocabulary import (
    ATTENDED,
    ENDORSED,
    EXTENDED,
    KEY_NAME,
    REINSTATED,
    REVOKED_BY,
    SIGNED_OFF,
    SUSPENDED,
    WAIVED,
)

MOST: Final = 2_000
"""Pairs of person and program that are decided: the rest of what a long file says is not looked at, which would take longer
than to record it."""
_NAMED: Final = 3
_HELD: Final = frozenset({"valid", "suspended", "expired"})
_ASKED_BY: Final[Mapping[str, frozenset[str]]] = {
    ATTENDED: frozenset({"attended", "completed", "done", "statement"}),
    SIGNED_OFF: frozenset({"signed_off", "statement"}),
}
"""The leaves that may look at what people enter, by its verb."""


class Idle(NamedTuple):
    """A statement that counts for nothing now.  program: the id of the one that rejects it; None: none asks for it of them.

    name: of the person, their id where they have none.  title: of the program.
    """

    statement: str
    person: str
    program: str | None
    why: str
    mend: str
    name: str
    title: str | None

    def as_json(self) -> dict[str, str | None]:
        """By ids, which is what scripts compare."""
        return {name: value for name, value in self._asdict().items() if name not in {"name", "title"}}


class Examined(NamedTuple):
    """What became of statements.  unseen: how many nobody looked at, because there were too many before them."""

    idle: Sequence[Idle]
    unseen: int = 0


def examine(
    prowess: Prowess, tenant_id: int, statements: Sequence[Mapping[str, Any]], credential: str = KEY_NAME
) -> Examined:
    """Of statements that were just recorded, each that counts for nothing, once for each program that rejects it.

    credential: the name of the key that they came with.  Who is said to have been absent, or not to be able yet, is no matter here.
    """
    said = [one for one in statements if not _is_no(one)]
    if not said:
        return Examined(())
    after = Aftermath(prowess, tenant_id, said, credential, most=MOST)
    return Examined(idle_in(after), len(said) - after.seen)


def idle_in(after: Aftermath) -> list[Idle]:
    """As `examine`, of statements whose aftermath is looked at for more than this."""
    return list(_Weighing(after).found())


def _is_no(statement: Mapping[str, Any]) -> bool:
    """Whether somebody is said to have been absent, or not to be able yet."""
    return (statement.get("result") or {}).get("success") is False


class _Weighing:
    """Each statement against what holds after all of them."""

    def __init__(self, after: Aftermath) -> None:
        self._after = after
        self._today = to_datetime(after.now).date()
        self._ruleset = after.ruleset

    def found(self) -> Iterator[Idle]:
        for person, statement in self._after.statements:
            if _is_no(statement):
                continue
            yield from self._act(person, statement) if is_act(statement) else self._evidence(person, statement)

    def _decide(self, person: str, program: str) -> Document:
        return self._after.decided(person, program).document

    def _idle(self, statement: str, person: str, program: str | None, why: str, mend: str) -> Idle:
        title = None if program is None else self._title(program)
        return Idle(statement, person, program, why, mend, self._after.name_of(person), title)

    def _title(self, program: str) -> str:
        return self._ruleset.programs[program][-1].title or program

    def _evidence(self, person: str, statement: Mapping[str, Any]) -> Iterator[Idle]:
        id_ = str(statement["id"])
        programs = sorted(affected(self._ruleset).get(statement["object"]["id"], ()))
        if not programs:
            mend = "Name the activity in a program, or enter it for one that a program asks for."
            yield self._idle(id_, person, None, "No program asks for it.", mend)
            return
        asked = [program for program in programs if self._decide(person, program)["assignment"] in ASKED]
        if not asked:
            titles = [self._title(program) for program in programs]
            more = f" or {len(titles) - _NAMED} others" if len(titles) > _NAMED else ""
            none = (
                "The program that looks at it is not" if len(titles) == 1 else "None of the programs that look at it is"
            )
            why = f"{none} asked of {self._after.name_of(person)} now: {listed(titles[:_NAMED])}{more}."
            yield self._idle(id_, person, None, why, "It counts once such a program is asked of them.")
            return
        parts = {program: self._after.decided(person, program).part(id_) for program in asked}
        if any(used for used, _ in parts.values()):
            return
        for program, (_, reasons) in parts.items():
            if reasons:
                yield self._idle(id_, person, program, *_words(reasons))
        titles = [self._title(program) for program in asked]
        kinds = _ASKED_BY.get(statement["verb"]["id"])
        if kinds and not any(reasons for _, reasons in parts.values()) and not self._looks_at(asked, kinds):
            why = f"{listed(titles)} {'asks' if len(titles) == 1 else 'ask'} for something else of it."
            yield self._idle(id_, person, None, why, "Do and enter what is asked for, or change the program.")

    def _looks_at(self, programs: Iterable[str], kinds: frozenset[str]) -> bool:
        """Whether any version of these programs asks for anything of these kinds; what the proof has not may be suggested."""
        versions = (version for program in programs for version in self._ruleset.programs[program])
        return any(not isinstance(leaf, Leaf) or leaf.kind in kinds for version in versions for leaf in leaves(version))

    def _act(self, person: str, statement: Mapping[str, Any]) -> Iterator[Idle]:
        said = override_of(statement)
        program, id_ = said["program"], str(statement["id"])
        if program not in self._ruleset.programs:
            return
        before = self._after.decide_without(person, program, id_)
        _, reasons = self._after.decided(person, program).part(id_)
        why = _words(reasons) if reasons else self._moot(person, statement["verb"]["id"], said, before)
        if why is not None:
            yield self._idle(id_, person, program, *why)

    def _moot(self, person: str, verb: str, said: Mapping[str, Any], before: Document) -> tuple[str, str] | None:
        """Why an act that the program takes does nothing now, and what would make it do something."""
        title = self._title(said["program"])
        if until := self._past(said.get("until")):
            return f"It has ended already, on {day_words(until)}.", "Enter it again with a day to come."
        if verb == ENDORSED:
            is_held = before["award"] in _HELD
            return None if is_held else ("There is no award to endorse.", "Enter it again once the award is there.")
        if verb == REINSTATED:
            is_stopped = any(node.get("act") in ("suspended", "revoked") for node in every_node(before["proof"]))
            is_stopped = is_stopped or before["award"] in ("suspended", "revoked")
            return None if is_stopped else ("Nothing is suspended or revoked.", "Nothing: there is nothing to undo.")
        if verb in (SUSPENDED, REVOKED_BY):
            return None  # they stop an award that comes later too
        if before["assignment"] not in (*ASKED, "exempt"):
            return self._unasked(person, title, said)
        if verb == EXTENDED:
            return self._extension(said, before, self._decide(person, said["program"]))
        return _waiver(said, self._decide(person, said["program"])) if verb == WAIVED else None

    def _unasked(self, person: str, title: str, said: Mapping[str, Any]) -> tuple[str, str]:
        first = self._ruleset.programs[said["program"]][0].effective
        if first > self._today:
            return (
                f"{title} is not in force before {day_words(str(first))}.",
                "It counts from then on, if it still holds.",
            )
        return (
            f"{title} is not asked of {self._after.name_of(person)} now.",
            "It counts once the program is asked of them, if it still holds.",
        )

    def _extension(self, said: Mapping[str, Any], before: Document, after: Document) -> tuple[str, str] | None:
        if due_on := self._past(said.get("due_on")):
            return f"The new due date, {day_words(due_on)}, has passed already.", "Enter it again with a day to come."
        if before["due_on"] is None:
            return (
                "There is no due date to move.",
                "It counts once something is due: the program needs a due: for that.",
            )
        if after["due_on"] == before["due_on"] != said.get("due_on"):
            return f"It is due on {day_words(before['due_on'])} anyway.", "Enter it again with a later day."
        return None

    def _past(self, text: Any) -> str | None:
        """A day that has passed everywhere."""
        day: date | None = load_day(text)
        return str(day) if day is not None and day < self._today else None


def _waiver(said: Mapping[str, Any], after: Document) -> tuple[str, str] | None:
    named = said.get("criteria") or []
    asked = {str(node["criterion"]) for node in every_node(after["proof"]) if "criterion" in node}
    if not named or asked & set(named):
        return None
    what = listed(f"'{one}'" for one in named)
    return (
        f"Nothing that is judged now asks for {what}.",
        f"It counts once it is asked for; asked for now: {listed(sorted(asked))}.",
    )


def _words(reasons: Iterable[str]) -> tuple[str, str]:
    codes = sorted(reasons)
    return " ".join(map(in_words, codes)), " ".join(filter(None, map(mending, codes)))
