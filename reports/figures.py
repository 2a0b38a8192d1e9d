"""From a report's answer to its figure: labels in words, and the sentence that says what the chart shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from reports.cells import percent
from reports.charts import Figure, Series
from reports.declaration import Chart, Question, Report
from reports.reading import ReportReader

_EPOCH: Final = date(1970, 1, 1)
_TONES: Final = frozenset({"compliant", "on_track", "at_risk", "overdue"})


def figure_of(reader: ReportReader, report: Report, question: Question) -> Figure | None:
    """The chart of the whole answer, None when the report declares none or nothing is there to show."""
    if report.chart is None:
        return None
    rows = reader.grouped(report, question, report.chart)
    build = {"bars": _bars, "stacked": _stacked, "line": _line}[report.chart.kind]
    figure = build(report, report.chart, rows)
    return figure if is_worth_drawing(figure) else None


def is_worth_drawing(figure: Figure) -> bool:
    """One bar, or one day of a line, says no more than its number."""
    return not figure.is_empty and (figure.kind == "stacked" or len(figure.labels) > 1)


def _bars(_: Report, chart: Chart, rows: Sequence[tuple[Any, ...]]) -> Figure:
    counts = dict(rows)
    if chart.labels:
        counts = {label: counts.get(place, 0) for place, label in enumerate(chart.labels)}
    else:
        counts = {str(label).replace("_", " "): value for label, value in counts.items()}
    values = tuple(counts.values())
    return Figure("bars", chart.title, _extremes(chart.noun, counts), tuple(counts), (Series(chart.noun, values),))


def _extremes(noun: str, counts: dict[str, int]) -> str:
    whole = sum(counts.values())
    if not whole:
        return f"There are no {noun}."
    most = max(counts, key=counts.__getitem__)
    if counts[most] == whole:
        return f"All {whole:,} {noun} are in one group, {most}." if whole > 1 else f"There is one, in {most}."
    text = f"Of {whole:,} {noun}, {counts[most]:,} ({percent(counts[most] / whole)}) are in the largest group, {most}"
    others = {label: value for label, value in counts.items() if value and label != most}
    least = min(others, key=others.__getitem__)
    return f"{text}; the smallest is {least} with {others[least]:,}."


def _stacked(report: Report, chart: Chart, rows: Sequence[tuple[Any, ...]]) -> Figure:
    series = tuple(
        Series(report.column(name).title, tuple(row[1 + place] for row in rows), name if name in _TONES else "plain")
        for place, name in enumerate(chart.measures)
    )
    labels = tuple(str(row[0]) for row in rows)
    return Figure("stacked", chart.title, _rates(chart, rows), labels, series)


def _rates(chart: Chart, rows: Sequence[tuple[Any, ...]]) -> str:
    """The first measure's share over all, and where it is highest and lowest."""
    shares = {row[0]: row[1] / sum(row[1:]) for row in rows if sum(row[1:])}
    if not shares:
        return f"There are no {chart.noun}."
    whole, part = sum(sum(row[1:]) for row in rows), sum(row[1] for row in rows)
    word = chart.measures[0].replace("_", " ")
    text = f"Of {whole:,} {chart.noun}, {part:,} ({percent(part / whole)}) are {word}"
    if len(shares) > 1:
        best, worst = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
        text += f"; most in {best} ({percent(shares[best])}), fewest in {worst} ({percent(shares[worst])})"
    return text + "."


def _line(_: Report, chart: Chart, rows: Sequence[tuple[Any, ...]]) -> Figure:
    """One value for every day from the first to the last, zero where nothing is said."""
    found = {int(day): value for day, value in rows}
    if not found:
        return Figure("line", chart.title, f"There are no {chart.noun}.", (), (Series(chart.noun, ()),))
    days = range(min(found), max(found) + 1)
    values = tuple(found.get(day, 0) for day in days)
    peak = max(days, key=lambda day: found.get(day, 0))
    text = (
        f"{sum(values):,} {chart.noun} from {_date(days[0])} to {_date(days[-1])}; "
        f"most on {_date(peak)} ({found[peak]:,}), {values[-1]:,} on the last day."
    )
    return Figure("line", chart.title, text, tuple(_date(day) for day in days), (Series(chart.noun, values),))


def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()
