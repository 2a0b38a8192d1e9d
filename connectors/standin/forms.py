"""Reading a form as PHP does, and checking it as Moodle's parameter descriptions do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from connectors.standin.world import RefusalError

MOST_ITEMS = 100
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_INT = re.compile(r"-?\d{1,18}", re.ASCII)
_FLOAT = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Optional:
    """A key that may be left out."""

    of: Any


INT, FLOAT, TEXT = "an integer", "a number", "text"


def parse(body: bytes) -> dict[str, Any]:
    """`users[0][id]=4` as {"users": [{"id": "4"}]}; every value is text."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        steps = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        at = root
        for step in steps[:-1]:
            at = at.setdefault(step, {})
        at[steps[-1] or str(len(at))] = value
    return {name: _lists(value) for name, value in root.items()}


def checked(params: Mapping[str, Any], description: Mapping[str, Any]) -> dict[str, Any]:
    """Typed parameters.  Raises RefusalError, as Moodle would, but saying why."""
    found: dict[str, Any] = _checked(params, description, "")
    return found


def invalid(why: str) -> RefusalError:
    return RefusalError(
        "core\\exception\\invalid_parameter_exception", "invalidparameter", "Invalid parameter value detected", why
    )


def _checked(value: Any, wanted: Any, at: str) -> Any:
    if isinstance(wanted, Optional):
        wanted = wanted.of
    if isinstance(wanted, Mapping):
        return _structure(value, wanted, at)
    if isinstance(wanted, list):
        items = [] if value == {} else value
        if not isinstance(items, list):
            raise invalid(f"{at}: a list was expected: {at}[0], {at}[1] …")
        if len(items) > MOST_ITEMS:
            raise invalid(f"{at}: {len(items)} items; at most {MOST_ITEMS} a call, PHP's max_input_vars drops the rest")
        return [_checked(item, wanted[0], f"{at}[{i}]") for i, item in enumerate(items)]
    return _scalar(value, wanted, at)


def _structure(value: Any, wanted: Mapping[str, Any], at: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise invalid(f"{at}: a structure with {', '.join(wanted)} was expected")
    extra = [key for key in value if key not in wanted]
    if extra:
        raise invalid(f"{at}: unexpected keys {', '.join(extra)}; accepted: {', '.join(wanted)}")
    missing = [key for key, kind in wanted.items() if key not in value and not isinstance(kind, Optional)]
    if missing:
        raise invalid(f"{at}: missing keys {', '.join(missing)}; given: {', '.join(value) or 'none'}")
    return {key: _checked(child, wanted[key], f"{at}.{key}".lstrip(".")) for key, child in value.items()}


def _scalar(value: Any, wanted: str, at: str) -> Any:
    if not isinstance(value, str):
        raise invalid(f"{at}: {wanted} was expected, not a structure")
    if wanted is INT and not _INT.fullmatch(value):
        raise invalid(f"{at}: {wanted} was expected, not '{value}'")
    if wanted is FLOAT and not _FLOAT.fullmatch(value):
        raise invalid(f"{at}: {wanted} was expected, not '{value}'")
    return {INT: int, FLOAT: float, TEXT: str}[wanted](value)


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    children = {key: _lists(child) for key, child in value.items()}
    if children and list(children) == [str(i) for i in range(len(children))]:
        return list(children.values())
    return children
