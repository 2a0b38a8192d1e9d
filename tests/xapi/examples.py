"""A valid statement to break in one place, and the tables that say where.

A case's name starts with the id of the requirement it decides; `test_coverage` reads these names.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from lrs.xapi.intake import Batch, Prepared, prepare
from lrs.xapi.problems import ROOT, StatementInvalid, path_text
from lrs.xapi.versions import Version

BOTH = (Version.V1_0_3, Version.V2_0)
ONLY_1_0 = (Version.V1_0_3,)
ONLY_2_0 = (Version.V2_0,)
AUTHORITY = {"objectType": "Agent", "account": {"homePage": "https://lrs.example", "name": "key-1"}}
NEW_ID = UUID("00000000-0000-4000-8000-000000000001")
UUID_TEXT = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"
AGENT = {"objectType": "Agent", "mbox": "mailto:ada@example.org"}
GROUP = {"objectType": "Group", "member": [AGENT]}
GONE = object()

STATEMENT: dict[str, Any] = {
    "id": UUID_TEXT,
    "actor": {"objectType": "Agent", "name": "Ada", "mbox": "mailto:ada@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/attended", "display": {"en-GB": "attended"}},
    "object": {
        "objectType": "Activity",
        "id": "http://www.example.com/meetings/34534",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/meeting",
            "name": {"en": "example meeting"},
            "description": {"en": "An example meeting"},
            "moreInfo": "http://virtualmeeting.example.com/345256",
            "extensions": {
                "http://example.com/ext/location": "X:\\meetings\\one",
                "http://example.com/ext/by": {"id": 5},
            },
        },
    },
    "result": {
        "score": {"scaled": 0.95, "raw": 95, "min": 0, "max": 100},
        "success": True,
        "completion": True,
        "response": "We agreed on some example actions.",
        "duration": "PT1H0M0S",
        "extensions": {"http://example.com/ext/minutes": None},
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "instructor": {"mbox": "mailto:grace@example.org"},
        "team": {"objectType": "Group", "account": {"homePage": "https://hr.example", "name": "blue"}},
        "contextActivities": {
            "parent": [{"id": "http://example.com/course/1"}],
            "other": {"id": "http://example.com/x"},
        },
        "revision": "rev 3",
        "platform": "Example virtual meeting software",
        "language": "tlh",
        "statement": {"objectType": "StatementRef", "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"},
        "extensions": {"http://example.com/ext/floor": []},
    },
    "timestamp": "2013-05-18T05:32:34.804Z",
    "stored": "2013-05-18T05:32:34.804Z",
    "authority": {"mbox": "mailto:lrs@example.org"},
    "version": "1.0.0",
    "attachments": [
        {
            "usageType": "http://example.com/attachment-usage/test",
            "display": {"en-US": "A test attachment"},
            "description": {"en-US": "A test attachment (description)"},
            "contentType": "text/plain; charset=ascii",
            "length": 27,
            "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
            "fileUrl": "https://example.com/file",
        }
    ],
}
TOP_ONLY = ("id", "stored", "authority", "version")

Path = str | tuple[str | int, ...]
Edit = tuple[Path, Any]


@dataclass(frozen=True)
class Case:
    """Edits of the valid statement, and what must come of it: nothing, or a flaw with this path and rule."""

    edits: tuple[Edit, ...]
    version: Version
    nested: bool = False
    path: str | None = None
    rule: str | None = None

    def statement(self) -> dict[str, Any]:
        statement = copy.deepcopy(STATEMENT)
        for path, value in self.edits:
            put(statement, path, value)
        return nest(statement) if self.nested else statement


def accepts(name: str, *edits: Edit, versions: Iterable[Version] = BOTH, top_only: bool = False) -> list[Any]:
    """The statement stays valid, alone and as a SubStatement."""
    return [
        pytest.param(Case(edits, version, nested), id=f"{name}-{version.value}{'-sub' if nested else ''}")
        for version in versions
        for nested in ((False,) if top_only else (False, True))
    ]


def refuses(
    name: str,
    *edits: Edit,
    at: str | None = None,
    rule: str | None = None,
    versions: Iterable[Version] = BOTH,
    top_only: bool = False,
) -> list[Any]:
    """The statement becomes invalid at that place, by the rule in the case's name unless another is given."""
    prefix = name.split("-", maxsplit=1)[0]
    rule = rule or (f"XAPI-{prefix}" if prefix.isdigit() else "-".join(name.split("-")[:2]))
    path = at or path_text(reduce(lambda where, step: (where, step), steps(edits[0][0]), ROOT))
    return [
        pytest.param(
            Case(edits, version, nested, f"$.object{path[1:]}" if nested else path, rule),
            id=f"{name}-{version.value}{'-sub' if nested else ''}",
        )
        for version in versions
        for nested in ((False,) if top_only else (False, True))
    ]


def check(case: Case) -> None:
    """Send it through the whole intake."""
    body = json.dumps(case.statement()).encode()
    if case.rule is None:
        send(body, case.version)
        return
    with pytest.raises(StatementInvalid) as caught:
        send(body, case.version)
    (flaw,) = caught.value.flaws
    assert (flaw.path, flaw.rule, flaw.index) == (case.path, case.rule, 0)
    assert caught.value.problem()["errors"][0]["detail"] == flaw.detail


def send(body: bytes, version: Version = Version.V1_0_3, **more: Any) -> Batch:
    return prepare(body, version=version, authority=AUTHORITY, new_id=counting(), **more)


def send_one(statement: Any, version: Version = Version.V1_0_3, **more: Any) -> Prepared:
    body = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
    (prepared,) = send(body, version, **more)
    return prepared


def counting() -> Callable[[], UUID]:
    """New ids that count up from NEW_ID."""
    numbers = iter(range(10**6))
    return lambda: UUID(int=NEW_ID.int + next(numbers))


def changed(*edits: Edit) -> dict[str, Any]:
    return Case(edits, Version.V1_0_3).statement()


def nest(statement: dict[str, Any]) -> dict[str, Any]:
    """The statement as the SubStatement of another."""
    sub = {key: value for key, value in statement.items() if key not in TOP_ONLY}
    return {
        "actor": AGENT,
        "verb": {"id": "http://example.com/planned"},
        "object": {"objectType": "SubStatement", **sub},
    }


def put(value: Any, path: Path, new: Any) -> None:
    *way, last = steps(path)
    for step in way:
        value = value[step]
    if new is GONE:
        del value[last]
    else:
        value[last] = copy.deepcopy(new)


def steps(path: Path) -> tuple[str | int, ...]:
    if isinstance(path, tuple):
        return path
    return tuple(int(step) if re.fullmatch("[0-9]+", step) else step for step in path.split("."))
