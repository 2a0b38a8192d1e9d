"""What becomes of decisions when the clock steps (reliability 12)."""

from __future__ import annotations

from rules import tables as r
from tests.rules.office import office_at


def test_a_clock_that_steps_back_revokes_nothing(database_url: str) -> None:
    """An hour back, the pass of a minute ago was not there yet: awards were taken back, and given again an hour later."""
    with office_at(database_url) as office:
        office.statement()
        office.drain()
        office.clock.move(seconds=-3600)
        office.statement(verb="attempted", at="2026-01-28T09:00:00Z")
        office.drain()
        office.clock.move(seconds=3700)
        office.statement(verb="attempted", at="2026-01-28T09:30:00Z")
        office.drain()
        emitted = sorted((row.created_at, row.transition) for row in office.rows(r.emission, person_id="ada"))
        assert [transition for _, transition in emitted] == ["assigned", "awarded"]
