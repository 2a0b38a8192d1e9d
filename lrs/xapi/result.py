"""Results, scores and durations (xAPI-Data 2.4.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lrs.xapi.duration import is_duration
from lrs.xapi.problems import Where, refused, shown
from lrs.xapi.shapes import boolean, extensions, formatted, number, shape, text

_SCORE = shape(
    "a score",
    "XAPI-00079",
    {
        "scaled": number("XAPI-00083"),
        "raw": number("XAPI-00082"),
        "min": number("XAPI-00080"),
        "max": number("XAPI-00081"),
    },
    {},
)


def validate_score(value: Any, where: Where) -> None:
    """Numbers within their bounds (xAPI-Data 2.4.5.1, XAPI-00079 to 00083)."""
    _SCORE(value, where)
    scaled: int | Decimal | None = value.get("scaled")
    if scaled is not None and not -1 <= scaled <= 1:
        hint = "divide by the range of the score; raw, min and max hold the original"
        raise refused((where, "scaled"), "XAPI-00083", f"{shown(scaled)} is not from -1 to 1", hint)
    low: int | Decimal | None = value.get("min")
    high: int | Decimal | None = value.get("max")
    if low is not None and high is not None and low >= high:
        raise refused((where, "min"), "XAPI-00080", f"min {shown(low)} is not less than max {shown(high)}")
    raw: int | Decimal | None = value.get("raw")
    if raw is None:
        return
    if low is not None and raw < low:
        raise refused((where, "raw"), "XAPI-00082", f"raw {shown(raw)} is less than min {shown(low)}")
    if high is not None and raw > high:
        raise refused((where, "raw"), "XAPI-00082", f"raw {shown(raw)} is more than max {shown(high)}")


validate_result = shape(
    "a result",
    "XAPI-00006",
    {
        "score": validate_score,
        "success": boolean("XAPI-00074"),
        "completion": boolean("XAPI-00075"),
        "response": text("XAPI-00076"),
        "duration": formatted("XAPI-00077", is_duration, "an ISO 8601 duration", "as in PT1H30M or P4W"),
        "extensions": extensions("XAPI-00078"),
    },
    {},
)
