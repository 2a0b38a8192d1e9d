"""The analyst's page is in step with the declarations, and its pictures are there."""

from __future__ import annotations

import re

from reports.catalogue import CATALOGUE
from reports.documentation import PAGE, updated


def test_every_report_column_and_filter_is_documented() -> None:
    page = PAGE.read_text("utf-8")
    assert page == updated(page), "run: python -m reports.documentation"
    for name in CATALOGUE:
        assert f"### {name}\n" in page


def test_pictures_are_there_and_small_and_each_is_shown() -> None:
    pictures = PAGE.parent / "pictures"
    pages = [PAGE.parents[1] / "README.md", *PAGE.parent.glob("*.md")]
    shown = {name for page in pages for name in re.findall(r"\((?:docs/)?pictures/([^)]+)\)", page.read_text("utf-8"))}
    found = list(pictures.glob("*.png"))
    assert {picture.name for picture in found} == shown
    assert len(found) <= 8
    assert all(picture.stat().st_size < 150_000 for picture in found)
