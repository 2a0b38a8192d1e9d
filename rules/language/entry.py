"""A value of a program document together with its place, so that every complaint can point at it.

Reading never stops at the first mistake: each complaint is noted, the reader goes on with what it has, and whoever
opened the documents raises at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

from lrs.clock import is_zone
from lrs.days import day_hint
from lrs.errors import ConfigError, did_you_mean
from lrs.people.roster import load_day, wanted_day
from lrs.yaml_door import Location, YamlDocument
from lrs.yaml_slips import key_meant, lacking, quotes_hint
from rules.language.period import Period, load_period, period_meant
from rules.language.vocabulary import PROGRAM_KEYS

T = TypeVar("T")


class LanguageError(ConfigError):
    """The programs are wrong; `errors` has every place."""

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        found = tuple(errors)
        first = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        super().__init__(first.message + more, hint=first.hint, file=first.file, line=first.line, column=first.column)
        self.errors = found


class Entry:
    """One value, where it stands, and the list that collects what is wrong with it."""

    __slots__ = ("at", "document", "errors", "value")

    def __init__(self, document: YamlDocument, errors: list[ConfigError], at: Location = (), value: Any = None) -> None:
        self.document = document
        self.errors = errors
        self.at = at
        self.value = document.value if at == () else value

    def fail(self, message: str, *, hint: str | None = None, key: bool = False) -> None:
        self.errors.append(self.document.error(self.at, message, hint=hint, key=key))

    def child(self, key: str | int, value: Any) -> Entry:
        return Entry(self.document, self.errors, (*self.at, key), value)

    def members(self, known: Collection[str] = (), alone: str | None = None) -> dict[str, Entry]:
        """Every key with its value; nothing, and a complaint, when this is no mapping.  known: keys to name then, alone: of which."""
        if isinstance(self.value, dict):
            return {key: self.child(key, value) for key, value in self.value.items()}
        hint = f"such as {{{next(iter(known))}: …}}; known here: {', '.join(known)}" if known else None
        if known and isinstance(self.value, str) and (meant := lacking(self.value, known)):
            hint = meant
        elif isinstance(self.value, list) and len(self.value) == 1 and isinstance(self.value[0], dict):
            hint = "leave the dash out: there is one of it, not a list"
        elif alone and (meant := _meant(alone, self.value)):
            key = next((step for step in reversed(self.at) if isinstance(step, str)), "")
            hint = f"write {key}: {{{alone}: {meant}}}"
        self.fail(f"expected keys and values here, found {shown(self.value)}", hint=hint)
        return {}

    def fields(self, known: Collection[str], what: str, *, alone: str | None = None) -> dict[str, Entry]:
        """The known keys that say something; an unknown one is a complaint.  alone: the key that a lone value is meant for."""
        fields = {}
        before: tuple[str, Any] | None = None
        for key, entry in self.members(known, alone).items():
            if key in known:
                if entry.value is not None:
                    fields[key] = entry
            else:
                hint = (
                    _TIMES.get(key)
                    or self._outside(key)
                    or _cut_by_comma(before, key, entry.value)
                    or key_meant(key, known)
                )
                entry.fail(f"{what} has no key '{key}'", hint=hint, key=True)
            before = key, entry.value
        return fields

    def _outside(self, key: str) -> str | None:
        """A hint for a key that stands one level too deep, or more."""
        if self.at and self.at[-1] == key:
            return f"one '{key}:' is enough: take the inner one away"
        if not self.at or key not in _ONLY_OF_PROGRAMS or self.at[0] == "tests":
            return None
        return f"'{key}' is a key of the program: write it in the column of 'kind'"

    def items(self) -> Iterator[Entry]:
        """The items of a list."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield self.child(index, value)
        else:
            hint = "begin each of them with a dash and a space" if isinstance(self.value, dict) else None
            self.fail(f"expected a list here, found {shown(self.value)}", hint=hint)

    def one_or_more(self) -> Iterator[Entry]:
        """The items of a list, or this value alone."""
        if isinstance(self.value, list):
            yield from self.items()
        else:
            yield self

    def text(self) -> str | None:
        return self.parsed(
            lambda value: value if isinstance(value, str) and value.strip() else None, "text", quotes_hint(self.value)
        )

    def integer(self, least: int) -> int | None:
        return self.parsed(
            lambda value: value if type(value) is int and value >= least else None,
            f"a whole number from {least} on",
            _whole_number_hint(self.value),
        )

    def boolean(self) -> bool | None:
        return self.parsed(
            lambda value: value if isinstance(value, bool) else None,
            "true or false",
            _FLAGS.get(str(self.value).lower()),
        )

    def share(self) -> Decimal | None:
        """A score between 0 and 1."""
        return self.parsed(_share, "a number from 0 to 1, such as 0.80", _share_hint(self.value))

    def number(self) -> Decimal | None:
        return self.parsed(_number, "a number, such as 3.5")

    def day(self) -> date | None:
        return self.parsed(load_day, wanted_day(self.value), day_hint(str(self.value)))

    def zone(self) -> str | None:
        return self.parsed(
            lambda value: value if isinstance(value, str) and is_zone(value) else None,
            "an IANA time zone such as Europe/London",
        )

    def choice(self, options: Collection[str]) -> str | None:
        if isinstance(self.value, str) and self.value in options:
            return self.value
        hint = did_you_mean(self.value, options) if isinstance(self.value, str) else f"known here: {', '.join(options)}"
        self.fail(f"expected one of {', '.join(options)}, found {shown(self.value)}", hint=hint)
        return None

    def period(self, *, civil: bool = False, zero: bool = False) -> Period | None:
        """An ISO 8601 period; `civil` refuses hours, and only with `zero` it may be empty."""
        if not isinstance(self.value, str):
            is_count = type(self.value) is int and self.value > 0
            hint = f"write P{self.value}D for {self.value} days" if is_count else None
            self.fail(f"expected a period such as P30D, found {shown(self.value)}", hint=hint)
            return None
        try:
            period = load_period(self.value)
        except ValueError as error:
            self.fail(f"'{self.value}' is no period: {error}")
            return None
        if civil and period.is_exact:
            self.fail(f"'{self.value}' counts hours; years, months, weeks or days are needed here")
        elif period.is_zero and not zero:
            self.fail(f"'{self.value}' lasts no time at all")
        return period

    def parsed(self, parse: Callable[[Any], T | None], wanted: str, hint: str | None = None) -> T | None:
        """What `parse` makes of the value; None of it is a complaint.  hint: how to write what is probably meant."""
        value = parse(self.value)
        if value is None:
            self.fail(f"expected {wanted}, found {shown(self.value)}", hint=hint)
        return value


