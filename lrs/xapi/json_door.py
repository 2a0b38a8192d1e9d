"""The one strict JSON reader: what it lets in is UTF-8, unambiguous, bounded and exact.

The standard library's C scanner does the reading.  Around it stand the refusals it lacks (duplicate keys, NaN, lone
surrogates, depth, endless numbers) and spans, so that final bytes can be edited without serialising anything again.
Only when something is wrong is the text read a second time, level by level, to say where.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from decimal import Decimal
from json import JSONDecodeError, JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any, NamedTuple, NoReturn, TypeAlias

from lrs.errors import TooLarge
from lrs.xapi.problems import ROOT, MalformedJson, Where, shown

MAX_DEPTH = 64
MAX_NUMBER = 400
MAX_EXPONENT = 9_999
MAX_ITEMS = 10_000
MAX_CONTAINERS = 500_000
"""Objects and arrays of a text: the smallest take two bytes on the wire, and a hundred times that in memory."""
_DEEP_LOOK = 256 * 1024  # beyond this much text an error's path is not refined past _SHALLOW levels
_SHALLOW = 4

_SPACE = re.compile(r"[ \t\n\r]*")
_HEADER = re.compile(r'[ \t\n\r]*([{,])[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
_CLOSE = re.compile(r"[ \t\n\r]*}")
_EMPTY = re.compile(r"{[ \t\n\r]*}")
_SURROGATE = re.compile("[\ud800-\udfff]")


Span: TypeAlias = tuple[int, int, int]
"""Where a member stands in its text: its name from the first, its value from the second, both up to the third."""


class Item(NamedTuple):
    """A value with its place in the text, and the spans of its members when it is an object."""

    value: Any
    spans: dict[str, Span] | None
    start: int
    end: int


class Items(NamedTuple):
    """A text that holds one value or an array of values."""

    text: str
    items: list[Item]
    is_array: bool


class _UnfitError(ValueError):
    """Raised inside the C scanner, which knows no positions; `_explain` finds the place."""


def _fraction(text: str) -> Decimal:
    if len(text) > MAX_NUMBER:
        raise _UnfitError(f"a number longer than {MAX_NUMBER} characters")
    if "e" in text or "E" in text:
        exponent = text.lower().partition("e")[2].lstrip("+-").lstrip("0")
        if len(exponent) > len(str(MAX_EXPONENT)):
            raise _UnfitError(f"a number with an exponent beyond {MAX_EXPONENT}")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER:
        raise _UnfitError(f"a number longer than {MAX_NUMBER} characters")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise _UnfitError(f"{text} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _UnfitError("an object with the same key twice")
    return members


_scan = JSONDecoder(
    object_pairs_hook=_object, parse_float=_fraction, parse_int=_integer, parse_constant=_constant
).scan_once  # type: ignore[attr-defined]  # there since Python 2.6, missing in typeshed


def load(body: bytes | str) -> Any:
    """The one JSON value of a text; fractions are `Decimal`, so no digit is lost."""
    text = decode(body) if isinstance(body, bytes) else body
    _refuse_surrogates(text, text, ROOT)
    start = _space(text, 0)
    value, end = _read(text, start, ROOT, 1)
    _settle(text, [Item(value, None, start, end)], end, is_array=False)
    return value


def load_items(body: bytes, *, most: int = MAX_ITEMS) -> Items:
    """One object, or the elements of an array, each with the spans of its members."""
    text = decode(body)
    start = _space(text, 0)
    if text[start : start + 1] == "[":
        items: list[Item] = []
        end = _elements(text, start, ROOT, 1, keep=items, most=most)
        _settle(text, items, end, is_array=True)
        return Items(text, items, is_array=True)
    item = _item(text, start, ROOT, 1)
    _settle(text, [item], item.end, is_array=False)
    return Items(text, [item], is_array=False)


def load_members(text: str, at: int) -> Item:
    """The object that starts at `at` of a text that was let in before, with the spans of its members."""
    return _members(text, at, ROOT, 1)


def decode(body: bytes) -> str:
    """UTF-8 without a byte order mark, or a refusal (xAPI-Communication 1.4, XAPI-00015).  Raises TooLarge."""
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise MalformedJson(
            "the text starts with a byte order mark", where=ROOT, text="", at=0, hint="send plain UTF-8"
        )
    if len(body) > MAX_CONTAINERS and body.count(b"{") + body.count(b"[") > MAX_CONTAINERS:
        raise TooLarge(f"more than {MAX_CONTAINERS} objects and arrays in one text", hint="send it in parts")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as why:
        before = body[: why.start].decode("utf-8")
        detail = f"byte {why.start} is not UTF-8"
        raise MalformedJson(detail, where=ROOT, text=before, at=len(before), hint="send UTF-8") from None


def _space(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches the empty text


def _item(text: str, at: int, where: Where, depth: int) -> Item:
    if text[at : at + 1] == "{":
        return _members(text, at, where, depth)
    value, end = _read(text, at, where, depth)
    return Item(value, None, at, end)


def _read(text: str, at: int, where: Where, depth: int) -> tuple[Any, int]:
    """A value by the C scanner; when that fails, the same again slowly to find the place."""
    try:
        value, end = _scan(text, at)
        return value, end
    except (ValueError, StopIteration, RecursionError) as why:
        raise _explain(text, at, where, depth, why) from None


def _members(text: str, at: int, where: Where, depth: int) -> Item:
    start = at
    members: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    while True:
        header = _HEADER.match(text, at)
        if header and (header[1] == "{") == (at == start):
            key, name, begin = header[2], header.start(2) - 1, header.end()
        else:
            close = (_EMPTY if at == start else _CLOSE).match(text, at)
            if close:
                return Item(members, spans, start, close.end())
            key, name, begin = _header(text, at, where, "{" if at == start else ",")
        if key in members:
            detail = f"the key {shown(key)} stands twice in one object"
            raise MalformedJson(detail, where=(where, key), text=text, at=name, hint="keep one of them (XAPI-00021)")
        members[key], at = _read(text, begin, (where, key), depth + 1)
        spans[key] = name, begin, at


def _header(text: str, at: int, where: Where, opener: str) -> tuple[str, int, int]:
    """A member's name in any spelling, or the error of what stands there instead."""
    at = _space(text, at)
    if text[at : at + 1] != opener:
        raise MalformedJson("a comma or } is missing", where=where, text=text, at=at)
    name = _space(text, at + 1)
    if text[name : name + 1] != '"':
        raise MalformedJson("a member name in double quotes is missing", where=where, text=text, at=name)
    try:
        key, end = scanstring(text, name + 1, True)
    except JSONDecodeError as why:
        raise MalformedJson(_lowered(why.msg), where=where, text=text, at=why.pos) from None
    colon = _space(text, end)
    if text[colon : colon + 1] != ":":
        raise MalformedJson("a colon is missing", where=(where, key), text=text, at=colon)
    return key, name, _space(text, colon + 1)


