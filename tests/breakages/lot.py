"""Which requirements are broken: drawn by lot, so that nobody can choose those whose tests are good."""

from __future__ import annotations

import random
from typing import Final

from tests.test_requirements import REQUIREMENTS

SEED: Final = "prowess"
SIZE: Final = 40


def drawn() -> list[str]:
    """The ids, in the order drawn.  Code can break every one of them, so none had to be drawn again."""
    ids = sorted({rule for rules in REQUIREMENTS.values() for rule in rules.split()})
    return random.Random(SEED).sample(ids, SIZE)
