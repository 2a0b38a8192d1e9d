"""Whether what the configuration names is in an LMS: courses, what is graded in them, and a sample of our people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.contract import PersonKeys
from connectors.errors import RemoteError
from connectors.lms.matching import Matcher
from connectors.lms.settings import LmsSettings

MOST_NAMES: Final = 5
"""How many of several are named in a line."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is of a program: a line to print, and whether it is as configured."""

    told: str
    right: bool = True


def look_over(
    settings: LmsSettings, look: Callable[[str], Seen], matcher: Matcher, people: Sequence[PersonKeys]
) -> Iterator[str]:
    """A line for each program and one for the people; it changes nothing there.

    look: what there is of a program, by its id.  Raises RemoteError at last when a course or an activity is not there.
    """
    wrong = 0
    for program in settings.programs:
        seen = look(program)
        wrong += not seen.right
        yield f"{program}: {seen.told}"
    if people:
        yield _sample(settings, matcher, people)
    if wrong:
        some = "a course or an activity is" if wrong == 1 else f"{wrong} courses or activities are"
        raise RemoteError(
            f"{some} not as configured",
            retryable=False,
            hint=f"mend course and grade under programs: of '{settings.name}'",
        )


def _sample(settings: LmsSettings, matcher: Matcher, people: Sequence[PersonKeys]) -> str:
    """Of so many of our people, how many it knows."""
    found = matcher.find(people)
    missing = [person.id for person in people if person.id not in found]
    if not missing:
        return f"{len(people)} of {len(people)} people matched"
    more = f" and {len(missing) - MOST_NAMES} more" if len(missing) > MOST_NAMES else ""
    ways = ", ".join(settings.match)
    return f"{len(missing)} of {len(people)} people not matched (by {ways}): {', '.join(missing[:MOST_NAMES])}{more}"
