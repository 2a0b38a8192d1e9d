"""Ends as administrators write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lrs.clock import to_text, to_us
from lrs.errors import BadRequest
from lrs.expiry import load_expiry, load_start

NOW = to_us(datetime(2026, 1, 31, 12, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("2027-01-31", "2027-02-01T00:00:00"),
        ("2026-01-31", "2026-02-01T00:00:00"),
        ("2026-02-01T00:00Z", "2026-02-01T00:00:00"),
        ("2026-02-01T00:00:00.5+02:00", "2026-01-31T22:00:00.5"),
        ("P90D", "2026-05-01T12:30:00"),
        ("P1D", "2026-02-01T12:30:00"),
        ("P2W", "2026-02-14T12:30:00"),
        ("P1M", "2026-02-28T12:30:00"),
        ("P1Y", "2027-01-31T12:30:00"),
        ("P2Y1M", "2028-02-29T12:30:00"),
        ("PT90S", "2026-01-31T12:31:30"),
        ("P1DT12H", "2026-02-02T00:30:00"),
    ],
)
def test_a_day_an_instant_or_a_period(text: str, ends: str) -> None:
    assert to_text(load_expiry(text, NOW)) == to_text(to_us(datetime.fromisoformat(ends).replace(tzinfo=UTC)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "P",
        "PT",
        "P1",
        "1D",
        "P-1D",
        "P1.5D",
        "PT0S",
        "P0D",
        "2026-02-30",
        "2026-01-30",
        "9999-12-31",
        "9999-12-31T23:59:59-23:59",
        "P9999Y",
        "2026-02-01T00:00:00",
        "2026-01-31T12:30:00Z",
        "٢٠٢٧-01-31",
        "P90D\n",
        "20270131",
        "2027-W05-1",
    ],
)
def test_anything_else_is_explained(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        load_expiry(text, NOW)
    assert refused.value.hint is not None
    assert "P90D" in refused.value.hint


def test_a_day_with_points_was_not_told_how_to_be_written() -> None:
    for load in (load_start, lambda text: load_expiry(text, NOW)):
        with pytest.raises(BadRequest) as caught:
            load("27.11.2026")
        assert caught.value.hint == "write 2026-11-27"
    with pytest.raises(BadRequest) as beyond:
        load_expiry("9999-12-31", NOW)
    assert beyond.value.hint != "write 9999-12-31"
