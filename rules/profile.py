"""Our xAPI profile as a document: what `rules.vocabulary` names, what each name means, and what statements of ours look like.

xAPI Profile Specification 1.0 (https://w3id.org/xapi/profiles#1.0), as JSON-LD.  What MOM and ADL have words for is referred to
by templates and defined by them.  There are no patterns: none of our statements has a registration, and each stands alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lrs.xapi.naming import verb_words
from rules import vocabulary as v
from rules.language.profiles import OURS

Json = dict[str, Any]

ADDRESS: Final = "/api/v1/profile"
"""Where a server gives it; https://w3id.org/prowess is not ours yet (docs/decisions/0005)."""
MEDIA_TYPE: Final = "application/ld+json"

ID: Final = OURS.rstrip("/")
"""The profile overall; `rules.vocabulary.PROFILE`, which stands in the category of our statements, is its first version."""
_CONTEXT: Final = "https://w3id.org/xapi/profiles/context"
_CONFORMS_TO: Final = "https://w3id.org/xapi/profiles#1.0"
_FIRST: Final = "2026-11-27T00:00:00Z"

_TRANSITIONS: Final = tuple(v.VERBS)
_DAY: Final[Json] = {"type": ["string", "null"], "format": "date"}
_TEXT: Final[Json] = {"type": "string", "minLength": 1}

VERBS: Final[Mapping[str, str]] = {
    v.SIGNED_OFF: "An observer, the instructor of the context, says whether the actor can do the activity, perhaps item by item of a rubric.",
    v.MEASURED: "A sample of an indicator about the actor; the raw score is its value.",
    v.PRESENTED: "The actor handed in a credential of somebody else. It proves nothing before a review.",
    v.ACCEPTED: "A reviewer, the instructor of the context, accepted a credential that the actor handed in.",
    v.DECLINED: "A reviewer, the instructor of the context, declined a credential that the actor handed in, and says why.",
    v.WAIVED: "Criteria of a program are let go for the actor, until a day or for a period where one is said.",
    v.EXEMPTED: "A program asks nothing of the actor, until a day where one is said.",
    v.EXTENDED: "The actor has until a later day to fulfil a program.",
    v.SUSPENDED: "An award of the actor stops counting: by an act of office, until a day where one is said, or because a decision came out so.",
    v.REVOKED_BY: "An award of the actor is taken away, by an act of office or because a decision came out so.",
    v.REINSTATED: "An award of the actor counts again: an act of office ended its suspensions and revocations, or a decision came out so.",
    v.ENDORSED: "A third party stands behind an award of the actor.",
    v.VERBS[v.UNASSIGNED]: "A program is no longer required of the actor.",
    v.VERBS[v.RENEWED]: "The actor earned an award anew, with new days.",
    v.VERBS[v.EXPIRED]: "An award of the actor ended; it can still be renewed.",
    v.VERBS[v.LAPSED]: "An award of the actor ended for good; it can only be earned anew.",
    v.VERBS[v.NOTIFIED]: "Somebody was told about a deadline of the actor.",
    v.VERBS[v.FLAGGED]: "The actor is marked as out of compliance because a deadline passed.",
    v.VERBS[v.RESTRICTED]: "The actor is kept from something because a deadline passed.",
    v.VERBS[v.CLEARED]: "A consequence of a passed deadline holds for the actor no more.",
}  # fmt: skip
"""What each verb of ours means."""

_CREDITS: Final[Json] = {
    "type": "object",
    "required": ["type", "amount"],
    "properties": {"type": _TEXT, "amount": {"type": "number"}, "accredited_by": _TEXT},
}
_ESCALATION: Final[Json] = {
    "type": "object",
    "required": ["step", "deadline", "day"],
    "properties": {**dict.fromkeys(("step", "deadline", "recipient", "role", "action"), _TEXT), "day": _TEXT},
}


@dataclass(frozen=True, slots=True)
class Extension:
    """schema: JSON Schema of its value."""

    type: str
    definition: str
    verbs: tuple[str, ...]
    schema: Json


