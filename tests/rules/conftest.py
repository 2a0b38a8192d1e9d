from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Base B of program-language 5 with one operator, and no statements yet."""
    return World(tmp_path)
