"""Days and instants as people give them."""

from __future__ import annotations

import pytest

from lrs.errors import BadRequest
from lrs.people.roster import Person
from rules.decide import Facts
from rules.decide.zones import Zones
from rules.moments import moment
from tests.rules.world import at


@pytest.fixture
def zones() -> Zones:
    return Zones("Asia/Almaty", Facts(Person("x")))


def test_a_day_is_its_last_instant_where_the_program_holds(zones: Zones) -> None:
    assert moment("2026-03-09", zones) == at("2026-03-09T19:00:00Z") - 1
    assert moment("2026-03-09T10:00:00+05:00", zones) == at("2026-03-09T05:00:00Z")


def test_what_is_neither_is_refused_with_the_reason_or_with_what_was_meant(zones: Zones) -> None:
    with pytest.raises(BadRequest) as refused:
        moment("soon", zones)
    assert refused.value.message.startswith("'soon' is neither a date nor an instant: ")
    assert refused.value.hint == "write 2026-01-31 or 2026-01-31T12:00:00Z"
    with pytest.raises(BadRequest) as refused:
        moment("31.01.2026", zones)
    assert refused.value.message == "'31.01.2026' is neither a date nor an instant"
    assert "2026-01-31" in str(refused.value.hint)
