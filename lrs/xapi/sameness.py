"""Whether two statements are the same one (xAPI-Data 2.3.1): one hash over what cannot change.

Left out: id, stored, authority, version, the statement's own timestamp (it is compared apart), verb display, Activity
definitions, the order of members, the two spellings of contextActivities, attachments' bytes.  All else counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from lrs.xapi.actors import is_group
from lrs.xapi.duration import comparison_text
from lrs.xapi.timestamp import instant
from lrs.xapi.versions import Version

HASH_VERSION: Final = 1
_MARK = "\ud800"  # a lone surrogate never gets through the JSON door, so no sender's text can look like our numbers
_LONGEST_INTEGER = 400  # the door's limit: a larger value cannot have come as an integer


def content_hash(statement: Mapping[str, Any]) -> bytes:
    """SHA-256 of a valid statement's content; equal for statements that xAPI calls equal, on either version."""
    return hashlib.sha256(_encode(_content(statement)).encode("ascii")).digest()


def same_timestamp(one: int | None, other: int | None, version: Version) -> bool:
    """Whether two timestamps let statements be the same: 2.0 ignores them, 1.0.x compares two that were sent."""
    return version is Version.V2_0 or one is None or other is None or one == other


def _content(statement: Mapping[str, Any]) -> dict[str, Any]:
    content = {
        "actor": _actor(statement["actor"]),
        "verb": statement["verb"]["id"],
        "object": _object(statement["object"]),
    }
    if "result" in statement:
        content["result"] = _result(statement["result"])
    if "context" in statement:
        content["context"] = _context(statement["context"])
    if "attachments" in statement:
        content["attachments"] = statement["attachments"]
    return content


def _object(value: Mapping[str, Any]) -> dict[str, Any]:
    kind = value.get("objectType", "Activity")
    if kind == "Activity":
        return {"id": value["id"], "objectType": kind}
    if kind == "StatementRef":
        return {"id": value["id"].lower(), "objectType": kind}
    if kind != "SubStatement":
        return _actor(value)
    content = {**_content(value), "objectType": kind}
    if "timestamp" in value:
        content["timestamp"] = instant(value["timestamp"])
    return content


def _actor(actor: Mapping[str, Any]) -> dict[str, Any]:
    if not is_group(actor):
        return {**actor, "objectType": "Agent"}
    if "member" not in actor:
        return dict(actor)
    return {**actor, "member": sorted({_encode(_actor(member)) for member in actor["member"]})}


def _result(result: Mapping[str, Any]) -> Mapping[str, Any]:
    if "duration" not in result:
        return result
    return {**result, "duration": comparison_text(result["duration"])}


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    content = dict(context)
    if "registration" in content:
        content["registration"] = content["registration"].lower()
    if "statement" in content:
        content["statement"] = _object(content["statement"])
    for key in ("instructor", "team"):
        if key in content:
            content[key] = _actor(content[key])
    for key, member in (("contextAgents", "agent"), ("contextGroups", "group")):
        if key in content:
            content[key] = [{**related, member: _actor(related[member])} for related in content[key]]
    activities = _context_activities(content.pop("contextActivities", {}))
    if activities:
        content["contextActivities"] = activities
    return content


def _context_activities(value: Mapping[str, Any]) -> dict[str, list[str]]:
    """The ids of each relation; a relation without Activities says nothing."""
    return {
        relation: [activity["id"] for activity in (listed if type(listed) is list else [listed])]
        for relation, listed in value.items()
        if listed
    }


def _number(value: object) -> int | str:
    """A fraction as the encoder cannot write it itself: one text for each value, an integer where it is one."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is no part of a statement")
    mantissa, _, exponent = str(value).partition("E")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("-0")
    shortest = digits.rstrip("0")
    power = int(exponent or 0) - len(fraction) + len(digits) - len(shortest)
    if not shortest:
        return 0
    if power >= 0 and len(shortest) + power <= _LONGEST_INTEGER:
        return int(value)
    return f"{_MARK}{'-' if whole[0] == '-' else ''}{shortest}e{power}"


_encode = json.JSONEncoder(
    ensure_ascii=True, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_number
).encode
