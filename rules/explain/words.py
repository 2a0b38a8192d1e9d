"""Dates, periods, shares and lists as people say them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from lrs.xapi.naming import verb_words
from rules import vocabulary as v
from rules.language.period import Period
from rules.language.profiles import ADL

_CIVIL = {"Y": "year", "M": "month", "W": "week", "D": "day"}
_EXACT = {"H": "hour", "M": "minute", "S": "second"}


_SAID: Final[Mapping[str, str]] = {
    v.PRESENTED: "handed in",
    v.RESPONDED: "answered",
    ADL + "initialized": "opened",
    ADL + "terminated": "closed",
}
"""Verbs that say it in a word which only specifications use."""


def said_words(verb: str) -> str:
    """A verb by its IRI, as people say it: `handed in` of …/verbs/presented."""
    return _SAID.get(verb) or verb_words(verb)


def period_words(period: Period) -> str:
    """`P1Y2M` as 1 year and 2 months."""
    civil, _, exact = period.text.removeprefix("P").partition("T")
    parts = [_many(int(number), _CIVIL[unit]) for number, unit in re.findall(r"(\d+)([YMWD])", civil)]
    parts += [_many(int(number), _EXACT[unit]) for number, unit in re.findall(r"(\d+)([HMS])", exact)]
    return listed(part for part in parts if not part.startswith("0 "))


def share_words(share: Decimal) -> str:
    """0.80 as 80 %."""
    return f"{(share * 100).normalize():f} %"


def listed(items: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    found = list(items)
    return f" {last} ".join(part for part in (", ".join(found[:-1]), *found[-1:]) if part)


def with_article(noun: str) -> str:
    """`evaluator` as an evaluator."""
    return f"an {noun}" if noun[:1].lower() in {*"aeiou"} else f"a {noun}"


def _many(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
