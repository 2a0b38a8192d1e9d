"""What holds, in a sentence or two: addressed to the learner, or about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from lrs.days import day_words
from lrs.xapi.timestamp import instant
from rules.explain.part import lacks_only_measures, unjudged
from rules.explain.reasons import in_words
from rules.language import Program
from rules.owed import last_good_day

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Voice:
    """Who is spoken to: the learner themselves (no name), or somebody about them."""

    name: str = ""

    @property
    def are(self) -> str:
        return f"{self.name} is" if self.name else "You are"

    @property
    def of(self) -> str:
        return f"{self.name}'s" if self.name else "Your"

    @property
    def whom(self) -> str:
        return self.name or "you"


class Verdict(NamedTuple):
    """The state's word, a headline, and what else is worth knowing."""

    word: str
    headline: str
    more: tuple[str, ...]


def verdict(
    document: Document, program: Program, voice: Voice, day_at: Callable[[int], date], *, is_over: bool = False
) -> Verdict:
    """The verdict of a decision.

    day_at: the day that an instant belongs to, in the program's calendar; is_over: the program was withdrawn.
    """
    award = document["award"]
    word, headline = _unearned(document, voice) if award == "none" else _earned(document, program, voice, is_over)
    return Verdict(word, headline, tuple(_more(document, voice, day_at)))


def _earned(document: Document, program: Program, voice: Voice, is_over: bool) -> tuple[str, str]:
    award, flags = document["award"], document["flags"]
    good = "qualified" if program.kind == "curriculum" else "certified"
    expires = day_words(document["expires_on"])
    if award == "valid":
        until = f" until {expires}" if expires else ", and that does not expire"
        word = "in_grace" if "in_grace" in flags else "renewable" if "renewable" in flags else "valid"
        return word, f"{voice.are} {good}{until}."
    if award == "suspended":
        return award, f"{voice.of} certificate is suspended: it does not count just now."
    if is_over and award in ("expired", "lapsed"):
        return award, f"{voice.of} certificate ended on {expires}."
    if award == "expired":
        grace = day_words(document["grace_until"])
        return award, f"{voice.of} certificate expired on {expires}. Renewing it is possible until {grace}."
    if award == "lapsed":
        return award, f"{voice.of} certificate ended on {expires}. The whole program has to be done again."
    return award, f"{voice.of} certificate was revoked."


def _unearned(document: Document, voice: Voice) -> tuple[str, str]:
    assignment, due = document["assignment"], day_words(document["due_on"])
    if assignment == "required":
        if "overdue" in document["flags"]:
            if lacks_only_measures(document):
                return "overdue", f"This was due on {due}; all that is missing are figures that have not arrived yet."
            return "overdue", f"This was due on {due} and is not done yet."
        if lacks_only_measures(document):
            return document["progress"], "All that is missing are figures that have not arrived yet."
        return document["progress"], f"To do by {due}." if due else "Required, and not done yet."
    if assignment == "exempt":
        return assignment, f"{voice.are} exempt: nothing has to be done."
    if assignment == "withdrawn":
        return assignment, "Nothing has to be done any more."
    if assignment == "suggested":
        return assignment, f"Suggested to {voice.whom}, not required."
    return "none", f"Nobody asks this of {voice.whom}; whoever fulfils it is certified all the same."


def _more(document: Document, voice: Voice, day_at: Callable[[int], date]) -> Iterator[str]:
    flags, award = document["flags"], document["award"]
    if blocked := document.get("blocked"):
        until = f" It opens again on {day_words(day_at(instant(blocked['until'])))}." if blocked["until"] else ""
        yield f"Nothing can be done about it now. {in_words(blocked['why'])}{until}"
    if award in ("lapsed", "expired") and document["assignment"] == "required":
        yield from _owed(document)
    if "renewable" in flags:
        yield f"It can be renewed now, until {day_words(document['expires_on'])}."
    elif award == "valid" and document["renewable_from"]:
        yield f"It can be renewed from {day_words(document['renewable_from'])} on."
    if "in_grace" in flags and award == "valid":
        yield f"It expired on {day_words(document['expires_on'])} and still counts until {day_words(document['grace_until'])}."
    if award == "valid" and document["gaps"] and "renewable" not in flags and document["due_on"]:
        yield f"A newer version asks for more by {day_words(document['due_on'])}."
    if "pending_evidence" in flags:
        yield from _pending(document, voice)
    if "provisional" in flags:
        yield "It is provisional until a third party has confirmed it."
    if "late" in flags:
        yield "It was done after its due date."
    if "missing_clock" in flags:
        yield f"There is no due date, because the day on which {voice.name or 'you'} began here is not known."
    if suspended := document["proof"].get("suspended_by"):
        yield _suspended(str(suspended))


def _owed(document: Document) -> Iterator[str]:
    """By when it had to be done, of whoever lost the award; by when it has to be, where that day is still to come."""
    owed = last_good_day(document["award"], document["due_on"], document["expires_on"])
    if owed is None:
        return
    kind, day = owed
    if "overdue" in document["flags"]:
        yield f"It {'had to be renewed by' if kind == 'expiry' else 'was due on'} {day_words(day)}."
    elif kind == "due":
        yield f"It has to be done by {day_words(day)}."


def _pending(document: Document, voice: Voice) -> Iterator[str]:
    measures, is_reported = unjudged(document)
    if is_reported or not measures:
        yield "Something was reported that nobody can judge yet; it counts as soon as somebody can."
    if measures:
        what = "A figure" if len(measures) == 1 else "Figures"
        begin = f"{what} that it is judged by {'has' if len(measures) == 1 else 'have'}"
        some = "arrived too seldom yet" if any(one["samples"] for one in measures) else "not arrived yet"
        yield f"{begin} {some}; nothing is asked of {voice.whom} for that."


def _suspended(why: str) -> str:
    if why == "act":
        return "Somebody in office suspended it."
    if why.startswith("version "):
        return f"What {why} asks for in addition was not done in time."
    return "Something that it rests on is gone, or something happened that suspends it; see below."
