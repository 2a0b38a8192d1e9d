"""The table of breakages fits the lot and the tree; `make breakages` runs them."""

from __future__ import annotations

import pytest

from tests.breakages.copies import edited
from tests.breakages.lot import drawn
from tests.breakages.table import BREAKAGES, Breakage


def test_every_requirement_drawn_has_one_breakage_in_the_order_drawn() -> None:
    assert [one.id for one in BREAKAGES] == drawn()


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda one: f"breakage of {one.id}")
def test_it_changes_what_is_there_once_into_something_that_can_be_compiled(breakage: Breakage) -> None:
    compile(edited(breakage), breakage.path, "exec")
