"""What is wrong with a request, said so that its sender can mend it: where, by which rule, why, and how.

Validators pass a `Where` down instead of a text: a linked pair costs nothing until something is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias, Union

from lrs.errors import BadRequest

Where: TypeAlias = Union[tuple[()], tuple["Where", str | int]]  # noqa: UP007 - a recursive alias cannot use |
ROOT: Where = ()
NULL_RULE = "XAPI-00001"
UNKNOWN_RULE = "XAPI-00010"
MAX_FLAWS = 20
_SHOWN = 80
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def path_text(where: Where) -> str:
    """JSON path of a place, such as `$[3].actor.mbox` or `$.result.extensions['http://x.example/y']`."""
    steps: list[str] = []
    while where:
        where, key = where
        if isinstance(key, int):
            steps.append(f"[{key}]")
        elif _PLAIN_KEY.fullmatch(key) and len(key) <= _SHOWN:
            steps.append(f".{key}")
        else:
            steps.append(f"[{shown(key)}]")
    return "$" + "".join(reversed(steps))


def shown(value: object) -> str:
    """A sender's value as an error may repeat it: quoted, escaped and short."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return ascii(value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…")
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong in one statement of a request."""

    index: int
    path: str
    rule: str
    detail: str
    hint: str | None = None


class MalformedJson(BadRequest):
    """The body is not JSON as xAPI wants it."""

    code = "malformed-json"

    def __init__(self, message: str, *, where: Where, text: str, at: int | None, hint: str | None = None) -> None:
        position = {}
        if at is not None:
            line_start = text.rfind("\n", 0, at) + 1
            position = {"position": at, "line": text.count("\n", 0, at) + 1, "column": at - line_start + 1}
        super().__init__(message, hint=hint, path=path_text(where), **position)
        self.path = path_text(where)


class StatementInvalid(BadRequest):
    """A statement breaks the rules of xAPI."""

    code = "statement-invalid"

    def __init__(self, flaws: Iterable[Flaw]) -> None:
        self.flaws = tuple(flaws)
        first = self.flaws[0]
        more = len(self.flaws) - 1
        message = f"{first.path}: {first.detail} ({first.rule})" + (f", and {more} more" if more else "")
        super().__init__(message, hint=first.hint, errors=[asdict(flaw) for flaw in self.flaws])


class ParameterInvalid(BadRequest):
    """A query parameter breaks the rules of xAPI."""

    code = "parameter-invalid"

    def __init__(self, name: str, detail: str, *, rule: str, hint: str | None = None) -> None:
        super().__init__(f"{shown(name)}: {detail} ({rule})", hint=hint, parameter=name[:_SHOWN], rule=rule)
        self.rule = rule


def refused(where: Where, rule: str, detail: str, hint: str | None = None) -> StatementInvalid:
    """The error of one flaw; its index is the first step of its path, 0 for a statement sent alone."""
    step, index = where, 0
    while step:
        step, key = step
        index = key if not step and isinstance(key, int) else 0
    return StatementInvalid([Flaw(index, path_text(where), rule, detail, hint)])


def wrong_type(value: Any, where: Where, rule: str, wanted: str, hint: str | None = None) -> StatementInvalid:
    """The error of a value of the wrong JSON type; null has a rule of its own (xAPI-Data 2.2, XAPI-00001)."""
    if value is None:
        return refused(where, NULL_RULE, f"null stands where {wanted} belongs", hint="leave the property out")
    return refused(where, rule, f"{shown(value)} is not {wanted}", hint)
