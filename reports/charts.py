"""Charts as our own SVG: text first, readable without colour, the same bytes for page, print and file.

Every mark carries presentation attributes, so that the file stands alone, and a class, so that the page's stylesheet can
give it the colours of light, dark and print.  No inline style, no script (content security policy).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

Kind = Literal["bars", "stacked", "line"]

WIDE: Final = 800
NARROW: Final = 340
_BAR: Final = 20
_GAP: Final = 8
_LABEL: Final = 18
_ROOMY: Final = 500
_SIZE: Final = 13
_GLYPH: Final = 6.9
"""Mean width of a letter at that size; labels only need to fit, not to align."""
_FONT: Final = "system-ui, sans-serif"

_FILLS: Final = {
    "compliant": "#2f6f4f",
    "on_track": "#b9b6bd",
    "at_risk": "#a06400",
    "overdue": "#b3261e",
    "plain": "#6d2f75",
}
_HATCHED: Final = frozenset({"at_risk", "overdue"})


@dataclass(frozen=True, slots=True)
class Series:
    """One measure of every label; `tone` is its class of colour and pattern."""

    name: str
    values: tuple[int, ...]
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Figure:
    """What a chart shows, in numbers and in a sentence."""

    kind: Kind
    title: str
    sentence: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]

    @property
    def is_empty(self) -> bool:
        return not any(any(one.values) for one in self.series)


def render(figure: Figure, ident: str, width: int = WIDE) -> str:
    """The figure as an SVG element; `ident` makes its ids unique on a page."""
    draw = {"bars": _bars, "stacked": _stacked, "line": _line}[figure.kind]
    height, body = draw(figure, ident, width)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="{ident}-title {ident}-desc" font-family="{_FONT}" '
        f'font-size="{_SIZE}"><title id="{ident}-title">{escape(figure.title)}</title>'
        f'<desc id="{ident}-desc">{escape(figure.sentence)}</desc>{_patterns(figure, ident)}{"".join(body)}</svg>'
    )


def sparkline(values: Sequence[int], sentence: str, *, width: int = 96, height: int = 20) -> str:
    """A line without axes, for the inside of a sentence or a cell."""
    points = _points(values, 1, 2, width - 6, height - 4)
    last = points[-1] if points else (0.0, 0.0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sparkline" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(sentence)}"><polyline class="line" fill="none" '
        f'stroke="{_FILLS["plain"]}" stroke-width="1.5" points="{_path(points)}"/>'
        f'<circle class="dot" fill="{_FILLS["plain"]}" cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="2.5"/></svg>'
    )


def _bars(figure: Figure, ident: str, width: int) -> tuple[int, Iterator[str]]:
    """One bar for each label, the number behind it."""
    series, rows = figure.series[0], _Rows(figure.labels, width)
    most = max(series.values, default=0) or 1
    room = width - rows.left - 16 - max((_length(f"{value:,}") for value in series.values), default=0)

    def body() -> Iterator[str]:
        for row, value in enumerate(series.values):
            yield rows.label(row)
            length = room * value / most
            if value:
                yield _rect(rows.left, rows.top(row), length, series.tone, ident)
            yield _text(rows.left + (length + 8 if value else 0), rows.top(row) + 15, f"{value:,}", "value")

    return rows.height, body()


def _stacked(figure: Figure, ident: str, width: int) -> tuple[int, Iterator[str]]:
    """One bar for each label, all of the same length: shares of the whole, each part with its number where it fits."""
    wholes = [sum(one.values[row] for one in figure.series) for row in range(len(figure.labels))]
    margin = max((_length(f"{whole:,}") for whole in wholes), default=0) + 8
    rows = _Rows(figure.labels, width, _legend_rows(figure, width) * (_LABEL + 6) + 10)
    room = width - rows.left - margin

    def body() -> Iterator[str]:
        yield from _legend(figure, ident, width)
        for row, whole in enumerate(wholes):
            yield rows.label(row)
            yield _text(width, rows.top(row) + 15, f"{whole:,}", "value", "end")
            at = rows.left
            for one in figure.series:
                length = room * one.values[row] / whole if whole else 0.0
                if length:
                    yield _rect(at, rows.top(row), max(length - 2, 1), one.tone, ident)
                    yield from _inside(at, rows.top(row), length, one.values[row], one.tone)
                at += length

    return rows.height, body()


class _Rows:
    """Where the rows of a bar chart stand: labels beside the bars where there is room, above them on a phone."""

    def __init__(self, labels: Sequence[str], width: int, start: int = 0) -> None:
        self._labels = labels
        self._start = start
        self._beside = width >= _ROOMY
        longest = max(map(_length, labels), default=0.0)
        self.left = min(longest + 16, width * 0.36) if self._beside else 0.0
        self._most = self.left - 12 if self._beside else width - 12
        self._step = _BAR + _GAP + (0 if self._beside else _LABEL)
        self.height = start + len(labels) * self._step

    def top(self, row: int) -> int:
        return self._start + row * self._step + (0 if self._beside else _LABEL)

    def label(self, row: int) -> str:
        y = self.top(row) + (15 if self._beside else -5)
        return _text(0, y, _fitted(self._labels[row], self._most), "label")


def _line(figure: Figure, _: str, width: int) -> tuple[int, Iterator[str]]:
    """Values over time: first and last day named below, the highest and the last value beside their points."""
    values, height = figure.series[0].values, 120
    points = _points(values, 8, 24, width - 16 - 48, height - 24)

    def body() -> Iterator[str]:
        base = height
        yield f'<line class="axis" x1="0" x2="{width}" y1="{base}" y2="{base}" stroke="#8a878d" stroke-width="1"/>'
        if not points:
            return
        yield (
            f'<polyline class="line" fill="none" stroke="{_FILLS["plain"]}" stroke-width="2" '
            f'stroke-linejoin="round" points="{_path(points)}"/>'
        )
        peak = max(range(len(values)), key=values.__getitem__)
        for place in sorted({peak, len(values) - 1}):
            x, y = points[place]
            yield f'<circle class="dot" fill="{_FILLS["plain"]}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
            anchor = "middle" if 24 < x < width - 64 else "start"
            yield _text(x, y - 10, f"{values[place]:,}", "value", anchor)
        yield _text(0, base + 18, figure.labels[0], "label")
        if len(figure.labels) > 1:
            yield _text(width, base + 18, figure.labels[-1], "label", "end")

    return height + 26, body()


def _points(values: Sequence[int], left: float, top: float, width: float, height: float) -> list[tuple[float, float]]:
    most = max(values, default=0) or 1
    step = width / max(len(values) - 1, 1)
    return [(left + place * step, top + height * (1 - value / most)) for place, value in enumerate(values)]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _rect(x: float, y: float, width: float, tone: str, ident: str) -> str:
    """A bar; a hatched one carries its pattern over its colour, so that it differs without colour too."""
    shape = f'x="{x:.1f}" y="{y}" width="{max(width, 1):.1f}" height="{_BAR}"'
    solid = f'<rect class="fill-{tone}" fill="{_FILLS.get(tone, _FILLS["plain"])}" {shape}/>'
    return solid + (f'<rect fill="url(#{ident}-{tone})" {shape}/>' if tone in _HATCHED else "")


def _inside(x: float, y: float, width: float, value: int, tone: str) -> Iterator[str]:
    """The number of a part, on a plate of the part's own colour so that a hatch does not run through it."""
    text = f"{value:,}"
    if width < _length(text) + 14:
        return
    if tone in _HATCHED:
        plate = f'x="{x + 5:.1f}" y="{y + 2}" width="{_length(text) + 6:.1f}" height="{_BAR - 4}"'
        yield f'<rect class="fill-{tone}" fill="{_FILLS[tone]}" {plate}/>'
    fill = "#1c1a1e" if tone == "on_track" else "#ffffff"
    yield f'<text class="on-{tone}" fill="{fill}" x="{x + 8:.1f}" y="{y + 15}" font-weight="600">{text}</text>'


