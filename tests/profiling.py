"""xAPI Profile Specification 1.0: what a profile must be, and which template a statement matches."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from lrs.xapi.lexical import is_iri
from lrs.xapi.timestamp import instant

Json = Mapping[str, Any]

_SIMPLE = {"Verb", "ActivityType", "AttachmentUsageType"}
_EXTENSIONS = {"ContextExtension", "ResultExtension", "ActivityExtension"}
_CONCEPT = {"id", "type", "inScheme", "prefLabel", "definition", "deprecated"}
_RELATIONS = {"broader", "broadMatch", "narrower", "narrowMatch", "related", "relatedMatch", "exactMatch"}
_EXTENSION = {"recommendedActivityTypes", "recommendedVerbs", "context", "schema", "inlineSchema"}
_DETERMINING = {
    "verb", "objectActivityType", "contextGroupingActivityType", "contextParentActivityType", "contextOtherActivityType",
    "contextCategoryActivityType", "attachmentUsageType",
}  # fmt: skip
_TEMPLATE = {"allowedSolo", "objectStatementRefTemplate", "contextStatementRefTemplate", "rules", *_DETERMINING}
_RULE = {"location", "selector", "presence", "any", "all", "none", "scopeNote"}
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[((?:'[^']*'|\d+|\*)(?:,(?:'[^']*'|\d+|\*))*)\]")
_PROFILE = {
    "@context", "id", "type", "conformsTo", "prefLabel", "definition", "seeAlso", "versions", "author", "concepts",
    "templates", "patterns",
}  # fmt: skip


def faults(profile: Json) -> list[str]:
    """Every requirement of the specification's part two (Structure) that a profile without patterns breaks."""
    return [*_empty(profile, "$"), *_head(profile), *_parts(profile)]


def _empty(value: Any, at: str) -> Iterator[str]:
    """4.0: no empty objects, nulls, empty strings or empty arrays."""
    if value is None or (isinstance(value, str | list | dict) and not value):
        yield f"{at} is empty"
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from _empty(inner, f"{at}.{key}")


def _head(profile: Json) -> Iterator[str]:
    """6.0 to 6.2: properties of the profile, its versions, its author."""
    yield from _named("the profile", profile, _PROFILE, {*_PROFILE} - {"seeAlso", "concepts", "templates", "patterns"})
    if profile["type"] != "Profile" or profile["conformsTo"] != "https://w3id.org/xapi/profiles#1.0":
        yield "type or conformsTo is another"
    if profile["@context"] != "https://w3id.org/xapi/profiles/context":
        yield "@context is another"
    yield from _maps("the profile", profile)
    versions = [one["id"] for one in profile["versions"]]
    if len({profile["id"], *versions}) != 1 + len(versions) or not all(map(is_iri, [profile["id"], *versions])):
        yield "the ids of the profile and its versions are not IRIs of their own"
    for place, one in enumerate(profile["versions"]):
        yield from _named(one["id"], one, {"id", "wasRevisionOf", "generatedAtTime"}, {"id", "generatedAtTime"})
        instant(one["generatedAtTime"])
        if place < len(versions) - 1 and "wasRevisionOf" not in one:
            yield f"{one['id']} says not what it is a revision of"
    yield from _named("the author", profile["author"], {"type", "name", "url"}, {"type", "name"})
    if profile["author"]["type"] not in {"Organization", "Person"}:
        yield "the author is neither an Organization nor a Person"


def _parts(profile: Json) -> Iterator[str]:
    """7.0 to 8.1: concepts, templates and their rules."""
    concepts, templates = profile.get("concepts", ()), profile.get("templates", ())
    ids = [one["id"] for one in (*concepts, *templates)]
    yield from (f"{id_} is defined twice" for id_ in {id_ for id_ in ids if ids.count(id_) > 1})
    for one in (*concepts, *templates):
        if not is_iri(one["id"]) or one["inScheme"] not in {version["id"] for version in profile["versions"]}:
            yield f"{one['id']} is no IRI, or inScheme is no version of this profile"
        yield from _maps(one["id"], one)
    for one in concepts:
        if one["type"] in _SIMPLE:
            yield from _named(one["id"], one, _CONCEPT | _RELATIONS, _CONCEPT - {"deprecated"})
        elif one["type"] in _EXTENSIONS:
            yield from _named(one["id"], one, _CONCEPT | _EXTENSION, _CONCEPT - {"deprecated"})
            yield from _extension(one)
        else:
            yield f"{one['id']} has an unknown type"
    for one in templates:
        yield from _named(one["id"], one, _CONCEPT | _TEMPLATE, _CONCEPT - {"deprecated"})
        if one["type"] != "StatementTemplate" or not _DETERMINING & one.keys():
            yield f"{one['id']} is no template, or determined by nothing"
        for rule in one.get("rules", ()):
            yield from _rule(one["id"], rule)


