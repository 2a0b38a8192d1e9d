"""Agents and Groups: who may stand where, and the one text by which each is known (xAPI-Data 2.4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Final

from lrs.xapi.lexical import is_mailto, is_sha1
from lrs.xapi.problems import Where, refused, wrong_type
from lrs.xapi.shapes import Check, array_of, formatted, iri, one_of, shape, text

IFI_KINDS: Final = ("mbox", "mbox_sha1sum", "openid", "account")

_IFI_CHECKS: dict[str, Check] = {
    "mbox": formatted("XAPI-00038", is_mailto, "a mailto IRI", "write it as mailto:name@example.org"),
    "mbox_sha1sum": formatted("XAPI-00039", is_sha1, "a SHA-1 in 40 hex digits"),
    "openid": iri("XAPI-00040"),
    "account": shape(
        "an account",
        "XAPI-00041",
        {"homePage": iri("XAPI-00042"), "name": text("XAPI-00043")},
        {"homePage": "XAPI-00042", "name": "XAPI-00043"},
    ),
}
_AGENT = shape(
    "an Agent",
    "XAPI-00031",
    {"objectType": one_of("XAPI-00031", "Agent"), "name": text("XAPI-00033"), **_IFI_CHECKS},
    {},
)


def ifi_text(actor: Mapping[str, Any]) -> str | None:
    """The inverse functional identifier as compact JSON with sorted keys; None for an anonymous Group.

    Equal texts mean the same Agent or identified Group and no others do (xAPI-Data 2.4.2.3, S-05).
    """
    for kind in ("mbox", "mbox_sha1sum", "openid"):
        value = actor.get(kind)
        if value is not None:
            return f'{{"{kind}":{quoted(value)}}}'
    account = actor.get("account")
    if account is None:
        return None
    return f'{{"account":{{"homePage":{quoted(account["homePage"])},"name":{quoted(account["name"])}}}}}'


def is_group(actor: Mapping[str, Any]) -> bool:
    """Whether it is a Group; without an objectType it is an Agent (xAPI-Data 2.4.2, XAPI-00031)."""
    return actor.get("objectType") == "Group"


def validate_agent(value: Any, where: Where) -> None:
    """An Agent with exactly one identifier (xAPI-Data 2.4.2.1, XAPI-00034)."""
    if type(value) is dict and "member" in value:
        raise refused((where, "member"), "XAPI-00035", "only a Group has members", 'add "objectType": "Group"')
    _AGENT(value, where)
    count = _ifi_count(value)
    if count != 1:
        raise refused(where, "XAPI-00034", f"an Agent has exactly one of {', '.join(IFI_KINDS)}; this one has {count}")


def _member(value: Any, where: Where) -> None:
    if type(value) is dict and is_group(value):
        raise refused(where, "XAPI-00036", "a Group cannot be a member of a Group")
    validate_agent(value, where)


_GROUP = shape(
    "a Group",
    "XAPI-00031",
    {
        "objectType": one_of("XAPI-00031", "Group"),
        "name": text("XAPI-00033"),
        "member": array_of("XAPI-00036", _member, "Agents"),
        **_IFI_CHECKS,
    },
    {"objectType": "XAPI-00031"},
)


def validate_group(value: Any, where: Where) -> None:
    """A Group, identified or with members (xAPI-Data 2.4.2.2, XAPI-00037)."""
    _GROUP(value, where)
    count = _ifi_count(value)
    if count > 1:
        raise refused(where, "XAPI-00037", f"a Group has at most one of {', '.join(IFI_KINDS)}; this one has {count}")
    if not count and not value.get("member"):
        raise refused(where, "XAPI-00037", "a Group without identifier needs at least one member")


def validate_actor(value: Any, where: Where) -> None:
    """An Agent or a Group, as its objectType says (xAPI-Data 2.4.2, XAPI-00031)."""
    if type(value) is not dict:
        raise wrong_type(value, where, "XAPI-00031", "an Agent or Group")
    kind = value.get("objectType")
    if kind == "Group":
        validate_group(value, where)
    elif kind == "Agent" or "objectType" not in value:
        validate_agent(value, where)
    else:
        raise wrong_type(kind, (where, "objectType"), "XAPI-00031", "Agent or Group")


def validate_authority(value: Any, where: Where) -> None:
    """An Agent, or two Agents of OAuth as an anonymous Group (xAPI-Data 2.4.9, XAPI-00024, 00098, 00100)."""
    validate_actor(value, where)
    if not is_group(value):
        return
    if _ifi_count(value):
        raise refused(where, "XAPI-00024", "an authority Group has no identifier of its own")
    members = value["member"]
    if len(members) != 2:
        raise refused((where, "member"), "XAPI-00098", f"an authority Group has two members, not {len(members)}")
    if not any("account" in member for member in members):
        raise refused((where, "member"), "XAPI-00100", "one member of an authority Group is known by account")


def validate_identified(value: Any, where: Where) -> None:
    """An Agent or a Group that can be looked for: one that has an identifier (xAPI-Communication 2.1.3)."""
    validate_actor(value, where)
    if not _ifi_count(value):
        raise refused(where, "XAPI-00181", "an anonymous Group cannot be looked for", "ask for one of its members")


def _ifi_count(actor: Mapping[str, Any]) -> int:
    return ("mbox" in actor) + ("account" in actor) + ("openid" in actor) + ("mbox_sha1sum" in actor)