_TESTS: Final = ("http://adlnet.gov/expapi/verbs/passed", "http://adlnet.gov/expapi/verbs/failed")

EXTENSIONS: Final[Mapping[str, Extension]] = {
    v.DECISION_EXTENSION: Extension(
        "ContextExtension",
        "What was decided about the actor: transition, person and program by our ids, version of the program, and the state after it; "
        "of a ladder its step, deadline, day and whom it told or what it does.",
        tuple(dict.fromkeys((*v.VERBS.values(), v.QUALIFIED))),
        {
            "type": "object",
            "required": ["transition", "person", "program", "version", "assignment"],
            "properties": {
                "transition": {"enum": list(_TRANSITIONS)},
                "person": _TEXT,
                "program": _TEXT,
                "version": {"type": "integer", "minimum": 1},
                "assignment": _TEXT,
                "award": _TEXT,
                **dict.fromkeys(
                    ("due_on", "met_on", "valid_from", "expires_on", "renewable_from", "grace_until"), _DAY
                ),
                "score": {"type": ["string", "null"]},
                "escalation": _ESCALATION,
            },
            "additionalProperties": False,
        },
    ),
    v.OVERRIDE_EXTENSION: Extension(
        "ContextExtension",
        "An act of office: the program by its id, the reason, and what the act adds to it. One without a reason counts for nothing.",
        v.OVERRIDES,
        {
            "type": "object",
            "required": ["program", "reason"],
            "properties": {
                **dict.fromkeys(("program", "reason", "until", "for", "due_on"), _TEXT),
                "criteria": {"type": "array", "items": _TEXT, "minItems": 1},
            },
            "additionalProperties": False,
        },
    ),
    v.RUBRIC_EXTENSION: Extension(
        "ResultExtension",
        "Whether each item of the activity's rubric was shown.",
        (v.SIGNED_OFF,),
        {"type": "object", "additionalProperties": {"type": "boolean"}},
    ),
    v.PROCTORED_EXTENSION: Extension(
        "ContextExtension", "Whether the instructor of the context watched over the test.", _TESTS, {"type": "boolean"}
    ),
    v.CREDITS_EXTENSION: Extension(
        "ResultExtension",
        "Credits that the actor earned: their type, how many, and who accredited them; or a list of such.",
        (v.ATTENDED, v.PRESENTED),
        {"anyOf": [_CREDITS, {"type": "array", "items": _CREDITS, "minItems": 1}]},
    ),
    v.CREDENTIAL_EXTENSION: Extension(
        "ResultExtension",
        "A credential of somebody else: its issuer, its first and last day, its number.",
        (v.PRESENTED, v.ACCEPTED, v.DECLINED),
        {
            "type": "object",
            "properties": dict.fromkeys(("issuer", "issued_on", "expires_on", "number"), _TEXT),
        },
    ),
}
"""What each extension of ours holds."""

ATTACHMENTS: Final[Mapping[str, str]] = {v.CREDENTIAL_USAGE: "The file that a credential handed in comes with."}


def _member(*path: str) -> str:
    """A JSONPath (goessner.net) that leads to members by their names."""
    return "$" + "".join(f"['{name}']" for name in path)


_INSTRUCTOR: Final = _member("context", "instructor")
_OVERRIDE: Final = ("context", "extensions", v.OVERRIDE_EXTENSION)
_DECISION: Final = ("context", "extensions", v.DECISION_EXTENSION)
_EITHER: Final = f"$['context']['extensions']['{v.OVERRIDE_EXTENSION}','{v.DECISION_EXTENSION}']"
_TYPE: Final = _member("object", "definition", "type")


def _has(*locations: str) -> list[Json]:
    return [{"location": location, "presence": "included"} for location in locations]


def _may(location: str, note: str) -> Json:
    return {"location": location, "presence": "recommended", "scopeNote": {"en": note}}


