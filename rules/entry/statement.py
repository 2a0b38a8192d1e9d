"""What all statements that people enter have in common (docs/profile.md).  Pure.

A statement made here has every member but `authority` and `stored`, which the store's writer gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from lrs.clock import to_text
from lrs.xapi.edit import json_text
from lrs.xapi.naming import verb_words
from rules import vocabulary as v

Json = Mapping[str, Any]

NAMESPACE: Final = UUID("b0d4f3a6-9a0e-5c62-8d8c-2f1c7a3f6e55")


@dataclass(frozen=True, slots=True)
class Entry:
    """Who is spoken of, about what, when, and who answers for it.

    learner, instructor: Agents; object: an Activity; at: microseconds since the epoch.
    """

    id: UUID
    learner: Json
    object: Json
    at: int
    instructor: Json | None = None


def activity_object(iri: str, title: str, type_: str | None = None) -> Json:
    """The Activity that stands as a statement's object."""
    definition = {"name": {"en": title}, **({"type": type_} if type_ else {})}
    return {"objectType": "Activity", "id": iri, "definition": definition}


def content_id(*parts: Any) -> UUID:
    """An id that follows from what is said, so that saying it again adds nothing."""
    return uuid5(NAMESPACE, json_text(parts))


def statement(
    entry: Entry, verb: str, *, result: Json | None = None, extensions: Json | None = None, **more: Any
) -> dict[str, Any]:
    """The statement of an entry; `extensions` stand in its context, `more` are further members of the context."""
    context: dict[str, Any] = {}
    if entry.instructor is not None:
        context["instructor"] = entry.instructor
    context |= {"contextActivities": {"category": [{"objectType": "Activity", "id": v.PROFILE}]}, **more}
    if extensions:
        context["extensions"] = extensions
    return {
        "id": str(entry.id),
        "actor": entry.learner,
        "verb": {"id": verb, "display": {"en": verb_words(verb)}},
        "object": entry.object,
        **({"result": result} if result else {}),
        "context": context,
        "timestamp": to_text(entry.at),
        "version": "1.0.3",
    }
