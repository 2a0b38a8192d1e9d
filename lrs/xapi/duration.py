"""ISO 8601 durations with designators: what is one, and the text by which two are compared."""

from __future__ import annotations

import re

_NUMBER = r"[0-9]++(?:[.,][0-9]++(?=[A-Z]\Z))?"  # only the last component may have a fraction
_DURATION = re.compile(
    rf"P(?:{_NUMBER}W|(?=[0-9T])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)"
)
_FRACTION_OF_SECOND = re.compile(r"[.,]([0-9]+)S\Z")

is_duration = _DURATION.fullmatch
"""PnYnMnDTnHnMnS or PnW, at least one component (ISO 8601:2004 4.4.3.2; xAPI-Data 4.6, XAPI-00077, XAPI-00124)."""


def comparison_text(duration: str) -> str:
    """A duration as it is compared: as text, seconds cut to hundredths (xAPI-Data 2.3.1 and 4.6, T-02)."""
    match = _FRACTION_OF_SECOND.search(duration)
    if not match:
        return duration
    hundredths = match[1][:2].rstrip("0")
    return duration[: match.start()] + (f".{hundredths}" if hundredths else "") + "S"