_EVERY: Final = [
    *_has("$['timestamp']"),
    {"location": "$['context']['contextActivities']['category'][*]['id']", "any": [v.PROFILE]},
]
"""What holds of all statements of ours."""
_OF_A_PROGRAM: Final = [
    {"location": _TYPE, "all": [v.JOB_TYPE, v.BADGE_TYPE], "presence": "included", "scopeNote": {
        "en": "A job where the program is a certification, a badge where it is a curriculum."}},
]  # fmt: skip
_OF_AN_ACT: Final = [*_OF_A_PROGRAM, *_has(_member(*_OVERRIDE, "program"), _member(*_OVERRIDE, "reason"))]
_EVIDENCE: Final = _may(_member("context", "extensions", v.EVIDENCE_EXTENSION), "The statements it was built on.")


def _decided(*names: str, types: tuple[str, ...] = (v.JOB_TYPE, v.BADGE_TYPE)) -> list[Json]:
    return [
        {"location": _TYPE, "all": list(types), "presence": "included"},
        {"location": _member(*_DECISION, "transition"), "all": list(names), "presence": "included"},
        *_has(*(_member(*_DECISION, name) for name in ("person", "program", "version", "assignment", "award"))),
        _EVIDENCE,
    ]


def _climbed(name: str, *members: str) -> list[Json]:
    return [
        *_OF_A_PROGRAM,
        {"location": _member(*_DECISION, "transition"), "all": [name], "presence": "included"},
        *_has(*(_member(*_DECISION, name) for name in ("person", "program", "version"))),
        *_has(*(_member(*_DECISION, "escalation", name) for name in ("step", "deadline", "day", *members))),
    ]


