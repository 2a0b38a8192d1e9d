"""The context of a statement (xAPI-Data 2.4.6; contextAgents and contextGroups: IEEE 9274.1.1)."""

from __future__ import annotations

from typing import Any, Final

from lrs.xapi.activity import validate_activities
from lrs.xapi.actors import validate_actor, validate_agent, validate_group
from lrs.xapi.language import is_language_tag
from lrs.xapi.problems import UNKNOWN_RULE, Where, refused
from lrs.xapi.shapes import Check, array_of, extensions, formatted, iri, one_of, shape, text, uuid
from lrs.xapi.versions import Version

RELATIONS: Final = ("parent", "grouping", "category", "other")

validate_statement_ref = shape(
    "a StatementRef",
    "XAPI-00072",
    {"objectType": one_of("XAPI-00072", "StatementRef"), "id": uuid("XAPI-00072")},
    {"objectType": "XAPI-00072", "id": "XAPI-00072"},
)
_CONTEXT_ACTIVITIES = shape(
    "contextActivities",
    "XAPI-00086",
    dict.fromkeys(RELATIONS, validate_activities),
    {},
)


def _relevant_types(value: Any, where: Where) -> None:
    array_of("T-05", iri("XAPI-00011"), "IRIs")(value, where)
    if not value:
        raise refused(where, "T-05", "relevantTypes is empty", "leave the property out")


def _related(kind: str, member: str, check: Check, rule: str) -> Check:
    each = shape(
        f"a {kind}",
        rule,
        {"objectType": one_of("T-05", kind), member: check, "relevantTypes": _relevant_types},
        {"objectType": "T-05", member: "T-05"},
    )
    return array_of(rule, each, f"{kind} objects")


def _only_in_2_0(_value: Any, where: Where) -> None:
    detail = "contextAgents and contextGroups belong to xAPI 2.0"
    raise refused(where, UNKNOWN_RULE, detail, "send X-Experience-API-Version: 2.0.0")


_COMMON: dict[str, Check] = {
    "registration": uuid("XAPI-00087"),
    "instructor": validate_actor,
    "team": validate_group,
    "contextActivities": _CONTEXT_ACTIVITIES,
    "revision": text("XAPI-00089"),
    "platform": text("XAPI-00090"),
    "language": formatted("XAPI-00091", is_language_tag, "a language tag", "as in en or es-419"),
    "statement": validate_statement_ref,
    "extensions": extensions("XAPI-00118"),
}
_SHAPES = {
    Version.V1_0_3: shape(
        "a context",
        "XAPI-00006",
        {**_COMMON, "contextAgents": _only_in_2_0, "contextGroups": _only_in_2_0},
        {},
    ),
    Version.V2_0: shape(
        "a context",
        "XAPI-00006",
        {
            **_COMMON,
            "contextAgents": _related("contextAgent", "agent", validate_agent, "T-03"),
            "contextGroups": _related("contextGroup", "group", validate_group, "T-04"),
        },
        {},
    ),
}


def validate_context(value: Any, where: Where, version: Version, object_kind: str) -> None:
    """A context; revision and platform speak of an Activity only (xAPI-Data 2.4.6, XAPI-00084, XAPI-00085)."""
    _SHAPES[version](value, where)
    if object_kind == "Activity":
        return
    for key, rule in (("revision", "XAPI-00084"), ("platform", "XAPI-00085")):
        if key in value:
            raise refused((where, key), rule, f"{key} needs an Activity as object, not a {object_kind}")
