"""People from a file, in whichever of the two ways it is written."""

from __future__ import annotations

from pathlib import Path

from lrs.errors import BadRequest
from lrs.people.csv_file import load_csv
from lrs.people.roster import NOBODY, Roster, load_roster


def load_people(path: Path, known: Roster = NOBODY) -> Roster:
    """The roster of a CSV or YAML file, by its suffix.  Raises ConfigError, and BadRequest for another kind of file."""
    if path.suffix == ".csv":
        return load_csv(path, known)
    if path.suffix in {".yaml", ".yml"}:
        return load_roster(path, known)
    raise BadRequest(f"{path.name}: unknown kind of file", hint="give a .csv, .yaml or .yml file")
