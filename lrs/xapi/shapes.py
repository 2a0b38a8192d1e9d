"""What an xAPI object may look like: a table of its members, each with the check its value must pass.

A check takes a value and the place where it stands, and raises `StatementInvalid`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from lrs.errors import did_you_mean
from lrs.xapi.language import is_language_tag
from lrs.xapi.lexical import is_iri, is_uuid
from lrs.xapi.problems import UNKNOWN_RULE, Where, refused, shown, wrong_type
from lrs.xapi.timestamp import instant

Check: TypeAlias = Callable[[Any, Where], None]
_NAME_LIMIT = 60  # did-you-mean compares letter by letter: never over a name of any length


def shape(noun: str, rule: str, checks: Mapping[str, Check], required: Mapping[str, str]) -> Check:
    """An object with these members and no others (xAPI-Data 2.2, XAPI-00008, XAPI-00010).

    `required` maps the name of a member that must be there to the rule that says so.
    """
    check_of = dict(checks).get
    needed = required.keys()

    def check(value: Any, where: Where) -> None:
        if type(value) is not dict:
            raise wrong_type(value, where, rule, noun)
        for key, member in value.items():
            member_check = check_of(key)
            if member_check is None:
                hint = did_you_mean(key[:_NAME_LIMIT], checks)
                raise refused((where, key), UNKNOWN_RULE, f"{noun} has no property {shown(key)}", hint)
            member_check(member, (where, key))
        if not needed <= value.keys():
            key = next(key for key in needed if key not in value)
            raise refused(where, required[key], f"{noun} needs {key}")

    return check


def text(rule: str) -> Check:
    """Any string."""

    def check(value: Any, where: Where) -> None:
        if type(value) is not str:
            raise wrong_type(value, where, rule, "a string")

    return check


def boolean(rule: str) -> Check:
    """True or false, not their names (xAPI-Data 2.2, XAPI-00006)."""

    def check(value: Any, where: Where) -> None:
        if type(value) is not bool:
            raise wrong_type(value, where, rule, "true or false")

    return check


def number(rule: str) -> Check:
    """A JSON number, of any size and precision (xAPI-Data 2.2, XAPI-00002, XAPI-00006)."""

    def check(value: Any, where: Where) -> None:
        if type(value) is not int and type(value) is not Decimal:
            raise wrong_type(value, where, rule, "a number")

    return check


def formatted(rule: str, fits: Callable[[str], object], wanted: str, hint: str | None = None) -> Check:
    """A string of one lexical form (xAPI-Data 2.2, XAPI-00007)."""

    def check(value: Any, where: Where) -> None:
        if type(value) is not str or not fits(value):
            raise wrong_type(value, where, rule, wanted, hint)

    return check


def iri(rule: str) -> Check:
    """An IRI with a scheme (xAPI-Data 3.1, XAPI-00011)."""
    return formatted(rule, is_iri, "an IRI", "start it with a scheme, as in https://example.org/x")


def uuid(rule: str) -> Check:
    """A UUID in its standard form (xAPI-Data 4.4)."""
    return formatted(rule, is_uuid, "a UUID", "write 8-4-4-4-12 hex digits")


def one_of(rule: str, *names: str) -> Check:
    """One of some names, in their exact case (xAPI-Data 2.2, XAPI-00009)."""
    allowed = frozenset(names)

    def check(value: Any, where: Where) -> None:
        if type(value) is not str or value not in allowed:
            hint = did_you_mean(value[:_NAME_LIMIT], names) if isinstance(value, str) else None
            raise wrong_type(
                value, where, rule, " or ".join(names) if len(names) < 3 else "one of the known names", hint
            )

    return check


def timestamp(rule: str) -> Check:
    """A date and time of ISO 8601 (xAPI-Data 4.5)."""

    def check(value: Any, where: Where) -> None:
        if type(value) is not str:
            raise wrong_type(value, where, rule, "a timestamp")
        try:
            instant(value)
        except ValueError as why:
            hint = "write it as 2030-01-31T12:00:00.000Z"
            raise refused(where, rule, f"{shown(value)} is no timestamp: {why}", hint) from None

    return check


def language_map(rule: str) -> Check:
    """Language tags to strings (xAPI-Data 4.2, XAPI-00013, XAPI-00121)."""

    def check(value: Any, where: Where) -> None:
        if type(value) is not dict:
            raise wrong_type(value, where, rule, "a language map", 'write {"en": "…"}')
        for tag, entry in value.items():
            if not is_language_tag(tag):
                raise refused(
                    (where, tag), "XAPI-00121", f"{shown(tag)} is not a language tag", "as in en, es-419, zh-Hant"
                )
            if type(entry) is not str:
                raise wrong_type(entry, (where, tag), rule, "a string")

    return check


def extensions(rule: str) -> Check:
    """IRIs to anything at all (xAPI-Data 4.1, XAPI-00118 to 00120)."""

    def check(value: Any, where: Where) -> None:
        if type(value) is not dict:
            raise wrong_type(value, where, rule, "an extensions object")
        for key in value:
            if not is_iri(key):
                raise refused(
                    (where, key), "XAPI-00118", f"the extension key {shown(key)} is not an IRI", "give it a scheme"
                )

    return check


def array_of(rule: str, each: Check, wanted: str) -> Check:
    """A list whose every element passes one check."""

    def check(value: Any, where: Where) -> None:
        if type(value) is not list:
            raise wrong_type(value, where, rule, f"an array of {wanted}")
        for index, element in enumerate(value):
            each(element, (where, index))

    return check
