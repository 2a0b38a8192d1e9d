"""Evidence as people enter it: one function for each row of the first table of docs/profile.md.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from lrs.errors import BadRequest
from rules import vocabulary as v
from rules.entry.statement import Entry, statement

BEST_RATING = 5
"""A survey's ratings go from 1 to this."""
SAYS_NOTHING, SAY_SOMETHING = "an answer says something", "choose a rating, or write a few words"
"""What is wrong with an answer without a rating and without words, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score as it was given; without bounds it is only its raw value."""

    raw: Decimal
    min: Decimal | None = None
    max: Decimal | None = None

    def as_json(self) -> dict[str, Decimal]:
        """Raises BadRequest when the score is outside its bounds (xAPI-Data 2.4.5.1)."""
        if (self.min is not None and self.raw < self.min) or (self.max is not None and self.raw > self.max):
            raise BadRequest(f"the score {self.raw} is not between {self.min or 0} and {self.max}")
        told = {"raw": self.raw, "min": self.min, "max": self.max}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Worth:
    """Credits: of which type, how many, and who accredited them."""

    type: str
    amount: Decimal
    accredited_by: str | None = None

    def as_json(self) -> dict[str, Any]:
        told = {"type": self.type, "amount": self.amount, "accredited_by": self.accredited_by}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class External:
    """A credential of somebody else."""

    issuer: str
    issued_on: date | None = None
    expires_on: date | None = None
    number: str | None = None

    def as_json(self) -> dict[str, str]:
        """Raises BadRequest for one without issuer, or that ended before it began."""
        if not self.issuer.strip():
            raise BadRequest("a credential has an issuer", hint="name who gave it out")
        check_days(self.issued_on, self.expires_on)
        told = {"issuer": self.issuer.strip(), "issued_on": self.issued_on, "expires_on": self.expires_on}
        return {name: str(value) for name, value in {**told, "number": self.number}.items() if value}


def check_days(issued_on: date | None, expires_on: date | None) -> None:
    """Raises BadRequest for a credential that ended before it began."""
    if issued_on and expires_on and expires_on < issued_on:
        raise BadRequest(f"this credential ended on {expires_on}, before it was issued on {issued_on}")


def signed_off(
    entry: Entry,
    *,
    success: bool,
    rubric: Mapping[str, bool] | None = None,
    score: Score | None = None,
    note: str = "",
) -> dict[str, Any]:
    """An observer's word about the learner."""
    result: dict[str, Any] = {"success": success}
    if score is not None:
        result["score"] = score.as_json()
    if note:
        result["response"] = note
    if rubric:
        result["extensions"] = {v.RUBRIC_EXTENSION: dict(rubric)}
    return statement(entry, v.SIGNED_OFF, result=result)


def attended(
    entry: Entry, *, was_there: bool = True, duration: str | None = None, credits_: Iterable[Worth] = ()
) -> dict[str, Any]:
    """Somebody was at a session, or was expected and was not."""
    result: dict[str, Any] = {}
    if not was_there:
        result["success"] = False
    if duration:
        result["duration"] = duration
    return statement(entry, v.ATTENDED, result=_with_credits(result, credits_))


def measured(entry: Entry, value: Decimal) -> dict[str, Any]:
    """One sample of an indicator."""
    return statement(entry, v.MEASURED, result={"score": {"raw": value}})


def responded(entry: Entry, *, rating: int | None = None, text: str = "") -> dict[str, Any]:
    """A survey's answer.  Raises BadRequest for one that says nothing, or a rating outside 1 to 5."""
    if rating is None and not text:
        raise BadRequest(SAYS_NOTHING, hint=SAY_SOMETHING)
    if rating is not None and not 1 <= rating <= BEST_RATING:
        raise BadRequest(f"a rating is 1 to {BEST_RATING}, not {rating}")
    result: dict[str, Any] = {}
    if rating is not None:
        result["score"] = {"raw": rating, "min": 1, "max": BEST_RATING}
    if text:
        result["response"] = text
    return statement(entry, v.RESPONDED, result=result)


def presented(
    entry: Entry, external: External, *, attachment: Mapping[str, Any] | None = None, credits_: Iterable[Worth] = ()
) -> dict[str, Any]:
    """A credential of somebody else is handed in and waits for its review."""
    result = {"extensions": {v.CREDENTIAL_EXTENSION: external.as_json()}}
    made = statement(entry, v.PRESENTED, result=_with_credits(result, credits_))
    return {**made, "attachments": [attachment]} if attachment else made


def reviewed(
    entry: Entry, external: Mapping[str, Any], *, is_accepted: bool, of: UUID, reason: str = ""
) -> dict[str, Any]:
    """What became of a credential handed in; `of` is the statement by which it was.

    Raises BadRequest for a refusal without a reason: the learner has to know what is missing.
    """
    if not is_accepted and not reason:
        raise BadRequest("a credential that is declined needs a reason", hint="say what is missing")
    result: dict[str, Any] = {"response": reason} if reason else {}
    result["extensions"] = {v.CREDENTIAL_EXTENSION: dict(external)}
    verb = v.ACCEPTED if is_accepted else v.DECLINED
    return statement(entry, verb, result=result, statement={"objectType": "StatementRef", "id": str(of)})


def _with_credits(result: dict[str, Any], credits_: Iterable[Worth]) -> dict[str, Any]:
    """One credit stands alone, several in a list."""
    told = [one.as_json() for one in credits_]
    if not told:
        return result
    worth = told[0] if len(told) == 1 else told
    return {**result, "extensions": {**result.get("extensions", {}), v.CREDITS_EXTENSION: worth}}
