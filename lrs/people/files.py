"""People from a file, in whichever of the two ways it is written."""

from __future__ import annotations

from pathlib import Path

from lrs.people.csv_file import load_csv
from lrs.people.roster import NOBODY, Roster, load_roster


def load_people(path: Path, known: Roster = NOBODY, *, whole: bool = False) -> Roster:
    """The roster of a file: CSV by its suffix, else YAML.  whole: see `roster_from`.  Raises ConfigError."""
    load = load_csv if path.suffix.lower() == ".csv" else load_roster
    return load(path, known, whole=whole)
