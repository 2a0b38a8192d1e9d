"""A strict reader of the Prometheus text format, written from its description and not from our writer.

https://prometheus.io/docs/instrumenting/exposition_formats/ and .../practices/naming/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|\})')
VALUE = re.compile(r"[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN")
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}
Labels = frozenset[tuple[str, str]]


@dataclass
class Metric:
    """One family.  samples: by full name and labels."""

    kind: str
    text: str
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)


class Malformed(Exception):
    """A line that no scraper would take, or should not."""


def parse(text: str) -> dict[str, Metric]:
    """Every family of an exposition.  Raises Malformed."""
    if text and not text.endswith("\n"):
        raise Malformed("the last line does not end")
    found: dict[str, Metric] = {}
    name = said = ""
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            name, _, said = line.removeprefix("# HELP ").partition(" ")
            _require(NAME.fullmatch(name) and said and name not in found, line)
            _require(not re.sub(r"\\[\\n]", "", said).count("\\"), line)
        elif line.startswith("# TYPE "):
            of, _, kind = line.removeprefix("# TYPE ").partition(" ")
            _require(of == name and name not in found and kind in {"counter", "gauge", "histogram"}, line)
            _require((kind == "counter") == name.endswith("_total"), line)
            found[name] = Metric(kind, said)
        else:
            _require(name in found, line)
            _sample(found[name], name, line)
    for family, metric in found.items():
        if metric.kind == "histogram":
            _check_histogram(family, metric)
    return found


def _sample(metric: Metric, family: str, line: str) -> None:
    match = NAME.match(line)
    _require(match, line)
    assert match is not None
    name, rest = match[0], line[match.end() :]
    endings = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
    _require(name in {family + ending for ending in endings}, line)
    pairs: list[tuple[str, str]] = []
    if rest.startswith("{"):
        rest = rest[1:]
        while True:
            one = LABEL.match(rest)
            _require(one, line)
            assert one is not None
            pairs.append((one[1], re.sub(r'\\["\\n]', lambda escaped: ESCAPES[escaped[0]], one[2])))
            rest = rest[one.end() :]
            if one[3] == "}":
                break
    _require(rest.startswith(" ") and VALUE.fullmatch(rest[1:]), line)
    key = (name, frozenset(pairs))
    _require(len(dict(pairs)) == len(pairs) and key not in metric.samples, line)
    metric.samples[key] = float(rest[1:])
    _require(metric.kind == "gauge" or metric.samples[key] >= 0, line)


def _check_histogram(family: str, metric: Metric) -> None:
    series: dict[Labels, list[tuple[float, float]]] = {}
    for (name, labels), value in metric.samples.items():
        if name == f"{family}_bucket":
            bound = float(dict(labels)["le"])
            series.setdefault(frozenset(one for one in labels if one[0] != "le"), []).append((bound, value))
    others = {labels for (name, labels) in metric.samples if name != f"{family}_bucket"}
    _require(others == set(series), family)
    for labels, buckets in series.items():
        _require(buckets == sorted(buckets) and buckets[-1][0] == float("inf"), family)
        _require(list(_rising(buckets)) == [value for _, value in buckets], family)
        _require(metric.samples[f"{family}_count", labels] == buckets[-1][1], family)
        _require((f"{family}_sum", labels) in metric.samples, family)


def _rising(buckets: list[tuple[float, float]]) -> Iterator[float]:
    most = 0.0
    for _, value in buckets:
        most = max(most, value)
        yield most


def _require(condition: object, line: str) -> None:
    if not condition:
        raise Malformed(line)
