"""Statements that are valid by construction, other spellings of the same statement, and single faults."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

from lrs.xapi.activity import COMPONENT_LISTS, INTERACTION_TYPES
from lrs.xapi.versions import Version

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
IRIS = st.sampled_from(["a:b", "http://example.com/x", "urn:x:y", "https://例え.jp/動詞?q=1#f"]) | st.from_regex(
    r"[a-z][a-z0-9+.-]{0,5}:[!-~]{1,12}", fullmatch=True
)
UUIDS = st.uuids().map(str)
LANGUAGE_MAPS = st.dictionaries(
    st.sampled_from(["en", "en-US", "zh-Hant", "de-CH-1996", "es-419", "und"]), TEXT, max_size=3
)
NUMBERS = st.integers(-(10**30), 10**30) | st.decimals(allow_nan=False, allow_infinity=False, places=3).map(float)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
EXTENSIONS = st.dictionaries(IRIS, JSON, max_size=2)
TIMESTAMPS = st.builds(
    "{}T{:02}:{:02}:{:02}{}{}".format,
    st.dates().filter(lambda day: 1 < day.year < 9999),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 59),
    st.sampled_from(["", ".5", ".123", ".123456789"]),
    st.sampled_from(["", "Z", "+00:00", "+05:30", "-08", "-0330"]),
)
DURATIONS = st.sampled_from(["PT1H", "P1Y2M3DT4H5M6.789S", "P4W", "PT0.1S", "PT36H"])


def record(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=optional)


def both(
    required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


IFIS = st.one_of(
    st.fixed_dictionaries({"mbox": st.from_regex(r"mailto:[a-z]{1,4}@[a-z]{1,4}\.org", fullmatch=True)}),
    st.fixed_dictionaries({"mbox_sha1sum": st.from_regex(r"[0-9a-fA-F]{40}", fullmatch=True)}),
    st.fixed_dictionaries({"openid": IRIS}),
    st.fixed_dictionaries({"account": st.fixed_dictionaries({"homePage": IRIS, "name": TEXT})}),
)


def merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


AGENTS = merged(record(objectType=st.just("Agent"), name=TEXT), IFIS)
NAMED_AGENTS = merged(st.just({"objectType": "Agent"}), AGENTS)
MEMBERS = st.lists(AGENTS, min_size=1, max_size=3)
GROUPS = st.one_of(
    merged(both({"objectType": st.just("Group")}, name=TEXT, member=st.lists(AGENTS, max_size=2)), IFIS),
    both({"objectType": st.just("Group"), "member": MEMBERS}, name=TEXT),
)
COMPONENTS = st.lists(
    both({"id": TEXT}, description=LANGUAGE_MAPS), max_size=3, unique_by=lambda component: component["id"]
)
DEFINITIONS = st.one_of(
    record(name=LANGUAGE_MAPS, description=LANGUAGE_MAPS, type=IRIS, moreInfo=IRIS, extensions=EXTENSIONS),
    both(
        {"interactionType": st.sampled_from(INTERACTION_TYPES)},
        name=LANGUAGE_MAPS,
        correctResponsesPattern=st.lists(TEXT, max_size=2),
        **dict.fromkeys(COMPONENT_LISTS, COMPONENTS),
    ),
)
ACTIVITIES = both({"id": IRIS}, objectType=st.just("Activity"), definition=DEFINITIONS)
REFS = st.fixed_dictionaries({"objectType": st.just("StatementRef"), "id": UUIDS})
VERBS = both({"id": IRIS}, display=LANGUAGE_MAPS)
SCORES = record(scaled=st.floats(-1, 1), raw=st.integers(0, 10), min=st.integers(-5, 0), max=st.integers(10, 15))
RESULTS = record(
    score=SCORES,
    success=st.booleans(),
    completion=st.booleans(),
    response=TEXT,
    duration=DURATIONS,
    extensions=EXTENSIONS,
)
ATTACHMENTS = st.lists(
    both(
        {
            "usageType": IRIS,
            "display": LANGUAGE_MAPS,
            "contentType": st.just("text/plain"),
            "length": st.integers(0, 99),
            "sha2": st.just("ab" * 32),
        },
        description=LANGUAGE_MAPS,
        fileUrl=IRIS,
    ),
    max_size=2,
)


def contexts(version: Version, *, of_activity: bool) -> st.SearchStrategy[dict[str, Any]]:
    relation = ACTIVITIES | st.lists(ACTIVITIES, max_size=2)
    members: dict[str, st.SearchStrategy[Any]] = {
        "registration": UUIDS,
        "instructor": AGENTS | GROUPS,
        "team": GROUPS,
        "contextActivities": record(parent=relation, grouping=relation, category=relation, other=relation),
        "language": st.sampled_from(["en", "es-419"]),
        "statement": REFS,
        "extensions": EXTENSIONS,
    }
    if of_activity:
        members.update(revision=TEXT, platform=TEXT)
    if version is Version.V2_0:
        types = st.lists(IRIS, min_size=1, max_size=2)
        agent = both({"objectType": st.just("contextAgent"), "agent": AGENTS}, relevantTypes=types)
        group = both({"objectType": st.just("contextGroup"), "group": GROUPS}, relevantTypes=types)
        members.update(contextAgents=st.lists(agent, max_size=2), contextGroups=st.lists(group, max_size=2))
    return record(**members)


def cores(version: Version, *, nested: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Actor, verb, object and the rest that statements and SubStatements share."""
    others = NAMED_AGENTS | GROUPS | REFS
    if not nested:
        others |= cores(version, nested=True).map(lambda sub: {**sub, "objectType": "SubStatement"})

    def core(target: st.SearchStrategy[Any], *, of_activity: bool) -> st.SearchStrategy[dict[str, Any]]:
        return both(
            {"actor": AGENTS | GROUPS, "verb": VERBS, "object": target},
            result=RESULTS,
            context=contexts(version, of_activity=of_activity),
            timestamp=TIMESTAMPS,
            attachments=ATTACHMENTS,
        )

    return core(ACTIVITIES, of_activity=True) | core(others, of_activity=False)


