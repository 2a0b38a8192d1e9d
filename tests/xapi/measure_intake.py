"""How long a statement takes from bytes to prepared: `python -m tests.xapi.measure_intake`."""

from __future__ import annotations

import json
import timeit
from uuid import uuid4

from lrs.xapi.intake import prepare
from lrs.xapi.json_door import load, load_items
from lrs.xapi.postings import postings
from lrs.xapi.sameness import content_hash
from lrs.xapi.statement import validate_statement
from lrs.xapi.versions import Version
from tests.xapi.examples import AUTHORITY

SITE = {
    "id": "https://lms.example",
    "definition": {"type": "http://id.tincanapi.com/activitytype/lms", "name": {"en": "Our LMS"}},
}
LIKE_MOODLE = {
    "actor": {"name": "Ada Byron", "account": {"homePage": "https://lms.example", "name": "17"}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "Completed"}},
    "object": {
        "objectType": "Activity",
        "id": "https://lms.example/mod/quiz/view.php?id=7",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/assessment",
            "name": {"en": "Forklift safety: the test"},
        },
    },
    "result": {
        "score": {"raw": 8.5, "min": 0, "max": 10, "scaled": 0.7},
        "success": True,
        "completion": True,
        "duration": "PT4M3S",
    },
    "context": {
        "platform": "Moodle",
        "registration": "b7f82d87-7e90-57cc-be07-0ddfe4d8505a",
        "language": "en",
        "extensions": {
            "http://lrs.learninglocker.net/define/extensions/info": {
                "http://moodle.org": "4.5.6",
                "event_name": "attempt_submitted",
            }
        },
        "contextActivities": {
            "category": [SITE],
            "grouping": [SITE, {**SITE, "id": "https://lms.example/course/view.php?id=2"}],
        },
    },
    "timestamp": "2026-11-23T16:33:05.000Z",
}


def main() -> None:
    body = json.dumps(LIKE_MOODLE).encode()
    batch = b"[" + b",".join([body] * 100) + b"]"
    statement = load(body)

    def run(one: bytes) -> None:
        prepare(one, version=Version.V1_0_3, authority=AUTHORITY, new_id=uuid4)

    print(f"a statement of {len(body)} bytes, microseconds, best of 15")  # noqa: T201
    for name, action, share in (
        ("read", lambda: load(body), 1),
        ("read with spans", lambda: load_items(body), 1),
        ("validate", lambda: validate_statement(statement, Version.V1_0_3), 1),
        ("content hash", lambda: content_hash(statement), 1),
        ("postings", lambda: postings(statement), 1),
        ("prepare, alone", lambda: run(body), 1),
        ("prepare, one of 100", lambda: run(batch), 100),
    ):
        rounds = max(3, 300 // share)
        best = min(timeit.repeat(action, number=rounds, repeat=15)) / rounds / share
        print(f"{name:20} {best * 1e6:6.1f}")  # noqa: T201


if __name__ == "__main__":
    main()
