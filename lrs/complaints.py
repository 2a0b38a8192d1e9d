"""What will not mend itself and an administrator has to know of: shown on the home page and by `prowess doctor`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from lrs.errors import ProwessError
from lrs.logs import get_logger

log = get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, in a sentence without its full stop, and the command that says more or mends it."""

    what: str
    command: str


def looked(check: str, look: Callable[[], T], failed: list[Complaint]) -> T | None:
    """What a check finds; None where it fails by a fault of its own, which is added to `failed`.  Raises ProwessError."""
    try:
        return look()
    except ProwessError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the other checks go on
        log.error("a check failed", check=check, error=repr(error))  # noqa: TRY400 - a command shows its log beside its answer
        failed.append(Complaint(f"the check of {check} failed: {error!r}", "prowess doctor --json"))
        return None
