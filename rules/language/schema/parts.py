"""All parts of the schema by name: the one place in which the whole language is stated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rules.language.schema.about import ABOUT_PARTS
from rules.language.schema.ladders import LADDER_PARTS
from rules.language.schema.leaves import NODES, requirement_parts
from rules.language.schema.others import OTHER_PARTS
from rules.language.schema.programs import program_parts
from rules.language.schema.shapes import Part
from rules.language.schema.times import TIME_PARTS
from rules.language.schema.trials import TRIAL_PARTS

PARTS: Final[Mapping[str, Part]] = {
    part.name: part
    for part in (
        *program_parts(),
        *ABOUT_PARTS,
        *TIME_PARTS,
        *requirement_parts(),
        *OTHER_PARTS,
        *LADDER_PARTS,
        *TRIAL_PARTS,
    )
}
__all__ = ["NODES", "PARTS"]
