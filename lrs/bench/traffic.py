"""Made-up traffic: statements of a usual size with ids of their own, and the questions that are asked about them."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from random import Random
from urllib.parse import quote, urlencode

from lrs.clock import SECOND, to_text

ACTORS = 2_000
ACTIVITIES = 200
_BUSIEST = 3
"""So many of each are asked about: those who did most, whose pages are full in a small store and in a large one."""
_VERBS = ("passed", "completed", "attempted", "experienced", "failed")
_START = 1_704_067_200 * SECOND
_STATEMENT = (
    '{{"id":"{id}","actor":{{"objectType":"Agent","name":"Learner {actor}","mbox":"mailto:learner{actor}@bench.example"}},'
    '"verb":{{"id":"http://adlnet.gov/expapi/verbs/{verb}","display":{{"en-US":"{verb}"}}}},'
    '"object":{{"objectType":"Activity","id":"https://bench.example/course/{activity}",'
    '"definition":{{"name":{{"en-US":"Course {activity}"}},"description":{{"en-US":"What everybody has to know before '
    'they start working with number {activity}, with an examination at the end of it."}},'
    '"type":"http://adlnet.gov/expapi/activities/course"}}}},'
    '"result":{{"score":{{"scaled":0.{score},"raw":{score},"min":0,"max":100}},"success":true,"completion":true,'
    '"duration":"PT21M{score}S"}},'
    '"context":{{"registration":"{registration}","platform":"Bench LMS","language":"en-US",'
    '"contextActivities":{{"parent":[{{"objectType":"Activity","id":"https://bench.example/program/{program}"}}],'
    '"grouping":[{{"objectType":"Activity","id":"https://bench.example/site/{site}"}}]}},'
    '"extensions":{{"https://bench.example/ext/attempt":{score},"https://bench.example/ext/browser":"Mozilla/5.0"}}}},'
    '"timestamp":"{timestamp}"}}'
)


def statements(seed: int | None = None) -> Iterator[str]:
    """Statements without end, as JSON text; the same ones for a seed, other ids each time without."""
    random = Random(seed)
    entropy = random.randbytes if seed is not None else os.urandom
    while True:
        actor, activity = _one_of(ACTORS, random), _one_of(ACTIVITIES, random)
        yield _STATEMENT.format(
            id=_uuid(entropy(16)),
            actor=actor,
            verb=_VERBS[random.randrange(len(_VERBS))],
            activity=activity,
            score=random.randrange(10, 100),
            registration=registration_of(actor),
            program=activity % 10,
            site=actor % 20,
            timestamp=to_text(_START + random.randrange(700 * 86_400) * SECOND),
        )


def _one_of(many: int, random: Random) -> int:
    """As in real traffic a few have most of it: one of 2,000 a twelfth, one of 200 a sixth."""
    return int(many * random.random() ** 3)


def registration_of(actor: int) -> str:
    return _uuid(actor.to_bytes(16, "big"))


def posts(key: str, secret: str, batch: int, path: str, host: str) -> Iterator[bytes]:
    """POST requests of single statements, or of batches when `batch` is more than one."""
    source = statements()
    begin = head("POST", f"{path}/statements", key, secret, host)
    while True:
        text = next(source) if batch == 1 else f"[{','.join(next(source) for _ in range(batch))}]"
        body = text.encode()
        yield b"%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (begin, len(body), body)


def gets(key: str, secret: str, name: str, path: str, host: str) -> Iterator[bytes]:
    """GET requests with one kind of filter, each about somebody or something else."""
    random = Random(11)
    _, _, rest = head("GET", "", key, secret, host).partition(b"GET ")
    while True:
        query = urlencode({"limit": "50", **_questions(random)[name]}, quote_via=quote)
        yield b"GET %s/statements?%s%s\r\n\r\n" % (path.encode(), query.encode(), rest)


def _questions(random: Random) -> dict[str, dict[str, str]]:
    """The parameters of a query of each kind, about somebody and something."""
    actor, activity = random.randrange(_BUSIEST), random.randrange(_BUSIEST)
    agent = f'{{"mbox":"mailto:learner{actor}@bench.example"}}'
    verb = f"http://adlnet.gov/expapi/verbs/{_VERBS[activity % len(_VERBS)]}"
    course, program = f"https://bench.example/course/{activity}", f"https://bench.example/program/{activity % 10}"
    return {
        "none": {},
        "agent": {"agent": agent},
        "verb": {"verb": verb},
        "activity": {"activity": course},
        "registration": {"registration": registration_of(actor)},
        "since": {"since": "2020-01-01T00:00:00Z"},
        "until": {"until": "2100-01-01T00:00:00Z"},
        "ascending": {"ascending": "true"},
        "agent and verb": {"agent": agent, "verb": verb},
        "agent and activity": {"agent": agent, "activity": course},
        "related agent": {"agent": agent, "related_agents": "true"},
        "related activity": {"activity": program, "related_activities": "true"},
        "related activity and verb": {"activity": program, "related_activities": "true", "verb": verb},
    }


def head(method: str, target: str, key: str, secret: str, host: str) -> bytes:
    """The head of a request, without the empty line at its end."""
    token = base64.b64encode(f"{key}:{secret}".encode()).decode()
    return (
        f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {token}\r\nX-Experience-API-Version: 1.0.3"
    ).encode()


def _uuid(random: bytes) -> str:
    text = random.hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


QUESTIONS = tuple(_questions(Random(0)))
