"""Activities, their definitions and interactions (xAPI-Data 2.4.4.1)."""

from __future__ import annotations

from typing import Any, Final

from lrs.xapi.problems import Where, refused, wrong_type
from lrs.xapi.shapes import Check, array_of, extensions, iri, language_map, one_of, shape, text

INTERACTION_TYPES: Final = (
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
)
COMPONENT_LISTS: Final = ("choices", "scale", "source", "target", "steps")
_INTERACTIVE = ("correctResponsesPattern", *COMPONENT_LISTS)

_COMPONENT = shape(
    "an interaction component",
    "XAPI-00063",
    {"id": text("XAPI-00058"), "description": language_map("XAPI-00062")},
    {"id": "XAPI-00058"},
)


def _components(rule: str) -> Check:
    """A list of components whose ids differ (xAPI-Data 2.4.4.1, XAPI-00051 to 00055, XAPI-00058)."""
    listed = array_of(rule, _COMPONENT, "interaction components")

    def check(value: Any, where: Where) -> None:
        listed(value, where)
        seen: set[str] = set()
        for index, component in enumerate(value):
            if component["id"] in seen:
                raise refused((((where, index)), "id"), "XAPI-00058", "two components of one list have the same id")
            seen.add(component["id"])

    return check


_DEFINITION = shape(
    "an Activity definition",
    "XAPI-00048",
    {
        "name": language_map("XAPI-00059"),
        "description": language_map("XAPI-00056"),
        "type": iri("XAPI-00060"),
        "moreInfo": iri("XAPI-00061"),
        "extensions": extensions("XAPI-00057"),
        "interactionType": one_of("XAPI-00049", *INTERACTION_TYPES),
        "correctResponsesPattern": array_of("XAPI-00050", text("XAPI-00050"), "strings"),
        "choices": _components("XAPI-00055"),
        "scale": _components("XAPI-00054"),
        "source": _components("XAPI-00053"),
        "target": _components("XAPI-00052"),
        "steps": _components("XAPI-00051"),
    },
    {},
)


def validate_definition(value: Any, where: Where) -> None:
    """A definition; what belongs to an interaction needs its interactionType (XAPI-00048, XAPI-00064)."""
    _DEFINITION(value, where)
    if "interactionType" not in value:
        for key in _INTERACTIVE:
            if key in value:
                raise refused((where, key), "XAPI-00064", f"{key} needs an interactionType beside it")


_ACTIVITY = shape(
    "an Activity",
    "XAPI-00047",
    {
        "objectType": one_of("XAPI-00046", "Activity"),
        "id": iri("XAPI-00047"),
        "definition": validate_definition,
    },
    {"id": "XAPI-00047"},
)


def validate_activity(value: Any, where: Where) -> None:
    """An Activity with its IRI (xAPI-Data 2.4.4.1, XAPI-00047)."""
    _ACTIVITY(value, where)


def validate_activities(value: Any, where: Where) -> None:
    """One Activity or an array of them, as contextActivities allows (xAPI-Data 2.4.6.2, XAPI-00094)."""
    if type(value) is list:
        for index, activity in enumerate(value):
            _ACTIVITY(activity, (where, index))
    elif type(value) is dict:
        _ACTIVITY(value, where)
    else:
        raise wrong_type(value, where, "XAPI-00094", "an Activity or an array of Activities")
