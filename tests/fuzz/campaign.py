"""Several processes that send traffic to one installation and hold every answer against the oracle."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any, Final

from tests.fuzz.installation import Installation
from tests.fuzz.oracle import LONGEST, came_from_us, complaint
from tests.fuzz.recipe import Recipe, recipe_from
from tests.fuzz.traffic import Traffic
from tests.fuzz.wire import Connection, HungUp, Reply, Silence

MOST_MEGABYTES: Final = 300
MOST_FAILURES: Final = 50
FINE: Final = "nothing is wrong with it"
_BATCH: Final = 100
_STRIDE: Final = 1_000_000_000
"""Numbers of requests that each process has for itself."""


@dataclass
class Result:
    """What a campaign found.  answers: how many by kind of request and status; failures: where they are written.

    memory: MB at the highest; work: seconds of the server's processors.
    """

    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[Path] = field(default_factory=list)
    complaints: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    memory: int = 0
    work: float = 0.0
    seconds: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.answers.values())

    def of_status(self, first: str) -> int:
        return sum(count for (_, status), count in self.answers.items() if status.startswith(first))

    def told(self) -> str:
        """For people, a line a kind."""
        kinds = sorted({kind for kind, _ in self.answers})
        lines = []
        for kind in kinds:
            by_status = {status: count for (one, status), count in sorted(self.answers.items()) if one == kind}
            lines.append(f"  {kind:<11}" + "  ".join(f"{status}: {count:,}" for status, count in by_status.items()))
        rate = self.count / self.seconds if self.seconds else 0
        lines.append(
            f"{self.count:,} requests in {self.seconds:,.0f} s ({rate:,.0f}/s), slowest {self.slowest:.2f} s, "
            f"{1000 * self.work / max(1, self.count):.1f} ms of the server each, memory at most {self.memory} MB, 5xx: {self.of_status('5'):,}, failures: {sum(self.complaints.values()):,}"
        )
        lines += [f"  {text}: {count:,} times" for text, count in self.complaints.most_common()]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class News:
    """What a process saw since it last told."""

    answers: Mapping[tuple[str, str], int]
    failures: list[tuple[str, str, str, str]]
    slowest: float


def run(
    made: Installation, seed: int, *, processes: int, seconds: float, count: int | None, failures: Path,
    say: Callable[[str], None], most_megabytes: int = MOST_MEGABYTES,
) -> Result:  # fmt: skip
    """Send until the time is over or `count` requests are answered; failures are written into a directory.

    It ends early when the server is gone or too much has failed.
    """
    context = multiprocessing.get_context("fork")
    news: Queue[News] = context.Queue()
    stopping = context.Event()
    workers = [
        context.Process(target=_work, args=(made, seed, number * _STRIDE, stopping, news), daemon=True)
        for number in range(processes)
    ]
    result, started, before = Result(), monotonic(), made.work()
    for worker in workers:
        worker.start()
    next_word = started + 30
    try:
        while monotonic() - started < seconds and (count is None or result.count < count):
            with suppress(Empty):
                note(news.get(timeout=1), result, failures)
            if not made.is_alive() or sum(result.complaints.values()) >= MOST_FAILURES:
                break
            result.memory, result.work = max(result.memory, made.memory()[1]), made.work() - before
            result.seconds = monotonic() - started
            if monotonic() > next_word:
                next_word += 30
                say(result.told().splitlines()[-1 - len(result.complaints)])
    finally:
        stopping.set()
        ends = monotonic() + LONGEST
        while any(worker.is_alive() for worker in workers) and monotonic() < ends:
            with suppress(Empty):
                note(news.get(timeout=0.2), result, failures)
        for worker in workers:
            worker.terminate()
            worker.join()
    with suppress(Empty):
        while True:
            note(news.get(timeout=0.1), result, failures)
    _judge(made, result, most_megabytes)
    return result


def _judge(made: Installation, result: Result, most_megabytes: int) -> None:
    """What is to be said of the server as a whole."""
    if not made.is_alive():
        result.complaints["the server is gone"] += 1
        return
    result.memory = max(result.memory, made.memory()[1])
    if result.memory > most_megabytes:
        result.complaints[f"more than {most_megabytes} MB"] += 1
    result.complaints.update({f"its log: {fault}": count for fault, count in made.faults().items()})


def note(news: News, result: Result, directory: Path) -> None:
    """Add what a process saw; of each complaint the first few requests are written into the directory."""
    result.answers.update(news.answers)
    result.slowest = max(result.slowest, news.slowest)
    for name, why, recipe, answer in news.failures:
        result.complaints[why] += 1
        if result.complaints[why] <= 3:
            directory.mkdir(parents=True, exist_ok=True)
            path = directory / f"{name}.json"
            path.write_text(json.dumps({"complaint": why, "recipe": json.loads(recipe), "answer": answer}, indent=1))
            result.failures.append(path)


def _work(made: Installation, seed: int, first: int, stopping: Any, news: Queue[News]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    traffic, number = Traffic(made, seed), first
    with Connection(made.port, LONGEST * 1.5) as connection:
        while not stopping.is_set():
            answers: Counter[tuple[str, str]] = Counter()
            failed, slowest = [], 0.0
            for _ in range(_BATCH):
                recipe = traffic.recipe(number)
                status, why, answer, took = judged(recipe, connection, made.secrets)
                answers[recipe.kind, status] += 1
                slowest = max(slowest, took)
                if why:
                    failed.append((f"{seed}-{number}", why, recipe.text(), answer))
                number += 1
                if stopping.is_set():
                    break
            news.put(News(answers, failed, slowest))


def judged(recipe: Recipe, connection: Connection, secrets: dict[str, str]) -> tuple[str, str | None, str, float]:
    """Send one request: what came, what is wrong with it, its text, and how long it took."""
    try:
        reply = connection.ask(recipe.wire(secrets), has_body=recipe.method != "HEAD", alone=recipe.framing == "raw")
    except Silence:
        return "silence", None if recipe.framing == "raw" and _waits(recipe) else "no answer in time", "", LONGEST
    except HungUp:
        return "hung up", None if recipe.is_rude else "no answer", "", 0.0
    except ValueError as error:
        return "no HTTP", f"an answer that is no HTTP: {error}", "", 0.0
    why = complaint(recipe, reply)
    status = str(reply.status) if came_from_us(reply) else f"{reply.status} before us"
    return status, why, _text(reply) if why else "", reply.seconds


def _waits(recipe: Recipe) -> bool:
    """Whether the server may still wait for the rest of a body."""
    return recipe.method in {"POST", "PUT"}


def _text(reply: Reply) -> str:
    return f"{reply.status}\n{reply.headers}\n{reply.body[:4_000].decode('utf-8', 'replace')}"


def replayed(made: Installation, path: Path) -> Iterator[str]:
    """Send a failure that was written down once more; what came of it."""
    recipe = recipe_from(json.dumps(json.loads(path.read_text())["recipe"]))
    with Connection(made.port, LONGEST) as connection:
        status, why, answer, took = judged(recipe, connection, made.secrets)
    yield f"{recipe.kind} {recipe.method} {recipe.target[:200]}: {status} after {took:.2f} s"
    yield from made.faults()
    yield f"still: {why}\n{answer}" if why else FINE
