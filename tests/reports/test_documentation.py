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


def test_pictures_are_there_and_small() -> None:
    pictures = PAGE.parent / "pictures"
    for name in re.findall(r"\(pictures/([^)]+)\)", PAGE.read_text("utf-8")):
        assert (pictures / name).is_file()
    found = list(pictures.glob("*.png"))
    assert len(found) <= 8
    assert all(picture.stat().st_size < 150_000 for picture in found)
