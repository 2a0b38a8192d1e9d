"""What is counted while a process answers: every request pays for it, so it is a few additions and nothing else.

Numbers are those of this process since it started; what all processes share is read from the database at the scrape
(`lrs.metrics.readings`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from lrs.metrics.exposition import COUNTER, HISTOGRAM, Family, Sample, histogram

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper ends of the latency histogram's buckets, in seconds."""
STATEMENTS: Final = "statements"
_STATEMENTS_PATH: Final = "/xapi/statements"
_ROUTES: Final = {one: one for one in ("xapi", "api", "reports", "badges", "health", "metrics", "static")}
_PAGES: Final = "pages"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLASSES: Final = tuple(f"{hundreds}xx" for hundreds in range(10))


def route_of(path: str) -> str:
    """The class of requests that a path belongs to; few, whatever paths are asked for."""
    if path == _STATEMENTS_PATH:
        return STATEMENTS
    return _ROUTES.get(path.split("/", 2)[1] if path.startswith("/") else "", _PAGES)


class Tally:
    """Counters by the values of their labels; any thread may add."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, ...], int] = {}
        self._guard = Lock()

    def add(self, *labels: str, count: int = 1) -> None:
        with self._guard:
            self._counts[labels] = self._counts.get(labels, 0) + count

    def family(self, name: str, text: str, *labels: str) -> Family:
        """labels: the names of what is given to `add`, in its order."""
        with self._guard:
            counted = sorted(self._counts.items())
        return Family(name, COUNTER, text, [Sample(count, dict(zip(labels, of, strict=True))) for of, count in counted])


class _Latencies:
    """A histogram of seconds for each route and method."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[list[int], list[float]]] = {}
        self._guard = Lock()

    def add(self, route: str, method: str, seconds: float) -> None:
        with self._guard:
            kept = self._kept.get((route, method))
            if kept is None:
                kept = self._kept[route, method] = ([0] * (len(BOUNDS) + 1), [0.0])
            kept[0][bisect_left(BOUNDS, seconds)] += 1
            kept[1][0] += seconds

    def family(self, name: str, text: str) -> Family:
        with self._guard:
            kept = [(of, list(counts), total) for of, (counts, (total,)) in sorted(self._kept.items())]
        samples = (
            sample
            for (route, method), counts, total in kept
            for sample in histogram({"route": route, "method": method}, BOUNDS, counts, total)
        )
        return Family(name, HISTOGRAM, text, list(samples))


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything that one process counts."""

    requests: Tally = field(default_factory=Tally)
    latencies: _Latencies = field(default_factory=_Latencies)
    refusals: Tally = field(default_factory=Tally)
    statements: Tally = field(default_factory=Tally)
    jobs: Tally = field(default_factory=Tally)

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """A request was answered, so long after its body was here."""
        route = route_of(path)
        method = method if method in _METHODS else "other"
        self.requests.add(route, method, _CLASSES[status // 100])
        self.latencies.add(route, method, seconds)

    def refused(self, path: str, reason: str) -> None:
        """A request was refused.  reason: the code of an error, or the name of an HTTP status that werkzeug has."""
        self.refusals.add(route_of(path), reason.lower().replace(" ", "-"))

    def families(self) -> Iterator[Family]:
        yield self.requests.family(
            "prowess_http_requests_total", "Requests answered by this process.", "route", "method", "status"
        )
        yield self.latencies.family(
            "prowess_http_request_duration_seconds", "Time from when a request's body was here to its answer."
        )
        yield self.refusals.family(
            "prowess_http_refusals_total",
            "Requests refused by this process, by the code of the problem.",
            "route",
            "reason",
        )
        yield self.statements.family("prowess_statements_stored_total", "Statements this process stored.", "origin")
        yield self.jobs.family(
            "prowess_job_runs_total", "Runs of jobs in this process, by how they ended.", "job", "outcome"
        )
