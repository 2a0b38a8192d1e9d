"""Clients who send while something breaks, and their journal: what was acknowledged, and what was never answered."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

import requests

from tests.faults.kept import Kept, is_as_sent
from tests.journey.house import ADL, EXAM, until

CLIENTS = 4
_SIZES = (1, 1, 1, 2, 5, 20)
_PASSING = 0.1
_PAUSE = 0.05
_FAILED = ("1e-1", "0.10", "0.1000000000000000000000000000000000000001")


@dataclass(slots=True)
class Sending:
    """One request: its statements by id, as the very bytes that are sent; several are a batch."""

    statements: Mapping[str, bytes]
    by_put: bool
    begun: float = 0.0
    """When it was sent last, on the monotonic clock."""

    def send(self, session: requests.Session, url: str) -> requests.Response:
        self.begun = monotonic()
        ids, (body, *more) = list(self.statements), self.statements.values()
        if self.by_put:
            return session.put(url, params={"statementId": ids[0]}, data=body, timeout=60)
        return session.post(url, data=b"[" + b", ".join([body, *more]) + b"]" if more else body, timeout=60)


class Crowd:
    """Several clients of one store.  They make ids themselves and send again what was not answered, as they should.

    people: who may pass the exam; `widen` says how many of them do by now.  passing: only so many of them, the last ones.
    """

    def __init__(self, auth: Any, people: Sequence[str], *, passing: int = 2) -> None:
        self._auth = auth
        self._people = people
        self._passing = passing
        self._until = len(people)
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self.acknowledged: dict[str, bytes] = {}
        self.unanswered: list[Sending] = []
        self.statuses: list[tuple[float, int]] = []
        """When each answered request was sent, and the status of its answer."""
        self.counts: Counter[int] = Counter()
        """How many answers there were of each status."""
        self.wrong: list[str] = []
        """Answers that nobody should get."""
        self.resent = 0
        """How often a request was sent again."""
        self._checked = 0

    def widen(self, number: int) -> None:
        """From now on only the first so many people are heard of."""
        self._until = number

    @contextmanager
    def sending(self, url: str, draw: Random) -> Iterator[None]:
        """Send from several threads until the block ends, each until its server is gone; what was lost goes first."""
        self._stopping.clear()
        threads = [threading.Thread(target=self._send, args=(url, Random(draw.random()))) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()
        assert not self.wrong, self.wrong

    def answered(self, number: int) -> None:
        """Wait for so many more acknowledgements."""
        before = self._acknowledgements()
        until(lambda: self._acknowledgements() >= before + number, f"{number} acknowledgements", 240)

    def lost_between(self, begin: float, end: float) -> int:
        """How many requests were sent between two moments and never answered."""
        return sum(begin < one.begun < end for one in self.unanswered)

    def finish(self, url: str) -> None:
        """Send once more whatever was never answered: it is taken, whether it had arrived or not."""
        with self._session() as session:
            for one in self.unanswered:
                self.resent += 1
                answer = one.send(session, f"{url}/xapi/statements")
                assert answer.status_code in {200, 204}, answer.text
                self.acknowledged.update(one.statements)
        self.unanswered.clear()

    def check(self, kept: Kept) -> int:
        """Everything acknowledged since the last check is kept as it was sent, and of each lost batch all or nothing.

        Returns how many of the lost requests had been stored.
        """
        for id_, sent in list(self.acknowledged.items())[self._checked :]:
            assert id_ in kept.texts, f"acknowledged and lost: {id_}"
            assert is_as_sent(kept.texts[id_], sent)
        self._checked = len(self.acknowledged)
        arrived = 0
        for one in self.unanswered:
            found = [id_ for id_ in one.statements if id_ in kept.texts]
            assert len(found) in {0, len(one.statements)}, f"half of a batch: {found}"
            assert all(is_as_sent(kept.texts[id_], one.statements[id_]) for id_ in found)
            arrived += bool(found)
        return arrived

    def check_all(self, kept: Kept) -> None:
        """The same of everything that was ever acknowledged."""
        self._checked = 0
        self.check(kept)

    def passed(self) -> set[str]:
        """Who passed the exam in a statement that was acknowledged."""
        told = map(json.loads, self.acknowledged.values())
        return {_name(one) for one in told if one["result"]["score"]["scaled"] >= 0.8}

    def _acknowledgements(self) -> int:
        return self.counts[200] + self.counts[204]

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.auth = self._auth
        session.headers.update({"X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"})
        return session

    def _send(self, url: str, draw: Random) -> None:
        with self._session() as session:
            while not self._stopping.is_set():
                one = self._next(draw)
                try:
                    answer = one.send(session, f"{url}/xapi/statements")
                except requests.RequestException:
                    with self._guard:
                        self.unanswered.append(one)
                    return
                self._note(one, answer)

    def _note(self, one: Sending, answer: requests.Response) -> None:
        with self._guard:
            self.statuses.append((one.begun, answer.status_code))
            self.counts[answer.status_code] += 1
            if answer.status_code in {200, 204}:
                self.acknowledged.update(one.statements)
                return
            self.unanswered.append(one)
            if answer.status_code != 503 or answer.headers["Content-Type"] != "application/problem+json":
                self.wrong.append(f"{answer.status_code} {answer.text}")
        self._stopping.wait(_PAUSE)

    def _next(self, draw: Random) -> Sending:
        with self._guard:
            if self.unanswered:
                self.resent += 1
                return self.unanswered.pop(0)
        size = draw.choice(_SIZES)
        statements = dict(self._statement(draw) for _ in range(size))
        return Sending(statements, by_put=size == 1 and draw.random() < 0.5)

    def _statement(self, draw: Random) -> tuple[str, bytes]:
        """One try, whose values are written as no library would: nothing but the bytes themselves can come back equal."""
        id_ = str(UUID(int=draw.getrandbits(128), version=4))
        passes = draw.random() < _PASSING
        person = self._people[
            max(0, self._until - draw.randint(1, self._passing)) if passes else draw.randrange(self._until)
        ]
        score = draw.choice(("0.90", "9.0e-1")) if passes else draw.choice(_FAILED)
        extra = draw.choice(
            ("", ',"version":"1.0.0"', *(() if passes else (',"timestamp":"2025-11-02T08:00:00.120Z"',)))
        )
        text = (
            f'{{"id":"{id_}","actor":{{ "mbox":"mailto:{person}@example.org"}},"object":{{"id" : "{EXAM}"}},'
            f'"verb":{{\n"id":"{ADL}passed"}},"result":{{"score":{{"scaled": {score} }},"response":"na\\u00efve ☃ \\/"}}'
            f"{extra}}}"
        )
        return id_, text.encode()


def _name(statement: Mapping[str, Any]) -> str:
    return str(statement["actor"]["mbox"]).removeprefix("mailto:").partition("@")[0]
