"""Small worlds for property tests: few names and few ids, so that statements meet often, and questions about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from lrs.store.search import Filter, Search, StatementReader
from lrs.xapi.actors import ifi_text
from tests.store.model import VOIDED

T = TypeVar("T")
Choose = Callable[[Sequence[T]], T]
"""One of some values: `random.Random.choice`, or a draw of hypothesis."""

AGENTS = [
    {"mbox": "mailto:ada@x.example"},
    {"mbox": "mailto:grace@x.example"},
    {"account": {"homePage": "https://lms.x.example", "name": "ada@x.example"}},
]
CROWD = {"objectType": "Group", "member": [{"mbox": f"mailto:{name}@x.example"} for name in "abcdefghij"]}
VERBS = [f"https://x.example/verbs/{name}" for name in ("saw", "passed", "said")]
ACTIVITIES = [f"https://x.example/{name}" for name in ("course", "quiz")]
REGISTRATIONS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(2)]
VALUES: dict[str, list[Any]] = {
    "agent": [*AGENTS, CROWD["member"][0]],
    "verb": [*VERBS, VOIDED],
    "activity": ACTIVITIES,
    "registration": REGISTRATIONS,
}
"""What can be asked for, by the filter's name."""
RELATED = {"agent": "related_agents", "activity": "related_activities"}
KINDS_OF_FILTER = VALUES.keys()
MOST = 1_000
"""More statements than any world has."""
KINDS = ["plain", "plain", "crowd", "sub", "ref", "ref", "ref", "ref", "ref", "void"]


def pool(size: int) -> list[str]:
    """The ids of a world; what refers picks from them whether they are taken or not."""
    return [str(UUID(int=(4 << 76) | (8 << 60) | number)) for number in range(size)]


def drawn(choose: Choose[Any], id_: str, ids: Sequence[str]) -> dict[str, Any]:
    """A statement of any kind about anything of this world."""
    kind = choose(KINDS)
    made: dict[str, Any] = {
        "id": id_,
        "actor": CROWD if kind == "crowd" else choose(AGENTS),
        "verb": {"id": VOIDED if kind == "void" else choose(VERBS)},
        "object": {"id": choose(ACTIVITIES)},
        "timestamp": "2026-03-01T12:00:00.000Z",
    }
    if kind in ("ref", "void"):
        made["object"] = {"objectType": "StatementRef", "id": choose(ids)}
    if kind == "sub":
        inner = {"actor": choose(AGENTS), "verb": {"id": choose(VERBS)}, "object": {"id": choose(ACTIVITIES)}}
        made["object"] = {"objectType": "SubStatement", **inner}
    context = choose([{}, {}, {"registration": choose(REGISTRATIONS)}, _beside(choose, ids)])
    return {**made, "context": context} if context else made


def _beside(choose: Choose[Any], ids: Sequence[str]) -> dict[str, Any]:
    """A context that names another statement, which must not matter, and people and things that are only related."""
    return {
        "statement": {"objectType": "StatementRef", "id": choose(ids)},
        "instructor": choose(AGENTS),
        "contextActivities": {"parent": [{"id": "https://x.example/course"}]},
    }


def single_questions() -> Iterator[dict[str, Any]]:
    """Each question with one filter."""
    for name, values in VALUES.items():
        for value in values:
            yield {name: value}
            if name in RELATED:
                yield {name: value, RELATED[name]: True}


def found_by(reader: StatementReader, tenant_id: int, question: dict[str, Any]) -> list[str]:
    """Ids of what a question with one filter finds, past HTTP and in one page."""
    (kind,) = question.keys() & KINDS_OF_FILTER
    value, related = question[kind], len(question) > 1
    filter_ = Filter(kind, value if isinstance(value, str) else str(ifi_text(value)), related)
    return [str(one.id) for one in reader.search(Search(tenant_id, (filter_,), limit=MOST))]


def asked(choose: Choose[Any]) -> dict[str, Any]:
    """Filters as `Model.search` takes them, more often few than many."""
    question: dict[str, Any] = {}
    for name, values in VALUES.items():
        if choose([True, False, False]):
            question[name] = choose(values)
            if name in RELATED and choose([True, False]):
                question[RELATED[name]] = True
    return question


def parameters(question: dict[str, Any]) -> dict[str, str]:
    """The same as parameters of a GET."""
    return {name: _text(value) for name, value in question.items()}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