def _extension(one: Json) -> Iterator[str]:
    if "schema" in one and "inlineSchema" in one:
        yield f"{one['id']} has two schemas"
    if "inlineSchema" in one:
        Draft202012Validator.check_schema(json.loads(one["inlineSchema"]))
    other = "recommendedVerbs" if one["type"] == "ActivityExtension" else "recommendedActivityTypes"
    if other in one:
        yield f"{one['id']} may not have {other}"


def _rule(id_: str, rule: Json) -> Iterator[str]:
    yield from _named(f"a rule of {id_}", rule, _RULE, {"location"})
    if not rule.keys() & {"presence", "any", "all", "none"}:
        yield f"a rule of {id_} asks for nothing"
    if rule.get("presence", "included") not in {"included", "excluded", "recommended"}:
        yield f"a rule of {id_} has an unknown presence"
    for path in filter(None, (rule["location"], rule.get("selector"))):
        if "".join(["$", *(step[0] for step in _STEP.finditer(path))]) != path:
            yield f"a rule of {id_} has no JSONPath as profiles have them: {path}"


def _named(what: str, one: Json, known: set[str], needed: set[str]) -> Iterator[str]:
    yield from (f"{what} lacks {name}" for name in sorted(needed - one.keys()))
    yield from (f"{what} has {name}" for name in sorted(one.keys() - known))


def _maps(what: str, one: Json) -> Iterator[str]:
    for name in ("prefLabel", "definition"):
        if not all(re.fullmatch(r"[a-z]{2,3}(-\w+)*", language) for language in one[name]):
            yield f"{name} of {what} is no language map"


def values(path: str, statement: Json) -> list[Any]:
    """What a JSONPath of profiles finds (8.1: names, numbers, * and unions of them)."""
    found: list[Any] = [statement]
    for step in _STEP.finditer(path):
        keys = [step[1]] if step[1] else [key.strip("'") for key in re.findall(r"'[^']*'|\d+|\*", step[2])]
        found = [inner for value in found for key in keys for inner in _children(value, key)]
    return found


def _children(value: Any, key: str) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values()) if key == "*" else [value[key]] if key in value else []
    if isinstance(value, list):
        return value if key == "*" else value[int(key) : int(key) + 1] if key.isdecimal() else []
    return []


def broken_rules(template: Json, statement: Json) -> list[Json]:
    """The rules of a template that a statement does not follow."""
    return [rule for rule in template.get("rules", ()) if not _follows(rule, values(rule["location"], statement))]


def _follows(rule: Json, found: list[Any]) -> bool:
    presence = rule.get("presence")
    if presence == "recommended" and not found:
        return True
    return not (
        (presence == "included" and not found)
        or (presence == "excluded" and found)
        or ("any" in rule and not any(value in rule["any"] for value in found))
        or ("all" in rule and not (found and all(value in rule["all"] for value in found)))
        or ("none" in rule and any(value in rule["none"] for value in found))
    )


def unfit(profile: Json, statement: Json) -> list[str]:
    """Why a statement that names the profile in its category does not conform to it: what it uses, and its template."""
    templates = [one for one in profile["templates"] if one["verb"] == statement["verb"]["id"]]
    if len(templates) != 1:
        return [f"{len(templates)} templates for {statement['verb']['id']}"]
    said = [f"{templates[0]['id']}: {json.dumps(rule)}" for rule in broken_rules(templates[0], statement)]
    return [*said, *_strange(profile, templates[0], statement)]


def _strange(profile: Json, template: Json, statement: Json) -> Iterator[str]:
    """Extensions and usage types that neither the profile defines nor the template names; values unlike their schema."""
    concepts = {one["id"]: one for one in profile["concepts"]}
    named = json.dumps(template)
    for place, type_ in (("context", "ContextExtension"), ("result", "ResultExtension")):
        for iri, value in statement.get(place, {}).get("extensions", {}).items():
            concept = concepts.get(iri)
            if concept is None:
                if iri not in named:
                    yield f"{iri} is in no profile"
                continue
            if concept["type"] != type_ or statement["verb"]["id"] not in concept["recommendedVerbs"]:
                yield f"{iri} in the {place} of {statement['verb']['id']}"
            schema = Draft202012Validator(json.loads(concept["inlineSchema"]))
            yield from (f"{iri}: {error.message}" for error in schema.iter_errors(value))
    for attachment in statement.get("attachments", ()):
        if concepts.get(attachment["usageType"], {}).get("type") != "AttachmentUsageType":
            yield f"{attachment['usageType']} is no usage type"
