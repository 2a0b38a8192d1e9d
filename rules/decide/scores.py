"""Whether a score reaches what a rule asks for: exact decimals, and None when nobody can tell (program-language 4)."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

from rules.decide.evidence import Evidence
from rules.language.profiles import Scale

_EXACT: Final = Context(prec=1000, traps=[])
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_TWO: Final = Decimal(2)


def reaches(row: Evidence, least: Decimal, scale: Scale) -> bool | None:
    """(raw - min) / (max - min) where raw and max are there, else the scaled score by the source's scale."""
    if row.raw is not None and row.max is not None:
        low = row.min if row.min is not None else _ZERO
        span = _EXACT.subtract(row.max, low)
        if span > 0:
            return _EXACT.subtract(row.raw, low) >= _EXACT.multiply(least, span)
    if row.scaled is None or scale == "ignore":
        return None
    if scale == "minus_one_to_one":
        return _EXACT.add(row.scaled, _ONE) >= _EXACT.multiply(least, _TWO)
    return row.scaled >= least


def share_of(row: Evidence, scale: Scale) -> Decimal | None:
    """The score as a share of what could be reached, read as `reaches` reads it; for showing, not for judging."""
    if row.raw is not None and row.max is not None:
        low = row.min if row.min is not None else _ZERO
        if row.max > low:
            return (row.raw - low) / (row.max - low)
    if row.scaled is None or scale == "ignore":
        return None
    return (row.scaled + _ONE) / _TWO if scale == "minus_one_to_one" else row.scaled
