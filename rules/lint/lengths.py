"""Periods compared without a calendar: near enough to warn, never to decide."""

from __future__ import annotations

from typing import Final

from rules.language.period import Period

_DAYS_IN_A_MONTH: Final = 365.25 / 12
_DAY_US: Final = 86_400_000_000


def days(period: Period) -> float:
    return period.months * _DAYS_IN_A_MONTH + period.days + period.us / _DAY_US


def is_longer(one: Period, other: Period) -> bool:
    """Clearly longer: P12M is not longer than P1Y, nor P365D."""
    return days(one) > days(other) + 2


def joined(*periods: Period) -> str:
    return " and ".join(period.text for period in periods if not period.is_zero) or "no time"