_FLAGS: Final = {**dict.fromkeys(("yes", "on", "y"), "write true"), **dict.fromkeys(("no", "off", "n"), "write false")}
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,4})?) ?%?", re.ASCII)
_DIGITS: Final = re.compile(r"\d{1,20}", re.ASCII)
_COUNTED: Final = re.compile(r"[vV]?\.? ?(\d{1,6})", re.ASCII)


def _share_hint(value: Any) -> str | None:
    """How to write a percentage, or a share with a decimal comma."""
    if isinstance(value, str) and re.fullmatch(r"[01],[0-9]{1,20}", value):
        return f"write {value.replace(',', '.')}"
    found = _PERCENT.fullmatch(str(value))
    share = Decimal(found[1]) / 100 if found else None
    return f"write {share:.2f} for {found[1]} %" if found and share is not None and 0 < share <= 1 else None


def _cut_by_comma(before: tuple[str, Any] | None, key: str, value: Any) -> str | None:
    """How to write a number whose decimal comma ended it within { }, so that its decimals stand as a key without a value."""
    if before is None or type(before[1]) is not int or value is not None or not _DIGITS.fullmatch(key):
        return None
    return f"a number has a point, not a comma: write {before[0]}: {before[1]}.{key}"


def _whole_number_hint(value: Any) -> str | None:
    found = _COUNTED.fullmatch(value) if isinstance(value, str) else None
    return f"write {found[1]}" if found else None


def _meant(key: str, value: Any) -> str | None:
    """A lone value as it stands under its key: a length of time in ISO 8601, where one belongs; None: it is none."""
    if key not in _LENGTHS:
        return str(value) if type(value) is int else None
    if type(value) is int and value > 0:
        return f"P{value}D"
    if not isinstance(value, str):
        return None
    try:
        return load_period(value).text
    except ValueError:
        return period_meant(value)


_TIMES: Final = dict.fromkeys(
    ("time_in_role", "min_time_in_role", "time_in_job", "time_in_position", "tenure", "seniority"),
    "time in role is when something is due: write due: {after: role_start, within: P1Y} in the column of 'kind'",
)
"""Words of those who look for people by how long they have been in their position, which no key does."""
_ONLY_OF_PROGRAMS: Final = frozenset(PROGRAM_KEYS) - {
    "kind", "id", "title", "description", "version", "for", "due", "require", "suggest"
}  # fmt: skip
_LENGTHS: Final = ("within", "for", "window")


def _number(value: Any) -> Decimal | None:
    number = Decimal(value) if isinstance(value, Decimal) or type(value) is int else None
    return number if number is not None and number.is_finite() else None


def _share(value: Any) -> Decimal | None:
    number = _number(value)
    return number if number is not None and 0 <= number <= 1 else None


def shown(value: Any) -> str:
    """A value as it is quoted in a complaint."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
