"""What the words of reports mean, fixed once.

- A status row says for whom which state held from one instant until another; both the local end of a day and the
  future are in it already, so any `as_of` is a look-up and never a computation.
- In scope are the people to whom the program was required on that day: the denominator of every rate.
- Not started, in progress and blocked are not failures; only `overdue` is late.
- Statements that were voided never count.
- Days late and days left are counted on the UTC calendar and say at least 1 and at least 0: where it is later or earlier
  than in UTC, the state of the row is exact and the count may be one day off.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Float, Integer, and_, case, cast, func, literal, not_, or_

from lrs.clock import DAY, to_us
from lrs.days import day_hint
from lrs.errors import BadRequest
from rules.decide.calendar import deadline, local_date
from rules.tables import last_good_day

AT_RISK_DAYS: Final = 30
EXPIRING_DAYS: Final = 60
NEW_DAYS: Final = 30

REQUIRED, EXEMPT, SUGGESTED = "required", "exempt", "suggested"
VALID, NO_AWARD = "valid", "none"
LOST: Final = ("suspended", "expired", "lapsed", "revoked")
AWARDS: Final = (VALID, *LOST)
MET: Final = "met"
CURRICULUM: Final = "curriculum"

_RELATIVE = re.compile(r"([+-]?)(\d{1,5})d", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EPOCH = date(1970, 1, 1)
_UTC: Final = ZoneInfo("UTC")
_FIRST, _LAST = 0, (date(9999, 12, 31) - _EPOCH).days


def end_of_day(day: int) -> int:
    """The last microsecond of a UTC day."""
    return (day + 1) * DAY - 1


def parse_as_of(text: str, now: int, zone: ZoneInfo = _UTC) -> int:
    """The instant of an `as_of`: a date means the end of that day in the zone, `-30d` counts from today there.  Raises BadRequest.

    zone: whose days are meant; an instant without a zone is UTC all the same.
    """
    if relative := _RELATIVE.fullmatch(text.strip()):
        days = int(relative[2]) * (-1 if relative[1] == "-" else 1)
        today = (local_date(zone, now) - _EPOCH).days
        return _end_of(min(max(today + days, _FIRST), _LAST), zone)
    if _DATE.fullmatch(text):
        return _end_of(parse_day(text, "as_of"), zone)
    try:
        instant = datetime.fromisoformat(text.replace(" ", "+"))
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest(
            f"as_of: '{text}' is neither a date nor an instant",
            hint=day_hint(text) or "write 2026-06-30, 2026-06-30T12:00:00Z, or -30d for thirty days ago",
        ) from error
    if to_us(instant) < 0:
        raise BadRequest("as_of: nothing is known from before 1970")
    return to_us(instant)


def _end_of(day: int, zone: ZoneInfo) -> int:
    """The last microsecond of a zone's day, in days since 1970-01-01; never from before that in UTC."""
    return (
        max(deadline(zone, date.fromordinal(day + _EPOCH.toordinal())) - 1, 0) if zone is not _UTC else end_of_day(day)
    )


def parse_day(text: str, name: str) -> int:
    """Days since 1970-01-01 of an ISO date.  Raises BadRequest."""
    try:
        day = (date.fromisoformat(text) - _EPOCH).days if _DATE.fullmatch(text) else -1
    except ValueError:
        day = -1
    if day < 0:
        raise BadRequest(f"{name}: '{text}' is not a date", hint="write it as 2026-06-30")
    return day


class Standing:
    """Where somebody stands with a program: one of compliant, overdue, at risk and on track, if it is required at all.

    compliant: the certificate is valid, or the curriculum met.  overdue: its last good day has passed.  at risk: due
    within 30 days, or an award was lost and not yet won back.  on track: everybody else in scope.
    """

    def __init__(self, status: Any, program: Any, day: int) -> None:
        c = status.c
        soon = c.due_day <= day + AT_RISK_DAYS
        fulfilled = case((program.c.kind == CURRICULUM, c.progress == MET), else_=c.award == VALID)
        self.in_scope: ColumnElement[bool] = c.assignment == REQUIRED
        self.exempt: ColumnElement[bool] = c.assignment == EXEMPT
        self.compliant: ColumnElement[bool] = and_(self.in_scope, fulfilled)
        self.overdue: ColumnElement[bool] = and_(self.in_scope, not_(fulfilled), c.overdue == 1)
        behind = or_(func.coalesce(soon, literal(False)), c.award.in_(LOST))
        self.at_risk: ColumnElement[bool] = and_(self.in_scope, not_(fulfilled), c.overdue == 0, behind)
        self.on_track: ColumnElement[bool] = and_(self.in_scope, not_(fulfilled), c.overdue == 0, not_(behind))
        self.expiring: ColumnElement[bool] = and_(self.compliant, expires_within(status, day, AT_RISK_DAYS))


_LONGEST_NUMBER: Final = 60


def expires_within(status: Any, day: int, days: int) -> ColumnElement[bool]:
    """A valid certificate whose last good day is at most so many days away."""
    return and_(status.c.award == VALID, func.coalesce(status.c.expires_day <= day + days, literal(False)))


def days_late(status: Any, day: int) -> ColumnElement[int]:
    """Days past the last good day, at least 1: a row that is overdue is never zero days late."""
    late = literal(day, Integer) - last_good_day(status)
    return case((late < 1, 1), else_=late)


def days_left(status: Any, day: int) -> ColumnElement[int]:
    """Days until the last good day, at least 0: a valid certificate has not expired anywhere."""
    left = status.c.expires_day - literal(day, Integer)
    return case((left < 0, 0), else_=left)


def score_of(evidence: Any, scaled: ColumnElement[Any]) -> ColumnElement[float]:
    """A score between 0 and 1: `(raw - min) / (max - min)` when raw and max are there, else what `scaled` comes to."""
    c = evidence.c
    raw, most = _float(c.score_raw), _float(c.score_max)
    least = case((c.score_min.is_(None), 0.0), else_=_float(c.score_min))
    return case(
        (and_(c.score_raw.is_not(None), most > least), (raw - least) / func.nullif(most - least, 0.0)), else_=scaled
    )


def scaled_of(evidence: Any) -> ColumnElement[float | None]:
    """The scaled score as it was sent."""
    return _float(evidence.c.score_scaled)


def _float(text: ColumnElement[str]) -> ColumnElement[float | None]:
    """A number as the database reads it; unknown where it may be too large or too small for that (1E400)."""
    exponents = (text.like(f"%E{sign}{digits}") for sign in "+-" for digits in ("_", "1_"))
    is_tame = and_(func.length(text) < _LONGEST_NUMBER, or_(text.not_like("%E%"), *exponents))
    return case((is_tame, cast(text, Float)), else_=None)
