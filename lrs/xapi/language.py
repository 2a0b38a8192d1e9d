"""Language tags, and the choice of one language out of a map."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

_MAX_CACHED = 35  # RFC 5646 4.4.1: no registered tag needs more
_IRREGULAR = re.compile(
    "en-gb-oed|sgn-(?:be-fr|be-nl|ch-de)|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
)
_TAG = re.compile(
    r"""
    (?: [a-z]{2,3} (?:-[a-z]{3}\b){0,3} | [a-z]{4,8} ) \b         # language, extended language
    (?: -[a-z]{4}\b )?                                            # script
    (?: -[a-z]{2}\b | -[0-9]{3}\b )?                              # region
    (?: -[a-z0-9]{5,8}\b | -[0-9][a-z0-9]{3}\b )*+                # variants
    (?P<extensions> (?: -[0-9a-wy-z] (?:-[a-z0-9]{2,8}\b)++ )*+ )
    (?: -x (?:-[a-z0-9]{1,8}\b)++ )?                              # private use
    | x (?:-[a-z0-9]{1,8}\b)++
    """,
    re.VERBOSE,
)
_SINGLETON = re.compile(r"-([0-9a-wy-z])(?=-)")
_RANGE = re.compile(
    r"[ \t]*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*+|\*)[ \t]*(?:;[ \t]*[qQ]=([01](?:\.[0-9]{0,3})?)[ \t]*)?"
)
_MAX_RANGES = 64


def is_language_tag(text: str) -> bool:
    """The sequence of subtag lengths of RFC 5646, no singleton twice (xAPI-Data 4.2, XAPI-00013, XAPI-00121)."""
    return _cached(text) if len(text) <= _MAX_CACHED else _is_tag(text)


def _is_tag(text: str) -> bool:
    if not text.isascii():
        return False
    tag = text.lower()
    match = _TAG.fullmatch(tag)
    if not match:
        return _IRREGULAR.fullmatch(tag) is not None
    singletons = _SINGLETON.findall(match["extensions"] or "")
    return len(singletons) == len(set(singletons))


_cached = lru_cache(maxsize=1024)(_is_tag)


class LanguageRange(NamedTuple):
    """One entry of an Accept-Language header, lower-cased."""

    tag: str
    quality: float


def parse_accept_language(header: str | None) -> tuple[LanguageRange, ...]:
    """The ranges of an Accept-Language header, best first; parts that are not ranges are passed over (RFC 2616 14.4)."""
    ranges = []
    for part in (header or "").split(",", _MAX_RANGES)[:_MAX_RANGES]:
        match = _RANGE.fullmatch(part)
        if match:
            ranges.append(LanguageRange(match[1].lower(), min(float(match[2]), 1.0) if match[2] else 1.0))
    return tuple(sorted(ranges, key=lambda entry: -entry.quality))


def choose_language(language_map: Mapping[str, str], ranges: Sequence[LanguageRange]) -> dict[str, str]:
    """The one entry of a language map that a reader likes best (xAPI-Communication 2.1.3, XAPI-00172).

    Without an acceptable one: en, und, else the first by key order (D-04).
    """
    if len(language_map) <= 1:
        return dict(language_map)
    rated = [(_rating(tag.lower(), ranges), tag) for tag in language_map]
    best = max(rated, key=lambda pair: pair[0])
    if best[0] > (0.0, 0):
        return {best[1]: language_map[best[1]]}
    tag = next((tag for tag in ("en", "und") if tag in language_map), min(language_map))
    return {tag: language_map[tag]}


def _rating(tag: str, ranges: Sequence[LanguageRange]) -> tuple[float, int]:
    """The quality of the most specific range that fits a tag, and minus its rank: earlier ranges win ties."""
    fits = [
        (len(entry.tag) if entry.tag != "*" else 0, entry.quality, -rank)
        for rank, entry in enumerate(ranges)
        if entry.tag in ("*", tag) or tag.startswith(entry.tag + "-")
    ]
    if not fits:
        return 0.0, -len(ranges)
    _, quality, rank = max(fits)
    return (quality, rank) if quality else (0.0, -len(ranges))
