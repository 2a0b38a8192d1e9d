"""The whole statement, strictly, for both versions (xAPI-Data 2.2 to 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from lrs.xapi.activity import validate_activity
from lrs.xapi.actors import validate_actor, validate_agent, validate_authority, validate_group
from lrs.xapi.attachment import validate_attachments
from lrs.xapi.context import validate_context, validate_statement_ref
from lrs.xapi.problems import ROOT, Where, refused, shown, wrong_type
from lrs.xapi.result import validate_result
from lrs.xapi.shapes import Check, iri, language_map, one_of, shape, timestamp, uuid
from lrs.xapi.versions import Version
from lrs.xapi.vocabulary import VOIDED

OBJECT_KINDS: Final = ("Activity", "Agent", "Group", "SubStatement", "StatementRef")

_VERB = shape(
    "a Verb",
    "XAPI-00044",
    {"id": iri("XAPI-00044"), "display": language_map("XAPI-00045")},
    {"id": "XAPI-00044"},
)
_PARTS = {"actor": "XAPI-00003", "verb": "XAPI-00004", "object": "XAPI-00005"}
_NOT_IN_SUB = {"authority": "XAPI-00067", "version": "XAPI-00068", "stored": "XAPI-00069", "id": "XAPI-00070"}


def object_kind(statement: Mapping[str, Any]) -> str:
    """What the object of a valid statement is; without an objectType it is an Activity (XAPI-00046)."""
    kind: str = statement["object"].get("objectType", "Activity")
    return kind


def is_voiding(statement: Mapping[str, Any]) -> bool:
    """Whether a valid statement voids another (xAPI-Data 2.3.2)."""
    return statement["verb"]["id"] == VOIDED  # type: ignore[no-any-return]


def validate_statement(statement: Any, version: Version, where: Where = ROOT) -> None:
    """Raise `StatementInvalid` for the first thing wrong with a statement sent on this version."""
    _STATEMENTS[version](statement, where)
    _validate_whole(statement, where, version)


def _validate_sub_statement(value: Any, where: Where, version: Version) -> None:
    """A statement inside another (xAPI-Data 2.4.4.3, XAPI-00066 to 00071)."""
    for key, rule in _NOT_IN_SUB.items():
        if key in value:
            raise refused((where, key), rule, f"a SubStatement has no {key}")
    _SUB_STATEMENTS[version](value, where)
    _validate_whole(value, where, version)


def _validate_whole(statement: Any, where: Where, version: Version) -> None:
    """What only shows when several properties are seen together."""
    kind = object_kind(statement)
    if "context" in statement:
        validate_context(statement["context"], (where, "context"), version, kind)
    if kind != "StatementRef" and is_voiding(statement):
        hint = 'write "object": {"objectType": "StatementRef", "id": "…"}'
        raise refused((where, "object"), "XAPI-00019", "a voiding statement points at a StatementRef", hint)


def _validate_object(value: Any, where: Where, version: Version, *, nested: bool) -> None:
    if type(value) is not dict:
        raise wrong_type(value, where, "XAPI-00046", "an object")
    kind = value.get("objectType", "Activity")
    if kind == "Activity":
        _refuse_untyped(value, where)
        validate_activity(value, where)
    elif kind == "Agent":
        validate_agent(value, where)
    elif kind == "Group":
        validate_group(value, where)
    elif kind == "StatementRef":
        validate_statement_ref(value, where)
    elif kind == "SubStatement":
        if nested:
            raise refused(where, "XAPI-00071", "a SubStatement cannot hold another SubStatement")
        _validate_sub_statement(value, where, version)
    else:
        raise wrong_type(kind, (where, "objectType"), "XAPI-00046", f"one of {', '.join(OBJECT_KINDS)}")


def _refuse_untyped(value: Mapping[str, Any], where: Where) -> None:
    """Say so when something that is no Activity forgot its objectType (XAPI-00065, XAPI-00073)."""
    if "objectType" in value or "id" in value:
        return
    if "actor" in value or "verb" in value:
        raise refused(where, "XAPI-00073", "a SubStatement needs its objectType", 'add "objectType": "SubStatement"')
    if any(key in value for key in ("mbox", "mbox_sha1sum", "openid", "account", "member")):
        raise refused(
            where, "XAPI-00065", "an Agent or Group as object needs its objectType", 'add "objectType": "Agent"'
        )


def _in_context_later(_value: Any, _where: Where) -> None:
    """The context is judged after the object, since its rules depend on it."""


def _version(value: Any, where: Where, request: Version) -> None:
    if type(value) is not str:
        raise wrong_type(value, where, "XAPI-00101", "a version")
    if not request.accepts(value):
        hint = "leave the property out, or send it as 1.0.3" if request is Version.V1_0_3 else "send it as 2.0.0"
        raise refused(where, "XAPI-00101", f"version {shown(value)} is not accepted here", hint)


def _common(version: Version, *, nested: bool) -> dict[str, Check]:
    return {
        "actor": validate_actor,
        "verb": _VERB,
        "object": partial(_validate_object, version=version, nested=nested),
        "result": validate_result,
        "context": _in_context_later,
        "timestamp": timestamp("XAPI-00022"),
        "attachments": validate_attachments,
    }


_STATEMENTS = {
    version: shape(
        "a statement",
        "XAPI-00006",
        {
            "id": uuid("XAPI-00027"),
            **_common(version, nested=False),
            "stored": timestamp("XAPI-00023"),
            "authority": validate_authority,
            "version": partial(_version, request=version),
        },
        _PARTS,
    )
    for version in Version
}
_SUB_STATEMENTS = {
    version: shape(
        "a SubStatement",
        "XAPI-00066",
        {"objectType": one_of("XAPI-00073", "SubStatement"), **_common(version, nested=True)},
        _PARTS,
    )
    for version in Version
}