def _either(name: str) -> list[Json]:
    """By an act of office, or decided: two kinds of statements with one verb."""
    location = f"{_EITHER}['program']"
    return [
        *_OF_A_PROGRAM,
        {"location": location, "presence": "included", "scopeNote": {
            "en": "The override of an act of office has a reason too, a decision a transition."}},
        {"location": _member(*_DECISION, "transition"), "all": [name], "presence": "recommended"},
        _EVIDENCE,
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """The one shape of our statements that have this verb."""

    name: str
    verb: str
    definition: str
    rules: list[Json]


_CREDENTIAL: Final = ("result", "extensions", v.CREDENTIAL_EXTENSION)
_REVIEW: Final = (_INSTRUCTOR, _member(*_CREDENTIAL), _member("context", "statement", "id"))

TEMPLATES: Final = (
    Template("attended", v.ATTENDED, "Somebody was at a session, or was expected and was not.", [
        _may(_member("result", "duration"), "How long, where it is known."),
        {"location": _member("result", "success"), "all": [False], "presence": "recommended",
         "scopeNote": {"en": "Only of somebody who was not there."}},
    ]),
    Template("responded", v.RESPONDED, "A survey was answered: by a rating from 1 to 5, in words, or both.",
             _has("$['result']['score','response']")),
    Template("signed-off", v.SIGNED_OFF, "An observer's word about the learner.",
             _has(_member("result", "success"), _INSTRUCTOR)),
    Template("measured", v.MEASURED, "One sample of an indicator.", _has(_member("result", "score", "raw"))),
    Template("presented", v.PRESENTED, "A credential is handed in.", _has(_member(*_CREDENTIAL, "issuer"))),
    Template("accepted", v.ACCEPTED, "A credential that was handed in is accepted; `statement` says by which.",
             _has(*_REVIEW)),
    Template("declined", v.DECLINED, "A credential that was handed in is declined, with the reason.",
             _has(*_REVIEW, _member("result", "response"))),
    Template("waived", v.WAIVED, "An act of office lets criteria go.", _OF_AN_ACT),
    Template("exempted", v.EXEMPTED, "An act of office takes a program off the learner.", _OF_AN_ACT),
    Template("extended", v.EXTENDED, "An act of office gives the learner a later due date.",
             [*_OF_AN_ACT, *_has(_member(*_OVERRIDE, "due_on"))]),
    Template("endorsed", v.ENDORSED, "An act of office records a third party's endorsement.", _OF_AN_ACT),
    Template("suspended", v.SUSPENDED, "An award stops counting.", _either(v.HELD_BACK)),
    Template("revoked", v.REVOKED_BY, "An award is taken away.", _either(v.REVOKED)),
    Template("reinstated", v.REINSTATED, "An award counts again.", _either(v.RESTORED)),
    Template("assigned", v.VERBS[v.ASSIGNED], "A program is required of the learner.", _decided(v.ASSIGNED)),
    Template("unassigned", v.VERBS[v.UNASSIGNED], "A program is required no longer.", _decided(v.UNASSIGNED)),
    Template("certified", v.CERTIFIED, "A certification is awarded.", _decided(v.AWARDED, types=(v.JOB_TYPE,))),
    Template("qualified", v.QUALIFIED, "A curriculum is met.", _decided(v.AWARDED, types=(v.BADGE_TYPE,))),
    Template("renewed", v.VERBS[v.RENEWED], "An award is earned anew.", _decided(v.RENEWED)),
    Template("expired", v.VERBS[v.EXPIRED], "An award ended and can be renewed.", _decided(v.EXPIRED)),
    Template("lapsed", v.VERBS[v.LAPSED], "An award ended for good.", _decided(v.LAPSED)),
    Template("notified", v.VERBS[v.NOTIFIED], "A ladder told somebody about a deadline of the learner.",
             _climbed(v.NOTIFIED, "recipient", "role")),
    Template("flagged", v.VERBS[v.FLAGGED], "A ladder marked the learner as out of compliance.",
             _climbed(v.FLAGGED, "action")),
    Template("restricted", v.VERBS[v.RESTRICTED], "A ladder restricted the learner.",
             _climbed(v.RESTRICTED, "action")),
    Template("cleared", v.VERBS[v.CLEARED], "A consequence ended.", _climbed(v.CLEARED, "action")),
)  # fmt: skip
"""One for each verb, so that no statement matches two."""

_ALONE: Final = "It is sent by itself, each time that this happens."


def profile() -> Json:
    """The document, the same on every server of a release."""
    return {
        "@context": _CONTEXT,
        "id": ID,
        "type": "Profile",
        "conformsTo": _CONFORMS_TO,
        "prefLabel": {"en": "Prowess"},
        "definition": {
            "en": "Evidence that people enter, acts of office about learners in programs, and decisions about who is "
            "proficient and certified, with what was done about their deadlines. The learner is the actor; whoever "
            "answers for a statement is the instructor of its context. Assignments and awards speak the MOM profile."
        },
        "versions": [{"id": v.PROFILE, "generatedAtTime": _FIRST}],
        "author": {"type": "Organization", "name": "Prowess"},
        "concepts": [
            *(_concept("Verb", iri, text) for iri, text in VERBS.items()),
            *(_extension(iri, one) for iri, one in EXTENSIONS.items()),
            *(_concept("AttachmentUsageType", iri, text) for iri, text in ATTACHMENTS.items()),
        ],
        "templates": [_template(one) for one in TEMPLATES],
    }


def profile_text() -> str:
    return json.dumps(profile(), indent=2, ensure_ascii=False) + "\n"


def _concept(type_: str, iri: str, definition: str) -> Json:
    return {
        "id": iri,
        "type": type_,
        "inScheme": v.PROFILE,
        "prefLabel": {"en": verb_words(iri)},
        "definition": {"en": definition},
    }


def _extension(iri: str, one: Extension) -> Json:
    more = {"recommendedVerbs": list(one.verbs), "inlineSchema": json.dumps(one.schema)}
    return {**_concept(one.type, iri, one.definition), **more}


def _template(one: Template) -> Json:
    return {
        **_concept("StatementTemplate", f"{OURS}templates/{one.name}", f"{one.definition} {_ALONE}"),
        "allowedSolo": True,
        "verb": one.verb,
        "rules": [*_EVERY, *one.rules],
    }
