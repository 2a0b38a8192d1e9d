"""A value of a program document together with its place, so that every complaint can point at it.

Reading never stops at the first mistake: each complaint is noted, the reader goes on with what it has, and whoever
opened the documents raises at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from lrs.errors import ConfigError, did_you_mean
from lrs.people.roster import is_zone, load_day, wanted_day
from lrs.yaml_door import Location, YamlDocument
from lrs.yaml_slips import key_meant, lacking
from rules.language.period import Period, load_period

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

    def members(self, known: Collection[str] = ()) -> dict[str, Entry]:
        """Every key with its value; nothing, and a complaint, when this is no mapping.  known: keys to name then."""
        if isinstance(self.value, dict):
            return {key: self.child(key, value) for key, value in self.value.items()}
        hint = f"such as {{{next(iter(known))}: …}}; known here: {', '.join(known)}" if known else None
        if known and isinstance(self.value, str) and (meant := lacking(self.value, known)):
            hint = meant
        self.fail(f"expected keys and values here, found {shown(self.value)}", hint=hint)
        return {}

    def fields(self, known: Collection[str], what: str) -> dict[str, Entry]:
        """The known keys that say something; an unknown one is a complaint."""
        fields = {}
        for key, entry in self.members(known).items():
            if key in known:
                if entry.value is not None:
                    fields[key] = entry
            else:
                entry.fail(f"{what} has no key '{key}'", hint=key_meant(key, known), key=True)
        return fields

    def items(self) -> Iterator[Entry]:
        """The items of a list."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield self.child(index, value)
        else:
            self.fail(f"expected a list here, found {shown(self.value)}")

    def one_or_more(self) -> Iterator[Entry]:
        """The items of a list, or this value alone."""
        if isinstance(self.value, list):
            yield from self.items()
        else:
            yield self

    def text(self) -> str | None:
        return self.parsed(lambda value: value if isinstance(value, str) and value.strip() else None, "text")

    def integer(self, least: int) -> int | None:
        return self.parsed(
            lambda value: value if type(value) is int and value >= least else None, f"a whole number from {least} on"
        )

    def boolean(self) -> bool | None:
        return self.parsed(lambda value: value if isinstance(value, bool) else None, "true or false")

    def share(self) -> Decimal | None:
        """A score between 0 and 1."""
        return self.parsed(_share, "a number from 0 to 1, such as 0.80")

    def number(self) -> Decimal | None:
        return self.parsed(_number, "a number, such as 3.5")

    def day(self) -> date | None:
        return self.parsed(load_day, wanted_day(self.value))

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
            self.fail(f"expected a period such as P30D, found {shown(self.value)}")
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

    def parsed(self, parse: Callable[[Any], T | None], wanted: str) -> T | None:
        value = parse(self.value)
        if value is None:
            self.fail(f"expected {wanted}, found {shown(self.value)}")
        return value


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
