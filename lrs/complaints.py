"""What will not mend itself and an administrator has to know of: shown on the home page and by `prowess doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, in a sentence without its full stop, and the command that says more or mends it."""

    what: str
    command: str