def statements(version: Version) -> st.SearchStrategy[dict[str, Any]]:
    versions = ["1.0.0", "1.0.3"] if version is Version.V1_0_3 else ["1.0.3", "2.0.0"]
    return merged(
        cores(version), record(id=UUIDS, stored=TIMESTAMPS, authority=AGENTS, version=st.sampled_from(versions))
    )


def respelled(value: Any, draw: st.DataObject) -> Any:
    """The same value with its members in another order."""
    if isinstance(value, dict):
        keys = draw.draw(st.permutations(list(value)))
        return {key: respelled(value[key], draw) for key in keys}
    return [respelled(part, draw) for part in value] if isinstance(value, list) else value


def written(value: Any, draw: st.DataObject) -> bytes:
    """Its JSON in some layout."""
    return json.dumps(
        value, ensure_ascii=draw.draw(st.booleans()), indent=draw.draw(st.sampled_from([None, 0, 3]))
    ).encode()


def places(value: Any, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where a fault can be put: every place outside extensions."""
    found = [way] if way else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        if key == "extensions":
            found.append((*way, key))
        else:
            found += places(part, (*way, key))
    return found


def broken(statement: dict[str, Any], draw: st.DataObject) -> dict[str, Any]:
    """One fault of the kinds in section 1: null, wrong type, wrong case or an unknown key."""
    statement = copy.deepcopy(statement)
    *way, last = draw.draw(st.sampled_from(places(statement)))
    parent: Any = statement
    for step in way:
        parent = parent[step]
    kind = draw.draw(st.sampled_from(["null", "type", "case", "unknown"]))
    if kind == "null":
        parent[last] = None
    elif kind == "type":
        parent[last] = [[]] if isinstance(parent[last], str | dict | bool | int | float) else "text"
    elif kind == "case" and isinstance(last, str) and not language_map(way):
        parent[last.swapcase() + "X"] = parent.pop(last)
    else:
        target = parent if isinstance(parent, dict) else parent[last] if isinstance(parent[last], dict) else statement
        target["no such property!"] = "x"
    return statement


def language_map(way: list[str | int]) -> bool:
    return bool(way) and way[-1] in ("display", "description", "name")