def _elements(text: str, at: int, where: Where, depth: int, *, keep: list[Item] | None = None, most: int = 0) -> int:
    """Read an array and give its end; its elements go into `keep`, at most so many."""
    at = _space(text, at + 1)
    if text[at : at + 1] == "]":
        return at + 1
    for index in itertools.count():
        place = (where, index)
        if keep is None:
            _, at = _read(text, at, place, depth + 1)
        elif index < most:
            keep.append(_item(text, at, place, depth + 1))
            at = keep[-1].end
        else:
            raise TooLarge(f"an array of more than {most} elements", hint="send it in parts")
        at = _space(text, at)
        mark = text[at : at + 1]
        if mark == "]":
            break
        if mark != ",":
            raise MalformedJson("a comma or ] is missing", where=where, text=text, at=at)
        at = _space(text, at + 1)
    return at + 1


def _explain(text: str, at: int, where: Where, depth: int, why: Exception) -> MalformedJson:
    """The error at its innermost place: each level reads its parts one by one until one of them fails."""
    if depth > MAX_DEPTH:
        return _too_deep(where, text, at)
    if depth <= _SHALLOW or len(text) - at <= _DEEP_LOOK:
        opener = text[at : at + 1]
        with contextlib.suppress(RecursionError):
            if opener == "{":
                _members(text, at, where, depth)
            elif opener == "[":
                _elements(text, at, where, depth)
    if isinstance(why, JSONDecodeError):
        return MalformedJson(_lowered(why.msg), where=where, text=text, at=why.pos)
    if isinstance(why, RecursionError):
        return _too_deep(where, text, at)
    if isinstance(why, StopIteration):
        place = min(why.value, len(text))
        detail = "a JSON value is missing" if place < len(text) else "the text ends too early"
        return MalformedJson(detail, where=where, text=text, at=place)
    return MalformedJson(str(why), where=where, text=text, at=at)


def _settle(text: str, items: list[Item], end: int, *, is_array: bool) -> None:
    """What can only be told of a text as a whole: nothing after it, no lone surrogate, no excess of depth."""
    rest = _space(text, end)
    if rest < len(text):
        raise MalformedJson("something follows the JSON value", where=ROOT, text=text, at=rest)
    escapes = "\\ud" in text or "\\uD" in text
    for index, item in enumerate(items):
        brackets = text.count("{", item.start, item.end) + text.count("[", item.start, item.end)
        if escapes or brackets >= MAX_DEPTH:
            _inspect(text, item, (ROOT, index) if is_array else ROOT, 2 if is_array else 1)


def _inspect(text: str, item: Item, where: Where, depth: int) -> None:
    waiting: list[tuple[Any, Where, int]] = [(item.value, where, depth)]
    while waiting:
        value, where, depth = waiting.pop()
        if isinstance(value, str):
            _refuse_surrogates(text, value, where)
        elif isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise _too_deep(where, text, item.start)
            if isinstance(value, dict):
                for key in value:
                    _refuse_surrogates(text, key, where)
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            waiting.extend((part, (where, key), depth + 1) for key, part in pairs)


def _refuse_surrogates(text: str, value: str, where: Where) -> None:
    if not value.isascii() and _SURROGATE.search(value):
        detail = "half of a surrogate pair stands alone"
        raise MalformedJson(detail, where=where, text=text, at=None, hint="escape the whole pair, or send UTF-8")


def _too_deep(where: Where, text: str, at: int) -> MalformedJson:
    return MalformedJson(f"nested deeper than {MAX_DEPTH} levels", where=where, text=text, at=at)


def _lowered(message: str) -> str:
    return (message[:1].lower() + message[1:]).removesuffix(" at").removesuffix(" starting")