def _legend(figure: Figure, ident: str, width: int) -> Iterator[str]:
    x, y = 0.0, 0
    for one in figure.series:
        need = _length(one.name) + 40
        if x and x + need > width:
            x, y = 0.0, y + _LABEL + 6
        shape = f'x="{x:.1f}" y="{y + 2}" width="14" height="14"'
        yield f'<rect class="fill-{one.tone}" fill="{_FILLS[one.tone]}" {shape}/>'
        if one.tone in _HATCHED:
            yield f'<rect fill="url(#{ident}-{one.tone})" {shape}/>'
        yield _text(x + 20, y + 13, one.name, "label")
        x += need


def _legend_rows(figure: Figure, width: int) -> int:
    rows, x = 1, 0.0
    for one in figure.series:
        need = _length(one.name) + 40
        if x and x + need > width:
            rows, x = rows + 1, 0.0
        x += need
    return rows


def _patterns(figure: Figure, ident: str) -> str:
    tones = [one.tone for one in figure.series if one.tone in _HATCHED]
    if not tones:
        return ""
    lines = {
        "at_risk": '<path d="M-1,1 l2,-2 M0,8 l8,-8 M7,9 l2,-2" stroke="#ffffff" stroke-width="1.5" opacity="0.55"/>',
        "overdue": '<path d="M0,0 l8,8 M0,8 l8,-8" stroke="#ffffff" stroke-width="1.5" opacity="0.55"/>',
    }
    defined = "".join(
        f'<pattern id="{ident}-{tone}" width="8" height="8" patternUnits="userSpaceOnUse">{lines[tone]}</pattern>'
        for tone in tones
    )
    return f"<defs>{defined}</defs>"


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    weight = ' font-weight="600"' if kind == "value" else ""
    fill = "#1c1a1e" if kind == "value" else "#57535a"
    return f'<text class="{kind}" fill="{fill}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _length(text: str) -> float:
    return len(text) * _GLYPH


def _fitted(text: str, width: float) -> str:
    most = max(8, int(width / _GLYPH))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
