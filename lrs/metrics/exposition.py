"""The Prometheus text format 0.0.4, written: https://prometheus.io/docs/instrumenting/exposition_formats/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import inf
from types import MappingProxyType
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"
_NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sample:
    """One number.  suffix: what follows the family's name, as for the parts of a histogram."""

    value: float
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_LABELS)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """The samples under one name.  name: with its unit, a counter's with `_total`.  kind: COUNTER, GAUGE or HISTOGRAM."""

    name: str
    kind: str
    text: str
    samples: Sequence[Sample]


def gauge(name: str, text: str, value: float) -> Family:
    """One number that goes up and down."""
    return Family(name, GAUGE, text, [Sample(value)])


def gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Family:
    """Numbers that go up and down, told apart by one label."""
    return Family(name, GAUGE, text, [Sample(value, {label: one}) for one, value in values.items()])


def histogram(
    labels: Mapping[str, str], bounds: Sequence[float], counts: Sequence[int], total: float
) -> Iterator[Sample]:
    """The samples of one histogram.  counts: of each bucket by itself, the last one of what is beyond all bounds."""
    for bound, so_far in zip((*bounds, inf), accumulate(counts), strict=True):
        yield Sample(so_far, {**labels, "le": _number(bound)}, "_bucket")
    yield Sample(total, labels, "_sum")
    yield Sample(sum(counts), labels, "_count")


def render(families: Iterable[Family]) -> str:
    """The text of an answer."""
    return "".join(line for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    text = family.text.replace("\\", r"\\").replace("\n", r"\n")
    yield f"# HELP {family.name} {text}\n# TYPE {family.name} {family.kind}\n"
    for sample in family.samples:
        pairs = ",".join(f'{name}="{_quoted(value)}"' for name, value in sample.labels.items())
        labels = f"{{{pairs}}}" if pairs else ""
        yield f"{family.name}{sample.suffix}{labels} {_number(sample.value)}\n"


def _quoted(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return "+Inf" if value == inf else repr(value)
