"""Charts are well-formed, labelled, and say in a sentence what they show."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.prowess import Prowess
from reports.catalogue import get_report
from reports.charts import NARROW, WIDE, Figure, Series, render, sparkline
from reports.declaration import Question, Scope
from reports.figures import _extremes, _line, figure_of, is_worth_drawing
from reports.reading import ReportReader
from tests.reports.conftest import NOON
from tests.reports.rows import Rows

SVG = "{http://www.w3.org/2000/svg}"
LABEL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=60)


@given(st.lists(st.tuples(LABEL, st.integers(0, 10**9)), min_size=1, max_size=12), st.sampled_from([WIDE, NARROW]))
@pytest.mark.parametrize("kind", ["bars", "stacked", "line"])
def test_any_numbers_draw_inside_the_picture(kind: str, rows: list[tuple[str, int]], width: int) -> None:
    labels, values = tuple(label for label, _ in rows), tuple(value for _, value in rows)
    series = tuple(Series(tone, values, tone) for tone in ("compliant", "at_risk"))
    root = ET.fromstring(render(Figure(kind, "T <&>", "S", labels, series), "x", width))  # type: ignore[arg-type]  # noqa: S314
    height = float(root.attrib["height"])
    assert root.attrib["role"] == "img"
    assert [root[0].tag, root[1].tag] == [f"{SVG}title", f"{SVG}desc"]
    for rect in root.iter(f"{SVG}rect"):
        assert 0 <= float(rect.attrib["x"]) <= width + 1
        assert float(rect.attrib["x"]) + float(rect.attrib["width"]) <= width + 1
        assert float(rect.attrib["y"]) + float(rect.attrib["height"]) <= height + 1
    for mark in root.iter():
        assert "style" not in mark.attrib
        assert not [name for name in mark.attrib if name.startswith("on")]


def test_states_differ_without_colour() -> None:
    figure = Figure(
        "stacked", "T", "S", ("a",), (Series("At risk", (1,), "at_risk"), Series("Overdue", (2,), "overdue"))
    )
    svg = render(figure, "x")
    assert 'id="x-at_risk"' in svg
    assert 'fill="url(#x-overdue)"' in svg
    assert ">At risk</text>" in svg


def test_a_sparkline_says_what_it_shows() -> None:
    root = ET.fromstring(sparkline([1, 5, 2], "five & two"))  # noqa: S314
    assert root.attrib["aria-label"] == "five & two"


def test_sentences(rows: Rows, report_store: Prowess) -> None:
    rows.program("lift", "Lift driver")
    rows.program("data", "Data protection")
    for person, award in (("ada", "valid"), ("bob", "none"), ("cid", "valid")):
        rows.person(person, unit="dock")
        overdue = int(award == "none")
        rows.status(person, "lift", "2026-01-01", award=award, overdue=overdue, due="2026-06-01", expires="2026-07-01")
    rows.status("ada", "data", "2026-01-01", award="valid", expires="2026-08-01")
    reader, question = ReportReader(report_store), Question(Scope(1), NOON, {"within": ("60",)})

    def sentence(name: str) -> str:
        figure = figure_of(reader, get_report(name), question)
        assert figure
        return figure.sentence

    assert sentence("compliance-overview") == (
        "Of 4 assignments, 3 (75.0\N{NO-BREAK SPACE}%) are compliant; most in Data protection (100.0\N{NO-BREAK SPACE}%), "
        "fewest in Lift driver (66.7\N{NO-BREAK SPACE}%)."
    )
    assert sentence("expiring") == (
        "Of 3 certificates, 2 (66.7\N{NO-BREAK SPACE}%) are in the largest group, within 7 days; the smallest is 31 to 60 days with 1."
    )
    assert figure_of(reader, get_report("transcript"), question) is None
    assert figure_of(reader, get_report("certification-register"), question) is None  # one group is no picture


def test_a_single_day_is_no_line(rows: Rows, report_store: Prowess) -> None:
    """A store that was just filled showed a lonely dot above an axis of one day."""
    reader, question = ReportReader(report_store), Question(Scope(1), NOON, {})
    chart = get_report("data-health").chart
    assert chart is not None
    assert chart.kind == "line"
    figure = _line(get_report("data-health"), chart, [(20_000, 3)])
    assert (figure.labels, is_worth_drawing(figure)) == (("2024-10-04",), False)
    assert is_worth_drawing(_line(get_report("data-health"), chart, [(20_000, 3), (20_001, 0)]))
    assert figure_of(reader, get_report("data-health"), question) is None


def test_a_single_group_is_told_as_one() -> None:
    assert _extremes("people", {"dock": 3, "shop": 0}) == "All 3 people are in one group, dock."
    assert _extremes("people", {"dock": 1}) == "There is one, in dock."
    assert _extremes("people", {"dock": 3, "shop": 1}).startswith("Of 4 people, 3 (75")
    assert _extremes("people", {}) == "There are no people."
