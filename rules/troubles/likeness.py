"""How alike two addresses of an activity are: the slips by which a program names another than a system sends.  Pure.

Numbers never count as slips: `id=7` and `id=8` are two quizzes, not one and a misprint.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

HOST: Final = "host"
SPELLING: Final = "spelling"
WEIGHTS: Final[Mapping[str, int]] = {
    "http or https": 1,
    "capitals": 1,
    "slash at the end": 1,
    "port": 1,
    "? or &": 1,
    "order of the query": 1,
    "what follows #": 1,
    "further parameters": 3,
    SPELLING: 4,
    HOST: 5,
}
"""Every kind of slip, with how much it sets two addresses apart."""
ONE_ADDRESS: Final = frozenset(
    {"http or https", "capitals", "slash at the end", "port", "? or &", "order of the query"}
)
"""Slips by which one address is written in two ways; by the others a second activity may be meant."""

_PARTS: Final = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_WEB: Final = frozenset({"http", "https"})
_PORTS: Final = {"http": ":80", "https": ":443"}
_NUMBER: Final = re.compile(r"\d+")
_MOST_WRONG: Final = 2
"""So many letters may be wrong, missing or too many."""
_MOST_PAIRS: Final = 6 * _MOST_WRONG
"""So many pairs of letters differ with them: two letters that change places make three other pairs of three."""
_TELLING: Final = 8
"""A path that is shorter is found on many hosts."""
_SHORT, _LONG = 4, 8
"""A word needs so many letters for one of them to be a slip, and for two."""


class Likeness(NamedTuple):
    """An address that statements are about, and in what it differs from the one that was looked for."""

    iri: str
    slips: tuple[str, ...]

    @property
    def weight(self) -> int:
        return sum(WEIGHTS[slip] for slip in self.slips)

    @property
    def is_one_address(self) -> bool:
        """Whether both are the same address, written in two ways."""
        return ONE_ADDRESS.issuperset(self.slips)


@dataclass(frozen=True, slots=True)
class _Address:
    iri: str
    scheme: str
    host: str
    path: str
    query: tuple[str, ...]
    fragment: str


def alike(wanted: Iterable[str], heard: Iterable[str]) -> dict[str, list[Likeness]]:
    """For each address that is looked for those heard that differ from it by slips only, the most alike first.

    Another host is a slip only if nothing was heard of the host that is looked for.
    """
    sought = _Sought(map(_read, wanted))
    found: dict[str, set[Likeness]] = {}
    hosts: set[str] = set()
    for iri in heard:
        hosts.add(_host(iri))
        address = _read(iri)
        for one in sought.near(address):
            if (told := _slips(one, address)) and _share_a_number(one.iri, iri):
                found.setdefault(one.iri, set()).add(Likeness(iri, told))
    return {
        iri: sorted(fitting, key=lambda one: (one.weight, one.iri))
        for iri, likenesses in found.items()
        if (fitting := [one for one in likenesses if HOST not in one.slips or _host(iri) not in hosts])
    }


def slips(wanted: str, heard: str) -> tuple[str, ...]:
    """In what two addresses differ, if it is but slips; nothing for equal ones and for those of two activities."""
    return _slips(_read(wanted), _read(heard))


class _Sought:
    """Addresses that are looked for, by what those have in common that differ by slips: few are compared letter by letter."""

    def __init__(self, wanted: Iterable[_Address]) -> None:
        self._by_parameter: dict[Hashable, list[_Address]] = {}
        self._by_length: dict[Hashable, list[tuple[int, _Address]]] = {}
        for address in wanted:
            for trait in _parameters(address):
                self._by_parameter.setdefault(trait, []).append(address)
            for longer in range(-_MOST_WRONG, _MOST_WRONG + 1):
                entry = _letters(_tail(address)), address
                self._by_length.setdefault(_length(address, longer), []).append(entry)

    def near(self, heard: _Address) -> Iterator[_Address]:
        """All that may differ from an address by slips, and some that do not."""
        for trait in _parameters(heard):
            yield from self._by_parameter.get(trait, ())
        if spelt := self._by_length.get(_length(heard)):
            mine = _letters(_tail(heard))
            yield from (one for letters, one in spelt if (letters ^ mine).bit_count() <= _MOST_PAIRS)


def _parameters(address: _Address) -> Iterator[Hashable]:
    """Two addresses share one of these, unless letters are wrong: the path with a parameter, or with none."""
    path = address.path.rstrip("/").lower()
    for parameter in _without_slash(address.query)[0] or (None,):
        yield path, parameter


def _length(address: _Address, longer: int = 0) -> Hashable:
    """Two addresses share this if letters are wrong in one: where it is, its numbers, and nearly how long it is."""
    tail = _tail(address)
    host = address.host.lower().removesuffix(_PORTS.get(address.scheme, " "))
    return host, *_NUMBER.findall(tail), len(tail) + longer


def _letters(tail: str) -> int:
    """The pairs of letters that follow each other, as bits."""
    found = 0
    for one, other in pairwise(tail):
        found |= 1 << (ord(one) * 31 + ord(other)) % 251
    return found


def _share_a_number(one: str, other: str) -> bool:
    """Two addresses with numbers that share none are of two activities."""
    mine, others = _numbers(one), _numbers(other)
    return not mine.isdisjoint(others) or not (mine or others)


def _numbers(iri: str) -> set[str]:
    """Those of path and query."""
    return set(_NUMBER.findall(iri.split("/", 3)[-1].partition("#")[0]))


def _host(iri: str) -> str:
    return iri.split("/", 3)[2].lower() if "://" in iri else ""


def _read(iri: str) -> _Address:
    """An address in its parts; a parameter may be begun by & without any ?, as it is when somebody forgets."""
    match = _PARTS.fullmatch(iri)
    scheme, host, path, query, fragment = match.groups("") if match else ("", "", iri, "", "")
    scheme = scheme.lower()
    path, *stray = path.split("&")
    given = [*stray, *query.split("&")]
    return _Address(iri, scheme, host, path, tuple(part for part in given if part), fragment)


def _slips(wanted: _Address, heard: _Address) -> tuple[str, ...]:
    if wanted.iri == heard.iri or not _are_kin(wanted.scheme, heard.scheme):
        return ()
    found = [] if wanted.scheme == heard.scheme else ["http or https"]
    body = _body_slips(wanted, heard)
    if body is None:
        return ()
    found += body
    host = _host_slips(wanted, heard)
    if HOST in host and (SPELLING in body or len(_tail(wanted)) < _TELLING):
        return ()
    found += host
    if wanted.fragment != heard.fragment:
        if (wanted.fragment and heard.fragment) or not _tail(wanted):
            return ()  # a page that has its whole address behind the #
        found.append("what follows #")
    if not found:
        found.append("? or &")
    return tuple(dict.fromkeys(found))


def _are_kin(one: str, other: str) -> bool:
    return one == other or {one, other} == _WEB


def _host_slips(wanted: _Address, heard: _Address) -> list[str]:
    one, other = wanted.host.lower(), heard.host.lower()
    if one != other:
        is_port = one.removesuffix(_PORTS.get(wanted.scheme, " ")) == other.removesuffix(_PORTS.get(heard.scheme, " "))
        return ["port"] if is_port else [HOST]
    return [] if wanted.host == heard.host else ["capitals"]


def _tail(address: _Address) -> str:
    return "&".join((address.path.strip("/"), *address.query)).strip("&")


def _body_slips(wanted: _Address, heard: _Address) -> list[str] | None:
    """In what path and query differ; None when they are of two activities."""
    path, query = _path_slips(wanted.path, heard.path), _query_slips(wanted.query, heard.query)
    if path is not None and query is not None:
        return path + query
    return [SPELLING] if _is_misspelt(_tail(wanted), _tail(heard)) else None


def _path_slips(wanted: str, heard: str) -> list[str] | None:
    found = []
    if wanted.rstrip("/") != wanted or heard.rstrip("/") != heard:
        if wanted.endswith("/") != heard.endswith("/"):
            found.append("slash at the end")
        wanted, heard = wanted.rstrip("/"), heard.rstrip("/")
    if wanted == heard:
        return found
    return [*found, "capitals"] if wanted.lower() == heard.lower() else None


def _query_slips(wanted: tuple[str, ...], heard: tuple[str, ...]) -> list[str] | None:
    (wanted, slash), (heard, other_slash) = _without_slash(wanted), _without_slash(heard)
    found = [] if slash == other_slash else ["slash at the end"]
    if wanted == heard:
        return found
    one, other = set(wanted), set(heard)
    if one == other:
        return [*found, "order of the query"]
    shared = one & other
    return [*found, "further parameters"] if shared and shared in (one, other) else None


def _without_slash(query: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """A query without a slash at its end, and whether there was one."""
    if not query or not query[-1].endswith("/"):
        return query, False
    return (*query[:-1], query[-1].rstrip("/")), True


def _is_misspelt(one: str, other: str) -> bool:
    """Whether one or two letters of a word are wrong, missing, too many or in the wrong order."""
    if abs(len(one) - len(other)) > _MOST_WRONG or _NUMBER.findall(one) != _NUMBER.findall(other):
        return False
    first, last = _word(one, other)
    word, misspelt = one[first : len(one) - last], other[first : len(other) - last]
    least = min(len(word), len(misspelt))
    most = _MOST_WRONG if least >= _LONG else 1
    return least >= _SHORT and _distance(word, misspelt, most) <= most


def _word(one: str, other: str) -> tuple[int, int]:
    """How many letters before and behind the words that differ are the same."""
    shorter = min(len(one), len(other))
    first = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    rest = shorter - first
    last = next((place for place in range(rest) if one[-1 - place] != other[-1 - place]), rest)
    first = len(re.split(r"[^/&=]*\Z", one[:first])[0])
    behind = re.match(r"[^/&=]*", one[len(one) - last :] if last else "")
    return first, last - (behind.end() if behind else 0)


def _distance(one: str, other: str, most: int) -> int:
    """How many letters have to be changed, added, taken away or swapped with the next; looked at no further than `most`."""
    beyond = most + 1
    earlier = before = [beyond] * (len(other) + 1)
    row = [min(place, beyond) for place in range(len(other) + 1)]
    for place, letter in enumerate(one, start=1):
        earlier, before, row = before, row, [beyond] * (len(other) + 1)
        row[0] = min(place, beyond)
        for at in range(max(1, place - most), min(len(other), place + most) + 1):
            another = other[at - 1]
            cost = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (letter != another))
            if place > 1 and at > 1 and letter == other[at - 2] and one[place - 2] == another:
                cost = min(cost, earlier[at - 2] + 1)
            row[at] = cost
        if min(row) > most and min(before) >= most:
            return beyond
    return row[-1]
