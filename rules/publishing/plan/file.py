"""A plan on disk: the programs it is of, what it started from, and its outcome, so that it can be applied as it was planned."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from lrs.clock import to_text
from lrs.errors import BadRequest, Conflict
from rules.language import Ruleset
from rules.published.store import Source, load_sources
from rules.publishing.plan.outcome import Message, Plan, digest_of, messages, outcomes

FORMAT: Final = 2
_MOST: Final = 2**63 - 1
"""The highest number that a database keeps."""
_NAMED = 10
"""How many of the pairs that moved are named."""
_TOLD = 3
"""How many of the messages that differ are named of each of them."""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What `prowess plan --out` writes and `prowess apply` reads.

    after: number of the edition it was planned upon.  made_at: the feed number up to which facts were digested.
    restores: number of the edition that it publishes again.
    """

    sources: tuple[Source, ...]
    hash: str
    current: str
    after: int
    made_at: int
    planned_at: str
    digest: str
    outcomes: Mapping[str, str]
    messages: Mapping[str, Sequence[Message]]
    announce_history: bool = False
    restores: int | None = None

    @property
    def ruleset(self) -> Ruleset:
        """Raises BadRequest when the programs in the file are not those that were planned."""
        ruleset = load_sources(self.sources, is_published=self.restores is not None)
        if ruleset.hash != self.hash:
            raise BadRequest("the programs in this plan are not those that were planned", hint="make the plan again")
        return ruleset


def document(
    plan: Plan,
    sources: Sequence[Source],
    *,
    after: int,
    made_at: int,
    now: int,
    announce_history: bool,
    restores: int | None = None,
) -> dict[str, Any]:
    """A plan as it is written down."""
    return {
        "plan": FORMAT,
        "made_at": made_at,
        "planned_at": to_text(now),
        "after": after,
        "restores": restores,
        "announce_history": announce_history,
        "digest": plan.digest,
        **plan.as_json(),
        "documents": [[source.file, source.text] for source in sources],
    }


def text_of(document: Mapping[str, Any]) -> str:
    """The text of a plan file.  What `read` does not know may stand in it too."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def load(path: Path) -> PlanFile:
    """Raises BadRequest when it is no plan, or was changed by hand."""
    return read(path.read_bytes(), str(path))


def read(text: bytes, name: str) -> PlanFile:
    """The plan in a text that `text_of` made; name: of the text, in messages.  Raises BadRequest as `load`."""
    try:
        document = json.loads(text.decode("utf-8"))
        if document["plan"] != FORMAT:
            raise ValueError(f"it has the format {document['plan']!r}")
        found = _file(document)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, RecursionError) as error:
        raise BadRequest(
            f"{name} is no plan: {error}", hint="make one with: prowess plan programs --out PLAN.json"
        ) from error
    if found.digest != digest_of(document):
        raise BadRequest(f"the outcome in {name} was changed after it was planned", hint="make the plan again")
    return found


def _file(document: Mapping[str, Any]) -> PlanFile:
    return PlanFile(
        sources=tuple(Source(_text(file), _text(text)) for file, text in document["documents"]),
        hash=str(document["hash"]),
        current=str(document["current"]),
        after=_number(document["after"]),
        made_at=_number(document["made_at"]),
        planned_at=document["planned_at"],
        digest=str(document["digest"]),
        outcomes=outcomes(document),
        messages=messages(document),
        announce_history=bool(document["announce_history"]),
        restores=None if document["restores"] is None else _number(document["restores"]),
    )


def _text(value: Any) -> str:
    """Raises ValueError for half of a surrogate pair, which nothing can keep."""
    text = str(value)
    text.encode()
    return text


def _number(value: Any) -> int:
    number = int(value)
    if not 0 <= number <= _MOST:
        raise ValueError(f"{number} is no number of the feed")
    return number


def check(planned: PlanFile, fresh: Plan, current: str, *, now: int, tolerance: int = 0) -> None:
    """Raises Conflict, saying what moved, when applying would not do what was planned.  now: when the fresh plan was made."""
    if current != planned.current:
        raise Conflict(
            f"other programs were published since: planned upon {planned.current[:12]}, now {current[:12]} holds",
            hint="see prowess history, and plan again",
        )
    if fresh.digest == planned.digest:
        return
    moved = moved_pairs(planned, fresh, now)
    if len(moved) > tolerance:
        raise Conflict(
            f"{len(moved)} {'outcome differs' if len(moved) == 1 else 'outcomes differ'} from the plan: {_named(moved)}",
            hint=f"look at a new plan, or accept it with --tolerance {len(moved)}",
            moved=[one.as_json() for one in moved],
        )


class Moved(NamedTuple):
    """A person in a program whose outcome differs from the plan, and how.  day: to come (ISO); empty: now."""

    day: str
    person: str
    program: str
    how: str

    def __str__(self) -> str:
        return f"{self.person} in {self.program}" + (f" on {self.day}" if self.day else "") + f" {self.how}"

    def as_json(self) -> dict[str, str | None]:
        return {"person": self.person, "program": self.program, "day": self.day or None, "how": self.how}


def moved_pairs(planned: PlanFile, fresh: Plan, now: int) -> list[Moved]:
    """Every outcome that differs, and where none does for a pair, who would be told that was not, or not any more."""
    told = fresh.as_json()
    before, after = planned.outcomes, outcomes(told)
    words = {(True, True): "changes otherwise", (True, False): "does not change any more", (False, True): "changes too"}
    how = {
        key: words[key in before, key in after]
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }
    said = messages(told)
    for key in planned.messages.keys() | said.keys():
        if key not in how and (differs := _otherwise(planned.messages.get(key, ()), said.get(key, ()), now)):
            how[key] = differs
    return [_moved(key, how[key]) for key in sorted(how)]


def _otherwise(before: Sequence[Message], after: Sequence[Message], now: int) -> str | None:
    """How the messages about a pair differ from the plan; None where they do not, or only because the hour of a step has come."""
    has_come = any(one.at is not None and one.at <= now for one in before)
    old, new = (Counter(one.text for one in some if not (has_come and one.is_of_ladder)) for some in (before, after))
    parts = [
        f"{word} {_first(sorted(some.elements()))}"
        for word, some in (("now", new - old), ("without", old - new))
        if some
    ]
    return f"brings other messages: {', '.join(parts)}" if parts else None


def _first(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _TOLD} more" if len(texts) > _TOLD else ""
    return "; ".join(texts[:_TOLD]) + more


def _moved(key: str, how: str) -> Moved:
    day, person, program = key.split("\t")
    return Moved(day, person, program, how)


def _named(moved: Sequence[Moved]) -> str:
    shown = "; ".join(map(str, moved[:_NAMED]))
    return shown if len(moved) <= _NAMED else f"{shown}; and {len(moved) - _NAMED} more"
